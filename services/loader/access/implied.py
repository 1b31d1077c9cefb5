"""Whether the predicate of a partial index follows from the conditions of a select.

Only predicates made of simple tests, joined by AND, are understood; each has to be one of the conditions. The database
proves it again for itself; this is to know which index may serve.
"""

import re
from functools import lru_cache
from typing import Any

from services.loader.algebra import (
    Between,
    Column,
    Compare,
    In,
    InQuery,
    IsNull,
    Literal,
    Match,
    Not,
    Predicate,
    Truth,
)
from services.loader.pins import Pins

Test = tuple[str, str, str]
"""(column, "null" | "not null" | "true" | "false" | "=", text of a constant or "")."""

_NAME = r'\(*"?(?P<column>[\w ]+?)"?\)*(::[\w ]+)?'
_NULL = re.compile(rf"{_NAME} IS (?P<no>NOT )?NULL", re.IGNORECASE)
_EQUAL = re.compile(rf"{_NAME} = (?P<value>'(?:[^']|'')*'|-?[\d.]+|true|false)(::[\w ]+)?", re.IGNORECASE)
_FLAG = re.compile(rf"(?P<no>NOT )?{_NAME}", re.IGNORECASE)


def implied(predicate: str, conditions: list[Predicate], pins: Pins) -> bool:
    """Whether every test of the predicate is met by one of the conditions."""
    tests = parse(predicate)
    return tests is not None and all(any(_meets(each, test, pins) for each in conditions) for test in tests)


@lru_cache(1024)
def parse(predicate: str) -> tuple[Test, ...] | None:
    """The tests of a predicate as the database spells it; None where it is not understood."""
    found = []
    for part in _conjuncts(predicate):
        test = _test(part)
        if test is None:
            return None
        found.append(test)
    return tuple(found)


def _conjuncts(text: str) -> list[str]:
    text = _bare(text)
    depth, begin, parts, quoted = 0, 0, [], False
    for at, character in enumerate(text):
        if character == "'":
            quoted = not quoted
        elif not quoted:
            depth += (character == "(") - (character == ")")
            if depth == 0 and text[at : at + 5].upper() == " AND ":
                parts.append(text[begin:at])
                begin = at + 5
    return [text] if not parts else [each for part in (*parts, text[begin:]) for each in _conjuncts(part)]


def _bare(text: str) -> str:
    """Without parentheses that enclose the whole of it."""
    text = text.strip()
    while text.startswith("(") and text.endswith(")"):
        depth = 0
        for at, character in enumerate(text):
            depth += (character == "(") - (character == ")")
            if depth == 0 and at < len(text) - 1:
                return text
        text = text[1:-1].strip()
    return text


def _test(text: str) -> Test | None:
    null = _NULL.fullmatch(text)
    if null:
        return (null["column"], "not null" if null["no"] else "null", "")
    equal = _EQUAL.fullmatch(text)
    if equal:
        value = equal["value"]
        if value.lower() in ("true", "false"):
            return (equal["column"], value.lower(), "")
        return (equal["column"], "=", value.strip("'").replace("''", "'"))
    flag = _FLAG.fullmatch(text)
    if flag:
        return (flag["column"], "false" if flag["no"] else "true", "")
    return None


def _meets(condition: Predicate, test: Test, pins: Pins) -> bool:
    column, kind, value = test
    match condition:
        case IsNull(operand=Column(name=name)):
            return name == column and kind == ("not null" if condition.negated else "null")
        case Truth(operand=Column(name=name)):
            return name == column and kind in ("true", "not null")
        case Not(part=Truth(operand=Column(name=name))):
            return name == column and kind in ("false", "not null")
        case Compare(operator="EQUAL", left=Column(name=name), right=Literal() as literal) if kind != "not null":
            return name == column and bool(pins.ask(literal, _Is(value or kind)))
        case Compare(left=Column(name=name)) | Between(operand=Column(name=name)) | In(operand=Column(name=name)):
            return name == column and kind == "not null"
        case InQuery(operand=Column(name=name)) | Match(operand=Column(name=name)):
            return name == column and kind == "not null"
    return False


class _Is:
    """Whether a value is a certain constant. Equal for equal constants."""

    def __init__(self, constant: str) -> None:
        self.constant = constant

    def __call__(self, value: Any) -> bool:
        return (str(value).lower() if isinstance(value, bool) else str(value)) == self.constant

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Is) and other.constant == self.constant

    def __hash__(self) -> int:
        return hash(self.constant)
