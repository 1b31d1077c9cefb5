"""How many rows of a table conditions leave, by the statistics of the catalog."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable
from datetime import datetime
from typing import Any

from maestro.catalog.v1 import catalog_pb2
from services.monitor.advice.conditions import Condition, Kind

_UNKNOWN = 1 / 3  # as PostgreSQL assumes of a range of which it knows nothing
_EQUAL_UNKNOWN = 0.005
_PATTERN = 0.01


def selectivity(column: catalog_pb2.Column, tests: Iterable[Condition], rows: float) -> float:
    """The share of rows that conditions on one column leave, 0 to 1."""
    statistics = column.statistics
    share, low, high = 1.0, 0.0, 1.0
    for each in tests:
        if each.kind is Kind.NULL:
            share *= statistics.null_fraction
        elif each.kind is Kind.EQUAL:
            share *= min(1.0, sum(_equal(statistics, value, rows) for value in each.values) or _EQUAL_UNKNOWN)
        elif each.kind is Kind.PARTNER:
            share *= 1.0 / max(1.0, distinct(column, rows))
        elif each.kind is Kind.LOWER:
            low = max(low, _below(statistics, each.values[0], 1 - _UNKNOWN))
        elif each.kind is Kind.UPPER:
            high = min(high, _below(statistics, each.values[0], _UNKNOWN))
        elif each.kind in (Kind.PREFIX, Kind.INFIX):
            share *= _PATTERN
    return max(share * max(high - low, 1e-6), 1 / max(rows, 1.0))


def distinct(column: catalog_pb2.Column, rows: float) -> float:
    """Distinct values of a column; 0: not known."""
    number = column.statistics.distinct
    return number if number >= 0 else -number * rows


def _equal(statistics: catalog_pb2.ColumnStatistics, value: str, rows: float) -> float:
    common = dict(zip(statistics.most_common_values, statistics.most_common_frequencies, strict=False))
    if value.strip() in common:
        return common[value.strip()]
    number = statistics.distinct if statistics.distinct >= 0 else -statistics.distinct * rows
    if number <= 0:
        return _EQUAL_UNKNOWN
    rest = max(0.0, 1.0 - statistics.null_fraction - sum(common.values()))
    return rest / max(1.0, number - len(common))


def _below(statistics: catalog_pb2.ColumnStatistics, value: str, unknown: float) -> float:
    """The share of rows whose value is below, by the histogram."""
    bounds = [_number(each) for each in statistics.histogram_bounds]
    number = _number(value)
    if len(bounds) < 2 or number is None or any(each is None for each in bounds):
        return unknown
    known: list[Any] = bounds
    at = bisect_left(known, number)
    if at in (0, len(known)):
        return float(at > 0)
    # Within a bucket, as PostgreSQL does: else a range that lies in one bucket would hold nothing.
    inside = (number - known[at - 1]) / (known[at] - known[at - 1])
    return float((at - 1 + inside) / (len(known) - 1))


def _number(text: str) -> float | None:
    """A number or a moment as a number."""
    try:
        return float(text)
    except ValueError:
        pass
    try:
        moment = datetime.fromisoformat(text.strip())
    except ValueError:
        return None
    return moment.toordinal() + (moment.hour * 60 + moment.minute) / 1440
