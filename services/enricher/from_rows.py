"""Facts that follow from the result's own rows, where it is complete."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from maestro.plan.v1 import plan_pb2 as plan
from maestro.result.v1 import result_pb2
from services.enricher import buckets
from services.enricher.definitions import define
from services.enricher.numbers import Number, ratio, read, write
from services.enricher.outliers import LEAST, THRESHOLD, outlying, residuals, spread
from services.enricher.over_groups import outliers
from services.enricher.shape import Shape
from services.enricher.trend import trend


def follow_rows(
    shape: Shape, query: plan.Query, head: result_pb2.ResultHead, today: date, locale: str
) -> list[result_pb2.Enrichment]:
    """Trend and completeness of a complete result; its shares where no row of the whole is missing."""
    if not head.complete or head.truncated:
        return []
    facts = []
    for measure in shape.measures:
        facts += _trend(shape, head, measure, today, locale)
        facts += _completeness(shape, head, measure, locale)
        facts += _outliers(shape, query, head, measure, today, locale)
    # With a limit, or groups left out by HAVING, the rows are not all that the total is of.
    if shape.bucket is None and not query.limit and not query.select.HasField("having"):
        for measure in sorted(shape.additive & set(shape.measures)):
            total = sum((read(row.values[measure]) or Decimal(0) for row in head.rows), Decimal(0))
            facts += shares(shape, head, measure, total, locale, "share_of_rows")
    return facts


def shares(
    shape: Shape, head: result_pb2.ResultHead, measure: int, total: Number, locale: str, definition: str = "share"
) -> list[result_pb2.Enrichment]:
    """Each row's part in a total. None where there is nothing to share out, or parts have different signs."""
    values = [read(row.values[measure]) for row in head.rows]
    present = [value for value in values if value is not None]
    if not shape.grouped or len(head.rows) < 2 or total <= 0 or any(value < 0 for value in present):
        return []
    fact = result_pb2.Enrichment(kind="share", definition=define(definition, locale), column=head.columns[measure].name)
    fact.values["total"].CopyFrom(write(total))
    fact.row_values.extend(result_pb2.Value() if value is None else ratio(value / total) for value in values)
    return [fact]


def _trend(
    shape: Shape, head: result_pb2.ResultHead, measure: int, today: date, locale: str
) -> list[result_pb2.Enrichment]:
    """Only of one series (the bucket is all that rows are grouped by), in the order of time, a gap where a bucket has
    no row; the bucket of today is not over, and would always read as a fall."""
    if shape.bucket is None or len(head.columns) != len(shape.measures) + 1:
        return []
    points = _points(shape, head, measure)
    if points is None:
        return []
    under_way = bool(points) and points[-1][0] == buckets.number(today, shape.grain)
    if under_way:
        points.pop()
    found = trend([value for _, value, _ in points], [step for step, _, _ in points])
    if found is None:
        return []
    kind = "trend_so_far" if under_way else "trend"
    fact = result_pb2.Enrichment(
        kind="trend", definition=define(kind, locale, grain=shape.grain), column=head.columns[measure].name
    )
    fact.values["direction"].text = found.direction
    fact.values["slope"].CopyFrom(ratio(found.slope))
    fact.values["r_squared"].CopyFrom(ratio(found.r_squared))
    return [fact]


def _outliers(
    shape: Shape, query: plan.Query, head: result_pb2.ResultHead, measure: int, today: date, locale: str
) -> list[result_pb2.Enrichment]:
    """Of groups, those far from the median of all; of a course, the periods far from its line."""
    if not shape.grouped or query.limit:
        return []
    if shape.bucket is None:
        values = [float(value) for row in head.rows if (value := read(row.values[measure])) is not None]
        if len(values) < LEAST:
            return []
        middle, deviation = (Decimal(str(each)) for each in spread(values))
        return outliers(head, measure, middle, deviation, Decimal(len(values)), locale)
    points = _points(shape, head, measure) if len(head.columns) == len(shape.measures) + 1 else None
    over = [each for each in points or () if each[0] != buckets.number(today, shape.grain)]
    if len(over) < LEAST:
        return []
    off = residuals([step for step, _, _ in over], [value for _, value, _ in over])
    middle_off, deviation_off = spread(off)
    rows = {row for (_, _, row), each in zip(over, off, strict=True) if outlying(each, middle_off, deviation_off)}
    if not rows:
        return []
    fact = result_pb2.Enrichment(
        kind="outliers",
        definition=define("outliers_of_course", locale, grain=shape.grain),
        column=head.columns[measure].name,
        row_values=[result_pb2.Value(boolean=row in rows) for row in range(len(head.rows))],
    )
    fact.values["deviation"].CopyFrom(ratio(deviation_off))
    fact.values["threshold"].float = THRESHOLD
    fact.values["outliers"].integer = len(rows)
    return [fact]


def _points(shape: Shape, head: result_pb2.ResultHead, measure: int) -> list[tuple[int, float, int]] | None:
    """(number of the bucket, value, row) in the order of time; None where a row has no bucket or no value."""
    points = []
    for number, row in enumerate(head.rows):
        day, value = _day(row.values[shape.bucket or 0]), read(row.values[measure])
        if day is None or value is None:
            return None
        points.append((buckets.number(day, shape.grain), float(value), number))
    return sorted(points)


def _completeness(shape: Shape, head: result_pb2.ResultHead, measure: int, locale: str) -> list[result_pb2.Enrichment]:
    missing = sum(read(row.values[measure]) is None for row in head.rows)
    if not shape.grouped or missing == 0:
        return []
    fact = result_pb2.Enrichment(
        kind="completeness", definition=define("completeness", locale), column=head.columns[measure].name
    )
    fact.values["without_value"].CopyFrom(write(Decimal(missing)))
    fact.values["rows"].CopyFrom(write(Decimal(len(head.rows))))
    return [fact]


def _day(value: result_pb2.Value) -> date | None:
    try:
        return date.fromisoformat((value.date or value.timestamp or value.text)[:10])
    except ValueError:
        return None
