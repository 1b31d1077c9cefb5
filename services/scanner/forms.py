"""What form the texts of a column have: dates written as text, numbers, separated lists."""

import re
from collections.abc import Callable, Sequence
from datetime import date
from typing import Final

ENOUGH: Final = 0.98
"""Share of the values that have to agree: real data has typing errors."""


def _iso_day(text: str) -> bool:
    try:
        date.fromisoformat(text)
    except ValueError:
        return False
    return True


def _day_first(text: str) -> bool:
    return int(text[:2]) <= 31 and int(text[3:5]) <= 12


def _month_first(text: str) -> bool:
    return int(text[:2]) <= 12 and int(text[3:5]) <= 31


def _any(_: str) -> bool:
    return True


# The names are PostgreSQL's to_date patterns where there is one. First match wins; day before month, which is
# how most of the world and all of this project's languages but one write.
_FORMS: Final[tuple[tuple[str, "re.Pattern[str]", Callable[[str], bool]], ...]] = (
    ("YYYY-MM-DD", re.compile(r"\d{4}-\d\d-\d\d"), _iso_day),
    (
        "YYYY-MM-DD HH24:MI:SS",
        re.compile(r"\d{4}-\d\d-\d\d[ T]\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d(:?\d\d)?)?"),
        lambda text: _iso_day(text[:10]),
    ),
    ("DD/MM/YYYY", re.compile(r"\d\d/\d\d/\d{4}"), _day_first),
    ("MM/DD/YYYY", re.compile(r"\d\d/\d\d/\d{4}"), _month_first),
    ("DD-MM-YYYY", re.compile(r"\d\d-\d\d-\d{4}"), _day_first),
    ("DD.MM.YYYY", re.compile(r"\d\d\.\d\d\.\d{4}"), _day_first),
    ("YYYYMMDD", re.compile(r"(19|20)\d{6}"), lambda text: _iso_day(f"{text[:4]}-{text[4:6]}-{text[6:]}")),
    ("HH24:MI:SS", re.compile(r"([01]\d|2[0-3]):[0-5]\d(:[0-5]\d)?"), _any),
    ("integer", re.compile(r"-?(0|[1-9]\d{0,17})"), _any),
    ("digits", re.compile(r"\d+"), _any),
    ("decimal", re.compile(r"-?(0|[1-9]\d*)?\.\d+|-?(0|[1-9]\d*)"), _any),
)
_SEPARATORS: Final = (",", ";", "|")
_ITEM: Final = r"[\w./-]{1,30}"


def text_form(values: Sequence[str]) -> str:
    """The form that nearly all of these distinct values have, or "".

    A to_date pattern ("DD/MM/YYYY"); "integer", "decimal", or "digits" where leading zeros matter; "list:,"
    for several short values in one text, with the separator behind the colon.
    """
    values = [value for value in values if value]
    if len(values) < 3:
        return ""
    for name, pattern, check in _FORMS:
        if _nearly_all(values, pattern, check):
            return name
    for separator in _SEPARATORS:
        if _listed(values, separator):
            return "list:" + separator
    return ""


def items(text: str, separator: str) -> list[str]:
    """The values of a separated list, without the blanks around them."""
    return [part for part in (piece.strip() for piece in text.split(separator)) if part]


def _nearly_all(values: Sequence[str], pattern: "re.Pattern[str]", check: Callable[[str], bool]) -> bool:
    misfits = int((1 - ENOUGH) * len(values))
    for value in values:
        if not (pattern.fullmatch(value) and check(value)):
            misfits -= 1
            if misfits < 0:
                return False
    return True


def _codes(text: str) -> bool:
    return any(mark.isdigit() for mark in text)


def _listed(values: Sequence[str], separator: str) -> bool:
    """Whether these are lists of codes: prose and addresses have commas too, but not such items."""
    several = sum(1 for value in values if separator in value)
    if several < 0.2 * len(values):
        return False
    item = re.compile(rf"\s*{_ITEM}\s*({re.escape(separator)}\s*{_ITEM}?\s*)*")
    if not _nearly_all(values, item, lambda value: all(map(_codes, items(value, separator)))):
        return False
    # "10,5" is a number as much of the world writes it.
    numbers = sum(1 for value in values if re.fullmatch(r"-?[\d.]*\d,\d{1,3}", value))
    return separator != "," or numbers < several
