"""Every measure at its own grain: a sum is never multiplied by a join (fan-out and chasm traps).

A relation is multiplied where, by the keys that are known, one of its rows may meet several rows of another relation of
the select. A measure of such a relation is computed over its rows once each:

- where the others only filter, they become EXISTS;
- else each measure is aggregated in a subquery of its own, over the distinct rows of its relation in each group, and
  the subqueries are joined on the groups.

COUNT(*), MIN, MAX and distinct aggregates are what they are over the joined rows; so is COUNT of a column, unless a
metric of the model says at what grain it counts.
"""

from dataclasses import replace
from typing import Final

from services.loader.algebra import (
    NOTHING,
    Aggregate,
    Column,
    Exists,
    Expression,
    Joined,
    Node,
    Output,
    Predicate,
    Query,
    QuerySource,
    Same,
    Select,
)
from services.loader.catalog import Knowledge
from services.loader.choices import Choices
from services.loader.dependence import Dependence
from services.loader.normalise.groups import with_any_values
from services.loader.resolve.names import Names
from services.loader.rewrite import bottom_up, children, conjunction, conjuncts, rebuild, substitute, walk
from services.loader.types import Type

_MEASURES: Final = frozenset({"SUM", "AVG", "STDDEV", "MEDIAN", "CORRELATION", "SLOPE"})


class Grain:
    """Rewrites selects whose measures a join would multiply."""

    def __init__(self, names: Names, knowledge: Knowledge, choices: Choices) -> None:
        self._names = names
        self._knowledge = knowledge
        self._choices = choices

    def apply(self, node: Node) -> Node:
        """The tree without multiplied measures."""
        return bottom_up(node, self._change)

    def _change(self, node: Node) -> Node:
        if not isinstance(node, Query) or not isinstance(node.body, Select) or not node.body.joins:
            return node
        body = node.body
        dependence = Dependence(body, self._knowledge)
        grains = {each: _grain(each, dependence) for each in _aggregates(node)}
        multiplied = {grain for grain in grains.values() if grain and dependence.multiplied(grain)}
        if not multiplied:
            return node
        if len(set(grains.values())) == 1:
            filtered = self._by_exists(node, body, dependence, next(iter(multiplied)))
            if filtered is not None:
                return filtered
        # A column of which any value of the group stands has no place of its own outside the subqueries.
        settled = with_any_values(node)
        assert isinstance(settled.body, Select)
        found = {each: _grain(each, dependence) for each in _aggregates(settled)}
        return self._apart(
            settled, settled.body, dependence, {a: g if g in multiplied else "" for a, g in found.items()}
        )

    # ---- relations that only filter --------------------------------------------------------------------------------

    def _by_exists(self, query: Query, body: Select, dependence: Dependence, grain: str) -> Query | None:
        """The relations that multiply, as a condition; None where one of them is shown, grouped or outer-joined."""
        kept = dependence.determined_by(grain)
        moved = [each for each in body.joins if each.source.alias not in kept]
        first_moves = body.source is not None and body.source.alias not in kept
        shown = replace(body, where=NOTHING, joins=(), source=None)
        used = _aliases(replace(query, body=shown))
        if first_moves or any(each.left or each.source.alias in used for each in moved):
            return None
        stays = [each for each in body.joins if each.source.alias in kept]
        gone = {each.source.alias for each in moved}
        if any(_aliases(each.on) & gone for each in stays):
            return None
        inside = [each for each in conjuncts(body.where) if _aliases(each) & gone]
        outside = [each for each in conjuncts(body.where) if not _aliases(each) & gone]
        partner = Select(moved[0].source, tuple(moved[1:]), (), where=conjunction(moved[0].on, *inside))
        where = conjunction(*outside, Exists(Query(partner)))
        for each in moved:
            self._choices.add(
                _table(each), "", f"EXISTS instead of a join with {each.source.alias}",
                f"the join would count rows of {grain} more than once",
            )  # fmt: skip
        return replace(query, body=replace(body, joins=tuple(stays), where=where))

    # ---- a subquery for each grain ---------------------------------------------------------------------------------

    def _apart(self, query: Query, body: Select, dependence: Dependence, grains: dict[Aggregate, str]) -> Query:
        parts: list[QuerySource] = []
        mapped: dict[Node, Node] = {}
        keys: list[tuple[Column, ...]] = []
        for grain in sorted(set(grains.values())):
            mine = [each for each, its in grains.items() if its == grain]
            source, key, made = self._part(body, dependence, grain, mine)
            parts.append(source)
            keys.append(key)
            mapped.update(made)
            if grain:
                self._choices.add(
                    grain, "", f"{', '.join(each.function for each in mine)} at the grain of {grain}",
                    "the join would count its rows more than once",
                )  # fmt: skip
        mapped.update(zip(body.groups, keys[0], strict=True))
        joins = tuple(
            Joined(part, False, conjunction(*(Same(a, b) for a, b in zip(keys[0], key, strict=True))))
            for part, key in zip(parts[1:], keys[1:], strict=True)
        )
        outputs = tuple(replace(each, expression=substitute(each.expression, mapped)) for each in body.outputs)
        order = tuple(replace(each, expression=substitute(each.expression, mapped)) for each in query.order)
        where: Predicate = substitute(body.having, mapped)
        top = None if body.top is None else substitute(body.top, mapped)
        return replace(query, body=Select(parts[0], joins, outputs, body.distinct, where, top=top), order=order)

    def _part(
        self, body: Select, dependence: Dependence, grain: str, aggregates: list[Aggregate]
    ) -> tuple[QuerySource, tuple[Column, ...], dict[Node, Node]]:
        """The subquery of one grain ("": the joined rows as they are), its group columns, and the column that each
        aggregate became."""
        alias = self._names.alias(f"by_{grain}" if grain else "by_row")
        select, groups, within = body, body.groups, tuple(aggregates)
        if grain:
            select, groups, within = self._once_each(body, dependence, grain, aggregates)
        outputs = [Output(f"g{i}", each) for i, each in enumerate(groups)]
        outputs += [Output(f"m{i}", each) for i, each in enumerate(within)]
        made = Query(Select(select.source, select.joins, tuple(outputs), False, select.where, groups))
        key = tuple(Column(alias, f"g{i}", each.type) for i, each in enumerate(groups))
        became: dict[Node, Node] = {each: Column(alias, f"m{i}", each.type) for i, each in enumerate(aggregates)}
        return QuerySource(alias, made), key, became

    def _once_each(
        self, body: Select, dependence: Dependence, grain: str, aggregates: list[Aggregate]
    ) -> tuple[Select, tuple[Expression, ...], tuple[Aggregate, ...]]:
        """A select over the distinct rows of the relation in each group."""
        alias = self._names.alias(f"each_{grain}")
        wanted: dict[Expression, Column] = {}

        def column(expression: Expression) -> Column:
            return wanted.setdefault(expression, Column(alias, f"x{len(wanted)}", expression.type))

        groups = tuple(column(each) for each in body.groups)
        identity = [column(Column(grain, name, Type())) for name in dependence.identity(grain)]
        within = []
        for each in aggregates:
            leaves: dict[Node, Node] = {node: column(node) for node in walk(each) if isinstance(node, Column)}
            moved: Aggregate = rebuild(each, lambda node, leaves=leaves: substitute(node, leaves))  # type: ignore[misc]
            if moved.operand is None:
                # A row of the relation, not a row without one that an outer join let through.
                moved = replace(moved, operand=identity[0])
            within.append(moved)
        outputs = tuple(Output(each.name, expression) for expression, each in wanted.items())
        rows = Select(body.source, body.joins, outputs, True, body.where)
        return Select(QuerySource(alias, Query(rows)), (), ()), groups, tuple(within)


