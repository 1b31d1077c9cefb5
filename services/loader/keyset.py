"""The condition that a row comes behind another one in an order of several keys."""

from services.loader.algebra import (
    All,
    Behind,
    Compare,
    Expression,
    IsNull,
    Literal,
    Order,
    Predicate,
    Some,
)
from services.loader.rewrite import conjunction


def behind(order: tuple[Order, ...], values: tuple[Literal, ...], nulls: str, *, inclusive: bool = False) -> Predicate:
    """nulls: for each key "1" where the other row's value is NULL. inclusive: rows with equal keys as well.

    Where all keys run one way and none can be NULL, it is one comparison of rows, which an index serves.
    """
    masked = [each == "1" for each in nulls]
    directions = {each.descending for each in order}
    if len(directions) == 1 and not any(masked) and not any(each.nulls for each in order) and not inclusive:
        return _row(order, values)
    branches: list[Predicate] = []
    equal: list[Predicate] = []
    for each, value, null in zip(order, values, masked, strict=True):
        after = _after(each, value, null)
        if after is not None:
            branches.append(conjunction(*equal, after))
        equal.append(_equal(each.expression, value, null))
    if inclusive:
        branches.append(conjunction(*equal))
    made: Predicate = Some(tuple(branches)) if len(branches) != 1 else branches[0]
    first = order[0]
    if not masked[0] and not first.nulls:
        # Implied by the rest; said apart because an index can begin there.
        bound = "LESS_OR_EQUAL" if first.descending else "GREATER_OR_EQUAL"
        made = All((Compare(bound, first.expression, values[0]), made))
    return made


def _row(order: tuple[Order, ...], values: tuple[Literal, ...]) -> Predicate:
    descending = order[0].descending
    if len(order) == 1:
        return Compare("LESS" if descending else "GREATER", order[0].expression, values[0])
    return Behind(tuple(each.expression for each in order), values, descending)


def _equal(key: Expression, value: Literal, null: bool) -> Predicate:
    return IsNull(key) if null else Compare("EQUAL", key, value)


def _after(order: Order, value: Literal, null: bool) -> Predicate | None:
    """None: nothing can be."""
    if null:
        return IsNull(order.expression, negated=True) if order.nulls == "first" else None
    further = Compare("LESS" if order.descending else "GREATER", order.expression, value)
    if order.nulls == "last":
        return Some((further, IsNull(order.expression)))
    return further
