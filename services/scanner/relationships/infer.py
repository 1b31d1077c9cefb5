"""Finds the relationships that no foreign key declares."""

import time
from collections.abc import Collection

from maestro.catalog.v1 import catalog_pb2 as pb
from services.scanner.reader import Probe
from services.scanner.relationships.agreement import with_agreement
from services.scanner.relationships.by_name import by_name
from services.scanner.relationships.by_value import by_value
from services.scanner.relationships.candidates import is_source, is_target
from services.scanner.relationships.choose import choose, explained
from services.scanner.relationships.columns import Facts, Place, facts
from services.scanner.relationships.confidence import confidence
from services.scanner.relationships.evidence import Findings, measure, with_uniqueness
from services.scanner.relationships.telling import relationship

_BASE = (pb.TABLE_KIND_TABLE, pb.TABLE_KIND_PARTITIONED, pb.TABLE_KIND_FOREIGN)
_DOUBTFUL = (0.15, 0.9)
_NAMES_SHARE = 0.6


def infer(
    tables: Collection[pb.Table],
    declared: Collection[pb.Relationship],
    probe: Probe,
    seconds: float,
    *,
    loose: bool,
    touching: Collection[Place] | None = None,
) -> tuple[list[pb.Relationship], bool]:
    """The undeclared relationships among these tables that are found in about that time, and whether that was
    time enough.

    touching: only those that these columns take part in; None: all. loose: numbers in text compare with
    numbers.
    """
    until = time.monotonic() + seconds
    columns = facts(_worth(tables))
    known = explained(declared)
    sources = [column for column in columns if is_source(column) and column.place not in known]
    targets = [column for column in columns if is_target(column)]
    names_until = time.monotonic() + seconds * _NAMES_SHARE
    unique: dict[Facts, bool | None] = {}
    named = by_name(sources, targets, loose=loose, until=names_until, touching=touching)
    found = [_examine(each, probe, unique) for each in measure(named, probe)]
    if time.monotonic() < until:
        valued = by_value(sources, targets, named, probe, loose=loose, until=until, touching=touching)
        found += [_examine(each, probe, unique) for each in measure(valued, probe)]
    told = choose(found, declared)
    return [relationship(sure, each) for sure, each in told], time.monotonic() <= until


def _worth(tables: Collection[pb.Table]) -> list[pb.Table]:
    """Views repeat their tables' columns; they count only where there is nothing else."""
    base = [table for table in tables if table.kind in _BASE]
    return base or list(tables)


def _examine(found: Findings, probe: Probe, unique: dict[Facts, bool | None]) -> Findings:
    """Takes a closer look at a pair that is neither certain nor hopeless."""
    if found.inclusion is not None and found.inclusion < 0.5:
        return found
    found = with_uniqueness(found, probe, unique)
    low, high = _DOUBTFUL
    told = found.pair.name >= 0.8 and (found.inclusion or 0.0) >= 0.9
    compares = found.probed and not found.pair.source.separator and found.surprise > 0.2
    if compares and not told and low <= confidence(found) <= high:
        found = with_agreement(found, probe)
    return found
