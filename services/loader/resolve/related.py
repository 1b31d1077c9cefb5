"""Semi- and anti-joins along a path: EXISTS, NOT EXISTS, or a count of partners."""

from maestro.plan.v1 import plan_pb2
from services.loader.algebra import (
    Compare,
    Exists,
    Joined,
    Not,
    Output,
    Predicate,
    Query,
    Scalar,
    Select,
    count_rows,
)
from services.loader.meaning import is_set
from services.loader.resolve import expressions, predicates, queries
from services.loader.resolve.names import Names, Scope
from services.loader.resolve.relationships import condition
from services.loader.rewrite import conjunction
from services.loader.shortage import plan_invalid
from services.loader.types import INTEGER


def resolve(names: Names, outer: Scope, proto: plan_pb2.RelatedTest, path: str) -> Predicate:
    """Whether a partner exists along the path."""
    if not proto.path:
        raise plan_invalid(path, "the path is empty")
    first = proto.path[0]
    if first.to_alias not in ("", proto.from_alias):
        raise plan_invalid(f"{path}.path[0].to_alias", f"the path begins at {proto.from_alias!r}")
    scope = Scope(outer, own=outer.own)
    begin = outer.find(proto.from_alias, f"{path}.from_alias")
    relation = queries.relation(names, scope, first.relation, f"{path}.path[0].relation")
    if first.relationship:
        link = condition(names, begin, relation, first, f"{path}.path[0]")
    else:
        link = queries.on(names, scope, first, f"{path}.path[0]")
    joins: list[Joined] = []
    for i, each in enumerate(proto.path[1:], 1):
        joins.append(queries.join(names, scope, each, f"{path}.path[{i}]"))
    where = predicates.resolve(names, scope, proto.where, f"{path}.where") if is_set(proto.where) else None
    partners = Select(relation.source, tuple(joins), (), where=conjunction(link, where))
    if not proto.HasField("count"):
        return Exists(Query(partners), proto.negated)
    operator = expressions.name_of(
        plan_pb2.ComparisonOperator, proto.count.operator, "COMPARISON_OPERATOR_", f"{path}.count"
    )
    counted = Select(partners.source, partners.joins, (Output("partners", count_rows()),), where=partners.where)
    number = expressions.value(names, "integer", proto.count.value)
    test = Compare(operator, Scalar(Query(counted), INTEGER), number)
    return Not(test) if proto.negated else test
