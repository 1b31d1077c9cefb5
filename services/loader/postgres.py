"""PostgreSQL as a source: connections that can only read, statements that end when nobody waits for them."""

import asyncio
import json
import re
from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import TYPE_CHECKING, Any, Final

import psycopg
from psycopg import errors
from psycopg.conninfo import conninfo_to_dict
from psycopg.pq import TransactionStatus
from psycopg.types.string import TextLoader

from maestro.catalog.v1 import catalog_pb2
from mesh.fault import Fault
from mesh.sources import SourceUrl
from services.loader.pieces import Pieces
from services.loader.pool import Pool
from services.loader.postgres_describe import Description, describing
from services.loader.settings import LoaderSettings
from services.loader.source import Answer, Estimate
from services.loader.timeouts import timed_out
from services.loader.types import Family

if TYPE_CHECKING:
    from services.loader.arrow import Chunk
    from services.loader.postgres_stream import Streams

# pg_type.oid of the types whose values are not passed on as plain text.
_FAMILIES: Final = {
    16: Family.BOOLEAN,
    17: Family.BINARY,
    20: Family.INTEGER,
    21: Family.INTEGER,
    23: Family.INTEGER,
    26: Family.INTEGER,
    700: Family.FLOAT,
    701: Family.FLOAT,
    1700: Family.DECIMAL,
    1082: Family.DATE,
    1083: Family.TIME,
    1114: Family.TIMESTAMP,
    1184: Family.TIMESTAMP,
    1186: Family.INTERVAL,
    114: Family.JSON,
    3802: Family.JSON,
    2950: Family.UUID,
    25: Family.TEXT,
    1042: Family.TEXT,
    1043: Family.TEXT,
    19: Family.TEXT,
}
_ZONED: Final = 1184
_UNCAST: Final = re.compile(r"\$\d+(?!\d|::)")
_ONLY_WHEN_SAID: Final = 1 << 30
"""Statements are prepared that are said to be worth it, never by how often they come; with None, none would be."""
_UNPREPARED: Final = ("26000", "42P05", "0A000")
"""A pooler gave the session to others, or a table was altered since: the statement itself may be good."""
_NATIVE: Final = (Family.BOOLEAN, Family.BINARY, Family.INTEGER, Family.FLOAT)

Connection = psycopg.AsyncConnection[tuple[Any, ...]]


def connection_info(source: SourceUrl, timeout: float, zone: str) -> dict[str, Any]:
    """libpq's parameters for a connection that can only read. What the URL says itself stays, but for that."""
    info: dict[str, Any] = {**conninfo_to_dict(source.url)}
    settings = {
        "default_transaction_read_only": "on",
        "statement_timeout": str(int(timeout * 1000)),
        "idle_in_transaction_session_timeout": "60000",
        "TimeZone": zone,
        "DateStyle": "ISO",
        "IntervalStyle": "iso_8601",
        "extra_float_digits": "1",
    }
    if source.schemas:
        settings["search_path"] = ",".join('"' + each.replace('"', '""') + '"' for each in source.schemas)
    ours = " ".join(f"-c {name}={_escaped(value)}" for name, value in settings.items())
    info["options"] = f"{info.get('options') or ''} {ours}".strip()
    info.setdefault("connect_timeout", 5)
    info.setdefault("application_name", "maestro-loader")
    return info


def _escaped(value: str) -> str:
    return value.replace("\\", "\\\\").replace(" ", "\\ ")


