"""Periods before a period."""

from __future__ import annotations

from datetime import date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from maestro.plan.v1 import plan_pb2 as plan
from services.enricher.periods import Period, previous, read, to_date, year_before


def days(first: str, end: str) -> Period:
    return Period(datetime.fromisoformat(first), datetime.fromisoformat(end), moments=False)


@pytest.mark.parametrize(
    ("period", "before"),
    [
        (days("2025-11-01", "2025-12-01"), days("2025-10-01", "2025-11-01")),
        (days("2025-01-01", "2025-02-01"), days("2024-12-01", "2025-01-01")),
        (days("2025-10-01", "2026-01-01"), days("2025-07-01", "2025-10-01")),
        (days("2025-01-01", "2026-01-01"), days("2024-01-01", "2025-01-01")),
        (days("2025-11-20", "2025-11-21"), days("2025-11-19", "2025-11-20")),
        (days("2025-11-10", "2025-11-17"), days("2025-11-03", "2025-11-10")),
    ],
)
def test_the_period_before_is_of_the_same_kind(period: Period, before: Period) -> None:
    assert previous(period) == before


def test_a_year_before_a_leap_day_is_the_28th() -> None:
    assert year_before(days("2024-02-29", "2024-03-01")) == days("2023-02-28", "2023-03-01")


def test_to_date_takes_as_much_of_both() -> None:
    month = days("2025-11-01", "2025-12-01")
    today = date(2025, 11, 21)
    assert to_date(month, month, today) == days("2025-11-01", "2025-11-22")
    assert to_date(previous(month), month, today) == days("2025-10-01", "2025-10-22")


@pytest.mark.parametrize("exclusive", [True, False])
def test_bounds_are_read_as_they_include(exclusive: bool) -> None:
    bounds = plan.Range(upper_exclusive=exclusive)
    bounds.lower.literal.date = "2025-11-01"
    bounds.upper.literal.date = "2025-12-01"
    assert read(bounds) == days("2025-11-01", "2025-12-01" if exclusive else "2025-12-02")


@pytest.mark.parametrize("text", ["", "infinity", "2025-13-01"])
def test_what_is_no_day_is_no_period(text: str) -> None:
    bounds = plan.Range(upper_exclusive=True)
    bounds.lower.literal.date = text
    bounds.upper.literal.date = "2025-12-01"
    assert read(bounds) is None


@given(st.dates(date(1990, 1, 1), date(2090, 1, 1)), st.integers(1, 800))
def test_the_period_before_ends_where_it_begins(first: date, length: int) -> None:
    start = datetime.combine(first, datetime.min.time())
    period = Period(start, start + timedelta(days=length), moments=False)
    before = previous(period)
    assert before.end == period.start
    assert before.start < before.end


@given(st.dates(date(1990, 1, 1), date(2090, 1, 1)), st.integers(1, 800))
def test_a_written_period_is_read_as_it_was(first: date, length: int) -> None:
    start = datetime.combine(first, datetime.min.time())
    for moments in (False, True):
        period = Period(start, start + timedelta(days=length), moments)
        bounds = plan.Range()
        period.write(bounds)
        assert read(bounds) == period
