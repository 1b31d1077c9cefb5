"""Statistics and sample values of a table from rows that were read, as the database's planner would have
gathered them.
"""

from collections import Counter
from collections.abc import Sequence

from maestro.catalog.v1 import catalog_pb2 as pb
from services.scanner.forms import text_form
from services.scanner.values import LONGEST, SAMPLED, WIDE, extremes, ordering, spread

_BOUNDS = 50
_RATIO_FROM = 0.1
"""Above this share of distinct rows their number is told as a share, as PostgreSQL does."""


def describe(table: pb.Table, rows: Sequence[Sequence[str | None]], *, total: int, keep: int, whole: bool) -> None:
    """Fills in the statistics of every column of the table.

    rows: one text or None for each column, in the table's order. total: rows of the whole table (estimated
    unless whole). keep: how many values may be kept. whole: the rows are all that there are.
    """
    for at, column in enumerate(table.columns):
        describe_column(column, [row[at] for row in rows], total=total, keep=keep, whole=whole)


def describe_column(column: pb.Column, cells: Sequence[str | None], *, total: int, keep: int, whole: bool) -> None:
    """Fills in the statistics of one column from its cells."""
    present = [cell for cell in cells if cell is not None]
    column.ClearField("sample_values")
    column.samples_complete = False
    column.statistics.Clear()
    if not cells:
        column.samples_complete = whole
        return
    statistics = column.statistics
    statistics.null_fraction = 1 - len(present) / len(cells)
    counts = Counter(present)
    statistics.distinct = _distinct(counts, len(cells), max(total, len(cells)), whole=whole)
    statistics.average_width = round(sum(map(len, present)) / len(present)) if present else 0
    if column.family not in SAMPLED or statistics.average_width > WIDE:
        return
    _values(column, counts, len(cells), keep=keep, whole=whole)


def _values(column: pb.Column, counts: "Counter[str]", cells: int, *, keep: int, whole: bool) -> None:
    statistics = column.statistics
    ordered = sorted(counts, key=ordering(column.family))
    common = [(value, count) for value, count in counts.most_common(keep) if count > 1 or len(counts) <= keep]
    if keep:
        low, high = extremes(ordered[:1] + ordered[-1:], column.family)
        statistics.minimum, statistics.maximum = low[:LONGEST], high[:LONGEST]
    statistics.most_common_values.extend(value[:LONGEST] for value, _ in common)
    statistics.most_common_frequencies.extend(count / cells for _, count in common)
    held = {value for value, _ in common}
    rest = [value for value in ordered if value not in held]
    bounds = [value[:LONGEST] for value in spread(rest, min(_BOUNDS, keep))]
    statistics.histogram_bounds.extend(bounds)
    values = [value for value, _ in common]
    fill_samples(column, values, bounds, keep=keep, complete=whole and len(counts) <= keep)
    if column.family == pb.TYPE_FAMILY_TEXT:
        column.text_form = text_form(ordered[:2_000])


def fill_samples(column: pb.Column, common: Sequence[str], bounds: Sequence[str], *, keep: int, complete: bool) -> None:
    """Sample values: the most common ones, most frequent first, then some of the bounds, evenly spread."""
    most = list(dict.fromkeys(common))[:keep]
    if bounds and len(most) < keep:
        held = set(most)
        most += spread([value for value in bounds if value not in held], keep - len(most))
    cut = bool(most) and max(map(len, most)) >= LONGEST
    column.ClearField("sample_values")
    column.sample_values.extend([value[:LONGEST] for value in most] if cut else most)
    column.samples_complete = complete and not cut


def _distinct(counts: "Counter[str]", read: int, total: int, *, whole: bool) -> float:
    """Number of distinct values, or minus their share of the rows. Estimated as PostgreSQL's ANALYZE does
    (Haas and Stokes 1998, Duj1): values that were seen once tell how many were not seen.
    """
    seen = len(counts)
    if not seen:
        return 0.0
    once = sum(1 for count in counts.values() if count == 1)
    if whole:
        number = float(seen)
    elif once == sum(counts.values()):
        number = total * once / read
    else:
        number = read * seen / (read - once + once * read / total)
    number = min(max(number, seen), total)
    return -number / total if number > _RATIO_FROM * total else number
