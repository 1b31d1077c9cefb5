"""Output of a select of groups, or of one aggregate, that is neither grouped nor aggregated.

Where the groups determine it, it joins them: PostgreSQL knows only a part of what follows from keys and equalities.
Where they do not, any value of the group stands, which is said.
"""

from dataclasses import replace

from services.loader.algebra import (
    Aggregate,
    Column,
    Expression,
    Literal,
    Node,
    Query,
    Scalar,
    Select,
)
from services.loader.catalog import Knowledge
from services.loader.dependence import Dependence, Place
from services.loader.rewrite import bottom_up, children, rebuild, walk


class Groups:
    """Completes the groups of selects. `loose`: the outputs for which any value of the group was taken."""

    def __init__(self, knowledge: Knowledge, *, sqlite: bool) -> None:
        self._knowledge = knowledge
        self._sqlite = sqlite
        self.loose: list[str] = []

    def apply(self, node: Node) -> Node:
        """The tree with every group complete."""
        return bottom_up(node, self._change)

    def _change(self, node: Node) -> Node:
        if not isinstance(node, Query) or not isinstance(node.body, Select) or not _aggregates(node, node.body):
            return node
        body = node.body
        tops = [] if body.top is None else [*body.top.partition, *(each.expression for each in body.top.order)]
        wanted: list[Expression] = [each.expression for each in body.outputs]
        wanted += [*(each.expression for each in node.order), *tops]
        bare = [column for each in (*wanted, body.having) for column in _bare(each, body.groups)]
        if not bare:
            return node
        dependence = Dependence(body, self._knowledge)
        given: set[Place] = {(each.alias, each.name) for each in body.groups if isinstance(each, Column)}
        places, whole = dependence.closure(given)
        # Without groups there is one row, also of nothing: a group would take it away.
        joins = [each for each in bare if (each.alias, each.name) in places or each.alias in whole]
        proven = joins if body.groups else []
        loose = [each for each in bare if each not in proven]
        groups = tuple(dict.fromkeys((*body.groups, *proven)))
        changed = replace(node, body=replace(body, groups=groups))
        if loose:
            self.loose += [each.name for each in dict.fromkeys(loose)]
            if not self._sqlite:
                changed = _any_value(changed, frozenset(loose))
        return changed


def with_any_values(query: Query) -> Query:
    """The query with an aggregate for every column of its output and order that is neither grouped nor aggregated."""
    body = query.body
    assert isinstance(body, Select)
    wanted = [*(each.expression for each in body.outputs), *(each.expression for each in query.order)]
    bare = frozenset(column for each in wanted for column in _bare(each, body.groups))
    return _any_value(query, bare) if bare else query


def _aggregates(query: Query, body: Select) -> bool:
    """Whether a row of the result stands for several rows."""
    parts = [*(each.expression for each in body.outputs), *(each.expression for each in query.order)]
    return bool(body.groups) or any(
        isinstance(node, Aggregate) for part in parts for node in walk(part, into_queries=False)
    )


def _bare(expression: Node, groups: tuple[Expression, ...]) -> list[Column]:
    if expression in groups or isinstance(expression, Aggregate | Literal | Scalar | Query):
        return []
    if isinstance(expression, Column):
        return [expression]
    return [column for child in children(expression) for column in _bare(child, groups)]


def _any_value(query: Query, loose: frozenset[Column]) -> Query:
    body = query.body
    assert isinstance(body, Select)

    def change(node: Node) -> Node:
        if node in body.groups or isinstance(node, Aggregate | Scalar | Query):
            return node
        if isinstance(node, Column) and node in loose:
            return Aggregate("MIN", node, False, None, None, node.type)
        return rebuild(node, change)

    shown = tuple(replace(each, expression=change(each.expression)) for each in body.outputs)
    order = tuple(replace(each, expression=change(each.expression)) for each in query.order)
    return replace(query, body=replace(body, outputs=shown, having=change(body.having)), order=order)
