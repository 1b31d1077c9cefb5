"""Checks on what may stand beside aggregates."""

from collections.abc import Iterator

from google.protobuf.descriptor import FieldDescriptor
from google.protobuf.message import Message
from maestro.plan.v1 import plan_pb2

from services.validator.facts import Facts
from services.validator.issues import Issue, error, warning
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
                yield _issue(path, loose, facts)


def _issue(path: str, loose: str, facts: Facts) -> Issue:
    message = f"{loose} is neither aggregated nor grouped by."
    # SQLite takes any row's value; PostgreSQL refuses the statement.
    make = error if facts.postgres else warning
    return make("plan.ungrouped", path, message, detail=loose)


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
    """Aliases whose every column is fixed by the groups, because their primary key is grouped by."""
    grouped: dict[str, set[str]] = {}
    for expression in select.group_by:
        kind = expression.WhichOneof("kind")
        if kind not in ("column", "field"):
            continue
        alias = expression.column.alias if kind == "column" else expression.field.alias
        name = expression.column.column if kind == "column" else expression.field.field
        source = scope.find(alias)
        if source is not None:
            grouped.setdefault(source.alias, set()).add(name.lower())
    found = set()
    for alias, names in grouped.items():
        table = facts.table(scope.find(alias))
        if table is not None and table.primary_key and {key.lower() for key in table.primary_key} <= names:
            found.add(alias)
    return found


def _loose(expression: plan_pb2.Expression, keys: list[bytes], determined: set[str], scope: Scope) -> str:
    """The first column that the groups do not determine, or empty."""
    kind = expression.WhichOneof("kind")
    if kind in ("aggregate", "metric", "literal", "as_of", "scalar_query", "predicate"):
        return ""
    if _bare(expression) in keys:
        return ""
    if kind in ("column", "field", "output"):
        named = (
            expression.column
            if kind == "column"
            else expression.field
            if kind == "field"
            else expression.output
        )
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
