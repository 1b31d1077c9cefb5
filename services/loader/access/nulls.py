"""NULLs of an order: where there are none to place, nothing is said of them, so that an index that places them
otherwise can still give the order."""

from dataclasses import replace

from services.loader.algebra import (
    Aggregate,
    Behind,
    Between,
    Column,
    Compare,
    Expression,
    In,
    InQuery,
    IsNull,
    Literal,
    Match,
    Node,
    Order,
    Predicate,
    Query,
    Select,
    Truth,
    Window,
)
from services.loader.rewrite import bottom_up, conjuncts


def apply(node: Node) -> Node:
    """The tree whose orders place NULLs only where there may be some."""
    return bottom_up(node, _change)


def _change(node: Node) -> Node:
    if not isinstance(node, Query) or not node.order or not isinstance(node.body, Select):
        return node
    body = node.body
    optional = frozenset(each.source.alias for each in body.joins if each.left)
    never = frozenset(
        each
        for condition in (*conjuncts(body.where), *(c for j in body.joins if not j.left for c in conjuncts(j.on)))
        for each in rejects_null(condition)
    )
    order = tuple(replace(each, nulls="") if _never_null(each, never, optional) else each for each in node.order)
    return replace(node, order=order)


def _never_null(order: Order, never: frozenset[Expression], optional: frozenset[str]) -> bool:
    expression = order.expression
    if expression in never:
        return True
    if isinstance(expression, Column):
        return not expression.nullable and expression.alias not in optional
    if isinstance(expression, Aggregate):
        return expression.function == "COUNT"
    return isinstance(expression, Literal) or (isinstance(expression, Window) and expression.operand is None)


def rejects_null(condition: Predicate) -> tuple[Expression, ...]:
    """What cannot be NULL where the condition holds."""
    match condition:
        case Compare():
            return condition.left, condition.right
        case Between() | In() | InQuery() | Match() | Truth():
            return (condition.operand,)
        case IsNull(negated=True):
            return (condition.operand,)
        case Behind():
            return condition.keys
    return ()
