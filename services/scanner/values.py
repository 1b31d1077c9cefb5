"""Values as text: how they compare, which are smallest and largest, how long they may be."""

from collections.abc import Callable, Sequence
from decimal import Decimal, InvalidOperation
from typing import Final

from maestro.catalog.v1 import catalog_pb2 as pb

LONGEST: Final = 200
"""Characters of a value that are kept."""
WIDE: Final = 400
"""Columns that are wider than so many bytes on average hold documents, not values: none of theirs is kept."""

_EXACT = 15  # digits that a binary fraction holds exactly

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


def ordering(family: "pb.TypeFamily.ValueType") -> Callable[[str], float | Decimal] | None:
    """A sort key for the texts of a family; None: they sort as they are, as ISO 8601 does."""
    return _number if family in NUMBERS else None


def _number(value: str) -> float | Decimal:
    if len(value) <= _EXACT and value.replace(".", "", 1).replace("-", "", 1).isdecimal():
        return float(value)
    try:
        number = Decimal(value)
    except InvalidOperation:
        return 0.0
    return number if number.is_finite() else 0.0


def extremes(values: Sequence[str], family: "pb.TypeFamily.ValueType") -> tuple[str, str]:
    """Smallest and largest; ("", "") where there are none."""
    if not values or family not in COMPARABLE:
        return "", ""
    key = ordering(family)
    if key is None:
        return min(values), max(values)
    return min(values, key=key), max(values, key=key)


def spread(values: Sequence[str], count: int) -> list[str]:
    """So many of them, first and last among them, at even distances."""
    if len(values) <= count:
        return list(values)
    if count < 2:
        return list(values[:count])
    return [values[round(i * (len(values) - 1) / (count - 1))] for i in range(count)]
