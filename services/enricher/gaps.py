"""What the data do not hold: fields without a value, and days that have not arrived yet."""

from __future__ import annotations

from datetime import date, datetime, timedelta

from maestro.catalog.v1 import catalog_pb2
from maestro.plan.v1 import plan_pb2 as plan
from maestro.result.v1 import result_pb2
from services.enricher.definitions import define
from services.enricher.numbers import read, write
from services.enricher.periods import read as read_period
from services.enricher.shape import Shape, period_of, relation_of

_SKIP_NULLS = (
    plan.AGGREGATE_FUNCTION_SUM,
    plan.AGGREGATE_FUNCTION_AVG,
    plan.AGGREGATE_FUNCTION_MEDIAN,
    plan.AGGREGATE_FUNCTION_STDDEV,
)


def counting(query: plan.Query, shape: Shape, catalog: catalog_pb2.CatalogSlice) -> plan.Query | None:
    """The query that counts all rows, and those with a value, behind one number; None where none can be missing."""
    select = query.select
    if shape.grouped or select.distinct or len(select.projections) != 1 or not shape.measures:
        return None
    aggregate = select.projections[0].expression.aggregate
    if aggregate.function not in _SKIP_NULLS or not _nullable(select, aggregate.operand, catalog):
        return None
    counted = plan.Query()
    counted.select.CopyFrom(select)
    del counted.select.projections[:]
    counted.select.ClearField("having")
    for name in ("rows", "present"):
        made = counted.select.projections.add(name=name).expression.aggregate
        made.function = plan.AGGREGATE_FUNCTION_COUNT
        if name == "present":
            made.operand.CopyFrom(aggregate.operand)
        if aggregate.HasField("filter"):
            made.filter.CopyFrom(aggregate.filter)
    return counted


def missing(head: result_pb2.ResultHead, column: str, locale: str) -> list[result_pb2.Enrichment]:
    """How many rows have no value, out of what `counting` counted; nothing where all have one."""
    values = head.rows[0].values if len(head.rows) == 1 else []
    if len(values) != 2:
        return []
    rows, present = read(values[0]), read(values[1])
    if rows is None or present is None or present >= rows:
        return []
    fact = result_pb2.Enrichment(kind="completeness", definition=define("missing", locale), column=column)
    fact.values["rows"].CopyFrom(write(rows))
    fact.values["without_value"].CopyFrom(write(rows - present))
    return [fact]


def _nullable(select: plan.Select, operand: plan.Expression, catalog: catalog_pb2.CatalogSlice) -> bool:
    """Whether the catalog says that a column holds NULLs. What is not known costs no query."""
    relation = relation_of(select, operand.column.alias)
    if operand.WhichOneof("kind") != "column" or relation is None:
        return False
    for table in catalog.tables:
        if table.name == relation.table.name:
            found = next((each for each in table.columns if each.name == operand.column.column), None)
            if found is not None and found.nullable:
                return not found.HasField("statistics") or found.statistics.null_fraction > 0
    return False


def newest(query: plan.Query, today: date) -> plan.Query | None:
    """The query for the newest moment of the period's field up to today; None where the period does not reach today."""
    bounds = period_of(query)
    period = None if bounds is None else read_period(bounds)
    if bounds is None or period is None or not period.start.date() <= today < period.end.date():
        return None
    relation = relation_of(query.select, bounds.operand.column.alias)
    if bounds.operand.WhichOneof("kind") != "column" or relation is None:
        return None
    made = plan.Query()
    getattr(made.select, "from").CopyFrom(relation)
    aggregate = made.select.projections.add(name="newest").expression.aggregate
    aggregate.function = plan.AGGREGATE_FUNCTION_MAX
    aggregate.operand.CopyFrom(bounds.operand)
    # Dates of the future are plans, not data.
    tomorrow = datetime.combine(today + timedelta(days=1), datetime.min.time())
    limit = made.select.where.range
    limit.operand.CopyFrom(bounds.operand)
    if period.moments:
        limit.upper.literal.timestamp = tomorrow.isoformat()
    else:
        limit.upper.literal.date = tomorrow.date().isoformat()
    limit.upper_exclusive = True
    return made


def stale(head: result_pb2.ResultHead, field: str, today: date, locale: str) -> list[result_pb2.Enrichment]:
    """The newest moment that `newest` found, where it is not of today."""
    value = head.rows[0].values[0] if len(head.rows) == 1 else result_pb2.Value()
    text = value.date or value.timestamp or value.text
    if not text or text[:10] >= today.isoformat():
        return []
    fact = result_pb2.Enrichment(kind="freshness", definition=define("freshness", locale, field))
    fact.values["latest"].CopyFrom(value)
    return [fact]
