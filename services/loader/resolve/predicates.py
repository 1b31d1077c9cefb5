"""maestro.plan.v1.Predicate → Predicate."""

from dataclasses import replace

from maestro.plan.v1 import plan_pb2
from maestro.semantics.v1 import semantics_pb2
from services.loader.algebra import (
    Aggregate,
    All,
    Between,
    Compare,
    Condition,
    Exists,
    Expression,
    In,
    InQuery,
    IsNull,
    Match,
    Node,
    Not,
    Predicate,
    Some,
    Truth,
    outputs,
)
from services.loader.meaning import field_named, field_names, is_set
from services.loader.resolve import expressions, queries, related
from services.loader.resolve.names import Names, Relation, Scope
from services.loader.rewrite import bottom_up, conjunction
from services.loader.shortage import plan_invalid, term_unresolved


def resolve(  # a case for each kind
    names: Names, scope: Scope, proto: plan_pb2.Predicate, path: str
) -> Predicate:
    """A predicate whose names are all resolved. Raises the faults of missing knowledge, and PLAN_INVALID."""
    kind = proto.WhichOneof("kind")
    here = f"{path}.{kind}"

    def sub(part: plan_pb2.Expression, where: str) -> Expression:
        return expressions.resolve(names, scope, part, f"{here}.{where}")

    match kind:
        case None:
            raise plan_invalid(path, "the predicate is empty")
        case "all_of" | "any_of":
            parts = getattr(proto, kind).predicates
            if not parts:
                raise plan_invalid(here, "the list is empty")
            found = tuple(resolve(names, scope, each, f"{here}[{i}]") for i, each in enumerate(parts))
            return conjunction(*found) if kind == "all_of" else Some(found)
        case "negation":
            return Not(resolve(names, scope, proto.negation, here))
        case "comparison":
            test = proto.comparison
            operator = expressions.name_of(plan_pb2.ComparisonOperator, test.operator, "COMPARISON_OPERATOR_", here)
            return Compare(operator, sub(test.left, "left"), sub(test.right, "right"), test.fold)
        case "range":
            return _range(names, scope, proto.range, here)
        case "pattern":
            return _pattern(names, scope, proto.pattern, here)
        case "null_test":
            return IsNull(sub(proto.null_test.operand, "operand"), proto.null_test.negated)
        case "truth":
            return truth(sub_truth(names, scope, proto.truth, here))
    return _compound(names, scope, proto, kind, here)


def _compound(names: Names, scope: Scope, proto: plan_pb2.Predicate, kind: str, path: str) -> Predicate:
    match kind:
        case "membership":
            return _membership(names, scope, proto.membership, path)
        case "related":
            return related.resolve(names, scope, proto.related, path)
        case "exists":
            query = queries.resolve(names, scope, proto.exists.query, f"{path}.query")
            return Exists(query, proto.exists.negated)
        case "named_filter":
            relation = scope.find(proto.named_filter.alias, path)
            return _named_filter(names, relation, proto.named_filter.name, path)
    relation = scope.find(proto.entity.alias, path)
    return _entity(names, relation, proto.entity.name, path)


def sub_truth(names: Names, scope: Scope, proto: plan_pb2.Expression, path: str) -> Expression:
    """The expression of a truth test."""
    return expressions.resolve(names, scope, proto, path)


def truth(expression: Expression) -> Predicate:
    """The condition that a boolean value is true."""
    return expression.predicate if isinstance(expression, Condition) else Truth(expression)


def _range(names: Names, scope: Scope, proto: plan_pb2.Range, path: str) -> Predicate:
    operand = expressions.resolve(names, scope, proto.operand, f"{path}.operand")
    lower = expressions.optional(names, scope, proto, "lower", path)
    upper = expressions.optional(names, scope, proto, "upper", path)
    if lower is None and upper is None:
        raise plan_invalid(path, "a range needs a bound")
    return Between(operand, lower, upper, proto.lower_exclusive, proto.upper_exclusive)


def _pattern(names: Names, scope: Scope, proto: plan_pb2.Pattern, path: str) -> Predicate:
    kind = expressions.name_of(plan_pb2.PatternKind, proto.kind, "PATTERN_KIND_", path)
    if not proto.text:
        raise plan_invalid(path, "the text of a pattern is empty")
    operand = expressions.resolve(names, scope, proto.operand, f"{path}.operand")
    text = expressions.value(names, "text", proto.text)
    return Match(kind, operand, text, proto.fold, proto.negated)


def _membership(names: Names, scope: Scope, proto: plan_pb2.Membership, path: str) -> Predicate:
    operand = expressions.resolve(names, scope, proto.operand, f"{path}.operand")
    if proto.HasField("query") == bool(proto.values):
        raise plan_invalid(path, "either values or a query is needed")
    if proto.values:
        values = tuple(
            expressions.resolve(names, scope, each, f"{path}.values[{i}]") for i, each in enumerate(proto.values)
        )
        return In(operand, values, proto.negated, proto.fold)
    query = queries.resolve(names, scope, proto.query, f"{path}.query")
    if len(outputs(query)) != 1:
        raise plan_invalid(f"{path}.query", "the query of a membership has exactly one output column")
    return InQuery(operand, query, proto.negated, proto.fold)


def _named_filter(names: Names, relation: Relation, name: str, path: str) -> Predicate:
    found: semantics_pb2.Field | None = field_named(relation.dataset, name)
    if found is None:
        raise term_unresolved(path, "filter", name, field_names(relation.dataset))
    if is_set(found.predicate):
        # Also where the field is a column: what it holds ("yes", 1) is not itself a truth.
        with names.expanding(f"filter {name}", path):
            return resolve(names, Scope(own=relation), found.predicate, path)
    return truth(expressions.field(names, relation, name, path))


def _entity(names: Names, relation: Relation, name: str, path: str) -> Predicate:
    found = names.meaning.entities.get(name)
    if found is None:
        raise term_unresolved(path, "entity", name, names.meaning.entities)
    dataset = "" if relation.dataset is None else relation.dataset.name
    for each in found.filters:
        if each.dataset == dataset:
            with names.expanding(f"entity {name}", path):
                return resolve(names, Scope(own=relation), each.predicate, path)
    known = [each.dataset for each in found.filters]
    raise term_unresolved(path, f"dataset that tells who {name!r} is", relation.alias, known)


def at_grain(expression: Expression, always: Predicate | None, metric: str, alias: str) -> Expression:
    """The expression of a metric with its own filter in every aggregate, marked with the relation it is defined at."""

    def change(node: Node) -> Node:
        if not isinstance(node, Aggregate):
            return node
        only = None if always is None and node.filter is None else conjunction(node.filter, always)
        return replace(node, filter=None if only == All(()) else only, metric=metric, alias=alias)

    changed: Expression = bottom_up(expression, change)
    return changed
