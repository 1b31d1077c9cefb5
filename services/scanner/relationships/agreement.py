"""Whether rows that a join brings together are about the same thing: other columns of theirs then agree.

Where names do not tell and values are mere numbers, this does: if order 4711 and the invoice that says 4711
have the same client, the invoice's 4711 is an order's number.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from maestro.catalog.v1 import catalog_pb2 as pb
from services.scanner.reader import Probe, Rows
from services.scanner.relationships.columns import Facts
from services.scanner.relationships.evidence import Findings
from services.scanner.values import COMPARABLE

_ROWS = 200
_COLUMNS = 15
_FEWEST = 20
_LEAST_LIFT = 0.4
_SHIFT = 7
Cell = str | None


@dataclass(frozen=True, slots=True)
class Lift:
    """How often two columns are equal in joined rows, beside how often in unrelated ones."""

    columns: tuple[str, str]
    joined: int
    equal: int
    by_chance: float

    @property
    def lift(self) -> float:
        """0: no more often than by chance; 1: always."""
        return (self.equal / self.joined - self.by_chance) / max(1 - self.by_chance, 0.01)


def with_agreement(found: Findings, probe: Probe) -> Findings:
    """Joins some rows by the pair and compares their other columns."""
    source, target = found.pair.source, found.pair.target
    mine = probe.some(source.table, [source.column.name, *_others(source)], _ROWS)
    if mine is None or len(mine.rows) < _FEWEST:
        return found
    keys = list(dict.fromkeys(str(row[0]) for row in mine.rows))
    theirs = probe.having(target.table, [target.column.name, *_others(target)], keys, 5 * _ROWS)
    if theirs is None or len(theirs.rows) < _FEWEST:
        return found
    lifts = compare(mine, theirs, _comparable(source.table, mine, target.table, theirs))
    if not lifts:
        return found
    best = max(lifts, key=lambda each: each.lift)
    if best.lift >= _LEAST_LIFT:
        told = f"{best.columns[0]} = {best.columns[1]} in {best.equal} of {best.joined} joined rows"
        return replace(found, agreement=min(best.lift, 1.0), agreeing=told)
    return replace(found, agreement=0.0, agreeing="no other columns agree in joined rows")


def compare(mine: Rows, theirs: Rows, pairs: Sequence[tuple[int, int]]) -> list[Lift]:
    """The lift of each pair of columns (by position), over the rows that meet in the first column; chance is
    told by rows that do not belong together.
    """
    partner = {row[0]: row for row in reversed(theirs.rows)}
    joined = [(row, partner[row[0]]) for row in mine.rows if row[0] in partner]
    found = []
    for one, other in pairs:
        cells = [(a[one], b[other]) for a, b in joined if a[one] is not None and b[other] is not None]
        if len(cells) < _FEWEST or len({cell for cell, _ in cells}) < 3:
            continue
        equal = sum(1 for a, b in cells if a == b)
        shifted = cells[_SHIFT:] + cells[:_SHIFT]
        chance = sum(1 for (a, _), (_, b) in zip(cells, shifted, strict=True) if a == b) / len(cells)
        found.append(Lift((mine.columns[one], theirs.columns[other]), len(cells), equal, chance))
    return found


def _others(column: Facts) -> list[str]:
    """Columns of the same table whose values vary enough to tell rows apart."""
    varied = [
        each
        for each in column.table.columns
        if each.name != column.column.name
        and each.family in COMPARABLE
        and not 0 <= each.statistics.distinct < 3
        and each.name not in column.table.primary_key
        and each.statistics.average_width < 100
    ]
    # Texts first: they agree by chance least.
    varied.sort(key=lambda each: each.family != pb.TYPE_FAMILY_TEXT)
    return [each.name for each in varied[:_COLUMNS]]


def _comparable(one: pb.Table, mine: Rows, other: pb.Table, theirs: Rows) -> list[tuple[int, int]]:
    first = {column.name: column.family for column in one.columns}
    second = {column.name: column.family for column in other.columns}
    return [
        (i, j)
        for i, a in enumerate(mine.columns)
        for j, b in enumerate(theirs.columns)
        if i and j and first[a] == second[b]
    ]
