"""From the values of a request to the values that are bound: all that is done to a literal, and nothing to a column.

A conversion is a function of (value, Moment); what it cannot do is a ValueError, which becomes PLAN_INVALID.
"""

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal, InvalidOperation
from functools import cache
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from mesh.fault import Fault
from services.loader.folding import fold


@cache
def zone(name: str) -> tzinfo:
    """The zone of that IANA name; "" is UTC. Raises Fault INVALID_ARGUMENT."""
    if not name or name == "UTC":
        return UTC
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise Fault(
            "INVALID_ARGUMENT",
            f"There is no time zone {name!r}.",
            violations=[("context.time_zone", f"no time zone {name!r}")],
        ) from None


@dataclass(frozen=True, slots=True)
class Moment:
    """When and where the request is. as_of: aware, in the zone of the request."""

    as_of: datetime
    zone: tzinfo
    zone_name: str


def to_text(value: Any, moment: Moment) -> str:
    """As text, as a database would print it."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value)


def to_integer(value: Any, moment: Moment) -> int:
    """As a whole number."""
    try:
        number = Decimal(str(value).strip()) if not isinstance(value, bool) else Decimal(int(value))
        if number != number.to_integral_value():
            raise ValueError(f"{value!r} is not a whole number")
        return int(number)
    except (InvalidOperation, OverflowError):
        raise ValueError(f"{value!r} is not a whole number") from None


def to_decimal(value: Any, moment: Moment) -> Decimal:
    """As an exact number."""
    try:
        number = Decimal(str(value).strip()) if not isinstance(value, bool) else Decimal(int(value))
    except InvalidOperation:
        raise ValueError(f"{value!r} is not a number") from None
    if not number.is_finite():
        raise ValueError(f"{value!r} is not a number")
    return number


def to_float(value: Any, moment: Moment) -> float:
    """As a binary fraction."""
    return float(to_decimal(value, moment))


def floor(value: Any, moment: Moment) -> int:
    """The largest whole number that is not above it."""
    return int(to_decimal(value, moment).to_integral_value(ROUND_FLOOR))


def ceiling(value: Any, moment: Moment) -> int:
    """The smallest whole number that is not below it."""
    return int(to_decimal(value, moment).to_integral_value(ROUND_CEILING))


_TRUE = frozenset({"true", "t", "yes", "y", "sim", "s", "1", "on", "verdadeiro"})
_FALSE = frozenset({"false", "f", "no", "n", "não", "nao", "0", "off", "falso"})


def to_boolean(value: Any, moment: Moment) -> bool:
    """As true or false."""
    word = to_text(value, moment).strip().lower()
    if word in _TRUE:
        return True
    if word in _FALSE:
        return False
    raise ValueError(f"{value!r} is neither true nor false")


def to_number_flag(value: Any, moment: Moment) -> int:
    """True or false as 1 or 0."""
    return int(to_boolean(value, moment))


def _moment(value: Any) -> datetime | date:
    text = str(value).strip()
    try:
        if len(text) <= 10:
            return date.fromisoformat(text)
        return datetime.fromisoformat(text)
    except ValueError:
        raise ValueError(f"{value!r} is neither a day nor a moment in ISO 8601") from None


def to_date(value: Any, moment: Moment) -> str:
    """As a day, ISO 8601; of a moment, its day in the request's zone."""
    read = _moment(value)
    if isinstance(read, datetime):
        # Only a moment that knows its zone needs the request's.
        read = (read.astimezone(moment.zone) if read.tzinfo else read).date()
    return read.isoformat()


def to_local(value: Any, moment: Moment) -> str:
    """As a moment without a zone, in the request's zone: what a column without a zone is compared with."""
    read = _moment(value)
    if not isinstance(read, datetime):
        read = datetime.combine(read, time())
    if read.tzinfo:
        read = read.astimezone(moment.zone).replace(tzinfo=None)
    return read.isoformat(sep=" ")


def to_instant(value: Any, moment: Moment) -> str:
    """As a moment with a zone; a day or a local moment is meant in the request's zone."""
    read = _moment(value)
    if not isinstance(read, datetime):
        read = datetime.combine(read, time())
    if not read.tzinfo:
        read = read.replace(tzinfo=moment.zone)
    return read.astimezone(UTC).isoformat(sep=" ")


def to_stored(value: Any, moment: Moment) -> str:
    """As the text that a column of dates kept as text is compared with: a day, or a moment without a zone."""
    read = _moment(value)
    return read.isoformat() if not isinstance(read, datetime) else to_local(value, moment)


def to_time(value: Any, moment: Moment) -> str:
    """As a time of day, ISO 8601."""
    return time.fromisoformat(str(value).strip()).isoformat()


def year_begin(value: Any, moment: Moment) -> str:
    """The first day of a year."""
    return _first(to_integer(value, moment), 1)


