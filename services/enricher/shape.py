"""What in a plan can be compared, shared out or followed over time."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from maestro.plan.v1 import plan_pb2 as plan
from maestro.result.v1 import result_pb2
from maestro.semantics.v1 import semantics_pb2

_ADDITIVE = (plan.AGGREGATE_FUNCTION_COUNT, plan.AGGREGATE_FUNCTION_SUM)


@dataclass(frozen=True, slots=True)
class Shape:
    """The columns of a plan's result, by position.

    measures: aggregated numbers. additive: those of them whose values add up to the value of the whole.
    bucket: the column that is a time bucket; None where there is none. grain: its size. grouped: are there groups?
    """

    measures: tuple[int, ...]
    additive: frozenset[int]
    bucket: int | None
    grain: plan.TimeGrain.ValueType
    grouped: bool


def shape_of(query: plan.Query, head: result_pb2.ResultHead, semantics: semantics_pb2.SemanticSlice) -> Shape | None:
    """The shape of a plain select whose result has one column for each projection; None for anything else."""
    if query.WhichOneof("body") != "select" or len(query.select.projections) != len(head.columns):
        return None
    metrics = {metric.name: metric.expression for metric in semantics.metrics}
    expressions = [projection.expression for projection in query.select.projections]
    buckets = [n for n, each in enumerate(expressions) if each.WhichOneof("kind") == "time_bucket"]
    return Shape(
        measures=tuple(n for n, column in enumerate(head.columns) if column.measure),
        additive=frozenset(n for n, each in enumerate(expressions) if _additive(each, metrics)),
        bucket=buckets[0] if len(buckets) == 1 else None,
        grain=expressions[buckets[0]].time_bucket.grain if len(buckets) == 1 else plan.TIME_GRAIN_UNSPECIFIED,
        grouped=bool(query.select.group_by),
    )


def _additive(expression: plan.Expression, metrics: dict[str, plan.Expression]) -> bool:
    kind = expression.WhichOneof("kind")
    if kind == "metric":
        defined = metrics.get(expression.metric.metric)
        return defined is not None and _additive(defined, {})
    return kind == "aggregate" and expression.aggregate.function in _ADDITIVE and not expression.aggregate.distinct


def period_of(query: plan.Query) -> plan.Range | None:
    """The one time range that every row of the query is in; None where there is none, or more than one.

    The message is a part of `query`: who changes it changes the query.
    """
    ranges = [each for each in _conditions(query.select.where) if _bounded_in_time(each)]
    return ranges[0] if len(ranges) == 1 else None


def _conditions(predicate: plan.Predicate) -> Iterator[plan.Range]:
    """The ranges that all have to hold."""
    kind = predicate.WhichOneof("kind")
    if kind == "range":
        yield predicate.range
    elif kind == "all_of":
        for each in predicate.all_of.predicates:
            yield from _conditions(each)


def _bounded_in_time(candidate: plan.Range) -> bool:
    kinds = {
        bound.literal.WhichOneof("value") if bound.WhichOneof("kind") == "literal" else None
        for bound in (candidate.lower, candidate.upper)
    }
    return kinds in ({"date"}, {"timestamp"})


def relation_of(select: plan.Select, alias: str) -> plan.Relation | None:
    """The table of an alias; of an empty one, the only table of the select."""
    relations = [getattr(select, "from"), *(join.relation for join in select.joins)]
    tables = [each for each in relations if each.WhichOneof("body") == "table"]
    if not alias:
        return tables[0] if len(relations) == len(tables) == 1 else None
    return next((each for each in tables if each.alias == alias), None)
