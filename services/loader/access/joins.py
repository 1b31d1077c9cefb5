"""Joins that change nothing are left out: to a relation that is not used, of which every row finds exactly one partner
(or at most one, in an outer join)."""

from dataclasses import replace

from maestro.catalog.v1 import catalog_pb2
from services.loader.access.tables import Tables
from services.loader.algebra import Column, Compare, Joined, Node, Predicate, Query, Select, TableSource
from services.loader.catalog import Knowledge
from services.loader.choices import Choices
from services.loader.rewrite import bottom_up, conjuncts, walk


class Joins:
    """Drops joins."""

    def __init__(self, tables: Tables, knowledge: Knowledge, choices: Choices) -> None:
        self._tables = tables
        self._knowledge = knowledge
        self._choices = choices

    def apply(self, node: Node) -> Node:
        """The tree without needless joins."""
        return bottom_up(node, self._change)

    def _change(self, node: Node) -> Node:
        if not isinstance(node, Query) or not isinstance(node.body, Select):
            return node
        changed = node
        # From the last: a chain of needless joins falls one after the other.
        for each in reversed(node.body.joins):
            body = changed.body
            assert isinstance(body, Select)
            joins = tuple(other for other in body.joins if other is not each)
            rest = replace(changed, body=replace(body, joins=joins))
            if each.source.alias not in _aliases(rest) and self._needless(each):
                self._choices.add(
                    getattr(each.source, "name", each.source.alias), "", f"join with {each.source.alias} left out",
                    "nothing of it is used, and it neither adds nor removes rows",
                )  # fmt: skip
                changed = rest
        return changed

    def _needless(self, joined: Joined) -> bool:
        table = self._tables.by_alias.get(joined.source.alias)
        pairs = [_pair(each, joined.source.alias) for each in conjuncts(joined.on)]
        if table is None or not isinstance(joined.source, TableSource) or None in pairs:
            return False
        known = [each for each in pairs if each is not None]
        if not table.identifies(frozenset(mine.name for mine, _ in known)):
            return False
        return joined.left or self._refers(known, table)

    def _refers(self, pairs: list[tuple[Column, Column]], table: object) -> bool:
        """Whether a foreign key of the database, none of whose columns can be NULL, says that there is a partner."""
        if any(other.nullable for _, other in pairs):
            return False
        other = self._tables.by_alias.get(pairs[0][1].alias)
        if other is None or len({each.alias for _, each in pairs}) != 1:
            return False
        wanted = {(theirs.name, mine.name) for mine, theirs in pairs}
        return any(
            each.origin == catalog_pb2.RELATIONSHIP_ORIGIN_DECLARED
            and (each.from_schema, each.from_table) == (other.schema, other.name)
            and (each.to_schema, each.to_table) == (getattr(table, "schema", ""), getattr(table, "name", ""))
            and set(zip(each.from_columns, each.to_columns, strict=False)) == wanted
            for each in self._knowledge.relationships.values()
        )


def _pair(condition: Predicate, alias: str) -> tuple[Column, Column] | None:
    """(column of the joined relation, column of another) of an equality."""
    if isinstance(condition, Compare) and condition.operator == "EQUAL":
        left, right = condition.left, condition.right
        if isinstance(left, Column) and isinstance(right, Column):
            if left.alias == alias and right.alias != alias:
                return left, right
            if right.alias == alias and left.alias != alias:
                return right, left
    return None


def _aliases(node: Node) -> set[str]:
    return {each.alias for each in walk(node) if isinstance(each, Column)}
