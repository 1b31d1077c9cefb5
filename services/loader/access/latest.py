"""The first rows of each group by an index over (group, order): for each group, as many steps along the index as rows
are wanted, instead of ranking every row.

The groups come from the relation that has them as its key, or, where there is none, by jumps along the same index.
"""

from dataclasses import dataclass, replace

from maestro.catalog.v1 import catalog_pb2
from services.loader.access.nulls import rejects_null
from services.loader.access.tables import ORDERED, Tables
from services.loader.algebra import (
    NOTHING,
    Column,
    Compare,
    Joined,
    LooseSource,
    Node,
    Order,
    Output,
    Predicate,
    Query,
    QuerySource,
    Select,
    TableSource,
    Top,
)
from services.loader.catalog import TableInfo
from services.loader.choices import Choices
from services.loader.forks import Forks
from services.loader.resolve.names import Names
from services.loader.rewrite import bottom_up, conjunction, conjuncts, substitute, walk

_ROWS_PER_GROUP = 50
_MOST_GROUPS = 50_000


@dataclass(frozen=True)
class _Found:
    """The relation whose rows are ranked, and its index. group: its column that tells the groups apart."""

    source: TableSource
    table: TableInfo
    index: catalog_pb2.Index
    group: Column


class Latest:
    """Rewrites `top` of selects where an index gives each group's rows in order. PostgreSQL only: SQLite has no lateral
    joins."""

    def __init__(self, names: Names, tables: Tables, choices: Choices, forks: Forks) -> None:
        self._names = names
        self._tables = tables
        self._choices = choices
        self._forks = forks

    def apply(self, node: Node) -> Node:
        """The tree with lateral joins."""
        return node if self._tables.sqlite else bottom_up(node, self._change)

    def _change(self, node: Node) -> Node:
        if not isinstance(node, Query) or not isinstance(node.body, Select) or node.body.top is None:
            return node
        body, top = node.body, node.body.top
        if top.ties or body.groups or body.distinct or body.having != NOTHING or len(top.partition) != 1:
            return node
        if any(each.left for each in body.joins):
            return node
        if not body.joins:
            return self._alone(node, body, top) or node
        return self._of_parent(node, body, top) or node

    # ---- one table -------------------------------------------------------------------------------------------------

    def _alone(self, query: Query, body: Select, top: Top) -> Query | None:
        """Groups by jumps along the index."""
        group = top.partition[0]
        if not isinstance(group, Column):
            return None
        found = self._ranked(body, top, group)
        if found is None or not self._many_rows_each(found, body):
            return None
        alias = self._names.alias("groups")
        values = LooseSource(alias, found.source.schema, found.source.name, group.name, group.type)
        link = Compare("EQUAL", group, Column(alias, "value", group.type, nullable=False))
        self._chosen(found, "groups by jumps along the index, their first rows by its order")
        return self._lateral(query, body, found, values, (), link, body.where)

    def _many_rows_each(self, found: _Found, body: Select) -> bool:
        """Whether jumping pays, and no row is lost: rows without a group are not met by jumps."""
        info = self._tables.column(found.group)
        if info is None or (info.nullable and not _says_not_null(body.where, found.group)):
            return False
        distinct = info.proto.statistics.distinct
        groups = distinct if distinct > 0 else -distinct * found.table.rows
        return 0 < groups <= _MOST_GROUPS and found.table.rows >= groups * _ROWS_PER_GROUP

    # ---- a relation that has the groups as its key -----------------------------------------------------------------

    def _of_parent(self, query: Query, body: Select, top: Top) -> Query | None:
        """Groups from the relation that they are the key of; one join only."""
        if len(body.joins) != 1 or body.source is None:
            return None
        group, on = top.partition[0], body.joins[0].on
        if not isinstance(group, Column) or not isinstance(on, Compare) or on.operator != "EQUAL":
            return None
        pair = {each.alias: each for each in (on.left, on.right) if isinstance(each, Column)}
        sources = [body.source, body.joins[0].source]
        ranked = {each.expression.alias for each in top.order if isinstance(each.expression, Column)}
        if len(pair) != 2 or len(ranked) != 1:
            return None
        child = ranked.pop()
        parent = next((each for each in sources if each.alias != child), None)
        if parent is None or child not in pair or not isinstance(parent, TableSource):
            return None
        key = pair[parent.alias]
        known = self._tables.by_alias.get(parent.alias)
        if known is None or not known.identifies(frozenset({key.name})) or group not in (key, pair[child]):
            return None
        found = self._ranked(body, top, pair[child])
        if found is None or not self._forks.take("groups from their own relation"):
            return None
        self._chosen(found, f"first rows of each {known.name} by the index's order")
        outside = [each for each in conjuncts(body.where) if child not in _aliases(each)]
        inside = [each for each in conjuncts(body.where) if child in _aliases(each)]
        if any(_aliases(each) != {child} for each in inside):
            return None
        link = Compare("EQUAL", pair[child], key)
        return self._lateral(query, body, found, parent, tuple(outside), link, conjunction(*inside))

    # ---- both ------------------------------------------------------------------------------------------------------

    def _ranked(self, body: Select, top: Top, group: Column) -> _Found | None:
        """The relation that is ranked, where an index begins with the group and goes on with the order."""
        order = [each.expression for each in top.order]
        sources = [body.source, *(each.source for each in body.joins)]
        source = next((each for each in sources if each is not None and each.alias == group.alias), None)
        table = self._tables.by_alias.get(group.alias)
        if table is None or not isinstance(source, TableSource):
            return None
        if any(not isinstance(each, Column) or each.alias != group.alias for each in order):
            return None
        for index in table.indexes:
            keys = [each.column for each in index.keys]
            first = order[0]
            if (
                index.method in ORDERED
                and not index.predicate
                and keys[:2] == [group.name, first.name if isinstance(first, Column) else ""]
                and self._gives(index.keys[1], top.order[0], body.where)
            ):
                return _Found(source, table, index, group)
        return None

    def _gives(self, key: catalog_pb2.IndexKey, order: Order, where: Predicate) -> bool:
        """Whether the index, read one way or the other, gives the order with its NULLs in place."""
        info = self._tables.column(order.expression)
        if info is not None and not info.nullable:
            return True
        if isinstance(order.expression, Column) and _says_not_null(where, order.expression):
            return True
        nulls_first_if_forward = key.nulls_first
        wanted_first = order.nulls == "first"
        forward = key.descending == order.descending
        return (nulls_first_if_forward == wanted_first) if forward else (nulls_first_if_forward != wanted_first)

    def _lateral(
        self,
        query: Query,
        body: Select,
        found: _Found,
        groups: TableSource | LooseSource,
        outside: tuple[Predicate, ...],
        link: Predicate,
        inside: Predicate,
    ) -> Query:
        assert body.top is not None
        alias = self._names.alias("first")
        inner_alias = found.source.alias
        used = dict.fromkeys(
            each
            for part in (*body.outputs, *query.order)
            for each in walk(part)
            if isinstance(each, Column) and each.alias == inner_alias
        )
        # What identifies a row, and its group, are shown too, so that pages can tell rows apart.
        used.update(dict.fromkeys(self._identity(found)))
        used.setdefault(found.group)
        outputs = tuple(Output(each.name, each) for each in used)
        inner = Query(
            Select(found.source, (), outputs, where=conjunction(link, inside)), body.top.order, body.top.count
        )
        mapped: dict[Node, Node] = {each: replace(each, alias=alias) for each in used}
        shown = tuple(replace(each, expression=substitute(each.expression, mapped)) for each in body.outputs)
        order = tuple(replace(each, expression=substitute(each.expression, mapped)) for each in query.order)
        again = substitute(link, mapped)
        joined = Joined(QuerySource(alias, inner, lateral=True), False, again)
        made = Select(groups, (joined,), shown, where=conjunction(*outside))
        return replace(query, body=made, order=order)

    def _identity(self, found: _Found) -> list[Column]:
        columns = (found.table.column(name) for name in found.table.identity)
        return [Column(found.source.alias, each.name, each.type, each.nullable) for each in columns if each is not None]

    def _chosen(self, found: _Found, choice: str) -> None:
        self._choices.add(found.table.name, found.index.name, choice, "instead of ranking every row")


def _says_not_null(where: Predicate, column: Column) -> bool:
    return any(column in rejects_null(each) for each in conjuncts(where))


def _aliases(node: Node) -> set[str]:
    return {each.alias for each in walk(node) if isinstance(each, Column)}
