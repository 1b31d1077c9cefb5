"""Is an answer right? Rows against gold rows, tolerant of what is a matter of taste.

Which columns an answer shows, their order and their names are taste; which rows, groups and numbers it holds
are not. Each gold has a mode:

- rows: the answer's rows, cut down to some of its columns, are the gold's rows; numbers may be rounded. For
  sums, counts, averages, groups.
- keys: one column of the answer holds exactly the values of one gold column; the gold's columns are
  alternatives, each of which identifies a row (NF number, id). For lists. The answer may not repeat rows, and
  one that shows only the first rows must say how many there are.
- ranking: the gold is a whole ranking (label, value); the answer is its beginning, of any length, ties in any
  order.
- contains: at least `min_rows` rows of the answer, and most of them, are among the gold's. For series and
  breakdowns whose edges are a matter of reading.
- any_value: one of the numbers in a short answer is the gold's, within `tolerance`.
- label_in: the first row names one of the gold's labels.

A question may have several golds, one for each acceptable reading: one that fits is enough.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import product

from bench.frete_cells import Cell, cell, same

Rows = list[tuple[Cell, ...]]

_SHORT = 50


@dataclass(frozen=True)
class Given:
    """What was answered. kind: answer, ask or refuse; total: rows in all, -1 where nobody counted."""

    kind: str
    rows: Rows = field(default_factory=list)
    total: int = -1


@dataclass(frozen=True)
class Gold:
    """One acceptable reading, its SQL already run."""

    mode: str
    rows: Rows
    min_rows: int = 1
    tolerance: float = 0.0


@dataclass(frozen=True)
class Verdict:
    """why: one line for the table."""

    right: bool
    why: str


def rows_of(table: Sequence[object]) -> Rows:
    """Comparable rows from rows as dicts, sequences or single values."""
    found: Rows = []
    for row in table:
        if isinstance(row, dict):
            found.append(tuple(cell(value) for value in row.values()))
        elif isinstance(row, Sequence) and not isinstance(row, str):
            found.append(tuple(cell(value) for value in row))
        else:
            found.append((cell(row),))
    return found


def judge(given: Given, kinds: Sequence[str], golds: Sequence[Gold]) -> Verdict:
    """Whether the answer is right. kinds: which of answer, ask and refuse are acceptable."""
    if given.kind != "answer":
        # Saying that a client does not exist and offering the nearest names is a refusal and a question at
        # once.
        fits = given.kind in kinds or (given.kind == "ask" and "refuse" in kinds)
        return Verdict(fits and not given.rows, f"{given.kind}, expected {' or '.join(kinds)}")
    if "answer" not in kinds:
        return Verdict(False, f"answered with {len(given.rows)} rows, expected {' or '.join(kinds)}")
    for number, gold in enumerate(golds):
        if _FITS[gold.mode](given, gold):
            return Verdict(True, f"{gold.mode}, reading {number + 1} of {len(golds)}")
    expected = ", ".join(sorted({f"{gold.mode} of {len(gold.rows)}" for gold in golds}))
    return Verdict(False, f"{len(given.rows)} rows fit none of: {expected}")


def _same_rows(given: Given, gold: Gold) -> bool:
    if not given.rows:
        return all(value in (None, 0.0) for row in gold.rows for value in row)
    return len(given.rows) == len(gold.rows) and any(
        _matched(projected, gold.rows, gold.tolerance) == len(gold.rows)
        for projected in _projections(given.rows, gold.rows, gold.tolerance)
    )


def _same_keys(given: Given, gold: Gold) -> bool:
    if not gold.rows or not given.rows:
        return not gold.rows and not given.rows
    if len(given.rows) > len(gold.rows):
        return False
    shown = [set(column) for column in zip(*given.rows, strict=True)]
    for expected in (set(column) for column in zip(*gold.rows, strict=True)):
        if None in expected:
            continue  # does not identify rows
        if expected in shown or (given.total == len(gold.rows) and any(part <= expected for part in shown)):
            return True
    return False


def _begins(given: Given, gold: Gold) -> bool:
    """The values of the answer's labels are the ranking's first values, in falling order."""
    if not given.rows or len(given.rows) > len(gold.rows):
        return False
    value_of = {row[0]: row[1] for row in gold.rows}
    best = [value for _, value in gold.rows[: len(given.rows)]]
    for column in zip(*given.rows, strict=True):
        if len(set(column)) == len(column) and all(label in value_of for label in column):
            held = [value_of[label] for label in column]
            return all(same(one, other) for one, other in zip(held, best, strict=True))
    return False


def _contains(given: Given, gold: Gold) -> bool:
    if len(given.rows) < gold.min_rows or not gold.rows:
        return False
    width = len(gold.rows[0])
    for columns in product(range(len(given.rows[0])), repeat=width):
        if len(set(columns)) == width:
            matched = _matched(_cut(given.rows, columns), gold.rows, gold.tolerance)
            if matched >= gold.min_rows and matched >= 0.7 * len(given.rows):
                return True
    return False


def _holds_value(given: Given, gold: Gold) -> bool:
    expected = gold.rows[0][0] if gold.rows else None
    return (
        expected is not None
        and len(given.rows) <= _SHORT
        and any(same(value, expected, gold.tolerance) for row in given.rows for value in row)
    )


def _names_one(given: Given, gold: Gold) -> bool:
    labels = {row[0] for row in gold.rows if isinstance(row[0], str)}
    return bool(given.rows) and any(value in labels for value in given.rows[0])


_FITS = {
    "rows": _same_rows,
    "keys": _same_keys,
    "ranking": _begins,
    "contains": _contains,
    "any_value": _holds_value,
    "label_in": _names_one,
}


def _projections(rows: Rows, gold: Rows, tolerance: float) -> Iterator[Rows]:
    """The rows cut down to the gold's columns, for every choice of columns that may fit."""
    shown, expected = list(zip(*rows, strict=True)), list(zip(*gold, strict=True))
    fitting = [
        [at for at, column in enumerate(shown) if _matched(_column(column), _column(wanted), tolerance) == len(gold)]
        for wanted in expected
    ]
    for columns in product(*fitting):
        if len(set(columns)) == len(columns):
            yield _cut(rows, columns)


def _cut(rows: Rows, columns: Sequence[int]) -> Rows:
    return [tuple(row[at] for at in columns) for row in rows]


def _column(values: Sequence[Cell]) -> Rows:
    return [(value,) for value in values]


def _matched(rows: Rows, gold: Rows, tolerance: float) -> int:
    """How many rows have a partner of their own among the gold's."""
    exact = Counter(gold)
    rest: Rows = []
    matched = 0
    for row in rows:
        if exact[row] > 0:
            exact[row] -= 1
            matched += 1
        else:
            rest.append(row)
    left: dict[tuple[Cell, ...], Rows] = {}
    for row in exact.elements():
        if not any(isinstance(value, float | None) for value in row):
            continue  # only numbers have near misses
        left.setdefault(_texts(row), []).append(row)
    for row in rest:
        others = left.get(_texts(row), [])
        near = (at for at, other in enumerate(others) if _same_row(row, other, tolerance))
        if (at := next(near, None)) is not None:
            del others[at]
            matched += 1
    return matched


def _texts(row: tuple[Cell, ...]) -> tuple[Cell, ...]:
    """What near misses agree on: the texts of a row; numbers and gaps may differ."""
    return tuple(value if isinstance(value, str) else None for value in row)


def _same_row(row: tuple[Cell, ...], other: tuple[Cell, ...], tolerance: float) -> bool:
    return all(same(one, two, tolerance) for one, two in zip(row, other, strict=True))
