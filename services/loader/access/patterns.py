"""Text patterns through the indexes that serve them: prefixes by an ordered index, infixes by trigrams where the text
is long enough for them."""

from dataclasses import replace
from typing import Any

from services.loader import bindings
from services.loader.access.folds import has_trigram
from services.loader.access.tables import ORDERED, TRIGRAMS, Tables
from services.loader.algebra import Between, Column, Literal, Match, Node, Predicate, Shielded
from services.loader.catalog import sqlite_affinity
from services.loader.choices import Choices
from services.loader.pins import Pins
from services.loader.rewrite import bottom_up
from services.loader.types import TEXT

_PATTERN_CLASSES = ("text_pattern_ops", "varchar_pattern_ops", "bpchar_pattern_ops")
_TRIGRAM_CLASSES = ("gin_trgm_ops", "gist_trgm_ops")


class Patterns:
    """Rewrites and records patterns over columns."""

    def __init__(self, tables: Tables, pins: Pins, choices: Choices) -> None:
        self._tables = tables
        self._pins = pins
        self._choices = choices

    def apply(self, node: Node) -> Node:
        """The tree with patterns served."""
        return bottom_up(node, self._change)

    def _change(self, node: Node) -> Node:
        if not isinstance(node, Match) or node.fold or node.negated or not isinstance(node.operand, Column):
            return node
        column, table = node.operand, self._tables.table(node.operand)
        if table is None:
            return node
        if self._tables.sqlite:
            return self._prefix_in_sqlite(node, column, table.name)
        if node.kind == "PREFIX" and self._prefix(column, table.name):
            return node
        return self._trigrams(node, column, table.name)

    def _prefix(self, column: Column, table: str) -> bool:
        for each in _PATTERN_CLASSES:
            index = self._tables.index_on(column, ORDERED, each)
            if index is not None:
                self._choices.add(
                    table, index.name, f"prefix of {column.name} as a range", f"{each} orders by characters"
                )
                return True
        index = self._tables.index_on(column, ORDERED)
        info = self._tables.column(column)
        if index is not None and info is not None and "C" in (info.proto.collation, index.keys[0].collation):
            self._choices.add(table, index.name, f"prefix of {column.name} as a range", "collation C")
            return True
        return False

    def _trigrams(self, node: Match, column: Column, table: str) -> Predicate:
        for each in _TRIGRAM_CLASSES:
            index = self._tables.index_on(column, TRIGRAMS, each)
            if index is None:
                continue
            if self._pins.ask(node.text, has_trigram):
                self._choices.add(
                    table, index.name, f"{node.kind.lower()} of {column.name} by trigrams", f"{each} serves it"
                )
                return node
            self._choices.add(
                table, "", f"{column.name} is read without {index.name}",
                "the text is too short for trigrams: the index would be read whole",
            )  # fmt: skip
            return replace(node, operand=Shielded(column, column.type))
        self._choices.add(table, "", f"{node.kind.lower()} of {column.name} is tested row by row", "no index serves it")
        return node

    def _prefix_in_sqlite(self, node: Match, column: Column, table: str) -> Predicate:
        """In SQLite an index compares bytes unless it says otherwise, and a prefix is a range of them."""
        index = self._tables.index_on(column, ORDERED)
        if (
            node.kind != "PREFIX"
            or index is None
            or index.keys[0].collation not in ("", "BINARY")
            or sqlite_affinity(column.type.name) != "TEXT"
            or not self._pins.ask(node.text, _has_successor)
        ):
            return node
        self._choices.add(table, index.name, f"prefix of {column.name} as a range", "the index orders by bytes")
        text = node.text
        after = Literal(text.slot, text.kind, TEXT, text.fixed, (bindings.successor,))
        return Between(column, text, after, upper_exclusive=True)


def _has_successor(value: Any) -> bool:
    try:
        return bool(bindings.after_prefix(str(value)))
    except ValueError:
        return False
