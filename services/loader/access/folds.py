"""Comparisons without regard to case and accents, through whatever is there for them: labels of an enum, values that
are all known, an index over the folded text; or an ordinary equality, where the text has nothing to fold."""

import re
from dataclasses import replace
from typing import Any, Final

from maestro.catalog.v1 import catalog_pb2
from services.loader.access.tables import EQUALITY, TRIGRAMS, Tables
from services.loader.algebra import (
    Column,
    Compare,
    Folded,
    In,
    Literal,
    Match,
    Native,
    Node,
    Predicate,
)
from services.loader.choices import Choices
from services.loader.folding import fold
from services.loader.pins import Pins
from services.loader.rewrite import bottom_up
from services.loader.types import TEXT, Family, Type

_CAST: Final = re.compile(r"::(text|character varying|varchar|citext|\"unaccent\")(\(\d+\))?")
_CALL: Final = re.compile(r"(?P<name>[a-z_][a-z0-9_$.]*)\((?P<inner>.*)\)", re.IGNORECASE)


class Folds:
    """Rewrites folded comparisons."""

    def __init__(self, tables: Tables, pins: Pins, choices: Choices) -> None:
        self._tables = tables
        self._pins = pins
        self._choices = choices

    def apply(self, node: Node) -> Node:
        """The tree with folded comparisons served."""
        return bottom_up(node, self._change)

    def _change(self, node: Node) -> Node:
        match node:
            case Compare(
                operator="EQUAL", left=Folded(operand=Column() as column), right=Folded(operand=Literal() as text)
            ):
                return self._equal(node, column, (text,))
            case In(operand=Folded(operand=Column() as column), negated=False):
                texts = [each.operand for each in node.values if isinstance(each, Folded)]
                literals = tuple(each for each in texts if isinstance(each, Literal))
                if len(literals) == len(node.values):
                    return self._equal(node, column, literals)
            case Match(fold=True, negated=False, operand=Column() as column) if node.kind != "WORDS":
                return self._matched(node, column)
        return node

    def _equal(self, node: Compare | In, column: Column, texts: tuple[Literal, ...]) -> Predicate:
        info, table = self._tables.column(column), self._tables.table(column)
        if info is None or table is None:
            return node
        known = tuple(column.type.labels) or tuple(info.proto.sample_values if info.proto.samples_complete else ())
        if known:
            stored = self._stored(texts, known)
            if stored:
                index = self._tables.index_on(column, EQUALITY)
                self._choices.add(
                    table.name, index.name if index else "",
                    f"stored values of {column.name} instead of folding it",
                    f"all {len(known)} values that occur are known",
                )  # fmt: skip
                return one_of(column, stored)
        if all(self._pins.ask(each, _has_nothing_to_fold) for each in texts):
            values = tuple(replace(each, type=_text_type(column)) for each in texts)
            return Compare("EQUAL", column, values[0]) if len(values) == 1 else In(column, values)
        return self._through_expression(node, column, texts, table.name)

    def _stored(self, texts: tuple[Literal, ...], known: tuple[str, ...]) -> tuple[str, ...]:
        found: dict[str, None] = {}
        for each in texts:
            stored = self._pins.ask(each, Spellings(known))
            if not stored:
                return ()
            found.update(dict.fromkeys(stored))
        return tuple(found)

    def _through_expression(
        self, node: Compare | In, column: Column, texts: tuple[Literal, ...], table: str
    ) -> Predicate:
        found = self._folding_index(column, EQUALITY, "")
        if found is None:
            self._choices.add(table, "", f"{column.name} is folded row by row", "no index holds its folded text")
            return node
        name, functions = found
        self._choices.add(table, name, f"folded text of {column.name} through its index", "the index holds it")
        values = tuple(Native(functions, each, TEXT) for each in texts)
        left = Native(functions, column, TEXT)
        return Compare("EQUAL", left, values[0]) if len(values) == 1 else In(left, values)

    def _matched(self, node: Match, column: Column) -> Predicate:
        table = self._tables.table(column)
        if table is None:
            return node
        wanted = TRIGRAMS if node.kind != "PREFIX" else (*TRIGRAMS, catalog_pb2.INDEX_METHOD_BTREE)
        for operator_class in ("gin_trgm_ops", "gist_trgm_ops", "text_pattern_ops", "varchar_pattern_ops"):
            if "pattern" in operator_class and node.kind != "PREFIX":
                continue
            if "trgm" in operator_class and not self._pins.ask(node.text, has_trigram):
                continue
            found = self._folding_index(column, wanted, operator_class)
            if found is not None:
                name, functions = found
                self._choices.add(
                    table.name, name, f"folded text of {column.name} through its index",
                    f"{operator_class} serves {node.kind.lower()}",
                )  # fmt: skip
                return replace(node, operand=Native(functions, column, TEXT), fold=False, through=functions)
        return node

    def _folding_index(
        self, column: Column, methods: tuple[int, ...], operator_class: str
    ) -> tuple[str, tuple[str, ...]] | None:
        """(index, its functions, outermost first) of an index over the text without case and accents."""
        table = self._tables.table(column)
        for each in table.indexes if table is not None else ():
            first = each.keys[0]
            if each.predicate or each.method not in methods or first.operator_class != operator_class:
                continue
            functions = functions_over(first.expression, column.name)
            if functions and _folds(functions):
                return each.name, functions
        return None


