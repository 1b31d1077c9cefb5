"""Checks on what may stand beside aggregates."""

from collections.abc import Iterator

from google.protobuf.descriptor import FieldDescriptor
from google.protobuf.message import Message

from maestro.plan.v1 import plan_pb2
from services.validator.facts import Facts
from services.validator.issues import Issue, warning
from services.validator.visit import Scope, Seen

P = plan_pb2


def check_grouping(seen: Seen, facts: Facts) -> Iterator[Issue]:
    """Output columns and orders of a grouped select are aggregates, or made of what rows are grouped by."""
    for part in seen.selects:
        select: plan_pb2.Select = part.node
        aggregated = any(_aggregates(projection.expression) for projection in select.projections)
        if not select.group_by and not aggregated:
            continue
        keys = [_bare(expression) for expression in select.group_by]
        determined = _determined(select, part.scope, facts)
        for place, projection in enumerate(select.projections):
            loose = _loose(projection.expression, keys, determined, part.scope)
            if loose:
                path = f"{part.path}.projections[{place}]"
                message = f"{loose} is neither aggregated nor grouped by: any row's value will be shown."
                yield warning("plan.ungrouped", path, message, column=loose)


def _aggregates(expression: plan_pb2.Expression) -> bool:
    """Whether an expression aggregates over the group, outside of subqueries."""
    kind = expression.WhichOneof("kind")
    if kind in ("aggregate", "metric"):
        return True
    return any(_aggregates(each) for each in _inner(expression))


def _inner(expression: plan_pb2.Expression) -> list[plan_pb2.Expression]:
    kind = expression.WhichOneof("kind")
    if kind == "arithmetic":
        return [expression.arithmetic.left, expression.arithmetic.right]
    if kind == "function":
        return list(expression.function.arguments)
    if kind == "time_bucket":
        return [expression.time_bucket.operand]
    if kind == "conditional":
        inner = [branch.then for branch in expression.conditional.branches]
        if expression.conditional.HasField("otherwise"):
            inner.append(expression.conditional.otherwise)
        return inner
    if kind == "window" and expression.window.HasField("operand"):
        return [expression.window.operand]
    return []


def _determined(select: plan_pb2.Select, scope: Scope, facts: Facts) -> set[str]:
    """Aliases whose every column is fixed by the groups: a key of theirs is grouped by, or equal to what is."""
    fixed: dict[str, set[str]] = {alias: set() for alias in scope.own}
    for expression in select.group_by:
        place = _place(expression, scope)
        if place is not None:
            fixed[place[0]].add(place[1])
    equal = _equalities(select, scope, facts)
    found: set[str] = set()
    while True:
        for one, other in equal:
            for (alias, name), (partner, named) in ((one, other), (other, one)):
                if name in fixed[alias] or alias in found:
                    fixed[partner].add(named)
        more = {alias for alias in fixed.keys() - found if _has_key(alias, fixed[alias], scope, facts)}
        if not more:
            return found
        found |= more


def _place(expression: plan_pb2.Expression, scope: Scope) -> tuple[str, str] | None:
    """(alias, column in lower case) of a column of this select."""
    kind = expression.WhichOneof("kind")
    if kind not in ("column", "field"):
        return None
    source = scope.find(expression.column.alias if kind == "column" else expression.field.alias)
    name = expression.column.column if kind == "column" else expression.field.field
    return (source.alias, name.lower()) if source is not None and source.alias in scope.own else None


Pair = tuple[tuple[str, str], tuple[str, str]]


def _equalities(select: plan_pb2.Select, scope: Scope, facts: Facts) -> list[Pair]:
    """Columns that every joined row has equal."""
    pairs: list[Pair] = []
    conditions = [select.where] if select.HasField("where") else []
    for join in select.joins:
        if join.relationship:
            pairs += _related(join, scope, facts)
        elif join.HasField("on"):
            conditions.append(join.on)
    for condition in conditions:
        for part in _conjuncts(condition):
            if part.comparison.operator == P.COMPARISON_OPERATOR_EQUAL:
                left, right = _place(part.comparison.left, scope), _place(part.comparison.right, scope)
                if left is not None and right is not None:
                    pairs.append((left, right))
    return pairs


def _related(join: plan_pb2.Join, scope: Scope, facts: Facts) -> list[Pair]:
    known = facts.relationships.get(join.relationship)
    begin, end = join.relation.alias, join.to_alias
    source = scope.find(begin)
    if known is None or source is None or source.table is None or not {begin, end} <= scope.own.keys():
        return []
    if source.table.name.lower() != known.from_table.lower() or join.side == P.JOIN_SIDE_REFERRED:
        begin, end = end, begin
    return [
        ((begin, one.lower()), (end, other.lower()))
        for one, other in zip(known.from_columns, known.to_columns, strict=False)
    ]


def _conjuncts(predicate: plan_pb2.Predicate) -> list[plan_pb2.Predicate]:
    if predicate.WhichOneof("kind") != "all_of":
        return [predicate]
    return [part for each in predicate.all_of.predicates for part in _conjuncts(each)]


def _has_key(alias: str, names: set[str], scope: Scope, facts: Facts) -> bool:
    table = facts.table(scope.find(alias))
    if table is None:
        return False
    keys = [table.primary_key, *(key.columns for key in table.unique_keys)]
    return any(key and {name.lower() for name in key} <= names for key in keys)


def _loose(expression: plan_pb2.Expression, keys: list[bytes], determined: set[str], scope: Scope) -> str:
    """The first column that the groups do not determine, or empty."""
    kind = expression.WhichOneof("kind")
    if kind in ("aggregate", "metric", "literal", "as_of", "scalar_query", "predicate"):
        return ""
    if _bare(expression) in keys:
        return ""
    if kind in ("column", "field", "output"):
        named = expression.column if kind == "column" else expression.field if kind == "field" else expression.output
        source = scope.find(named.alias)
        if source is not None and source.alias in determined:
            return ""
        return str(getattr(named, "column", "") or getattr(named, "field", "") or getattr(named, "name", ""))
    for inner in _inner(expression):
        loose = _loose(inner, keys, determined, scope)
        if loose:
            return loose
    return ""


def _bare(expression: plan_pb2.Expression) -> bytes:
    """An expression as bytes, without where it came from; a field and the column of its name are the same."""
    copy = P.Expression()
    copy.CopyFrom(expression)
    _strip(copy)
    return copy.SerializeToString(deterministic=True)


def _strip(message: Message) -> None:
    if isinstance(message, P.Expression):
        message.ClearField("origin")
        if message.WhichOneof("kind") == "field":
            field = message.field
            message.column.CopyFrom(P.ColumnRef(alias=field.alias, column=field.field))
    elif isinstance(message, P.Predicate):
        message.ClearField("origin")
    for field_, value in message.ListFields():
        if field_.type != FieldDescriptor.TYPE_MESSAGE:
            continue
        if isinstance(value, Message):
            _strip(value)
        else:
            for each in value:
                _strip(each)