class Postgres:
    """One PostgreSQL source."""

    dialect: int = catalog_pb2.DIALECT_POSTGRESQL
    system = "postgresql"
    estimates = True

    def __init__(self, source: SourceUrl, settings: LoaderSettings) -> None:
        self.name = source.name
        self._address = source.safe_url
        self._timeout = source.statement_timeout or settings.statement_timeout
        self._info = connection_info(source, self._timeout, source.time_zone or settings.time_zone)
        self._pool: Pool[Connection] = Pool(
            source.name, settings.loader_connections, settings.loader_wait, self._connect, _close, _usable
        )
        self._streams: Streams | None = None

    async def _connect(self) -> Connection:
        try:
            made = await psycopg.AsyncConnection.connect(
                **self._info, autocommit=True, cursor_factory=psycopg.AsyncRawCursor, prepare_threshold=_ONLY_WHEN_SAID
            )
        except psycopg.Error as error:
            raise self._unavailable(error) from None
        for oid, family in _FAMILIES.items():
            if family not in _NATIVE:
                made.adapters.register_loader(oid, TextLoader)
        await self._insist_on_reading(made)
        return made

    async def _insist_on_reading(self, connection: Connection) -> None:
        """A pooler between us and the database may have dropped the options of the connection."""
        if connection.info.parameter_status("default_transaction_read_only") == "on":
            return
        try:
            cursor = await connection.execute("SHOW default_transaction_read_only")
            row = await cursor.fetchone()
        except psycopg.Error as error:
            await _close(connection)
            raise self._unavailable(error) from None
        if row is None or row[0] != "on":
            await _close(connection)
            raise Fault(
                "NOT_READ_ONLY",
                f"A connection to source {self.name!r} cannot be made read-only: what stands between Maestro and the "
                "database drops the options of the connection.",
                metadata={"source": self.name},
            )

    async def run(self, sql: str, parameters: list[Any], *, single: bool, timeout: float) -> Answer:
        """As Database.run. Only lookups by key are prepared: what else there is gets a plan for its own values."""
        try:
            async with asyncio.timeout(timeout if timeout < self._timeout else None):
                return await self._retried(sql, parameters, single)
        except TimeoutError:
            raise timed_out(timeout) from None

    async def _retried(self, sql: str, parameters: list[Any], prepare: bool) -> Answer:
        """A connection that broke while nobody used it is found out by using it, and so is a prepared statement that is
        of no use any more: once more, with a new one."""
        try:
            return await self._run(sql, parameters, prepare)
        except psycopg.Error as error:
            broken = isinstance(error, errors.OperationalError | errors.InterfaceError) and _lost(error)
            if not broken and not (prepare and error.sqlstate in _UNPREPARED):
                raise self._fault(error) from None
        await self._pool.discard_free()
        try:
            return await self._run(sql, parameters, prepare=False)
        except psycopg.Error as error:
            raise self._fault(error) from None

    async def _run(self, sql: str, parameters: list[Any], prepare: bool) -> Answer:
        async with self._pool.lease() as connection:
            cursor = connection.cursor()
            await cursor.execute(sql, parameters, prepare=prepare)
            rows = await cursor.fetchall()
            oids = [each.type_code for each in cursor.description or ()]
        return Answer(
            rows,
            tuple(_FAMILIES.get(oid, Family.OTHER) for oid in oids),
            tuple(oid == _ZONED for oid in oids),
        )

    async def describe(self, sql: str, parameters: list[Any]) -> tuple[Family, ...]:
        """As Database.describe."""
        described = await self._described(sql)
        return tuple(_FAMILIES.get(oid, Family.OTHER) for oid in described.columns)

    async def _described(self, sql: str) -> Description:
        try:
            async with self._pool.lease() as connection:
                return await connection.wait(describing(connection.pgconn, sql))
        except psycopg.Error as error:
            raise self._fault(error) from None

    async def _types(self, sql: str, count: int) -> list[str]:
        """The types of the parameters, as the database infers them."""
        if not count or not _UNCAST.search(sql):
            return [""] * count
        oids = (await self._described(sql)).parameters
        answer = await self.run(
            "SELECT format_type(oid, NULL) FROM unnest($1::oid[]) WITH ORDINALITY AS t (oid, n) ORDER BY n",
            ["{" + ",".join(map(str, oids)) + "}"], single=False, timeout=self._timeout,
        )  # fmt: skip
        return [str(row[0]) for row in answer.rows]

    async def stream(
        self,
        sql: str,
        parameters: list[Any],
        names: list[str],
        implied: list[Family],
        pieces: Pieces,
        timeout: float,
    ) -> AsyncGenerator["Chunk", None]:
        """As Database.stream."""
        from services.loader.postgres_stream import Streams  # noqa: PLC0415  # Arrow and ADBC: 60 MB that heads do not need

        if self._streams is None:
            self._streams = Streams(self.name, self._info)
        types = await self._types(sql, len(parameters))
        async with aclosing(self._streams.stream(sql, types, parameters, names, pieces, timeout)) as chunks:
            async for chunk in chunks:
                yield chunk

    async def explain(self, sql: str, parameters: list[Any], timeout: float) -> Estimate:
        """As Database.explain."""
        answer = await self.run(f"EXPLAIN (FORMAT JSON) {sql}", parameters, single=False, timeout=timeout)
        return _estimate(str(answer.rows[0][0]))

    async def explain_with(self, sql: str, parameters: list[Any], timeout: float, indexes: list[str]) -> Estimate:
        """As Database.explain_with: hypopg keeps its indexes in the memory of one connection."""
        try:
            async with asyncio.timeout(timeout), self._pool.lease() as connection:
                try:
                    for each in indexes:
                        await connection.execute("SELECT hypopg_create_index($1)", [each])
                    cursor = await connection.execute(f"EXPLAIN (FORMAT JSON) {sql}", parameters)
                    row = await cursor.fetchone()
                finally:
                    await connection.execute("SELECT hypopg_reset()")
        except TimeoutError:
            raise timed_out(timeout) from None
        except errors.UndefinedFunction:
            why = f"source {self.name!r} does not have the extension hypopg"
            raise Fault("INVALID_ARGUMENT", f"{why}.", violations=[("hypothetical_indexes", why)]) from None
        except psycopg.Error as error:
            raise self._fault(error) from None
        return _estimate(str(row[0]) if row else "")

    async def close(self) -> None:
        """As Database.close."""
        await self._pool.discard_free()
        if self._streams is not None:
            await self._streams.close()

    async def close_idle(self, seconds: float) -> None:
        """As Database.close_idle."""
        await self._pool.close_idle(seconds)

    def _unavailable(self, error: BaseException) -> Fault:
        state = getattr(error, "sqlstate", None) or ""
        why = "refuses the user or the password" if state.startswith("28") else "does not answer"
        return Fault(
            "SOURCE_UNAVAILABLE",
            f"The database of source {self.name!r} {why} at {self._address}.",
            metadata={"source": self.name},
            retry_after=1.0,
        )

    def _fault(self, error: psycopg.Error) -> Fault:
        return fault_of(error, self.name, self._timeout) or self._unavailable(error)


