"""Literals in the form of what they are compared with: the literal is converted, never the column."""

from dataclasses import replace
from datetime import datetime
from decimal import Decimal, InvalidOperation
from typing import Any

from services.loader import bindings
from services.loader.algebra import Conversion, Literal
from services.loader.catalog import mistyped_number, sqlite_affinity
from services.loader.pins import Pins
from services.loader.types import (
    BOOLEAN,
    DATE,
    DECIMAL,
    FLOAT,
    INTEGER,
    REAL,
    TEXT,
    TIME,
    TIMESTAMP,
    TIMESTAMP_ZONED,
    UNKNOWN,
    Family,
    Type,
)

_SMALLEST_REAL = Decimal("1.2e-38")
_LARGEST_REAL = Decimal("3.4e38")
_UPPER = frozenset({"LESS_OR_EQUAL", "GREATER"})
_LOWER = frozenset({"LESS", "GREATER_OR_EQUAL"})


def _whole(value: Any) -> bool:
    try:
        number = Decimal(str(value).strip())
        return number.is_finite() and number == number.to_integral_value()
    except InvalidOperation:
        return isinstance(value, bool)


def _at_midnight(value: Any) -> bool:
    try:
        read = datetime.fromisoformat(str(value))
    except ValueError:
        return False
    return read.tzinfo is None and not (read.hour or read.minute or read.second or read.microsecond)


def _in_single_precision(value: Any) -> bool:
    """Whether a number of four bytes can be near it: others are refused by PostgreSQL."""
    try:
        number = abs(Decimal(str(value).strip()))
    except InvalidOperation:
        return False
    return number == 0 or _SMALLEST_REAL < number < _LARGEST_REAL


def converted(literal: Literal, kind: Type, *through: Conversion) -> Literal:
    """The literal as another type."""
    return replace(literal, type=kind, through=literal.through + through)


def to_postgresql(  # noqa: PLR0911  # a case for each family
    literal: Literal, against: Type, operator: str, pins: Pins
) -> Literal:
    """The literal as it has to be compared with a value of that type. operator: as in Compare."""
    family = against.family
    match family:
        case Family.TEXT:
            return _to_text(literal, against, pins)
        case Family.INTEGER:
            return _to_integer(literal, operator, pins)
        case Family.DECIMAL:
            return literal if literal.kind == "integer" else converted(literal, DECIMAL, bindings.to_decimal)
        case Family.FLOAT:
            # 9.2 in four bytes is another number than 9.2 in eight.
            single = against.name == "real" and pins.ask(literal, _in_single_precision)
            return converted(literal, REAL if single else FLOAT, bindings.to_float)
        case Family.BOOLEAN:
            return converted(literal, BOOLEAN, bindings.to_boolean)
        case Family.DATE:
            if literal.kind == "timestamp" and not pins.ask(literal, _at_midnight):
                return converted(literal, TIMESTAMP, bindings.to_local)
            return converted(literal, DATE, bindings.to_date)
        case Family.TIMESTAMP if against.zoned:
            return converted(literal, TIMESTAMP_ZONED, bindings.to_instant)
        case Family.TIMESTAMP:
            return converted(literal, TIMESTAMP, bindings.to_local)
        case Family.TIME:
            return converted(literal, TIME, bindings.to_time)
        case Family.UUID:
            return converted(literal, Type(Family.UUID, "uuid"), bindings.to_text)
    if literal.kind in ("decimal", "float"):
        return converted(literal, DECIMAL, bindings.to_decimal)
    # The database knows better than we do what it compares with: it infers the parameter's type.
    return converted(literal, UNKNOWN, bindings.to_text)


def _to_text(literal: Literal, against: Type, pins: Pins) -> Literal:
    text = converted(literal, TEXT, *(() if literal.kind == "text" else (bindings.to_text,)))
    if against.labels:
        labels = frozenset(against.labels)
        known = pins.ask(literal, _is_one_of(labels))
        return replace(text, type=Type(Family.TEXT, against.name, labels=against.labels)) if known else text
    if against.padded:
        return replace(text, type=Type(Family.TEXT, "bpchar"))
    if against.name == "citext":
        return replace(text, type=Type(Family.TEXT, "citext"))
    return text


class _is_one_of:  # noqa: N801  # reads as the question that it is
    """Whether a value is one of some labels. Equal for equal labels, so that one pin serves all uses."""

    def __init__(self, labels: frozenset[str]) -> None:
        self.labels = labels

    def __call__(self, value: Any) -> bool:
        return str(value) in self.labels

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _is_one_of) and other.labels == self.labels

    def __hash__(self) -> int:
        return hash(self.labels)


def _to_integer(literal: Literal, operator: str, pins: Pins) -> Literal:
    if literal.kind == "integer":
        return literal
    if literal.kind == "boolean":
        return converted(literal, INTEGER, bindings.to_number_flag)
    if operator in _UPPER:
        return converted(literal, INTEGER, bindings.floor)
    if operator in _LOWER:
        return converted(literal, INTEGER, bindings.ceiling)
    if pins.ask(literal, _whole):
        return converted(literal, INTEGER, bindings.to_integer)
    return converted(literal, DECIMAL, bindings.to_decimal)


def to_sqlite(literal: Literal, against: Type, operator: str, pins: Pins) -> Literal:
    """As to_postgresql, by SQLite's rules: a column's affinity converts what it is compared with, so that only what is
    stored in another form than it is written needs care."""
    family = against.family
    if mistyped_number(against):
        return converted(literal, TEXT, bindings.to_text) if operator in ("EQUAL", "NOT_EQUAL") else literal
    if family is Family.BOOLEAN and sqlite_affinity(against.name) != "TEXT":
        return converted(literal, INTEGER, bindings.to_number_flag)
    if family is Family.DATE:
        # A day column may hold moments: a bound that is a moment is compared as one.
        return converted(literal, TEXT, bindings.to_stored)
    if family is Family.TIMESTAMP:
        return converted(literal, TEXT, bindings.to_stored)
    if family is Family.TEXT and literal.kind in ("date", "timestamp"):
        return converted(literal, TEXT, bindings.to_stored)
    if family is Family.TEXT and literal.kind != "text":
        return converted(literal, TEXT, bindings.to_text)
    return literal
