"""When two cells of an answer mean the same: how values are made comparable before rows are judged."""

from __future__ import annotations

import datetime as dt
import math
import re
import unicodedata
from decimal import Decimal

Cell = str | float | None

_NUMBER = re.compile(r"-?\d+(\.\d+)?")
_MONTH = re.compile(r"(\d{4})-(\d{2})")
_MONTH_FIRST = re.compile(r"(\d{1,2})/(\d{4})")
_DAY_FIRST = re.compile(r"(\d{1,2})/(\d{1,2})/(\d{4})")
_NAMED_MONTH = re.compile(r"([a-z]{3})[a-z]*\.?(?:[ /-]+de)?[ /-]+(\d{4})")
_MONTH_NAMES = (
    "jan fev mar abr mai jun jul ago set out nov dez",
    "jan feb mar apr may jun jul aug sep oct nov dec",
)
_MONTHS = {name: number for names in _MONTH_NAMES for number, name in enumerate(names.split(), 1)}


def cell(value: object) -> Cell:
    """A number as float, a date as ISO text (a month as its first day), other text folded, None as it is."""
    if value is None or (isinstance(value, float) and math.isnan(value)):
        return None
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, int | float | Decimal):
        return float(value)
    if isinstance(value, dt.timedelta):
        return value.total_seconds()
    if isinstance(value, dt.datetime):
        day = value.replace(tzinfo=None)
        return day.date().isoformat() if day.time() == dt.time() else day.isoformat(" ")
    if isinstance(value, dt.date):
        return value.isoformat()
    return _text(str(value))


def _text(value: str) -> Cell:
    text = unicodedata.normalize("NFKD", value.strip()).encode("ascii", "ignore").decode().casefold()
    if _NUMBER.fullmatch(text) and (len(text) < 2 or text[0] != "0" or text[1] == "."):
        return float(text)
    if match := _MONTH.fullmatch(text):
        return f"{match[1]}-{match[2]}-01"
    if match := _MONTH_FIRST.fullmatch(text):
        return f"{match[2]}-{int(match[1]):02d}-01"
    if match := _DAY_FIRST.fullmatch(text):
        return f"{match[3]}-{int(match[2]):02d}-{int(match[1]):02d}"
    if (match := _NAMED_MONTH.fullmatch(text)) and match[1] in _MONTHS:
        return f"{match[2]}-{_MONTHS[match[1]]:02d}-01"
    return text.removesuffix(" 00:00:00")


def same(one: Cell, other: Cell, tolerance: float = 0.0) -> bool:
    """Equal, numbers up to rounding: 1e-4 of their size, half a cent, or the tolerance where that is more."""
    if isinstance(one, float) and isinstance(other, float):
        return abs(one - other) <= max(1e-4 * max(abs(one), abs(other)), 0.00501, tolerance)
    if one is None or other is None:
        return one is other or {one, other} == {None, 0.0}
    return one == other
