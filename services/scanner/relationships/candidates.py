"""Which columns can refer, which can be referred to, and which of them can be compared at all."""

import re
from dataclasses import dataclass

from maestro.catalog.v1 import catalog_pb2 as pb
from services.scanner.relationships.columns import Facts
from services.scanner.values import NUMBERS

_FEW_REPEATS = 4.0
FEWEST_VALUES = 10
_DATED = re.compile(r"YYYY|HH24")
_WHOLE = re.compile(r"(\d{1,18})(\.0+)?")


@dataclass(frozen=True, slots=True, eq=False)
class Pair:
    """Column `source` may refer to column `target`. name: how well its name points there, 0 to 1."""

    source: Facts
    target: Facts
    name: float


def is_target(column: Facts) -> bool:
    """Whether a column can be referred to: a key, or one whose values are rarely repeated."""
    if column.key:
        return True
    if column.separator or _DATED.search(column.column.text_form):
        return False
    if not column.table.primary_key and not column.table.unique_keys and 1 <= column.repeats <= 1.05:
        return column.distinct >= 3  # nobody declared a key here, so what looks like one may be it
    if column.distinct < FEWEST_VALUES:
        return False
    if column.column.family in NUMBERS:
        # Small tables have columns of small numbers without any twice, by chance.
        return column.repeats <= 1.05 and rarity(column) >= 0.5
    return column.repeats <= _FEW_REPEATS


def is_source(column: Facts) -> bool:
    """Whether a column can refer: not a date in text."""
    return not _DATED.search(column.column.text_form)


def comparable(source: Facts, target: Facts, *, loose: bool) -> bool:
    """Whether the database compares the two as they are. loose: SQLite, which takes numbers in text for
    numbers.
    """
    one, other = source.column.family, target.column.family
    if source.separator:
        return other in (pb.TYPE_FAMILY_TEXT, pb.TYPE_FAMILY_INTEGER)
    if one == other or (one in NUMBERS and other in NUMBERS):
        return True
    text, number = (source, target) if one == pb.TYPE_FAMILY_TEXT else (target, source)
    return (
        loose
        and text.column.family == pb.TYPE_FAMILY_TEXT
        and number.column.family in NUMBERS
        and (text.column.text_form in ("integer", "digits", "decimal") or not text.values)
    )


def rarity(target: Facts) -> float:
    """How little of the numbers from 0 to its largest the target fills, 0 to 1; 1 where it is not of whole
    numbers.

    Numbers that begin at 1 are found in any longer sequence of numbers; one that begins far from 0 is met by
    chance only as far as it fills the range up to its end.
    """
    found = [_WHOLE.fullmatch(value) for value in target.values]
    numbers = [int(each[1]) for each in found if each]
    if len(numbers) < len(found):
        return 1.0
    if not numbers or min(numbers) <= 1:
        return 0.0
    return 1 - min(target.distinct / (max(numbers) + 1), 1.0)
