"""Checks that conditions can be met at all: ranges that hold something, and no two that exclude each
other."""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation

from maestro.plan.v1 import plan_pb2
from services.validator.issues import Issue, error
from services.validator.visit import Part, Seen

P = plan_pb2
Value = Decimal | str
_BELOW = (P.COMPARISON_OPERATOR_LESS, P.COMPARISON_OPERATOR_LESS_OR_EQUAL)
_ABOVE = (P.COMPARISON_OPERATOR_GREATER, P.COMPARISON_OPERATOR_GREATER_OR_EQUAL)


@dataclass(slots=True)
class _Demands:
    """What one column has to be, by all conditions together. A bound is (value, whether it is itself
    outside)."""

    values: list[frozenset[Value]] = field(default_factory=list)
    refused: set[Value] = field(default_factory=set)
    lower: tuple[Value, bool] | None = None
    upper: tuple[Value, bool] | None = None
    null: bool = False
    present: bool = False


def check_ranges(seen: Seen) -> Iterator[Issue]:
    """Empty ranges anywhere; contradictions among conditions that all have to hold."""
    for part in seen.predicates:
        if part.node.WhichOneof("kind") == "range":
            yield from _range(part)
    for part in seen.selects:
        select: plan_pb2.Select = part.node
        if select.HasField("where"):
            yield from _contradictions(select.where, f"{part.path}.where")


def constant(expression: plan_pb2.Expression) -> Value | None:
    """A constant as something that can be ordered; None where it is none, or of no ordered kind."""
    kind = expression.literal.WhichOneof("value")
    if kind in ("integer", "float", "decimal"):
        try:
            return Decimal(str(getattr(expression.literal, kind)))
        except InvalidOperation:
            return None
    if kind == "date":
        return expression.literal.date
    if kind == "timestamp":
        text = expression.literal.timestamp.replace("T", " ")
        return text if len(text) <= 19 else None  # with an offset, text order is not time order
    return expression.literal.text if kind == "text" else None


def _range(part: Part) -> Iterator[Issue]:
    bounds: plan_pb2.Range = part.node.range
    if not (bounds.HasField("lower") and bounds.HasField("upper")):
        return
    lower, upper = constant(bounds.lower), constant(bounds.upper)
    exclusive = bounds.lower_exclusive or bounds.upper_exclusive
    if _exceeds(lower, upper) or (lower is not None and lower == upper and exclusive):
        name = _column(bounds.operand)
        yield error("plan.range_empty", part.path, f"Nothing is between {lower} and {upper}.", field=name, detail=name)


def _exceeds(one: Value | None, other: Value | None) -> bool:
    if isinstance(one, Decimal) and isinstance(other, Decimal):
        return one > other
    if isinstance(one, str) and isinstance(other, str):
        # A day and a moment of that day begin alike.
        width = min(len(one), len(other))
        return one[:width] > other[:width]
    return False


def _column(expression: plan_pb2.Expression) -> str:
    return expression.column.column or expression.field.field


def _key(expression: plan_pb2.Expression) -> tuple[str, str] | None:
    kind = expression.WhichOneof("kind")
    if kind == "column":
        return expression.column.alias, expression.column.column
    return (expression.field.alias, expression.field.field) if kind == "field" else None


def _conjuncts(predicate: plan_pb2.Predicate) -> list[plan_pb2.Predicate]:
    if predicate.WhichOneof("kind") != "all_of":
        return [predicate]
    return [part for each in predicate.all_of.predicates for part in _conjuncts(each)]


def _contradictions(where: plan_pb2.Predicate, path: str) -> Iterator[Issue]:
    demands: dict[tuple[str, str], _Demands] = defaultdict(_Demands)
    named: dict[tuple[str, str], set[bool]] = defaultdict(set)
    for part in _conjuncts(where):
        _collect(part, demands)
        inner, holds = (part.negation, False) if part.WhichOneof("kind") == "negation" else (part, True)
        if inner.WhichOneof("kind") == "named_filter":
            named[inner.named_filter.alias, inner.named_filter.name].add(holds)
    for (_, name), held in named.items():
        if len(held) == 2:
            message = f"{name} has to hold and not to hold."
            yield error("plan.contradiction", path, message, field=name, detail=name)
    for (_, name), demand in demands.items():
        if _impossible(demand):
            message = f"No value of {name} meets all conditions."
            yield error("plan.contradiction", path, message, field=name, detail=name)


