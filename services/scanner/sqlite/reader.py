"""A SQLite source, read."""

import hashlib
import sqlite3
import time
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager

from maestro.catalog.v1 import catalog_pb2 as pb
from mesh.fault import Fault
from mesh.sources import SourceUrl
from services.scanner.digest import DIGITS
from services.scanner.reader import Stamp, Stamps, Structure, TableKey
from services.scanner.settings import ScannerSettings
from services.scanner.sqlite.file import File
from services.scanner.sqlite.gather import gather, stat1
from services.scanner.sqlite.pages import signatures
from services.scanner.sqlite.probe import SqliteProbe
from services.scanner.sqlite.structure import Entry, build, entries

_DUTY = 50
"""Looking at pages takes at most one of so many seconds."""


class SqliteReader:
    """Reads one SQLite file."""

    dialect = pb.DIALECT_SQLITE

    def __init__(self, source: SourceUrl, settings: ScannerSettings) -> None:
        self._settings = settings
        self._file = File(source)
        self._state: object = None
        self._stamps = Stamps((), {})
        self._rest_until = 0.0

    def stamps(self, *, thorough: bool = False) -> Stamps:
        """The file is opened only where its time of change or size says that something was written; which tables' rows
        were, their pages tell. Where those take long to look at, a change of rows may be noticed a little later.
        """
        state = self._file.state()
        if state == self._state:
            return self._stamps
        # It may be another file by now, under the same name.
        self._file.close()
        with self._explained():
            held = entries(self._file)
        resting = not thorough and time.monotonic() < self._rest_until
        rows = self._rows_before() if resting else self._rows_now(held, state)
        tables: dict[TableKey, Stamp] = {}
        for name, entry in held.items():
            digest = hashlib.sha256("\0".join(sorted(entry.sql)).encode("utf-8", "replace")).hexdigest()
            tables["", name] = Stamp(digest, rows.get(name, ""), -1, rows.get(name, ""))
        found = Stamps(sqlite3.sqlite_version, tables)
        self._state = None if resting else state
        if found != self._stamps:
            self._stamps = found
        return self._stamps

    def _rows_before(self) -> dict[str, str]:
        return {name: stamp.rows for (_, name), stamp in self._stamps.tables.items()}

    def _rows_now(self, held: Mapping[str, Entry], state: object) -> dict[str, str]:
        """What differs once a table's rows do; for all tables the file's state, where their pages cannot tell."""
        begun = time.monotonic()
        with self._explained():
            pages = signatures(self._file, held.keys(), self._settings.probe_timeout)
            counted = stat1(self._file)
        now = time.monotonic()
        self._rest_until = now + (now - begun) * _DUTY
        rows = {}
        for name, entry in held.items():
            if pages is None or entry.outside:
                rows[name] = _short(state)
            elif entry.kind != pb.TABLE_KIND_VIEW:
                rows[name] = _short(pages.get(name), counted.get(name))
        views = held.keys() - rows.keys()
        return rows | {name: _short(*(rows[each] for each in _bases(held[name], held))) for name in views}

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


def _short(*parts: object) -> str:
    return hashlib.sha256(repr(parts).encode()).hexdigest()[:DIGITS]


def _bases(view: Entry, held: Mapping[str, Entry]) -> list[str]:
    """The tables whose rows a view may show: those that it, or a view that it may show, mentions. Rather too many than
    one too few: a word is enough.
    """
    found: set[str] = set()
    open_texts = [view.definition]
    while open_texts:
        text = open_texts.pop().replace('""', '"').casefold()
        for name, entry in held.items():
            if name not in found and name.casefold() in text:
                found.add(name)
                if entry.kind == pb.TABLE_KIND_VIEW:
                    open_texts.append(entry.definition)
    return sorted(name for name in found if held[name].kind != pb.TABLE_KIND_VIEW)
