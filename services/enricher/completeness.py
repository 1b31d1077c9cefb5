"""How much of the data a measure could not use, and how old the newest of it is."""

from datetime import datetime, timedelta

from maestro.catalog.v1 import catalog_pb2
from maestro.plan.v1 import plan_pb2
from maestro.result.v1 import result_pb2

from services.enricher.definitions import define
from services.enricher.periods import bounded
from services.enricher.subject import Fetch, Subject, bare, number

P = plan_pb2
_SKIP_NULLS = (
    P.AGGREGATE_FUNCTION_SUM,
    P.AGGREGATE_FUNCTION_AVG,
    P.AGGREGATE_FUNCTION_MEDIAN,
    P.AGGREGATE_FUNCTION_STDDEV,
)


async def completeness(subject: Subject, fetch: Fetch) -> result_pb2.Enrichment | None:
    """Rows whose field is null, and which a sum or an average therefore leaves out; nothing where there are
    none."""
    if not subject.one_value or subject.select is None:
        return None
    aggregate = subject.select.projections[0].expression.aggregate
    if aggregate.function not in _SKIP_NULLS or not _nullable(subject, aggregate.operand):
        return None
    rows = P.Expression(aggregate=P.Aggregate(function=P.AGGREGATE_FUNCTION_COUNT))
    present = P.Expression(
        aggregate=P.Aggregate(function=P.AGGREGATE_FUNCTION_COUNT, operand=aggregate.operand)
    )
    if aggregate.HasField("filter"):
        rows.aggregate.filter.CopyFrom(aggregate.filter)
        present.aggregate.filter.CopyFrom(aggregate.filter)
    fetched = await fetch(bare(subject.plan, [rows, present]), "completeness")
    if len(fetched.values) != 2:
        return None
    total, used = number(fetched.values[0]), number(fetched.values[1])
    if total is None or used is None or used >= total:
        return None
    made = result_pb2.Enrichment(
        kind="completeness",
        column=subject.head.columns[0].name,
        definition=define(subject.language, "completeness"),
        statements=fetched.statements,
    )
    made.values["rows"].integer = int(total)
    made.values["without_value"].integer = int(total - used)
    return made


def _nullable(subject: Subject, operand: plan_pb2.Expression) -> bool:
    """Whether the catalog says that the column may be null. What is not known is not asked for."""
    if operand.WhichOneof("kind") != "column":
        return False
    table = _table(subject, operand.column.alias)
    if table is None:
        return False
    found = next((each for each in table.columns if each.name == operand.column.column), None)
    if found is None or not found.nullable:
        return False
    return not found.HasField("statistics") or found.statistics.null_fraction > 0


def _relation(subject: Subject, alias: str) -> plan_pb2.Relation | None:
    if subject.select is None or not subject.select.HasField("from"):
        return None
    relations = [getattr(subject.select, "from"), *(join.relation for join in subject.select.joins)]
    if not alias:
        return relations[0] if len(relations) == 1 else None
    return next((each for each in relations if each.alias == alias), None)


def _table(subject: Subject, alias: str) -> catalog_pb2.Table | None:
    relation = _relation(subject, alias)
    if relation is None or relation.WhichOneof("body") != "table":
        return None
    named = relation.table.name
    return next((each for each in subject.request.catalog.tables if each.name == named), None)


async def freshness(subject: Subject, fetch: Fetch) -> result_pb2.Enrichment | None:
    """The latest moment in the table, where the period reaches the day of the question and the data do
    not."""
    if subject.select is None or not subject.measures:
        return None
    found = bounded(subject.select)
    today = datetime.combine(subject.as_of.date(), datetime.min.time())
    if found is None or not found[1].start <= today < found[1].end:
        return None
    bounds = found[0]
    if bounds.operand.WhichOneof("kind") != "column":
        return None
    relation = _relation(subject, bounds.operand.column.alias)
    if relation is None or relation.WhichOneof("body") != "table":
        return None
    fetched = await fetch(_latest(relation, bounds, today), "freshness")
    if not fetched.values:
        return None
    value = fetched.values[0]
    text = value.date or value.timestamp or value.text
    if not text or text[:10] >= today.date().isoformat():
        return None
    made = result_pb2.Enrichment(
        kind="freshness",
        definition=define(subject.language, "freshness", bounds.operand.column.column),
        statements=fetched.statements,
    )
    made.values["latest"].CopyFrom(value)
    return made


def _latest(relation: plan_pb2.Relation, bounds: plan_pb2.Range, today: datetime) -> plan_pb2.QueryPlan:
    """The largest value of the range's field up to today: dates of the future are plans, not data."""
    made = P.QueryPlan(intent=P.INTENT_VALUE, proposer="enricher")
    select = made.query.select
    getattr(select, "from").CopyFrom(relation)
    projection = select.projections.add(name="latest")
    projection.expression.aggregate.function = P.AGGREGATE_FUNCTION_MAX
    projection.expression.aggregate.operand.CopyFrom(bounds.operand)
    up_to = select.where.range
    up_to.operand.CopyFrom(bounds.operand)
    up_to.upper.CopyFrom(bounds.upper)
    end = today + timedelta(days=1)
    if bounds.upper.literal.WhichOneof("value") == "date":
        up_to.upper.literal.date = end.date().isoformat()
    else:
        up_to.upper.literal.timestamp = end.isoformat()
    up_to.upper_exclusive = True
    return made
