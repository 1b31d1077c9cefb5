"""Are two results the same answer?

Rows are compared as multisets, in order where the right answer is ordered; any permutation of columns is accepted; numbers
are compared with a tolerance, and across types ("3", 3 and 3.0 are equal) where the two results come from different kinds of
database.
"""

import math
import re
from collections import Counter
from collections.abc import Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any

Row = tuple[Any, ...]
Rows = Sequence[Sequence[Any]]
_TOLERANCE = 1e-6
_TRIES = 20_000
"""Permutations of columns that are tried at most."""
_NUMBER = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d+)?")
_MOMENT = re.compile(r"(\d{4}-\d{2}-\d{2})[ T](\d{2}:\d{2}:\d{2})(\.\d+)?(?:Z|\+00:?00)?")
_TEXT = re.compile(r"'(?:[^']|'')*'|\"(?:[^\"]|\"\")*\"")


def is_ordered(sql: str) -> bool:
    """Whether a query orders its rows at the outermost level."""
    plain, depth, outer = _TEXT.sub(" ", sql), 0, []
    for char in plain:
        depth += (char == "(") - (char == ")")
        if depth == 0:
            outer.append(char)
    return re.search(r"\border\s+by\b", "".join(outer), re.IGNORECASE) is not None


def same_answer(right: Rows, given: Rows, *, ordered: bool, coerce: bool = False) -> bool:
    """Whether `given` is the answer `right`.

    ordered: the order of rows matters. coerce: values are compared across types, for results of different databases.
    """
    first = [tuple(_value(value, coerce) for value in row) for row in right]
    second = [tuple(_value(value, coerce) for value in row) for row in given]
    if not first or not second:
        return not first and not second
    if len(first) != len(second) or len(first[0]) != len(second[0]):
        return False
    if _same_rows(first, second, ordered):
        return True
    return _same_permuted(first, second, ordered)


def _value(value: Any, coerce: bool) -> Any:
    """A value in the form that is compared: numbers as floats, moments as text."""
    if isinstance(value, (bool, int, float, Decimal)):
        number = float(value)
        return None if math.isnan(number) else number
    if isinstance(value, (bytes, bytearray, memoryview)):
        return bytes(value).hex()
    if isinstance(value, (datetime, date)):
        value = value.isoformat(" ") if isinstance(value, datetime) else value.isoformat()
    if not isinstance(value, str) or not coerce:
        return value if value is None or isinstance(value, str) else str(value)
    return _coerced(value.strip())


def _coerced(text: str) -> Any:
    if _NUMBER.fullmatch(text):
        return float(text)
    moment = _MOMENT.fullmatch(text)
    if moment:
        return moment[1] if moment[2] == "00:00:00" else f"{moment[1]} {moment[2]}"
    return {"t": 1.0, "true": 1.0, "f": 0.0, "false": 0.0}.get(text.lower(), text)


def _coarse(value: Any) -> tuple[int, Any]:
    """Hashable and sortable, numbers to five digits."""
    if value is None:
        return (0, "")
    if isinstance(value, float):
        return (1, float(f"{value:.5g}"))
    return (2, value)


def _fine(row: Row) -> tuple[Any, ...]:
    return tuple((_coarse(value), value if isinstance(value, float) else 0.0) for value in row)


def _equal(first: Any, second: Any) -> bool:
    if isinstance(first, float) and isinstance(second, float):
        return math.isclose(first, second, rel_tol=_TOLERANCE, abs_tol=_TOLERANCE)
    return bool(first == second)


def _same_rows(first: list[Row], second: list[Row], ordered: bool) -> bool:
    if not ordered:
        first, second = sorted(first, key=_fine), sorted(second, key=_fine)
    return all(
        _equal(one, other) for row, its in zip(first, second, strict=True) for one, other in zip(row, its, strict=True)
    )


def _same_permuted(first: list[Row], second: list[Row], ordered: bool) -> bool:
    """Whether some order of the second's columns makes the results equal."""
    wanted, given = list(zip(*first, strict=True)), list(zip(*second, strict=True))
    counts = [Counter(map(_coarse, column)) for column in given]
    fitting = [
        [at for at, counted in enumerate(counts) if counted == Counter(map(_coarse, column))] for column in wanted
    ]
    if not all(fitting):
        return False
    order = sorted(range(len(wanted)), key=lambda at: len(fitting[at]))
    chosen, tries = [-1] * len(wanted), _TRIES

    def search(depth: int) -> bool:
        nonlocal tries
        tries -= 1
        if tries < 0:
            return False
        if depth == len(order):
            return _same_rows(first, [tuple(row[at] for at in chosen) for row in second], ordered)
        for at in fitting[order[depth]]:
            if at not in chosen:
                chosen[order[depth]] = at
                if search(depth + 1):
                    return True
                chosen[order[depth]] = -1
        return False

    return search(0)
