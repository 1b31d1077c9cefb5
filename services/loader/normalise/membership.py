"""Memberships in queries: folded where asked, and NULLs of the query never in the way."""

from dataclasses import replace

from services.loader.algebra import (
    Column,
    Folded,
    InQuery,
    IsNull,
    Node,
    Output,
    Query,
    QuerySource,
    Select,
    outputs,
)
from services.loader.resolve.names import Names
from services.loader.rewrite import bottom_up, conjunction
from services.loader.types import TEXT


class Memberships:
    """`x NOT IN (1, NULL)` is never true in SQL; "none of them" means the values."""

    def __init__(self, names: Names) -> None:
        self._names = names

    def apply(self, node: Node) -> Node:
        """The tree with every membership so."""
        return bottom_up(node, self._change)

    def _change(self, node: Node) -> Node:
        if not isinstance(node, InQuery) or not (node.fold or node.negated):
            return node
        query, operand = node.query, node.operand
        value = outputs(query)[0].expression
        if node.negated and not (isinstance(value, Column) and not value.nullable):
            query = self._without_nulls(query)
        if node.fold:
            query, operand = self._folded(query), Folded(operand, TEXT)
        return replace(node, operand=operand, query=query, fold=False)

    def _simple(self, query: Query) -> tuple[Select, Column | None]:
        """A select without groups, order or limit whose one output may be filtered, and that output where it had to be
        wrapped."""
        body = query.body
        plain = isinstance(body, Select) and not (body.groups or body.distinct or body.top or query.limit)
        if plain and isinstance(body, Select) and isinstance(body.outputs[0].expression, Column) and not query.offset:
            return body, None
        alias = self._names.alias("members")
        first = outputs(query)[0]
        column = Column(alias, first.name, first.expression.type)
        return Select(QuerySource(alias, query), (), (Output(first.name, column),)), column

    def _without_nulls(self, query: Query) -> Query:
        select, column = self._simple(query)
        value = select.outputs[0].expression if column is None else column
        return Query(replace(select, where=conjunction(select.where, IsNull(value, negated=True))))

    def _folded(self, query: Query) -> Query:
        select, _ = self._simple(query)
        first = select.outputs[0]
        return Query(replace(select, outputs=(replace(first, expression=Folded(first.expression, TEXT)),)))
