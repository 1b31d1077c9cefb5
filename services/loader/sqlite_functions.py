"""Functions that SQLite lacks, so that plans mean the same there as in PostgreSQL."""

import math
import re
import sqlite3
import statistics
from collections.abc import Callable
from datetime import date
from functools import lru_cache
from typing import Any

from services.loader.folding import fold


def _text(function: Callable[[str], Any]) -> Callable[[Any], Any]:
    def of(value: Any) -> Any:
        return None if value is None else function(str(value))

    return of


def _number(value: Any) -> float | int | None:
    """A number, or a text that is one; else None."""
    if isinstance(value, int | float):
        return value
    try:
        return float(str(value)) if value is not None else None
    except ValueError:
        return None


def _integer(value: Any) -> int | None:
    number = _number(value)
    return None if number is None or not math.isfinite(number) else math.trunc(number)


def _float(value: Any) -> float | None:
    number = _number(value)
    return None if number is None else float(number)


@lru_cache(512)
def _pattern(words: str) -> re.Pattern[str]:
    return re.compile(rf"(?<!\w){re.escape(words.strip())}(?!\w)")


def _words(text: Any, words: Any) -> int | None:
    return None if text is None or words is None else int(bool(_pattern(str(words)).search(str(text))))


_PARTS = {"YYYY": r"(?P<y>\d{4})", "YY": r"(?P<s>\d{2})", "MM": r"(?P<m>\d{1,2})", "DD": r"(?P<d>\d{1,2})"}


@lru_cache(64)
def _form(form: str) -> re.Pattern[str]:
    made = re.escape(form.upper())
    for part, pattern in _PARTS.items():
        made = made.replace(part, pattern, 1) if pattern not in made else made
    return re.compile(rf"\s*{made}\s*")


def _parse_date(text: Any, form: Any) -> str | None:
    found = _form(str(form)).fullmatch(str(text)) if text is not None else None
    if found is None:
        return None
    parts = found.groupdict()
    year = int(parts["y"]) if parts.get("y") else 2000 + int(parts["s"]) if parts.get("s") else 0
    try:
        return date(year, int(parts.get("m") or 1), int(parts.get("d") or 1)).isoformat()
    except ValueError:
        return None


def _day(value: str) -> date | None:
    try:
        return date.fromisoformat(value.strip()[:10])
    except ValueError:
        return None


def _weekday(value: str) -> int | None:
    day = _day(value)
    return None if day is None else day.isoweekday()


def _quarter(value: str) -> str | None:
    day = _day(value)
    return None if day is None else day.replace(month=(day.month - 1) // 3 * 3 + 1, day=1).isoformat()


def _digits(value: str) -> str:
    return "".join(c for c in value if c.isascii() and c.isdigit())


class _Numbers:
    """Collects numbers; anything else is left out."""

    def __init__(self) -> None:
        self.values: list[float] = []

    def step(self, value: Any) -> None:
        """One row."""
        number = _number(value)
        if number is not None:
            self.values.append(float(number))


class _Median(_Numbers):
    def finalize(self) -> float | None:
        """The continuous median."""
        return statistics.median(self.values) if self.values else None


class _Stddev(_Numbers):
    def finalize(self) -> float | None:
        """The sample's standard deviation."""
        return statistics.stdev(self.values) if len(self.values) > 1 else None


class _Pairs:
    def __init__(self) -> None:
        self.y: list[float] = []
        self.x: list[float] = []

    def step(self, y: Any, x: Any) -> None:
        """One row; of no use where either is no number."""
        a, b = _number(y), _number(x)
        if a is not None and b is not None:
            self.y.append(float(a))
            self.x.append(float(b))

    def moments(self) -> tuple[float, float, float]:
        """Sums of squares and of products, about the means: (xx, yy, xy)."""
        mx, my = statistics.fmean(self.x), statistics.fmean(self.y)
        xx = math.fsum((x - mx) ** 2 for x in self.x)
        yy = math.fsum((y - my) ** 2 for y in self.y)
        xy = math.fsum((x - mx) * (y - my) for x, y in zip(self.x, self.y, strict=True))
        return xx, yy, xy


class _Correlation(_Pairs):
    def finalize(self) -> float | None:
        """Pearson's."""
        if not self.x:
            return None
        xx, yy, xy = self.moments()
        return xy / math.sqrt(xx * yy) if xx and yy else None


class _Slope(_Pairs):
    def finalize(self) -> float | None:
        """Of the least-squares line of the first operand over the second."""
        if not self.x:
            return None
        xx, _, xy = self.moments()
        return xy / xx if xx else None


_FUNCTIONS: dict[str, tuple[int, Callable[..., Any]]] = {
    "fold": (1, _text(fold)),
    "lower": (1, _text(str.lower)),
    "upper": (1, _text(str.upper)),
    "digits": (1, _text(_digits)),
    "weekday": (1, _text(_weekday)),
    "quarter": (1, _text(_quarter)),
    "to_integer": (1, _integer),
    "to_float": (1, _float),
    "words": (2, _words),
    "parse_date": (2, _parse_date),
}
_AGGREGATES: dict[str, tuple[int, type]] = {
    "median": (1, _Median),
    "stddev": (1, _Stddev),
    "correlation": (2, _Correlation),
    "slope": (2, _Slope),
}


def install(connection: sqlite3.Connection) -> None:
    """Makes them known to a connection."""
    for name, (count, function) in _FUNCTIONS.items():
        connection.create_function(f"maestro_{name}", count, function, deterministic=True)
    for name, (count, kind) in _AGGREGATES.items():
        connection.create_aggregate(f"maestro_{name}", count, kind)
