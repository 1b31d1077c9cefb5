"""Shares of rows, by the histogram of a column."""

import pytest

from maestro.catalog.v1 import catalog_pb2
from services.monitor.advice.conditions import Condition, Kind
from services.monitor.advice.selectivity import selectivity


def share(low: str, high: str) -> float:
    column = catalog_pb2.Column(name="n")
    column.statistics.histogram_bounds.extend(["0", "100", "200", "300", "400"])
    tests = [Condition(Kind.LOWER, "t", "n", values=(low,)), Condition(Kind.UPPER, "t", "n", values=(high,))]
    return selectivity(column, tests, 1000.0)


@pytest.mark.parametrize(
    ("low", "high", "rows"),
    [("110", "150", 0.1), ("0", "200", 0.5), ("50", "350", 0.75), ("-5", "900", 1.0), ("500", "600", 0.001)],
)
def test_a_range_holds_its_part_of_a_bucket(low: str, high: str, rows: float) -> None:
    assert share(low, high) == pytest.approx(rows)