def _aggregates(query: Query) -> list[Aggregate]:
    """The aggregates of a select's own, each once."""
    body = query.body
    assert isinstance(body, Select)
    parts: list[Node] = [*body.outputs, body.having, *query.order, *([] if body.top is None else [body.top])]
    found: dict[Aggregate, None] = {}

    def look(node: Node) -> None:
        if isinstance(node, Aggregate):
            found.setdefault(node)
            return
        for child in children(node):
            if not isinstance(child, Query):
                look(child)

    for each in parts:
        look(each)
    return list(found)


def _grain(aggregate: Aggregate, dependence: Dependence) -> str:
    """The relation whose rows an aggregate has to see once each; "" for the joined rows as they are."""
    if aggregate.distinct:
        return ""
    if aggregate.metric and aggregate.function not in ("MIN", "MAX"):
        return aggregate.alias
    if aggregate.function not in _MEASURES:
        return ""
    own = {each.alias for each in walk(aggregate) if isinstance(each, Column)} & set(dependence.aliases)
    for alias in sorted(own):
        if own <= dependence.determined_by(alias):
            return alias
    return ""


def _aliases(node: Node) -> set[str]:
    return {each.alias for each in walk(node) if isinstance(each, Column)}


def _table(joined: Joined) -> str:
    return str(getattr(joined.source, "name", joined.source.alias))
