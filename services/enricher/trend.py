"""Whether a measure rises or falls over time."""

from dataclasses import dataclass
from datetime import date
from math import sqrt

from maestro.plan.v1 import plan_pb2
from maestro.result.v1 import result_pb2

from services.enricher.definitions import day, define
from services.enricher.subject import Fetch, Subject, number

P = plan_pb2
_GRAINS = {
    P.TIME_GRAIN_DAY: "day",
    P.TIME_GRAIN_WEEK: "week",
    P.TIME_GRAIN_MONTH: "month",
    P.TIME_GRAIN_QUARTER: "quarter",
    P.TIME_GRAIN_YEAR: "year",
}
_LEAST_POINTS = 4
# Student's t, two-sided, 95 %, by degrees of freedom from 1.
_T = (
    12.706,
    4.303,
    3.182,
    2.776,
    2.571,
    2.447,
    2.365,
    2.306,
    2.262,
    2.228,
    2.201,
    2.179,
    2.160,
    2.145,
    2.131,
)


@dataclass(frozen=True, slots=True)
class Line:
    """A least-squares line. error: standard error of the slope; fit: coefficient of determination."""

    slope: float
    mean: float
    error: float
    fit: float
    points: int

    @property
    def direction(self) -> str:
        """ "up", "down", or "flat" where the slope may as well be none."""
        degrees = self.points - 2
        critical = _T[degrees - 1] if degrees <= len(_T) else 1.96 + 2.5 / degrees
        if abs(self.slope) <= critical * self.error or not self.slope:
            return "flat"
        return "up" if self.slope > 0 else "down"


def line(points: list[tuple[float, float]]) -> Line:
    """The line through at least three points of different abscissas (ordinary least squares)."""
    count = len(points)
    mean_x = sum(x for x, _ in points) / count
    mean_y = sum(y for _, y in points) / count
    spread = sum((x - mean_x) ** 2 for x, _ in points)
    slope = sum((x - mean_x) * (y - mean_y) for x, y in points) / spread
    residual = sum((y - mean_y - slope * (x - mean_x)) ** 2 for x, y in points)
    total = sum((y - mean_y) ** 2 for _, y in points)
    error = sqrt(residual / (count - 2) / spread)
    # What is left of a straight line is the rounding of the arithmetic.
    error = 0.0 if residual <= 1e-18 * max(total, 1.0) else error
    return Line(slope, mean_y, error, 1 - residual / total if total else 1.0, count)


def _index(moment: date, grain: int) -> int:
    """The number of a bucket, so that a missing one leaves a gap."""
    if grain == P.TIME_GRAIN_YEAR:
        return moment.year
    if grain == P.TIME_GRAIN_QUARTER:
        return moment.year * 4 + (moment.month - 1) // 3
    if grain == P.TIME_GRAIN_MONTH:
        return moment.year * 12 + moment.month
    if grain == P.TIME_GRAIN_WEEK:
        return (moment.toordinal() - 1) // 7
    return moment.toordinal()


async def trend(subject: Subject, fetch: Fetch) -> result_pb2.Enrichment | None:
    """The line through a measure by day, week, month, quarter or year; the result has to be complete."""
    select = subject.select
    if select is None or len(select.group_by) != 1 or not subject.measures or not subject.head.complete:
        return None
    bucket = select.group_by[0]
    if bucket.WhichOneof("kind") != "time_bucket" or bucket.time_bucket.grain not in _GRAINS:
        return None
    grain = bucket.time_bucket.grain
    shown = [each.expression.WhichOneof("kind") == "time_bucket" for each in select.projections]
    if shown.count(True) != 1 or subject.plan.query.limit:
        return None
    rows = _points(subject, shown.index(True), subject.measures[0], grain)
    now = _index(subject.as_of.date(), grain)
    open_ = bool(rows) and rows[-1][0] == now
    if open_:
        rows = rows[:-1]
    if len(rows) < _LEAST_POINTS:
        return None
    found = line([(float(index), amount) for index, _, amount in rows])
    made = result_pb2.Enrichment(kind="trend", column=subject.head.columns[subject.measures[0]].name)
    made.values["slope"].float = found.slope
    made.values["mean"].float = found.mean
    made.values["fit"].float = found.fit
    made.values["points"].integer = found.points
    made.values["direction"].text = found.direction
    made.definition = define(
        subject.language,
        "trend",
        found.points,
        day(subject.language, rows[0][1]),
        day(subject.language, rows[-1][1]),
        define(subject.language, _GRAINS[grain]),
        define(subject.language, "trend_open") if open_ else "",
    )
    return made


def _points(subject: Subject, time: int, place: int, grain: int) -> list[tuple[int, date, float]]:
    """(number of the bucket, its first day, amount), in the order of time."""
    rows = []
    for row in subject.head.rows:
        value = row.values[time]
        amount = number(row.values[place])
        try:
            moment = date.fromisoformat((value.date or value.timestamp or value.text)[:10])
        except ValueError:
            continue
        if amount is not None:
            rows.append((_index(moment, grain), moment, float(amount)))
    return sorted(rows)
