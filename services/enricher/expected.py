"""The fact that a forecast is: what is expected of the next bucket of time, by which method, and how wrong that was."""

from __future__ import annotations

from datetime import date, timedelta

from maestro.plan.v1 import plan_pb2 as plan
from maestro.result.v1 import result_pb2
from services.enricher import buckets
from services.enricher.definitions import define
from services.enricher.forecast import FEWEST, forecast
from services.enricher.numbers import ratio, read
from services.enricher.shape import Shape


def expect(
    shape: Shape, asked: plan.QueryPlan, head: result_pb2.ResultHead, today: date, locale: str
) -> list[result_pb2.Enrichment]:
    """What the next bucket behind today's is expected to hold; or that too little is known to say. Of a plan that asks for
    a forecast and has one series of buckets; nothing for any other."""
    if asked.intent != plan.INTENT_FORECAST or shape.bucket is None or not head.complete or head.truncated:
        return []
    if len(head.columns) != len(shape.measures) + 1:
        return []
    return [fact for measure in shape.measures for fact in _expected(shape, head, measure, today, locale)]


def _expected(
    shape: Shape, head: result_pb2.ResultHead, measure: int, today: date, locale: str
) -> list[result_pb2.Enrichment]:
    points: dict[int, float] = {}
    for row in head.rows:
        cell = row.values[shape.bucket or 0]
        day, value = _day(cell), read(row.values[measure])
        if day is not None and value is not None:
            points[buckets.number(day, shape.grain)] = float(value)
    current = buckets.number(today, shape.grain)
    points.pop(current, None)  # it is not over
    series = _unbroken(points, measure in shape.additive)
    fact = result_pb2.Enrichment(kind="forecast", column=head.columns[measure].name)
    fact.values["steps"].integer = len(series)
    if not series:
        return []
    last = max(points)
    target = max(current + 1, last + 1)
    found = forecast(series, target - last, shape.grain)
    if found is None:
        fact.definition = define("forecast_refused", locale, str(FEWEST), "", shape.grain)
        return [fact]
    fact.definition = define(f"forecast_{found.method}", locale, str(found.tested), "", shape.grain)
    fact.values["expected"].CopyFrom(ratio(found.value))
    fact.values["error"].CopyFrom(ratio(found.error))
    fact.values["method"].text = found.method
    fact.values["bucket"].date = _first_day(today, target - current, shape.grain).isoformat()
    return [fact]


def _unbroken(points: dict[int, float], additive: bool) -> list[float]:
    """The values up to the last, one for each bucket: where nothing is counted or added up there was nothing; of other
    measures only what follows the last gap."""
    if not points:
        return []
    series: list[float] = []
    for step in range(min(points), max(points) + 1):
        if step in points:
            series.append(points[step])
        elif additive:
            series.append(0.0)
        else:
            series.clear()
    return series


def _first_day(today: date, ahead: int, grain: plan.TimeGrain.ValueType) -> date:
    """The first day of the bucket that many behind today's."""
    day, wanted = today, buckets.number(today, grain) + ahead
    while buckets.number(day, grain) < wanted:
        day += timedelta(1)
    while buckets.number(day - timedelta(1), grain) == wanted:
        day -= timedelta(1)
    return day


def _day(value: result_pb2.Value) -> date | None:
    try:
        return date.fromisoformat((value.date or value.timestamp or value.text)[:10])
    except ValueError:
        return None
