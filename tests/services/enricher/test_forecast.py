"""Forecasts: the method that was least wrong, its error, and silence where too little is known."""

from __future__ import annotations

from datetime import date

import pytest

from maestro.plan.v1 import plan_pb2 as plan
from maestro.result.v1 import result_pb2
from services.enricher.expected import expect
from services.enricher.forecast import FEWEST, forecast
from services.enricher.shape import Shape

MONTH = plan.TIME_GRAIN_MONTH


def test_a_line_is_gone_on_with() -> None:
    found = forecast([10.0 + 3 * step for step in range(12)], 1, MONTH)
    assert found is not None
    assert found.method == "linear"
    assert found.value == pytest.approx(46.0)
    assert found.error == pytest.approx(0.0, abs=1e-9)


def test_a_season_comes_again() -> None:
    year = [5.0, 9.0, 4.0, 8.0, 30.0, 2.0, 7.0, 11.0, 3.0, 6.0, 12.0, 50.0]
    found = forecast([*year, *year, *year[:4]], 1, MONTH)
    assert found is not None
    assert found.method == "seasonal"
    assert found.value == year[4]
    two = forecast([*year, *year, *year[:3]], 2, MONTH)
    assert two is not None
    assert two.value == year[4]


def test_what_only_wavers_is_expected_in_the_middle() -> None:
    found = forecast([100.0, 101.0, 99.0, 100.0, 101.0, 99.0, 100.0, 101.0, 99.0, 100.0], 1, plan.TIME_GRAIN_YEAR)
    assert found is not None
    assert 99.0 <= found.value <= 101.0
    assert found.error <= 2.0


@pytest.mark.parametrize("length", range(FEWEST))
def test_too_little_says_nothing(length: int) -> None:
    assert forecast([1.0] * length, 1, MONTH) is None


def _head(months: int, gap: int = -1) -> result_pb2.ResultHead:
    head = result_pb2.ResultHead(complete=True)
    head.columns.add(name="month")
    head.columns.add(name="total")
    for step in range(months):
        if step != gap:
            day = date(2024 + step // 12, step % 12 + 1, 1)
            row = head.rows.add()
            row.values.add(date=day.isoformat())
            row.values.add(integer=10 + step)
    return head


def _asked(intent: plan.Intent.ValueType = plan.INTENT_FORECAST) -> plan.QueryPlan:
    return plan.QueryPlan(intent=intent)


SHAPE = Shape(measures=(1,), additive=frozenset({1}), bucket=0, grain=MONTH, grouped=True)


def test_the_month_under_way_is_left_out_and_the_next_is_told() -> None:
    (fact,) = expect(SHAPE, _asked(), _head(23), date(2025, 11, 19), "pt-BR")
    assert fact.values["steps"].integer == 22
    assert fact.values["bucket"].date == "2025-12-01"
    assert fact.values["expected"].float == pytest.approx(33.0)
    assert "mínimos quadrados" in fact.definition


def test_a_gap_is_nothing_of_what_adds_up_and_an_end_of_what_does_not() -> None:
    (fact,) = expect(SHAPE, _asked(), _head(22, gap=4), date(2025, 11, 19), "en")
    assert fact.values["steps"].integer == 22
    mean = Shape(measures=(1,), additive=frozenset(), bucket=0, grain=MONTH, grouped=True)
    (other,) = expect(mean, _asked(), _head(22, gap=4), date(2025, 11, 19), "en")
    assert other.values["steps"].integer == 17


def test_too_few_months_are_told_as_such() -> None:
    (fact,) = expect(SHAPE, _asked(), _head(5), date(2024, 6, 10), "en")
    assert "expected" not in fact.values
    assert "No forecast" in fact.definition


def test_only_what_asks_for_a_forecast_gets_one() -> None:
    assert expect(SHAPE, _asked(plan.INTENT_TREND), _head(22), date(2025, 11, 19), "en") == []
