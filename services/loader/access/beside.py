"""A wide range beside an equality that an index serves: found by the equality alone, and tested row by row.

The planner likes to read both indexes and to keep what is in both lists. It counts a page of the table as read from a
disk, and so thinks that little is gained by sparing hundreds of thousands of entries of the range's index; from memory
it is the other way round. Both lists are read only where its own estimate says that this is much cheaper.
"""

from dataclasses import replace
from typing import Final

from services.loader.access.tables import EQUALITY, ORDERED, Tables
from services.loader.algebra import (
    Between,
    Column,
    Compare,
    In,
    Literal,
    Node,
    Predicate,
    Query,
    Select,
    Shielded,
    TableSource,
)
from services.loader.choices import Choices
from services.loader.forks import Forks
from services.loader.rewrite import bottom_up, conjunction, conjuncts

_MUCH_CHEAPER: Final = 0.7


class Beside:
    """Rewrites selects of one table. PostgreSQL only: SQLite reads one index of a table."""

    def __init__(self, tables: Tables, choices: Choices, forks: Forks) -> None:
        self._tables = tables
        self._choices = choices
        self._forks = forks

    def apply(self, node: Node) -> Node:
        """The tree whose wide ranges no index serves beside an equality."""
        return node if self._tables.sqlite else bottom_up(node, self._change)

    def _change(self, node: Node) -> Node:
        # With other relations, how many rows are expected decides how they are joined: it must not be hidden.
        if not isinstance(node, Query) or not isinstance(node.body, Select) or node.body.joins:
            return node
        source = node.body.source
        table = self._tables.by_alias.get(source.alias) if isinstance(source, TableSource) else None
        if table is None or source is None:
            return node
        parts = conjuncts(node.body.where)
        equal = {each.name for each in map(_equal, parts) if each is not None}
        ordered = {each.expression for each in node.order} if node.limit is not None else set()
        found: dict[Predicate, Column] = {}
        for part in parts:
            column = _ranged(part)
            if column is None or column.name in equal or column in ordered:
                continue
            if self._tables.index_on(column, ORDERED) and not self._together(column, equal):
                found[part] = column
        served = [name for name in sorted(equal) if self._tables.index_on(Column(source.alias, name), EQUALITY)]
        if not found or not served or not self._forks.take("range beside an equality", _MUCH_CHEAPER):
            return node
        self._choices.add(
            table.name, "", f"{', '.join(sorted({each.name for each in found.values()}))} is tested row by row",
            f"the equality of {served[0]} leaves fewer rows than the range's index has entries",
        )  # fmt: skip
        hidden = [_shielded(each, found[each]) if each in found else each for each in parts]
        return replace(node, body=replace(node.body, where=conjunction(*hidden)))

    def _together(self, column: Column, equal: set[str]) -> bool:
        """Whether one index begins with compared columns and goes on with the range's."""
        table = self._tables.by_alias[column.alias]
        for index in table.indexes:
            keys = [each.column for each in index.keys]
            if column.name in keys and keys.index(column.name) and set(keys[: keys.index(column.name)]) <= equal:
                return True
        return False


def _equal(part: Predicate) -> Column | None:
    match part:
        case Compare(operator="EQUAL", left=Column() as column, right=Literal()):
            return column
        case In(operand=Column() as column, negated=False) if all(isinstance(each, Literal) for each in part.values):
            return column
    return None


def _ranged(part: Predicate) -> Column | None:
    match part:
        case Between(operand=Column() as column):
            bounds = [each for each in (part.lower, part.upper) if each is not None]
            return column if all(isinstance(each, Literal) for each in bounds) else None
        case Compare(left=Column() as column, right=Literal()) if part.operator not in ("EQUAL", "NOT_EQUAL"):
            return column
    return None


def _shielded(part: Predicate, column: Column) -> Predicate:
    hidden = Shielded(column, column.type)
    if isinstance(part, Between):
        return replace(part, operand=hidden)
    assert isinstance(part, Compare)
    return replace(part, left=hidden)
