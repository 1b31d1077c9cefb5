"""What a scan tests, read from the texts of EXPLAIN.

PostgreSQL writes conditions in one fixed form: every operation in parentheses, constants with their types. What is not
recognised is kept as OTHER: an index cannot serve it, as far as is known.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import Enum

_NAME = r'(?:[a-z_][\w$]*|"(?:[^"]|"")+")'
_COLUMN = re.compile(rf"(?:({_NAME})\.)?({_NAME})")
_CAST = re.compile(r'(.*)::((?:"[^"]+"|[a-z_][\w ]*)(?:\([\d,]+\))?(?:\[\])?)', re.DOTALL)
_CONSTANT = re.compile(r"^(?:'|-?\d|\$\d|ARRAY\[|\(?InitPlan |CURRENT_|true$|false$|now\()")
_WORDS = frozenset({"true", "false", "null", "current_date", "current_timestamp", "localtimestamp"})
_OPERATORS = (" = ANY ", " >= ", " <= ", " <> ", " !~~* ", " !~~ ", " ~~* ", " ~~ ", " = ", " > ", " < ")


class Kind(Enum):
    """How a column is tested."""

    EQUAL = "="
    NULL = "is null"
    LOWER = ">="
    UPPER = "<="
    PREFIX = "prefix"
    INFIX = "infix"
    PARTNER = "= a column of another table"
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class Condition:
    """One of several that all have to hold. cast: the type that the column is converted to, "": none. values: what it is
    compared with, as text; empty where EXPLAIN does not say. partner: alias of the other table."""

    kind: Kind
    alias: str = ""
    column: str = ""
    cast: str = ""
    values: tuple[str, ...] = ()
    partner: str = ""


def conditions(text: str) -> list[Condition]:
    """The conditions of a filter, an index condition or a join condition."""
    return [_condition(part) for part in _split(text)]


def column_of(text: str) -> tuple[str, str, str] | None:
    """(alias, column, cast) where a text is a column and nothing else."""
    inner, cast = _uncast(_bare(text))
    found = _COLUMN.fullmatch(inner)
    if found is None or inner.lower() in _WORDS:
        return None
    return _unquoted(found[1] or ""), _unquoted(found[2]), cast


def _condition(text: str) -> Condition:
    text = _bare(text)
    for ending, kind in ((" IS NULL", Kind.NULL), (" IS TRUE", Kind.EQUAL), (" IS FALSE", Kind.EQUAL)):
        if text.endswith(ending) and (column := column_of(text[: -len(ending)])):
            values = () if kind is Kind.NULL else (("t",) if ending == " IS TRUE" else ("f",))
            return Condition(kind, *column, values=values)
    if text.startswith("NOT ") and (column := column_of(text[4:])):
        return Condition(Kind.EQUAL, *column, values=("f",))
    if column := column_of(text):
        return Condition(Kind.EQUAL, *column, values=("t",))
    at, operator = _operator(text)
    if not operator:
        return Condition(Kind.OTHER)
    return _compared(text[:at], operator.strip(), text[at + len(operator) :])


def _compared(left: str, operator: str, right: str) -> Condition:
    mirrored = {">=": "<=", "<=": ">=", ">": "<", "<": ">", "=": "="}
    one, other = column_of(left), column_of(right)
    if one is None and other is not None and operator in mirrored:
        one, other, right, operator = other, None, left, mirrored[operator]
    if one is None:
        return Condition(Kind.OTHER)
    if other is not None:
        if operator == "=" and other[0] != one[0]:
            return Condition(Kind.PARTNER, *one, partner=other[0])
        return Condition(Kind.OTHER, *one)
    constant = _uncast(_bare(right))[0]
    if not _CONSTANT.match(_bare(right)):
        return Condition(Kind.OTHER, *one)
    if operator == "~~":
        return _pattern(one, constant)
    kinds = {"=": Kind.EQUAL, "= ANY": Kind.EQUAL, ">=": Kind.LOWER, ">": Kind.LOWER, "<=": Kind.UPPER, "<": Kind.UPPER}
    if operator not in kinds:
        return Condition(Kind.OTHER, *one)
    values = _elements(constant) if operator == "= ANY" else (_text(constant),)
    return Condition(kinds[operator], *one, values=values)


def _pattern(column: tuple[str, str, str], constant: str) -> Condition:
    text = _text(constant)
    body = text.strip("%")
    if "%" in body or "_" in body or "\\" in body:
        return Condition(Kind.OTHER, *column)
    if text == f"{body}%" and body:
        return Condition(Kind.PREFIX, *column, values=(body,))
    return Condition(Kind.INFIX, *column, values=(body,)) if len(body) >= 3 else Condition(Kind.OTHER, *column)


def _split(text: str) -> list[str]:
    """The parts that AND joins at the outermost level."""
    text = _bare(text)
    parts, begin = [], 0
    for at in _outermost(text):
        if text.startswith(" AND ", at):
            parts.append(text[begin:at])
            begin = at + 5
    parts.append(text[begin:])
    if len(parts) == 1:
        return parts
    return [each for part in parts for each in _split(part)]


def _operator(text: str) -> tuple[int, str]:
    """The first operator at the outermost level, and where it is; (0, "") where there is none."""
    for at in _outermost(text):
        for operator in _OPERATORS:
            if text.startswith(operator, at):
                return at, operator
    return 0, ""


def _outermost(text: str) -> list[int]:
    """Places that are in no parentheses, brackets or quotes."""
    places, depth, quote = [], 0, ""
    for at, character in enumerate(text):
        if quote:
            quote = "" if character == quote else quote
        elif character in "'\"":
            quote = character
        elif character in "([":
            depth += 1
        elif character in ")]":
            depth -= 1
        elif not depth:
            places.append(at)
    return places


def _bare(text: str) -> str:
    """Without parentheses around the whole."""
    text = text.strip()
    while text.startswith("(") and text.endswith(")"):
        depth = 0
        quote = ""
        for at, character in enumerate(text):
            if quote:
                quote = "" if character == quote else quote
            elif character in "'\"":
                quote = character
            elif character == "(":
                depth += 1
            elif character == ")":
                depth -= 1
                if not depth and at < len(text) - 1:
                    return text
        text = text[1:-1].strip()
    return text


def _uncast(text: str) -> tuple[str, str]:
    found = _CAST.fullmatch(text)
    if found is None or (found[1].count("'") % 2):
        return text, ""
    inner, earlier = _uncast(_bare(found[1]))
    return inner, found[2] if not earlier else f"{earlier}::{found[2]}"


def _text(constant: str) -> str:
    """The value of a constant; its source where it is none that has a value yet."""
    return constant[1:-1].replace("''", "'") if constant.startswith("'") and constant.endswith("'") else constant


def _elements(constant: str) -> tuple[str, ...]:
    """The values of an array constant '{a,"b c"}'."""
    inner = _text(constant).removeprefix("{").removesuffix("}")
    return tuple(a or b for a, b in re.findall(r'"((?:[^"\\]|\\.)*)"|([^,]+)', inner))


def _unquoted(name: str) -> str:
    return name[1:-1].replace('""', '"') if name.startswith('"') else name