def _estimate(text: str) -> Estimate:
    plan = json.loads(text)[0]["Plan"]
    return Estimate(float(plan["Total Cost"]), float(plan["Plan Rows"]), text)


def _lost(error: psycopg.Error) -> bool:
    """Whether the connection itself failed, not the statement."""
    state = error.sqlstate
    return state is None or state[:2] == "08" or state in ("57P01", "57P02", "57P03")


async def _close(connection: Connection) -> None:
    await connection.close()


def _usable(connection: Connection) -> bool:
    return not connection.closed and connection.pgconn.transaction_status == TransactionStatus.IDLE


def fault_of(error: psycopg.Error, source: str, timeout: float) -> Fault | None:
    """The fault that a database's error becomes; None where it is the connection that failed."""
    state = error.sqlstate or ""
    said = (error.diag.message_primary or "").strip()
    if _lost(error):
        return None
    if state == "57014":
        return timed_out(timeout)
    if state == "25006":
        return Fault(
            "NOT_READ_ONLY",
            f"The query for source {source!r} would write: refused.",
            metadata={"source": source},
        )
    if state == "42501":
        return Fault(
            "PERMISSION_DENIED", f"The reading role of source {source!r} may not: {said}.",
            metadata={"subject": source, "action": "read"},
        )  # fmt: skip
    if state in ("42P01", "42703"):
        reason = "TABLE_UNKNOWN" if state == "42P01" else "COLUMN_UNKNOWN"
        return Fault(reason, f"Source {source!r}: {said}.", metadata={"source": source})
    if state[:2] == "53":
        return Fault(
            "SOURCE_BUSY", f"The database of source {source!r} is short of resources: {said}.",
            metadata={"source": source}, retry_after=1.0,
        )  # fmt: skip
    if state[:2] in ("22", "42", "21", "0A"):
        return Fault("PLAN_INVALID", f"The database refused the query: {said}.", violations=[("query", said)])
    return Fault("INTERNAL", f"The database failed the query with SQLSTATE {state}.", metadata={"sqlstate": state})
