"""The result that is enriched, taken apart: its measure, its period, its groups."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from functools import cached_property
from zoneinfo import ZoneInfo

from maestro.enricher.v1 import enricher_pb2
from maestro.plan.v1 import plan_pb2
from maestro.result.v1 import result_pb2

P = plan_pb2
Values = tuple[result_pb2.Value, ...]


@dataclass(frozen=True, slots=True)
class Fetched:
    """The values of the one row of a further plan, and the statements that fetched it. No values: no row."""

    values: Values
    statements: tuple[result_pb2.Statement, ...]


Fetch = Callable[[plan_pb2.QueryPlan, str], Awaitable[Fetched]]


@dataclass(frozen=True)
class Subject:
    """A result and the plan that it came from."""

    request: enricher_pb2.EnrichRequest
    language: str
    """"pt" or "en"."""

    @property
    def plan(self) -> plan_pb2.QueryPlan:
        """The plan."""
        return self.request.plan

    @property
    def head(self) -> result_pb2.ResultHead:
        """The head of the result."""
        return self.request.head

    @cached_property
    def select(self) -> plan_pb2.Select | None:
        """The one select of the plan; None where there are several, or where rows are picked out of
        groups."""
        query = self.plan.query
        if query.WhichOneof("body") != "select" or query.offset or query.select.HasField("top_per_group"):
            return None
        if len(query.select.projections) != len(self.head.columns):
            return None
        return query.select

    @cached_property
    def measures(self) -> list[int]:
        """Places of the output columns that are measures."""
        if self.select is None:
            return []
        return [place for place, each in enumerate(self.select.projections) if is_measure(each.expression)]

    @cached_property
    def as_of(self) -> datetime:
        """The request's moment as local time."""
        context = self.request.context
        moment = (
            context.as_of_time.ToDatetime(tzinfo=UTC) if context.HasField("as_of_time") else datetime.now(UTC)
        )
        try:
            zone = ZoneInfo(context.time_zone or self.request.semantics.time_zone or "UTC")
        except (KeyError, ValueError):
            zone = ZoneInfo("UTC")
        return moment.astimezone(zone).replace(tzinfo=None)

    @property
    def one_value(self) -> bool:
        """Whether the result is one measured number and nothing else."""
        return (
            self.select is not None
            and not self.select.group_by
            and not self.select.distinct
            and len(self.select.projections) == 1
            and self.measures == [0]
            and len(self.head.rows) == 1
        )


def is_measure(expression: plan_pb2.Expression) -> bool:
    """Whether an expression is made of aggregates only."""
    kind = expression.WhichOneof("kind")
    if kind in ("aggregate", "metric"):
        return True
    if kind == "arithmetic":
        sides = (expression.arithmetic.left, expression.arithmetic.right)
        return all(is_measure(each) or each.WhichOneof("kind") == "literal" for each in sides) and any(
            is_measure(each) for each in sides
        )
    if kind == "function":
        arguments = expression.function.arguments
        return bool(arguments) and is_measure(arguments[0])
    return False


def additive(subject: Subject, expression: plan_pb2.Expression) -> bool:
    """Whether the values of groups add up to the value of the whole: sums and counts of rows."""
    kind = expression.WhichOneof("kind")
    if kind == "aggregate":
        aggregate = expression.aggregate
        sums = (P.AGGREGATE_FUNCTION_COUNT, P.AGGREGATE_FUNCTION_SUM)
        return aggregate.function in sums and not aggregate.distinct
    if kind == "metric":
        named = expression.metric.metric
        found = next((each for each in subject.request.semantics.metrics if each.name == named), None)
        return (
            found is not None
            and found.expression.WhichOneof("kind") == "aggregate"
            and additive(subject, found.expression)
        )
    return False


def number(value: result_pb2.Value) -> Decimal | None:
    """The number in a value; None for everything else."""
    kind = value.WhichOneof("kind")
    if kind not in ("integer", "float", "decimal"):
        return None
    try:
        made = Decimal(str(getattr(value, kind)))
    except InvalidOperation:
        return None
    return made if made.is_finite() else None


def share(amount: Decimal) -> result_pb2.Value:
    """A ratio as a value."""
    return result_pb2.Value(float=float(amount))


def conjuncts(predicate: plan_pb2.Predicate) -> list[plan_pb2.Predicate]:
    """The conditions that all have to hold."""
    if predicate.WhichOneof("kind") != "all_of":
        return [predicate]
    return [part for each in predicate.all_of.predicates for part in conjuncts(each)]


def bare(plan: plan_pb2.QueryPlan, expressions: list[plan_pb2.Expression]) -> plan_pb2.QueryPlan:
    """The same rows, told as these aggregates over all of them."""
    made = P.QueryPlan(intent=P.INTENT_VALUE, proposer="enricher")
    made.query.select.CopyFrom(plan.query.select)
    select = made.query.select
    for name in ("projections", "group_by", "having", "distinct"):
        select.ClearField(name)
    for place, expression in enumerate(expressions):
        projection = select.projections.add(name=f"v{place}")
        projection.expression.CopyFrom(expression)
    return made
