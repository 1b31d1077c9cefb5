"""The calendar: which days are busy, and what a business day is (Monday to Friday, no holidays).

Days are numbers: days since 1970-01-01, as in NumPy's datetime64[D].
"""

from __future__ import annotations

from datetime import date

import numpy as np

from samples.frete.draws import Floats, Ints

HISTORY = 730
"""Days of history before the anchor date."""

_WEEKDAY = np.array([1.0, 1.1, 1.12, 1.06, 1.15, 0.10, 0.03])  # Monday first
_MONTH = np.array([0.80, 0.84, 0.95, 0.97, 1.0, 1.0, 0.98, 1.0, 1.02, 1.07, 1.18, 1.55])
_GROWTH = 0.15  # from the first day to the last


def day_number(day: date) -> int:
    """The number of a date."""
    return int(np.datetime64(day, "D").astype(np.int64))


def weekday(days: Ints) -> Ints:
    """0 for Monday to 6 for Sunday."""
    return (days + 3) % 7


def month(days: Ints) -> Ints:
    """0 for January to 11 for December."""
    return days.astype("datetime64[D]").astype("datetime64[M]").astype(np.int64) % 12


def half_month(days: Ints) -> Ints:
    """Two numbers a month: even for the 1st to the 15th, odd for the rest."""
    dates = days.astype("datetime64[D]")
    months = dates.astype("datetime64[M]")
    second: Ints = ((dates - months).astype(np.int64) >= 15).astype(np.int64)
    return months.astype(np.int64) * 2 + second


def half_month_end(half: Ints) -> Ints:
    """The last day of a half month."""
    first = (half // 2).astype("datetime64[M]")
    following = (half // 2 + 1).astype("datetime64[M]").astype("datetime64[D]").astype(np.int64)
    middle = first.astype("datetime64[D]").astype(np.int64) + 14
    return np.where(half % 2 == 0, middle, following - 1)


def busyness(days: Ints) -> Floats:
    """How much business each day sees: quiet weekends, a rush at the month's end and in December."""
    dates = days.astype("datetime64[D]")
    following = (dates.astype("datetime64[M]") + np.timedelta64(1, "M")).astype("datetime64[D]")
    last_days = (following - dates).astype(np.int64) <= 5
    growth = 1.0 + _GROWTH * (days - days[0]) / max(1, len(days))
    weights: Floats = _WEEKDAY[weekday(days)] * _MONTH[month(days)] * np.where(last_days, 1.2, 1.0) * growth
    return weights


def add_business_days(days: Ints, count: Ints) -> Ints:
    """The count-th business day strictly after each day (before it, where count is negative)."""
    dates = days.astype("datetime64[D]")
    ahead = np.busday_offset(dates, np.maximum(count, 0), roll="backward")
    back = np.busday_offset(dates, np.minimum(count, 0), roll="forward")
    return np.where(count >= 0, ahead.astype(np.int64), back.astype(np.int64))


def spread(total: int, weights: Floats) -> Ints:
    """Share `total` out by weight: starts[i] … starts[i + 1] are the items of day i (one more than days)."""
    share = np.concatenate([[0.0], np.cumsum(weights)])
    starts: Ints = np.floor(share / share[-1] * total + 1e-9).astype(np.int64)
    return starts
