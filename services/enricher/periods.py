"""Periods in time, and the ones that they are compared with."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from maestro.plan.v1 import plan_pb2

from services.enricher.subject import conjuncts

P = plan_pb2


@dataclass(frozen=True, slots=True)
class Period:
    """From a moment to the first one behind it, local time."""

    start: datetime
    end: datetime

    def previous(self) -> "Period":
        """The period of the same length right before: as many months where it is whole months, else as many
        days."""
        months = self._months()
        if months:
            return Period(_months_back(self.start, months), self.start)
        return Period(self.start - (self.end - self.start), self.start)

    def year_before(self) -> "Period":
        """The same days of the year before."""
        return Period(_months_back(self.start, 12), _months_back(self.end, 12))

    def cut(self, now: datetime) -> "Period":
        """What of it has passed, the day of `now` included; itself where it is over."""
        return Period(self.start, min(self.end, _midnight(now) + timedelta(days=1)))

    def like(self, part: "Period", of: "Period") -> "Period":
        """The part of this period that corresponds to a part of another, from its beginning."""
        return Period(self.start, min(self.end, self.start + (part.end - of.start)))

    def _months(self) -> int:
        """How many whole months it is; 0 where it is not."""
        if (self.start.day, self.end.day) != (1, 1) or self.start.time() != self.end.time():
            return 0
        return (self.end.year - self.start.year) * 12 + self.end.month - self.start.month


def _midnight(moment: datetime) -> datetime:
    return datetime.combine(moment.date(), datetime.min.time())


def _months_back(moment: datetime, months: int) -> datetime:
    index = moment.year * 12 + moment.month - 1 - months
    year, month = divmod(index, 12)
    first_of_next = date(year + (month == 11), (month + 1) % 12 + 1, 1)
    last = (first_of_next - timedelta(days=1)).day
    return moment.replace(year=year, month=month + 1, day=min(moment.day, last))


def bounded(select: plan_pb2.Select) -> tuple[plan_pb2.Range, Period] | None:
    """The one condition of a select that bounds a field by days or moments on both sides, and its period.

    None where there is none, or more than one: then nobody can say which period is meant.
    """
    found = []
    for part in conjuncts(select.where) if select.HasField("where") else ():
        if part.WhichOneof("kind") != "range":
            continue
        period = period_of(part.range)
        if period is not None:
            found.append((part.range, period))
    return found[0] if len(found) == 1 else None


def period_of(bounds: plan_pb2.Range) -> Period | None:
    """The period of a range; None where it is open, or not in time, or its moments carry a zone."""
    start, end = _moment(bounds.lower), _moment(bounds.upper)
    if start is None or end is None or bounds.lower_exclusive:
        return None
    if not bounds.upper_exclusive:
        if bounds.upper.literal.WhichOneof("value") != "date":
            return None
        end += timedelta(days=1)
    return Period(start, end) if start < end else None


def _moment(expression: plan_pb2.Expression) -> datetime | None:
    kind = expression.literal.WhichOneof("value")
    if expression.WhichOneof("kind") != "literal" or kind not in ("date", "timestamp"):
        return None
    try:
        moment = datetime.fromisoformat(expression.literal.date or expression.literal.timestamp)
    except ValueError:
        return None
    return None if moment.tzinfo else moment


def set_period(bounds: plan_pb2.Range, period: Period) -> None:
    """Writes a period into a range, in the kind of constant that its bounds were."""
    for expression, moment in ((bounds.lower, period.start), (bounds.upper, period.end)):
        if expression.literal.WhichOneof("value") == "date":
            expression.literal.date = moment.date().isoformat()
        else:
            expression.literal.timestamp = moment.isoformat()
    bounds.upper_exclusive = True
    bounds.label = ""
