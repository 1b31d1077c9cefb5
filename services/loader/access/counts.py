"""Counting without reading what need not be read: a column that is never NULL counts rows, and so does the distinct
count of what identifies them."""

from collections.abc import Callable
from dataclasses import replace

from services.loader.algebra import Aggregate, Column, Node, Query, Select
from services.loader.catalog import Knowledge
from services.loader.choices import Choices
from services.loader.dependence import Dependence
from services.loader.rewrite import bottom_up, rebuild


class Counts:
    """Rewrites COUNT."""

    def __init__(self, knowledge: Knowledge, choices: Choices) -> None:
        self._knowledge = knowledge
        self._choices = choices

    def apply(self, node: Node) -> Node:
        """The tree with plain counts."""
        return bottom_up(node, self._change)

    def _change(self, node: Node) -> Node:
        if not isinstance(node, Query) or not isinstance(node.body, Select):
            return node
        body = node.body
        if body.source is None:
            return node
        optional = {each.source.alias for each in body.joins if each.left}
        dependence = Dependence(body, self._knowledge)

        def change(part: Node) -> Node:
            if not isinstance(part, Aggregate) or part.function != "COUNT" or not isinstance(part.operand, Column):
                return part
            column = part.operand
            if column.alias not in dependence.aliases or column.alias in optional or column.nullable:
                return part
            if part.distinct and (
                dependence.identity(column.alias) != (column.name,) or dependence.multiplied(column.alias)
            ):
                return part
            self._choices.add(column.alias, "", f"rows instead of {column.name} are counted", "it is never NULL")
            return replace(part, operand=None, distinct=False)

        outputs = tuple(replace(each, expression=_outer(each.expression, change)) for each in body.outputs)
        having = _outer(body.having, change)
        order = tuple(replace(each, expression=_outer(each.expression, change)) for each in node.order)
        return replace(node, body=replace(body, outputs=outputs, having=having), order=order)


def _outer(node: Node, change: Callable[[Node], Node]) -> Node:
    """Rewrites a part of a select, but not the queries inside it, whose rows are others."""

    def down(each: Node) -> Node:
        return each if isinstance(each, Query) else change(rebuild(each, down))

    return down(node)