def year_end(value: Any, moment: Moment) -> str:
    """The first day after a year."""
    return _first(to_integer(value, moment) + 1, 1)


def _first(year: int, month: int) -> str:
    year, month = year + (month - 1) // 12, (month - 1) % 12 + 1
    return date(year, month, 1).isoformat()


def next_day(value: Any, moment: Moment) -> str:
    """The day after."""
    return (date.fromisoformat(to_date(value, moment)) + timedelta(days=1)).isoformat()


def first_hour_end(value: Any, moment: Moment) -> str:
    """An hour after a day began."""
    return f"{to_date(value, moment)} 01:00:00"


_MONTHS = {"MONTH": 1, "QUARTER": 3, "YEAR": 12}


@cache
def bucket_end(grain: str) -> Any:
    """A conversion from the first day of a bucket to the first day after it."""

    def convert(value: Any, moment: Moment) -> str:
        begin = date.fromisoformat(to_date(value, moment))
        if grain in _MONTHS:
            return _first(begin.year, begin.month + _MONTHS[grain])
        return (begin + timedelta(days=7 if grain == "WEEK" else 1)).isoformat()

    return convert


@cache
def bucket_begin(grain: str) -> Any:
    """A conversion from any day to the first day of its bucket."""

    def convert(value: Any, moment: Moment) -> str:
        day = date.fromisoformat(to_date(value, moment))
        if grain in _MONTHS:
            months = _MONTHS[grain]
            return _first(day.year, (day.month - 1) // months * months + 1)
        return (day - timedelta(days=day.weekday() if grain == "WEEK" else 0)).isoformat()

    return convert


@cache
def bucket_next(grain: str) -> Any:
    """A conversion from any day to the first day after its bucket."""

    def convert(value: Any, moment: Moment) -> str:
        following: str = bucket_end(grain)(bucket_begin(grain)(value, moment), moment)
        return following

    return convert


def month_begin(value: Any, moment: Moment) -> str:
    """The first day of a (year, month)."""
    return _first(*_year_month(value, moment))


def month_end(value: Any, moment: Moment) -> str:
    """The first day after a (year, month)."""
    year, month = _year_month(value, moment)
    return _first(year, month + 1)


def _year_month(value: Any, moment: Moment) -> tuple[int, int]:
    year, month = (to_integer(each, moment) for each in value)
    if not 1 <= month <= 12:
        raise ValueError(f"{month} is not a month")
    return year, month


def escaped(value: Any, moment: Moment) -> str:
    """With what LIKE would read as a pattern made literal."""
    return str(value).replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")


def contained(value: Any, moment: Moment) -> str:
    """A LIKE pattern for texts that contain it."""
    return f"%{value}%"


def begun(value: Any, moment: Moment) -> str:
    """A LIKE pattern for texts that begin with it."""
    return f"{value}%"


def ended(value: Any, moment: Moment) -> str:
    """A LIKE pattern for texts that end in it."""
    return f"%{value}"


def folded(value: Any, moment: Moment) -> str:
    """Without case and accents."""
    return fold(str(value))


_CLASS = "[^[:alnum:]_]"


def as_words(value: Any, moment: Moment) -> str:
    """A POSIX regular expression for texts in which it stands as whole words."""
    words = "".join(c if c.isalnum() or c == " " else f"\\{c}" for c in str(value).strip())
    return f"(^|{_CLASS}){words}({_CLASS}|$)"


def successor(value: Any, moment: Moment) -> str:
    """The smallest text, by code points, that is above every text which begins with it."""
    return after_prefix(str(value))


def after_prefix(text: str) -> str:
    """As successor."""
    while text:
        last = ord(text[-1])
        # Surrogates are no characters.
        following = 0xE000 if last == 0xD7FF else last + 1
        if following <= 0x10FFFF:
            return text[:-1] + chr(following)
        text = text[:-1]
    raise ValueError("there is no text above it")


def digits(value: Any, moment: Moment) -> str:
    """Its digits only."""
    return "".join(c for c in str(value) if c.isascii() and c.isdigit())


def lowered(value: Any, moment: Moment) -> str:
    """In lower case."""
    return str(value).lower()


def raised(value: Any, moment: Moment) -> str:
    """In upper case."""
    return str(value).upper()


def date_pattern(value: Any, moment: Moment) -> str:
    """A POSIX regular expression for texts in a form such as "DD/MM/YYYY"."""
    form = str(value)
    made, at = "", 0
    while at < len(form):
        for part, pattern in _DATE_PARTS.items():
            if form[at:].upper().startswith(part):
                made += pattern
                at += len(part)
                break
        else:
            made += re.escape(form[at])
            at += 1
    return rf"^\s*{made}\s*$"


_DATE_PARTS = {"YYYY": r"\d{4}", "YY": r"\d{2}", "MM": r"(0?[1-9]|1[0-2])", "DD": r"(0?[1-9]|[12]\d|3[01])"}
