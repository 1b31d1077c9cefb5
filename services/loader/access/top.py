"""The first rows of each group, by a rank in a subquery: the form that every index set can serve."""

from dataclasses import replace
from typing import Any

from services.loader.algebra import (
    Column,
    Compare,
    Expression,
    Node,
    Order,
    Output,
    Query,
    QuerySource,
    Select,
    Top,
    Window,
)
from services.loader.pins import Pins
from services.loader.resolve.names import Names
from services.loader.rewrite import bottom_up
from services.loader.types import INTEGER


class Ranked:
    """Replaces `top` of selects."""

    def __init__(self, names: Names, pins: Pins) -> None:
        self._names = names
        self._pins = pins

    def apply(self, node: Node) -> Node:
        """The tree without `top`."""
        return bottom_up(node, self._change)

    def _change(self, node: Node) -> Node:
        if not isinstance(node, Query) or not isinstance(node.body, Select) or node.body.top is None:
            return node
        body, top = node.body, node.body.top
        alias = self._names.alias("ranked")
        rank = Window("RANK" if top.ties else "ROW_NUMBER", None, top.partition, top.order, INTEGER)
        inner = list(body.outputs)
        order = tuple(self._through(each, inner, alias) for each in node.order)
        inner.append(Output("rank_in_group", rank, hidden=True))
        ranked = Query(replace(body, outputs=tuple(inner), top=None))
        kept = Compare("LESS_OR_EQUAL", Column(alias, "rank_in_group", INTEGER, nullable=False), top.count)
        shown = tuple(replace(each, expression=Column(alias, each.name, each.expression.type)) for each in body.outputs)
        source = QuerySource(alias, ranked, key=self._key(top, body.outputs))
        return replace(node, body=Select(source, (), shown, where=kept), order=order)

    def _key(self, top: Top, shown: tuple[Output, ...]) -> tuple[str, ...]:
        """What tells the groups apart, where one row of each is kept and its group is shown; else nothing."""
        names = {each.expression: each.name for each in shown}
        if top.ties or not all(each in names for each in top.partition) or not self._pins.ask(top.count, _is_one):
            return ()
        return tuple(names[each] for each in top.partition)

    @staticmethod
    def _through(order: Order, inner: list[Output], alias: str) -> Order:
        """An order term of the outer query, for which the inner one shows what it needs."""
        for each in inner:
            if each.name == order.output or each.expression == order.expression:
                return replace(order, expression=_column(alias, each.name, order.expression))
        name = f"order_{len(inner)}"
        inner.append(Output(name, order.expression, hidden=True))
        return replace(order, expression=_column(alias, name, order.expression))


def _is_one(value: Any) -> bool:
    return bool(value == 1)


def _column(alias: str, name: str, was: Expression) -> Column:
    return Column(alias, name, was.type)
