"""Columns that a constant moves, compared with another constant: `as_of - d > 30` is `d < as_of - 30`.

The two constants become one when they are bound; an index on the column then serves. Days are moved by whole days, whole
numbers and exact ones by their like; binary fractions are left alone, because they are not exact.
"""

from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Any, Final

from services.loader import bindings
from services.loader.access.ranges import iso_texts
from services.loader.access.tables import Tables
from services.loader.algebra import (
    Arithmetic,
    Between,
    Call,
    Column,
    Compare,
    Expression,
    Literal,
    Node,
    Predicate,
)
from services.loader.choices import Choices
from services.loader.rewrite import bottom_up, conjunction
from services.loader.types import DATE, DECIMAL, INTEGER, TEXT, TIMESTAMP, Family, Type

_MIRRORED: Final = {
    "LESS": "GREATER",
    "LESS_OR_EQUAL": "GREATER_OR_EQUAL",
    "GREATER": "LESS",
    "GREATER_OR_EQUAL": "LESS_OR_EQUAL",
}
_EXACT: Final = (Family.INTEGER, Family.DECIMAL)
_BETWEEN: Final = {"DAYS_BETWEEN": "day", "SECONDS_BETWEEN": "second", "SUBTRACT": ""}
_SIGNS: Final = {"ADD": 1, "SUBTRACT": -1}


class Shifts:
    """Rewrites comparisons of moved columns."""

    def __init__(self, tables: Tables, choices: Choices) -> None:
        self._tables = tables
        self._choices = choices

    def apply(self, node: Node) -> Node:
        """The tree in which constants are moved, not columns."""
        return bottom_up(node, self._change)

    def _change(self, node: Node) -> Node:
        match node:
            case Compare(left=Literal() as literal, right=Call() | Arithmetic() as moved):
                return self._still(_MIRRORED.get(node.operator, node.operator), moved, literal) or node
            case Compare(left=Call() | Arithmetic() as moved, right=Literal() as literal):
                return self._still(node.operator, moved, literal) or node
            case Between(operand=Call() | Arithmetic() as moved):
                return self._between(node, moved)
        return node

    def _between(self, node: Between, moved: Call | Arithmetic) -> Predicate:
        bounds = (
            (node.lower, "GREATER" if node.lower_exclusive else "GREATER_OR_EQUAL"),
            (node.upper, "LESS" if node.upper_exclusive else "LESS_OR_EQUAL"),
        )
        parts = [
            self._still(operator, moved, bound) if isinstance(bound, Literal) else None
            for bound, operator in bounds
            if bound is not None
        ]
        return node if None in parts or not parts else conjunction(*parts)

    def _still(self, operator: str, moved: Call | Arithmetic, literal: Literal) -> Predicate | None:
        """The comparison with the column as it is; None where it cannot be said so."""
        name = moved.function if isinstance(moved, Call) else moved.operator
        parts = moved.arguments if isinstance(moved, Call) else (moved.left, moved.right)
        if name not in ("ADD_DAYS", "ADD", *_BETWEEN) or len(parts) != 2:
            return None
        left, right = parts
        unit = _BETWEEN.get(name, "")
        if name in _BETWEEN and isinstance(left, Literal):
            # constant - column ? literal
            return self._compared(_MIRRORED.get(operator, operator), right, Moved(left, literal, -1, unit))
        if isinstance(left, Literal) and name == "ADD":
            left, right = right, left
        if not isinstance(right, Literal):
            return None
        if unit or (name == "SUBTRACT" and right.type.temporal):
            return self._compared(operator, left, Moved(right, literal, 1, unit))
        return self._compared(operator, left, Moved(literal, right, -_SIGNS.get(name, 1)))

    def _compared(self, operator: str, column: Expression, moved: "Moved") -> Predicate | None:
        """column ? anchor + sign × count."""
        if not isinstance(column, Column) or self._tables.column(column) is None or not moved.together:
            return None
        if column.type.family in _EXACT:
            return self._number(operator, column, moved)
        if not column.type.temporal or moved.anchor.kind not in ("date", "timestamp"):
            return None
        return self._time(operator, column, moved)

    def _number(self, operator: str, column: Column, moved: "Moved") -> Predicate | None:
        families = {moved.anchor.type.family, moved.count.type.family}
        if not families <= set(_EXACT):
            return None
        kind, type_ = ("integer", INTEGER) if families == {Family.INTEGER} else ("decimal", DECIMAL)
        return self._chosen(column, Compare(operator, column, moved.literal(kind, type_)))

    def _time(self, operator: str, column: Column, moved: "Moved") -> Predicate | None:
        sqlite = self._tables.sqlite
        if moved.unit == "second":
            if sqlite or column.type.zoned or moved.anchor.type.zoned or not moved.count.type.numeric:
                return None
            return self._chosen(column, Compare(operator, column, moved.literal("timestamp", TIMESTAMP)))
        if moved.count.type.family is not Family.INTEGER or (sqlite and not iso_texts(self._tables, column)):
            return None
        by_days = replace(moved, unit="day")
        if column.type.family is Family.TIMESTAMP and moved.unit == "day":
            return self._chosen(column, Compare(operator, Call("DATE", (column,), DATE), by_days.literal("date", DATE)))
        if column.type.family is not Family.DATE or moved.anchor.kind != "date":
            return None
        return self._chosen(column, Compare(operator, column, by_days.literal("date", TEXT if sqlite else DATE)))

    def _chosen(self, column: Column, made: Predicate) -> Predicate:
        table = self._tables.table(column)
        self._choices.add(
            table.name if table else "", "", f"{column.name} compared as it is", "constants are moved, not the column"
        )
        return made


@dataclass(frozen=True, slots=True)
class Moved:
    """A conversion of two constants together: anchor + sign × count. unit: "day" or "second" that the count is in, and the
    anchor is then a day or a moment; "" where both are numbers."""

    anchor: Literal
    count: Literal
    sign: int
    unit: str = ""

    @property
    def together(self) -> bool:
        """Whether one parameter can be made of both: of two sent values or of two fixed ones."""
        return bool(self.anchor.slot) == bool(self.count.slot) and "," not in self.anchor.slot + self.count.slot

    def literal(self, kind: str, type_: Type) -> Literal:
        """The parameter."""
        if self.anchor.slot:
            return Literal(f"{self.anchor.slot},{self.count.slot}", kind, type_, through=(self,))
        return Literal("", kind, type_, (self.anchor.fixed, self.count.fixed), (self,))

    def __call__(self, value: Any, moment: bindings.Moment) -> Any:
        """The constant, of the values of both."""
        anchor, count = value
        for convert in self.anchor.through:
            anchor = convert(anchor, moment)
        for convert in self.count.through:
            count = convert(count, moment)
        by = self.sign * bindings.to_decimal(count, moment)
        if self.unit == "day":
            return (date.fromisoformat(bindings.to_date(anchor, moment)) + timedelta(days=int(by))).isoformat()
        if self.unit == "second":
            begin = datetime.fromisoformat(bindings.to_local(anchor, moment))
            return (begin + timedelta(microseconds=int(by * 10**6))).isoformat(sep=" ")
        made = bindings.to_decimal(anchor, moment) + by
        return int(made) if made == made.to_integral_value() else made