def _collect(part: plan_pb2.Predicate, demands: dict[tuple[str, str], _Demands]) -> None:
    kind = part.WhichOneof("kind")
    if kind == "comparison":
        key, value = _key(part.comparison.left), constant(part.comparison.right)
        if key is not None and value is not None:
            _compare(demands[key], part.comparison.operator, _folded(value, part.comparison.fold))
    elif kind == "membership" and part.membership.values:
        key = _key(part.membership.operand)
        values = [constant(each) for each in part.membership.values]
        if key is not None and all(value is not None for value in values):
            folded = frozenset(_folded(value, part.membership.fold) for value in values if value is not None)
            if part.membership.negated:
                demands[key].refused |= folded
            else:
                demands[key].values.append(folded)
    elif kind == "range":
        _bound(part.range, demands)
    elif kind == "null_test":
        key = _key(part.null_test.operand)
        if key is not None and part.null_test.negated:
            demands[key].present = True
        elif key is not None:
            demands[key].null = True


def _folded(value: Value, fold: bool) -> Value:
    # Without folding "sp" and "SP" differ in some databases and not in others: only surely different texts
    # count.
    return value.strip().lower() if isinstance(value, str) else value


def _compare(demand: _Demands, operator: int, value: Value) -> None:
    if operator == P.COMPARISON_OPERATOR_EQUAL:
        demand.values.append(frozenset({value}))
    elif operator == P.COMPARISON_OPERATOR_NOT_EQUAL:
        demand.refused.add(value)
    elif operator in _BELOW:
        _upper(demand, value, operator == P.COMPARISON_OPERATOR_LESS)
    elif operator in _ABOVE:
        _lower(demand, value, operator == P.COMPARISON_OPERATOR_GREATER)


def _bound(bounds: plan_pb2.Range, demands: dict[tuple[str, str], _Demands]) -> None:
    key = _key(bounds.operand)
    if key is None:
        return
    lower, upper = constant(bounds.lower), constant(bounds.upper)
    if lower is not None:
        _lower(demands[key], lower, bounds.lower_exclusive)
    if upper is not None:
        _upper(demands[key], upper, bounds.upper_exclusive)


def _lower(demand: _Demands, value: Value, exclusive: bool) -> None:
    if demand.lower is None or _exceeds(value, demand.lower[0]):
        demand.lower = (value, exclusive)


def _upper(demand: _Demands, value: Value, exclusive: bool) -> None:
    if demand.upper is None or _exceeds(demand.upper[0], value):
        demand.upper = (value, exclusive)


def _impossible(demand: _Demands) -> bool:
    bounded = demand.lower is not None or demand.upper is not None
    if demand.null and (demand.present or demand.values or bounded):
        return True
    if demand.values:
        common = frozenset.intersection(*demand.values)
        kinds = {type(value) for values in demand.values for value in values}
        if len(kinds) > 1:
            return False  # 5 and "5" may be the same
        return not any(_within(value, demand) and value not in demand.refused for value in common)
    if demand.lower is None or demand.upper is None:
        return False
    if _exceeds(demand.lower[0], demand.upper[0]):
        return True
    return demand.lower[0] == demand.upper[0] and (demand.lower[1] or demand.upper[1])


def _within(value: Value, demand: _Demands) -> bool:
    if isinstance(value, str) and not value[:1].isdigit():
        return True  # the order of words depends on the database's collation
    if demand.lower is not None:
        bound, exclusive = demand.lower
        if _exceeds(bound, value) or (exclusive and bound == value):
            return False
    if demand.upper is not None:
        bound, exclusive = demand.upper
        if _exceeds(value, bound) or (exclusive and bound == value):
            return False
    return True
