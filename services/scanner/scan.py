"""Scans a source: all of it the first time, afterwards only what changed."""

import time
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import TypeVar

from maestro.catalog.v1 import catalog_pb2 as pb
from mesh import telemetry
from mesh.attributes import Value
from services.scanner.reader import Reader, Stamps, TableKey
from services.scanner.relationships.choose import explained
from services.scanner.relationships.columns import Place, single_keys
from services.scanner.relationships.infer import infer
from services.scanner.relationships.merge import merge
from services.scanner.settings import ScannerSettings
from services.scanner.snapshot import Gathered, Snapshot, digests

V = TypeVar("V")
_SHARE = 0.1
_FEW = 50
_DUTY = 20
"""Reading statistics again because data changed takes at most one of so many seconds."""
_GROWN = 2
_USUAL_TABLES = 300
_LEAST_SHARE = 0.3
_SECOND_TIME = 5


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a scan found, and how many tables it read."""

    snapshot: Snapshot
    read: int = 0


class Scan:
    """The state of one source's scanning. Used by one thread at a time."""

    def __init__(self, reader: Reader, source: str, settings: ScannerSettings) -> None:
        self._reader = reader
        self._source = source
        self._settings = settings
        self._held: Snapshot | None = None
        self._deferred = False
        self._rest_until = 0.0
        self._unread: set[TableKey] = set()
        self._sought = True

    def run(self, *, now_all: bool = False) -> Outcome:
        """Brings the catalog up to date. now_all: everything that changed is found and read now, also what
        could be found or read a little later.

        What there was no time for (rows of some of thousands of tables, relationships among them) is made up
        for by the next run that finds nothing more urgent. Raises Fault SOURCE_UNAVAILABLE where the database
        cannot be read; what was held stays.
        """
        held, stamps = self._held, self._reader.stamps(thorough=now_all)
        unfinished = self._deferred or self._unread or not self._sought
        if held is not None and stamps is held.stamps and not unfinished:
            return Outcome(held)
        changed = _changed(held, stamps)
        stale = self._stale(held, stamps, changed)
        self._deferred = bool(stale) and not now_all and time.monotonic() < self._rest_until
        wanted = changed | (self._unread & stamps.tables.keys()) | (set() if self._deferred else stale)
        made, read = held, 0
        if held is None or wanted or stamps.tables.keys() != held.stamps.tables.keys():
            made, read = self._read(held, stamps, wanted), len(wanted)
        elif not self._sought:
            made = self._seek_again(held)
        assert made is not None
        self._held = _counted(made, stamps)
        return Outcome(self._held, read)

    def _stale(self, held: Snapshot | None, stamps: Stamps, changed: Collection[TableKey]) -> set[TableKey]:
        """Tables whose statistics have to be read again though their structure has not changed."""
        if held is None:
            return set()
        stale = set()
        for key, stamp in stamps.tables.items():
            gathered, table = held.gathered.get(key), held.tables.get(key)
            if key in changed or gathered is None or table is None:
                continue
            written = abs(stamp.changes - gathered.stamp.changes)
            much = written > max(_FEW, _SHARE * table.row_estimate)
            aged = written and time.monotonic() - gathered.at > self._settings.statistics_age
            if stamp.statistics != gathered.stamp.statistics or much or aged:
                stale.add(key)
        return stale

    def _read(self, held: Snapshot | None, stamps: Stamps, wanted: set[TableKey]) -> Snapshot:
        about: dict[str, Value] = {"maestro.source": self._source, "maestro.tables": len(wanted)}
        begun = time.monotonic()
        with telemetry.span(f"scan {self._source}", attributes=about):
            made = self._assembled(held, stamps, wanted)
        self._rest_until = time.monotonic() + (time.monotonic() - begun) * _DUTY
        return made

    def _assembled(self, held: Snapshot | None, stamps: Stamps, wanted: set[TableKey]) -> Snapshot:
        structure = self._reader.structure(wanted if held is not None else None)
        fresh = {key: table for key, table in structure.tables.items() if key in stamps.tables}
        seconds = self._settings.sample_budget * _share(len(stamps.tables))
        self._unread = self._reader.gather(list(fresh.values()), seconds)
        kept = held.tables if held is not None else {}
        tables = {key: fresh.get(key) or kept[key] for key in stamps.tables if key in fresh or key in kept}
        structures, statistics = digests(fresh)
        foreign_keys = _those(tables, held.foreign_keys if held else {}, fresh, structure.foreign_keys)
        gathered = {key: Gathered(stamps.tables[key], time.monotonic()) for key in fresh}
        made = Snapshot(
            source=self._source,
            dialect=self._reader.dialect,
            server_version=structure.server_version,
            extensions=structure.extensions,
            tables=tables,
            foreign_keys=foreign_keys,
            inferred=(),
            stamps=stamps,
            gathered=_those(tables, held.gathered if held else {}, fresh, gathered),
            structures=_those(tables, held.structures if held else {}, fresh, structures),
            statistics=_those(tables, held.statistics if held else {}, fresh, statistics),
        )
        seconds = self._settings.inference_budget * _share(len(tables))
        return replace(made, inferred=self._inferred(held, made, structures, seconds)).completed()

    def _inferred(
        self, held: Snapshot | None, made: Snapshot, fresh: Mapping[TableKey, bytes], seconds: float
    ) -> tuple[pb.Relationship, ...]:
        """The undeclared relationships: all that there are, or what was held and those of tables that
        changed.
        """
        touched = None if held is None else _touched(held, made, fresh)
        declared = [each for keys in made.foreign_keys.values() for each in keys]
        found: list[pb.Relationship] = []
        enough = True
        probe = self._reader.probe(seconds)
        try:
            if seconds and (touched is None or touched):
                tables, loose = list(made.tables.values()), made.dialect == pb.DIALECT_SQLITE
                found, enough = infer(tables, declared, probe, seconds, loose=loose, touching=touched)
                self._sought = enough and (self._sought or touched is None)
            if held is None or touched is None:
                return tuple(found)
            # What there was no time to look at again is still believed.
            over = touched if enough else ()
            return merge(held.inferred, found, made.tables, probe, touched=over, read=fresh.keys())
        finally:
            probe.close()

    def _seek_again(self, held: Snapshot) -> Snapshot:
        """Seeks all relationships with more time; what is not found in that is left."""
        with telemetry.span(f"scan {self._source}", attributes={"maestro.source": self._source}):
            inferred = self._inferred(None, held, {}, self._settings.inference_budget * _SECOND_TIME)
        self._sought = True
        return replace(held, inferred=inferred).completed()


