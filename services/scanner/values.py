"""Values as text: how they compare, which are smallest and largest, how long they may be."""

from collections.abc import Callable, Iterable, Sequence
from decimal import Decimal, InvalidOperation
from typing import Final

from maestro.catalog.v1 import catalog_pb2 as pb

LONGEST: Final = 200
"""Characters of a value that are kept."""
WIDE: Final = 400
"""Columns that are wider than so many bytes on average hold documents, not values: none of theirs is kept."""

NUMBERS: Final = frozenset({pb.TYPE_FAMILY_INTEGER, pb.TYPE_FAMILY_DECIMAL, pb.TYPE_FAMILY_FLOAT})
COMPARABLE: Final = NUMBERS | {
    pb.TYPE_FAMILY_TEXT,
    pb.TYPE_FAMILY_DATE,
    pb.TYPE_FAMILY_TIMESTAMP,
    pb.TYPE_FAMILY_TIME,
    pb.TYPE_FAMILY_UUID,
}
SAMPLED: Final = COMPARABLE | {pb.TYPE_FAMILY_BOOLEAN}
"""Families of which values are kept."""


def ordering(family: "pb.TypeFamily.ValueType") -> Callable[[str], Decimal | str]:
    """A sort key for the texts of a family. Dates and moments are ISO 8601 and sort as text."""
    return _number if family in NUMBERS else _text


def _text(value: str) -> str:
    return value


def _number(value: str) -> Decimal:
    try:
        number = Decimal(value)
    except InvalidOperation:
        return Decimal(0)
    return number if number.is_finite() else Decimal(0)


def extremes(values: Iterable[str], family: "pb.TypeFamily.ValueType") -> tuple[str, str]:
    """Smallest and largest; ("", "") where there are none."""
    key = ordering(family)
    held = list(values)
    if not held or family not in COMPARABLE:
        return "", ""
    return min(held, key=key), max(held, key=key)


def spread(values: Sequence[str], count: int) -> list[str]:
    """So many of them, first and last among them, at even distances."""
    if len(values) <= count:
        return list(values)
    if count < 2:
        return list(values[:count])
    return [values[round(i * (len(values) - 1) / (count - 1))] for i in range(count)]
