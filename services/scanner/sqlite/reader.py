"""A SQLite source, read."""

import hashlib
import sqlite3
import time
from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager

from maestro.catalog.v1 import catalog_pb2 as pb
from mesh.fault import Fault
from mesh.sources import SourceUrl
from services.scanner.reader import Stamp, Stamps, Structure, TableKey
from services.scanner.settings import ScannerSettings
from services.scanner.sqlite.file import File
from services.scanner.sqlite.gather import gather
from services.scanner.sqlite.probe import SqliteProbe
from services.scanner.sqlite.structure import build, entries


class SqliteReader:
    """Reads one SQLite file."""

    dialect = pb.DIALECT_SQLITE

    def __init__(self, source: SourceUrl, settings: ScannerSettings) -> None:
        self._settings = settings
        self._file = File(source)
        self._state: object = None
        self._stamps = Stamps((), {})

    def stamps(self, *, thorough: bool = False) -> Stamps:
        """The file is opened only where its time of change or size says that something was written.

        SQLite counts no changes by table, so after a write every table's statistics count as changed.
        """
        state = self._file.state()
        if state == self._state:
            return self._stamps
        # It may be another file by now, under the same name.
        self._file.close()
        tables: dict[TableKey, Stamp] = {}
        with self._explained():
            held = entries(self._file)
        for name, entry in held.items():
            digest = hashlib.sha256("\0".join(sorted(entry.sql)).encode("utf-8", "replace")).hexdigest()
            tables["", name] = Stamp(digest, state, -1)
        self._stamps = Stamps(sqlite3.sqlite_version, tables)
        self._state = state
        return self._stamps

    def structure(self, tables: Collection[TableKey] | None) -> Structure:
        """Reads the schema."""
        with self._explained():
            made, keys = build(self._file, entries(self._file), tables)
        return Structure(made, keys, sqlite3.sqlite_version)

    def gather(self, tables: Sequence[pb.Table], seconds: float) -> set[TableKey]:
        """Statistics and types from rows."""
        return gather(self._file, tables, self._settings, seconds)

    def probe(self, seconds: float) -> SqliteProbe:
        """Questions about rows."""
        return SqliteProbe(self._file, self._settings.probe_timeout, time.monotonic() + seconds)

    def release(self) -> None:
        """Closes the file."""
        self._file.close()

    def interrupt(self) -> None:
        """Stops what runs."""
        self._file.interrupt()

    @contextmanager
    def _explained(self) -> Iterator[None]:
        """A database error that a scan cannot go on after as a fault."""
        try:
            yield
        except sqlite3.Error as error:
            source = self._file.source.name
            raise Fault(
                "SOURCE_UNAVAILABLE",
                f'Source "{source}" cannot be scanned: {error}',
                metadata={"source": source},
                retry_after=1.0,
            ) from None