def _share(tables: int) -> float:
    """Of the time that looking at rows may take: schemas of thousands of tables have to be there soon, and
    are looked at more closely afterwards.
    """
    return max(_LEAST_SHARE, min(1.0, _USUAL_TABLES / max(tables, 1)))


def _changed(held: Snapshot | None, stamps: Stamps) -> set[TableKey]:
    """Tables whose structure has to be read: all, where something that they share changed."""
    if held is None or stamps.environment != held.stamps.environment:
        return set(stamps.tables)
    before = held.stamps.tables
    return {
        key for key, stamp in stamps.tables.items() if key not in before or before[key].structure != stamp.structure
    }


def _touched(held: Snapshot, made: Snapshot, structures: Mapping[TableKey, bytes]) -> set[Place]:
    """Columns whose relationships have to be sought again: new or other ones, those that a foreign key came to or went
    from, and all of tables that have far more rows than before.
    """
    touched = _declared(held) ^ _declared(made)
    for key, digest in structures.items():
        before, now = held.tables.get(key), made.tables[key]
        if before is None or now.row_estimate > max(before.row_estimate, 0) * _GROWN:
            touched |= {(*key, column.name) for column in now.columns}
        elif held.structures.get(key) != digest:
            known = {column.name: about for column, about in _matters(before)}
            touched |= {(*key, column.name) for column, about in _matters(now) if known.get(column.name) != about}
    return touched


def _declared(snapshot: Snapshot) -> set[Place]:
    return explained([each for keys in snapshot.foreign_keys.values() for each in keys])


def _matters(table: pb.Table) -> Iterator[tuple[pb.Column, tuple[object, ...]]]:
    """Each column with what of the structure its relationships depend on."""
    keys = single_keys(table)
    keyed = bool(table.primary_key or table.unique_keys)
    for column in table.columns:
        yield (
            column,
            (column.type, column.family, column.text_form, column.comment, column.identity, column.name in keys, keyed),
        )


def _those(
    tables: Collection[TableKey],
    old: Mapping[TableKey, V],
    fresh: Collection[TableKey],
    new: Mapping[TableKey, V],
) -> dict[TableKey, V]:
    """What is known of each table: new where it was read, else as it was."""
    return {key: held for key in tables if (held := new.get(key) if key in fresh else old.get(key)) is not None}


def _counted(snapshot: Snapshot, stamps: Stamps) -> Snapshot:
    """The same catalog with what tells of writes as it is now."""
    moved: dict[TableKey, pb.Table] = {}
    for key, table in snapshot.tables.items():
        stamp = stamps.tables.get(key)
        if stamp is None:
            continue
        counted = stamp.changes >= 0 and stamp.changes != table.changes
        if counted or stamp.rows != table.rows_version:
            moved[key] = copied = pb.Table()
            copied.CopyFrom(table)
            copied.changes = stamp.changes if counted else table.changes
            copied.rows_version = stamp.rows
    if not moved and snapshot.stamps is stamps:
        return snapshot
    return replace(snapshot, tables={**snapshot.tables, **moved}, stamps=stamps)
