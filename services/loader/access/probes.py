"""The distinct partners of each row, looked up one row after the other, instead of the distinct rows of a join.

A measure at its own grain is summed over the distinct rows of a join. Where the rows, and so their partners, lie in the
same order as the values that join them, as things that are numbered as they happen do, an index finds the partners of
each row in pages that were just read. The planner counts every one of these pages as read anew, and so rather reads the
other table whole. PostgreSQL only: SQLite joins in no other way.
"""

from dataclasses import replace
from typing import Final

from services.loader.access.tables import ORDERED, Tables
from services.loader.algebra import (
    NOTHING,
    Column,
    Compare,
    Joined,
    Node,
    Output,
    Predicate,
    Query,
    QuerySource,
    Select,
    TableSource,
)
from services.loader.catalog import Knowledge
from services.loader.choices import Choices
from services.loader.dependence import Dependence
from services.loader.forks import Forks
from services.loader.resolve.names import Names
from services.loader.rewrite import bottom_up, conjunction, conjuncts, walk

_IN_ORDER: Final = 0.9
"""Correlation of a column with the order of its table's rows, from which on neighbours are taken to be near."""
_MUCH_CHEAPER: Final = 0.3
"""Of the planner's cost: a look-up in pages that are there takes a third of what it counts, and reading a whole table
through a hash two times and more."""


class Probes:
    """Rewrites distinct selects of two tables."""

    def __init__(self, names: Names, tables: Tables, choices: Choices, forks: Forks) -> None:
        self._names = names
        self._tables = tables
        self._choices = choices
        self._forks = forks

    def apply(self, node: Node) -> Node:
        """The tree whose distinct rows are found one by one."""
        return node if self._tables.sqlite else bottom_up(node, self._change)

    def _change(self, node: Node) -> Node:
        if not isinstance(node, Query) or not isinstance(node.body, Select) or node.order or node.limit or node.offset:
            return node
        body = node.body
        if not body.distinct or body.groups or body.having != NOTHING or body.top or len(body.joins) != 1:
            return node
        one, joined = body.source, body.joins[0]
        if joined.left or not isinstance(one, TableSource) or not isinstance(joined.source, TableSource):
            return node
        for mine, other in ((one, joined.source), (joined.source, one)):
            if self._fits(body, mine, other) and self._forks.take("partners of each row", _MUCH_CHEAPER):
                return replace(node, body=self._looked_up(body, mine, other))
        return node

    def _fits(self, body: Select, mine: TableSource, other: TableSource) -> bool:
        """Whether rows of mine stay apart by what is shown, and an index finds those of the other in its order."""
        shown = [each.expression for each in body.outputs]
        identity = Dependence(body, self._knowledge).identity(mine.alias)
        if not identity or not all(
            any(isinstance(each, Column) and (each.alias, each.name) == (mine.alias, name) for each in shown)
            for name in identity
        ):
            return False
        if any(len(_aliases(each)) != 1 for each in shown) or not any(other.alias in _aliases(each) for each in shown):
            return False
        return any(self._in_order(each, mine, other) for each in conjuncts(body.joins[0].on))

    def _in_order(self, condition: Predicate, mine: TableSource, other: TableSource) -> bool:
        if not isinstance(condition, Compare) or condition.operator != "EQUAL":
            return False
        columns = {each.alias: each for each in (condition.left, condition.right) if isinstance(each, Column)}
        if set(columns) != {mine.alias, other.alias}:
            return False
        found = [self._tables.column(each) for each in columns.values()]
        near = all(each is not None and abs(each.proto.statistics.correlation) >= _IN_ORDER for each in found)
        return near and self._tables.index_on(columns[other.alias], ORDERED) is not None

    def _looked_up(self, body: Select, mine: TableSource, other: TableSource) -> Select:
        alias = self._names.alias("partner")
        parts = [*conjuncts(body.joins[0].on), *conjuncts(body.where)]
        inside = [each for each in parts if other.alias in _aliases(each)]
        outside = [each for each in parts if other.alias not in _aliases(each)]
        theirs = tuple(each for each in body.outputs if other.alias in _aliases(each.expression))
        partners = Query(Select(other, (), theirs, True, conjunction(*inside)))
        shown = tuple(
            Output(each.name, Column(alias, each.name, each.expression.type)) if each in theirs else each
            for each in body.outputs
        )
        self._choices.add(
            other.name, "", f"partners of each row of {mine.name} by the index, each value once",
            "both tables lie in the order of what joins them",
        )  # fmt: skip
        joined = Joined(QuerySource(alias, partners, lateral=True), False, NOTHING)
        return Select(mine, (joined,), shown, where=conjunction(*outside))

    @property
    def _knowledge(self) -> Knowledge:
        return self._names.knowledge


def _aliases(node: Node) -> set[str]:
    return {each.alias for each in walk(node) if isinstance(each, Column)}
