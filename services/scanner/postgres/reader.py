"""A PostgreSQL source, read."""

import time
from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager

import psycopg

from maestro.catalog.v1 import catalog_pb2 as pb
from mesh.fault import Fault
from mesh.sources import SourceUrl
from services.scanner.postgres import queries
from services.scanner.postgres.gather import gather
from services.scanner.postgres.probe import PostgresProbe
from services.scanner.postgres.session import Session, Transaction
from services.scanner.postgres.structure import build
from services.scanner.reader import Stamp, Stamps, Structure, TableKey
from services.scanner.settings import ScannerSettings

_CHEAP = 0.015
_FULL_EVERY = 60.0
_DUTY = 50


class PostgresReader:
    """Reads one PostgreSQL database over one connection."""

    dialect = pb.DIALECT_POSTGRESQL

    def __init__(self, source: SourceUrl, settings: ScannerSettings) -> None:
        self._settings = settings
        self._session = Session(source)
        self._schemas = list(source.schemas) or None
        self._oids: dict[TableKey, int] = {}
        self._stamps: Stamps | None = None
        self._server = ("", 0)
        self._catalogs: object = None
        self._rows: object = None
        self._full_at = 0.0
        self._full_cost = 0.0

    def stamps(self, *, thorough: bool = False) -> Stamps:
        """Every table's stamp. Where reading them takes more than milliseconds (thousands of tables) they are
        read only when the database counted a write to its catalogs, less often after other writes, and once a
        minute.
        """
        limit = self._settings.statement_timeout
        with self._explained(), self._session.transaction(limit, traced=False) as run:
            recovering, catalogs, rows = run.rows(queries.COUNTERS, about="counters")[0]
            begun = time.monotonic()
            if self._stamps is not None and not thorough and not recovering:
                since = begun - self._full_at
                due = since >= (_FULL_EVERY if rows == self._rows else _DUTY * self._full_cost)
                if self._full_cost > _CHEAP and catalogs == self._catalogs and not due:
                    return self._stamps
            read = self._read_stamps(run)
        # The first one pays for cold caches, others for a busy machine: the fastest tells what it costs.
        spent = time.monotonic() - begun
        self._full_cost = min(self._full_cost, spent) if self._full_cost else spent / 4
        self._full_at, self._catalogs, self._rows = begun, catalogs, rows
        if self._stamps is None or read != self._stamps:
            self._stamps = read
        return self._stamps

    def _read_stamps(self, run: Transaction) -> Stamps:
        environment = run.rows(queries.ENVIRONMENT, about="environment")[0]
        self._server = (environment[0].split()[0], environment[1])
        tables: dict[TableKey, Stamp] = {}
        oids: dict[TableKey, int] = {}
        rows = run.rows(queries.STAMPS, {"schemas": self._schemas}, about="stamps")
        for oid, schema, name, structure, analyzed, estimate, changes in rows:
            # Where nothing was ever analyzed (or a standby does not say), the planner's row estimate tells.
            known = analyzed if analyzed is not None else f"~{estimate}"
            tables[schema, name] = Stamp((oid, structure), known, -1 if changes is None else int(changes))
            oids[schema, name] = oid
        self._oids = oids
        return Stamps(tuple(map(str, environment)), tables)

    def structure(self, tables: Collection[TableKey] | None) -> Structure:
        """Reads the catalogs for these tables, or for all readable ones."""
        if self._stamps is None:
            self.stamps()
        wanted = self._oids.values() if tables is None else [self._oids[key] for key in tables if key in self._oids]
        with self._explained(), self._session.transaction(self._settings.statement_timeout) as run:
            extensions = run.rows(queries.ENVIRONMENT, about="environment")[0][2]
            made = build(run, wanted, self._server[1])
        keyed = {(table.schema, table.name): table for table in made.tables.values()}
        return Structure(keyed, made.foreign_keys, self._server[0], tuple(extensions))

    def gather(self, tables: Sequence[pb.Table], seconds: float) -> set[TableKey]:
        """Statistics from pg_stats, and from rows where those do not tell enough."""
        with self._explained():
            return gather(self._session, tables, self._settings, seconds)

    def probe(self, seconds: float) -> PostgresProbe:
        """Questions about rows."""
        return PostgresProbe(self._session, self._settings.probe_timeout, time.monotonic() + seconds)

    def release(self) -> None:
        """Closes the connection."""
        self._session.close()

    def interrupt(self) -> None:
        """Cancels what runs in the database."""
        self._session.cancel()

    @contextmanager
    def _explained(self) -> Iterator[None]:
        """A database error that a scan cannot go on after (a lock, a timeout, a table dropped under it) as a
        fault.
        """
        try:
            yield
        except psycopg.Error as error:
            said = str(error).partition("\n")[0] or type(error).__name__
            source = self._session.source.name
            raise Fault(
                "SOURCE_UNAVAILABLE",
                f'Source "{source}" cannot be scanned: {said}',
                metadata={"source": source},
                retry_after=1.0,
            ) from None
