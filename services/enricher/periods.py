"""Periods before a period."""

from __future__ import annotations

import calendar
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from maestro.plan.v1 import plan_pb2 as plan

_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Period:
    """From a moment until before another. `moments`: whether it is bounded by moments rather than by days."""

    start: datetime
    end: datetime
    moments: bool

    def write(self, to: plan.Range) -> None:
        """Sets the bounds of a range."""
        for bound, moment in ((to.lower, self.start), (to.upper, self.end)):
            if self.moments:
                bound.literal.timestamp = moment.isoformat()
            else:
                bound.literal.date = moment.date().isoformat()
        to.lower_exclusive, to.upper_exclusive = False, True
        to.label = ""

    def cut(self, end: datetime) -> Period:
        """The part before `end`."""
        return Period(self.start, min(self.end, end), self.moments)


def read(bounds: plan.Range) -> Period | None:
    """The period that a range is; None where its bounds are no days or moments, or it is empty."""
    moments = bounds.lower.literal.WhichOneof("value") == "timestamp"
    try:
        start = datetime.fromisoformat(_text(bounds.lower))
        end = datetime.fromisoformat(_text(bounds.upper))
    except ValueError:
        return None
    if (start.tzinfo is None) != (end.tzinfo is None):
        return None
    step = timedelta(microseconds=1) if moments else _DAY
    if bounds.lower_exclusive:
        start += step
    if not bounds.upper_exclusive:
        end += step
    return Period(start, end, moments) if start < end else None


def previous(period: Period) -> Period:
    """The period of the same kind before: whole months before whole months, else as many days as it has."""
    if _whole_months(period):
        months = (period.end.year - period.start.year) * 12 + period.end.month - period.start.month
        return Period(_months_later(period.start, -months), period.start, period.moments)
    return Period(period.start - (period.end - period.start), period.start, period.moments)


def year_before(period: Period) -> Period:
    """The same days of the year before."""
    return Period(_months_later(period.start, -12), _months_later(period.end, -12), period.moments)


def to_date(period: Period, whole: Period, today: date) -> Period:
    """As much of `period` as has passed of `whole` when `today` ends."""
    tomorrow = datetime.combine(today + _DAY, datetime.min.time(), whole.start.tzinfo)
    return period.cut(period.start + (tomorrow - whole.start))


def _whole_months(period: Period) -> bool:
    midnight = period.start.time() == period.end.time() == datetime.min.time()
    return midnight and period.start.day == period.end.day == 1


def _months_later(moment: datetime, months: int) -> datetime:
    number = moment.year * 12 + moment.month - 1 + months
    year, month = divmod(number, 12)
    day = min(moment.day, calendar.monthrange(year, month + 1)[1])
    return moment.replace(year=year, month=month + 1, day=day)


def _text(bound: plan.Expression) -> str:
    return bound.literal.timestamp or bound.literal.date
