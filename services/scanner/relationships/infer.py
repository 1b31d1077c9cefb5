"""Finds the relationships that no foreign key declares."""

import logging
import time
from collections.abc import Collection, Sequence

from maestro.catalog.v1 import catalog_pb2 as pb
from services.scanner.reader import Probe, TableKey
from services.scanner.relationships.agreement import with_agreement
from services.scanner.relationships.candidates import (
    Pair,
    by_name,
    few_of,
    hit_enough,
    is_source,
    is_target,
    probes,
)
from services.scanner.relationships.choose import choose
from services.scanner.relationships.columns import Facts, facts
from services.scanner.relationships.confidence import confidence
from services.scanner.relationships.evidence import Findings, measure, with_uniqueness
from services.scanner.relationships.naming import points_at
from services.scanner.relationships.telling import relationship

_log = logging.getLogger(__name__)
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
    touching: Collection[TableKey] | None = None,
) -> list[pb.Relationship]:
    """The undeclared relationships among these tables, in about that time.

    touching: only those that these tables take part in; None: all. loose: numbers in text compare with
    numbers.
    """
    until = time.monotonic() + seconds
    columns = facts(_worth(tables))
    sources = [column for column in columns if is_source(column)]
    targets = [column for column in columns if is_target(column)]
    names_until = time.monotonic() + seconds * _NAMES_SHARE
    pairs = by_name(sources, targets, loose=loose, until=names_until, touching=touching)
    pairs += _by_value(sources, targets, pairs, probe, loose=loose, until=until, touching=touching)
    unique: dict[Facts, bool | None] = {}
    found = [_examine(each, probe, unique) for each in measure(pairs, probe)]
    told = choose(found, declared)
    if time.monotonic() > until:
        _log.warning("the search for undeclared relationships ended after the %.1f s that it may take", seconds)
    return [relationship(sure, each) for sure, each in told]


def _worth(tables: Collection[pb.Table]) -> list[pb.Table]:
    """Views repeat their tables' columns; they count only where there is nothing else."""
    base = [table for table in tables if table.kind in _BASE]
    return base or list(tables)


def _touches(source: Facts, target: Facts, touching: Collection[TableKey] | None) -> bool:
    return touching is None or source.where in touching or target.where in touching


def _by_value(
    sources: Sequence[Facts],
    targets: Sequence[Facts],
    named: Sequence[Pair],
    probe: Probe,
    *,
    loose: bool,
    until: float,
    touching: Collection[TableKey] | None,
) -> list[Pair]:
    """Pairs that only values suggest: a few of each column's are looked for in every column that they could
    refer to, with one query for each such target.
    """
    known = {(pair.source, pair.target) for pair in named}
    tries = [few for source in sources if (few := few_of(source)) is not None]
    found = []
    for target in sorted(targets, key=lambda each: (not each.key, not each.indexed, -each.rows)):
        if time.monotonic() > until:
            break
        tried = [
            few
            for few in probes(target, tries, loose=loose)
            if (few.source, target) not in known and _touches(few.source, target, touching)
        ]
        if not tried:
            continue
        answer = probe.find(target.table, target.column.name, [few.values for few in tried])
        for few, hit in zip(tried, answer or [], strict=False):
            if hit_enough(len(hit.at)):
                name = points_at(few.source.name, target.name, target_is_key=target.key, same_table=False)
                found.append(Pair(few.source, target, name))
    return found


def _examine(found: Findings, probe: Probe, unique: dict[Facts, bool | None]) -> Findings:
    """Takes a closer look at a pair that is neither certain nor hopeless."""
    if found.inclusion is not None and found.inclusion < 0.5:
        return found
    found = with_uniqueness(found, probe, unique)
    low, high = _DOUBTFUL
    if found.probed and not found.pair.source.separator and low <= confidence(found) <= high and found.surprise > 0.2:
        found = with_agreement(found, probe)
    return found
