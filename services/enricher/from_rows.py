"""Facts that follow from the result's own rows, where it is complete."""

from __future__ import annotations

from decimal import Decimal

from maestro.plan.v1 import plan_pb2 as plan
from maestro.result.v1 import result_pb2
from services.enricher.definitions import define
from services.enricher.numbers import Number, ratio, read, write
from services.enricher.shape import Shape
from services.enricher.trend import trend


def follow_rows(
    shape: Shape, query: plan.Query, head: result_pb2.ResultHead, locale: str
) -> list[result_pb2.Enrichment]:
    """Trend and completeness of a complete result; its shares where no row of the whole is missing."""
    if not head.complete or head.truncated:
        return []
    facts = []
    for measure in shape.measures:
        facts += _trend(shape, head, measure, locale)
        facts += _completeness(shape, head, measure, locale)
    # With a limit, or groups left out by HAVING, the rows are not all that the total is of.
    if shape.bucket is None and not query.limit and not query.select.HasField("having"):
        for measure in sorted(shape.additive & set(shape.measures)):
            total = sum((read(row.values[measure]) or Decimal(0) for row in head.rows), Decimal(0))
            facts += shares(shape, head, measure, total, locale)
    return facts


def shares(
    shape: Shape, head: result_pb2.ResultHead, measure: int, total: Number, locale: str
) -> list[result_pb2.Enrichment]:
    """Each row's part in a total. None where there is nothing to share out, or parts have different signs."""
    values = [read(row.values[measure]) for row in head.rows]
    present = [value for value in values if value is not None]
    if not shape.grouped or len(head.rows) < 2 or total <= 0 or any(value < 0 for value in present):
        return []
    fact = result_pb2.Enrichment(kind="share", definition=define("share", locale), column=head.columns[measure].name)
    fact.values["total"].CopyFrom(write(total))
    fact.row_values.extend(result_pb2.Value() if value is None else ratio(value / total) for value in values)
    return [fact]


def _trend(shape: Shape, head: result_pb2.ResultHead, measure: int, locale: str) -> list[result_pb2.Enrichment]:
    """Only of one series (the bucket is all that rows are grouped by), in the order of time."""
    if shape.bucket is None or len(head.columns) != len(shape.measures) + 1:
        return []
    rows = sorted(head.rows, key=lambda row: _moment(row.values[shape.bucket or 0]))
    values = [read(row.values[measure]) for row in rows]
    found = trend([float(value) for value in values if value is not None])
    if found is None or None in values:
        return []
    fact = result_pb2.Enrichment(
        kind="trend", definition=define("trend", locale, grain=shape.grain), column=head.columns[measure].name
    )
    fact.values["direction"].text = found.direction
    fact.values["slope"].CopyFrom(ratio(found.slope))
    fact.values["r_squared"].CopyFrom(ratio(found.r_squared))
    return [fact]


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


def _moment(value: result_pb2.Value) -> str:
    return value.date or value.timestamp or value.text
