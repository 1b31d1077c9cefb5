"""DISTINCT with an order by something that is not shown: the smallest value of each group decides, or the largest."""

from dataclasses import replace

from services.loader.algebra import Aggregate, Node, Order, Query, Select
from services.loader.rewrite import bottom_up, walk
from services.loader.shortage import plan_invalid


def apply(node: Node) -> Node:
    """The tree without such orders."""
    return bottom_up(node, _change)


def _change(node: Node) -> Node:
    if not isinstance(node, Query) or not isinstance(node.body, Select) or not node.body.distinct:
        return node
    shown = {each.expression for each in node.body.outputs}
    if all(each.expression in shown for each in node.order):
        return node
    body = node.body
    if body.groups or any(isinstance(each, Aggregate) for part in body.outputs for each in walk(part)):
        raise plan_invalid("query.order_by", "a distinct select of groups is ordered by what it shows")
    order = tuple(
        each if each.expression in shown else replace(each, expression=_decisive(each)) for each in node.order
    )
    groups = tuple(each.expression for each in body.outputs)
    return replace(node, body=replace(body, distinct=False, groups=groups), order=order)


def _decisive(order: Order) -> Aggregate:
    function = "MAX" if order.descending else "MIN"
    return Aggregate(function, order.expression, False, None, None, order.expression.type)