def functions_over(expression: str, column: str) -> tuple[str, ...]:
    """The functions, outermost first, that an index's expression applies to a column and to nothing else; () where it
    is anything else: `lower(f_unaccent((name)::text))` is ("lower", "f_unaccent")."""
    found = []
    text = _stripped(_CAST.sub("", expression).strip())
    while True:
        call = _CALL.fullmatch(text)
        if call is None:
            break
        found.append(call["name"])
        text = _stripped(call["inner"].strip())
    return tuple(found) if text.strip('"') == column else ()


def _stripped(text: str) -> str:
    """Without parentheses that enclose the whole of it."""
    while text.startswith("(") and text.endswith(")"):
        depth = 0
        for at, character in enumerate(text):
            depth += (character == "(") - (character == ")")
            if depth == 0 and at < len(text) - 1:
                return text
        text = text[1:-1].strip()
    return text


def _folds(functions: tuple[str, ...]) -> bool:
    """Whether they take away case and accents: one of PostgreSQL's lower and upper, and anything named for unaccent."""
    bare = [each.rpartition(".")[2].lower() for each in functions]
    return (
        any(each in ("lower", "upper") for each in bare)
        and any("unaccent" in each for each in bare)
        and all(each in ("lower", "upper") or "unaccent" in each for each in bare)
    )


def one_of(column: Column, values: tuple[str, ...]) -> Predicate:
    """That a column holds one of these texts."""
    kind = _text_type(column)
    literals = tuple(Literal("", "text", kind, fixed=each) for each in values)
    return Compare("EQUAL", column, literals[0]) if len(literals) == 1 else In(column, literals)


def _text_type(column: Column) -> Type:
    if column.type.labels:
        return Type(Family.TEXT, column.type.name, labels=column.type.labels)
    if column.type.padded:
        return Type(Family.TEXT, "bpchar")
    return Type(Family.TEXT, "citext") if column.type.name == "citext" else TEXT


def _has_nothing_to_fold(value: Any) -> bool:
    text = str(value)
    return text.isascii() and not any(each.isalpha() for each in text)


def has_trigram(value: Any) -> bool:
    """Whether a text holds three letters or digits in a row, without which a trigram index would be read whole."""
    return re.search(r"\w{3}", str(value)) is not None


class Spellings:
    """Which of some known texts are this one but for case and accents. Equal for equal texts."""

    def __init__(self, known: tuple[str, ...]) -> None:
        self.known = known

    def __call__(self, value: Any) -> tuple[str, ...]:
        wanted = fold(str(value))
        return tuple(each for each in self.known if fold(each) == wanted)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Spellings) and other.known == self.known

    def __hash__(self) -> int:
        return hash(self.known)
