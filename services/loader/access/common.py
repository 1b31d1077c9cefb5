"""Folded comparisons that are left to be made row by row: rows that hold one of the column's common values are told by
that value, and only the others are folded.

Folding a text costs a hundred times what comparing it costs. The catalog's common values are those of a sample: nothing
is claimed of values that are not among them.
"""

from dataclasses import replace
from typing import Final

from services.loader.access.folds import Spellings, one_of
from services.loader.access.tables import Tables
from services.loader.algebra import (
    Case,
    Column,
    Compare,
    Condition,
    Expression,
    Folded,
    In,
    Literal,
    Node,
    Predicate,
    Query,
    Select,
    Some,
    Truth,
)
from services.loader.choices import Choices
from services.loader.pins import Pins
from services.loader.rewrite import bottom_up, conjunction, conjuncts
from services.loader.types import BOOLEAN

_MOST: Final = 40
"""Common values that a statement names."""
_FEWEST_ROWS: Final = 1000
_SHARE: Final = 0.5
"""Of the rows, that common values have to cover."""


class Common:
    """Rewrites folded comparisons among the conditions of selects."""

    def __init__(self, tables: Tables, pins: Pins, choices: Choices) -> None:
        self._tables = tables
        self._pins = pins
        self._choices = choices

    def apply(self, node: Node) -> Node:
        """The tree that folds less."""
        return bottom_up(node, self._change)

    def _change(self, node: Node) -> Node:
        if not isinstance(node, Query) or not isinstance(node.body, Select):
            return node
        parts = [self._told(each) for each in conjuncts(node.body.where)]
        return replace(node, body=replace(node.body, where=conjunction(*parts)))

    def _told(self, part: Predicate) -> Predicate:
        match part:
            case Compare(
                operator="EQUAL", left=Folded(operand=Column() as column), right=Folded(operand=Literal() as text)
            ):
                return self._apart(part, column, (text,))
            case In(operand=Folded(operand=Column() as column), negated=False):
                folded = [each.operand for each in part.values if isinstance(each, Folded)]
                texts = tuple(each for each in folded if isinstance(each, Literal))
                return self._apart(part, column, texts) if len(texts) == len(part.values) else part
        return part

    def _apart(self, part: Predicate, column: Column, texts: tuple[Literal, ...]) -> Predicate:
        common = self._common(column)
        if not common:
            return part
        meant = dict.fromkeys(each for text in texts for each in self._pins.ask(text, Spellings(common)) or ())
        told: Expression = Condition(one_of(column, tuple(meant)) if meant else Some(()))
        table = self._tables.table(column)
        self._choices.add(
            table.name if table is not None else "", "",
            f"common values of {column.name} are told without folding", "only the others are folded row by row",
        )  # fmt: skip
        return Truth(Case(((one_of(column, common), told),), Condition(part), BOOLEAN))

    def _common(self, column: Column) -> tuple[str, ...]:
        table = self._tables.table(column)
        if table is None or table.rows < _FEWEST_ROWS:
            return ()
        values, share = common_values(self._tables, column)
        return values if share >= _SHARE else ()


def common_values(tables: Tables, column: Column) -> tuple[tuple[str, ...], float]:
    """(a column's common values, the share of the rows that hold one of them or NULL), as far as a sample told."""
    info = tables.column(column)
    if info is None:
        return (), 0.0
    statistics = info.proto.statistics
    values = tuple(statistics.most_common_values)[:_MOST]
    share = sum(statistics.most_common_frequencies[: len(values)])
    return values, share + statistics.null_fraction if values else 0.0
