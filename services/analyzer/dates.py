"""Stage 3b: periods, resolved to days [start, end) as of the request's day.

The words are in dates_pt and dates_en; what they mean is here, once. A period that no year is given for is the latest one
that has begun ("maio", asked in June, is this year's May; asked in March, last year's).
"""

import calendar
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta

from services.analyzer import dates_en, dates_pt
from services.analyzer.normalize import Normalized


@dataclass(frozen=True, slots=True)
class Period:
    """Days [start, end) that tokens [first, last) of the question name.

    start, end: None where open. label: the words. grain: "day", "week", "month", "quarter", "year" or "".
    weak: a bare year or day of month, which may be a plain number instead. note: a convention that was applied, as a
    code of phrases ("rolling_week"), or "".
    """

    start: date | None
    end: date | None
    first: int
    last: int
    label: str
    grain: str = ""
    weak: bool = False
    note: str = ""


Span = tuple[date | None, date | None, str, str]


@dataclass(frozen=True, slots=True)
class Words:
    """A language's words for periods. patterns: (regular expression over the folded words, name of its meaning)."""

    months: dict[str, int]
    weekdays: dict[str, int]
    numbers: dict[str, int]
    units: dict[str, str]
    ordinals: dict[str, int]
    patterns: Sequence[tuple[re.Pattern[str], str]]


_WORDS = {
    "pt": Words(
        dates_pt.MONTHS, dates_pt.WEEKDAYS, dates_pt.NUMBERS, dates_pt.UNITS, dates_pt.ORDINALS, dates_pt.PATTERNS
    ),
    "en": Words(
        dates_en.MONTHS, dates_en.WEEKDAYS, dates_en.NUMBERS, dates_en.UNITS, dates_en.ORDINALS, dates_en.PATTERNS
    ),
}


def find_periods(question: Normalized, language: str, today: date) -> tuple[Period, ...]:
    """Periods in order; overlapping readings are settled in favour of the longest, then of the first pattern."""
    text, starts = _joined(question)
    grammar = Grammar(_WORDS[language], language, today)
    taken: list[tuple[int, int, Period]] = []
    for pattern, meaning in _WORDS[language].patterns:
        for match in pattern.finditer(text):
            try:
                span = grammar.resolve(meaning, _groups(match))
            except (ValueError, OverflowError):
                continue  # 31/02, year 0: no day of any calendar
            if span is None:
                continue
            first, last = _tokens(starts, match.start(), match.end())
            if any(question.tokens[at].quoted for at in range(first, last)):
                continue
            start, end, grain, note = span
            label = question.text(first, last)
            period = Period(start, end, first, last, label, grain, note == "weak", "" if note == "weak" else note)
            taken.append((first, last, period))
    taken.sort(key=lambda entry: entry[0] - entry[1])
    chosen: list[Period] = []
    for first, last, period in taken:
        if all(last <= other.first or first >= other.last for other in chosen):
            chosen.append(period)
    return tuple(sorted(chosen, key=lambda period: period.first))


def _groups(match: re.Match[str]) -> dict[str, str | None]:
    """The match's groups; those of further branches ("unit_") under the name of the first ("unit")."""
    groups: dict[str, str | None] = {}
    for name, text in match.groupdict().items():
        plain = name.rstrip("_")
        groups[plain] = groups.get(plain) or text
    return groups


def _joined(question: Normalized) -> tuple[str, list[int]]:
    starts, text = [], ""
    for key in question.keys:
        starts.append(len(text))
        text += key + " "
    return text, starts


def _tokens(starts: list[int], start: int, end: int) -> tuple[int, int]:
    first = max(i for i, at in enumerate(starts) if at <= start)
    last = max(i for i, at in enumerate(starts) if at < end) + 1
    return first, last


class Grammar:
    """What the named meanings of the patterns are, for one language and one day."""

    def __init__(self, words: Words, language: str, today: date) -> None:
        self._words = words
        self._language = language
        self._today = today

    def resolve(self, meaning: str, groups: dict[str, str | None]) -> Span | None:
        """Days of a match. Raises ValueError where the calendar has no such day."""
        method: Callable[[dict[str, str | None]], Span | None] = getattr(self, f"_{meaning}")
        return method(groups)

    # Days

    def _today_(self, _: dict[str, str | None]) -> Span:
        return self._days(0, 1)

    def _yesterday(self, _: dict[str, str | None]) -> Span:
        return self._days(-1, 0)

    def _before_yesterday(self, _: dict[str, str | None]) -> Span:
        return self._days(-2, -1)

    def _yesterday_and_today(self, _: dict[str, str | None]) -> Span:
        return self._days(-1, 1)

    def _tomorrow(self, _: dict[str, str | None]) -> Span:
        return self._days(1, 2)

    def _after_tomorrow(self, _: dict[str, str | None]) -> Span:
        return self._days(2, 3)

    def _days(self, start: int, end: int) -> Span:
        return self._today + timedelta(start), self._today + timedelta(end), "day", ""

    def _day(self, groups: dict[str, str | None]) -> Span:
        day = self._explicit(groups)
        return day, day + timedelta(1), "day", ""

    def _explicit(self, groups: dict[str, str | None], suffix: str = "") -> date:
        """A day from d, m (digits) or mon (name), and y; without a year the nearest to today."""
        digits = groups.get(f"m{suffix}")
        month = int(digits) if digits else self._words.months[str(groups.get(f"mon{suffix}"))]
        day = int(groups[f"d{suffix}"] or 0)
        if month > 12 >= day:
            # An American's 6/25 in a Portuguese sentence, or the reverse: only one reading is a day.
            day, month = month, day
        year = groups.get(f"y{suffix}")
        if year:
            return date(_century(int(year)), month, day)
        options = [
            date(self._today.year + shift, month, day)
            for shift in (-1, 0, 1)
            if _exists(self._today.year + shift, month, day)
        ]
        return min(options, key=lambda option: abs((option - self._today).days))

    def _weekday(self, groups: dict[str, str | None]) -> Span:
        wanted = self._words.weekdays[str(groups["wd"])]
        back = (self._today.weekday() - wanted) % 7
        if groups.get("past") and back == 0:
            back = 7
        if groups.get("coming"):
            back = -((wanted - self._today.weekday()) % 7 or 7)
        return self._days(-back, -back + 1)

    # Calendar units

    def _this(self, groups: dict[str, str | None]) -> Span:
        unit = self._words.units[str(groups["unit"])]
        if unit == "week" and self._language == "pt":
            # In Brazilian business talk "essa semana" is the seven days up to today, not the calendar's week.
            return self._today - timedelta(6), self._today + timedelta(1), "week", "rolling_week"
        return *_unit(unit, self._today), unit, ""

    def _calendar_week(self, _: dict[str, str | None]) -> Span:
        return *_unit("week", self._today), "week", ""

    def _previous(self, groups: dict[str, str | None]) -> Span:
        unit = self._words.units[str(groups["unit"])]
        start, _end = _unit(unit, self._today)
        return *_unit(unit, start - timedelta(1)), unit, ""

    def _next(self, groups: dict[str, str | None]) -> Span:
        unit = self._words.units[str(groups["unit"])]
        _start, end = _unit(unit, self._today)
        return *_unit(unit, end), unit, ""

    def _last_n(self, groups: dict[str, str | None]) -> Span:
        count, unit = self._count(groups["n"]), self._words.units[str(groups["unit"])]
        end = self._today + timedelta(1)
        if unit == "day":
            return end - timedelta(count), end, "day", ""
        if unit == "week":
            return end - timedelta(7 * count), end, "week", ""
        return _back(self._today, unit, count), end, unit, ""

    def _next_n(self, groups: dict[str, str | None]) -> Span:
        count, unit = self._count(groups["n"]), self._words.units[str(groups["unit"])]
        start = self._today + timedelta(1)
        if unit in ("day", "week"):
            return start, start + timedelta(count * (7 if unit == "week" else 1)), unit, ""
        return start, _back(self._today, unit, -count) + timedelta(1), unit, ""

    def _ago(self, groups: dict[str, str | None]) -> Span:
        count, unit = self._count(groups["n"]), self._words.units[str(groups["unit"])]
        if unit == "day":
            return self._days(-count, -count + 1)
        day = self._today - timedelta(7 * count) if unit == "week" else _back(self._today, unit, count)
        return *_unit(unit, day), unit, ""

    def _month(self, groups: dict[str, str | None]) -> Span:
        month = self._words.months[str(groups["mon"])]
        year = self._year_of(groups.get("y"), month)
        return *_unit("month", date(year, month, 1)), "month", ""

    def _month_digits(self, groups: dict[str, str | None]) -> Span:
        return *_unit("month", date(int(groups["y"] or 0), int(groups["m"] or 0), 1)), "month", ""

    def _year_of(self, year: str | None, month: int) -> int:
        if year:
            if year.isdigit():
                return _century(int(year))
            return self._today.year - 1 if year in ("passado", "last year", "ano passado") else self._today.year
        return self._today.year if month <= self._today.month else self._today.year - 1

    def _months(self, groups: dict[str, str | None]) -> Span:
        last = self._words.months[str(groups["mon2"])]
        first = self._words.months[str(groups["mon"])]
        year = self._year_of(groups.get("y"), last)
        start = date(year if first <= last else year - 1, first, 1)
        return start, _unit("month", date(year, last, 1))[1], "month", ""

    def _days_of_month(self, groups: dict[str, str | None]) -> Span:
        month = self._words.months[str(groups["mon"])]
        year = self._year_of(groups.get("y"), month)
        start = date(year, month, int(groups["d"] or 0))
        return start, date(year, month, int(groups["d2"] or 0)) + timedelta(1), "day", ""

    def _days_across(self, groups: dict[str, str | None]) -> Span:
        end = self._explicit({**groups, "y2": groups.get("y2") or groups.get("y")}, "2")
        start = self._explicit({**groups, "y": groups.get("y") or str(end.year)})
        if start > end:
            start = start.replace(year=start.year - 1)
        return start, end + timedelta(1), "day", ""

    def _quarter(self, groups: dict[str, str | None]) -> Span:
        number = self._ordinal(groups["n"])
        month = 3 * number - 2
        if not 1 <= number <= 4:
            return None, None, "", ""
        year = self._year_of(groups.get("y"), month)
        return *_unit("quarter", date(year, month, 1)), "quarter", ""

    def _half(self, groups: dict[str, str | None]) -> Span:
        number = self._ordinal(groups["n"])
        month = 6 * number - 5
        year = self._year_of(groups.get("y"), month)
        start = date(year, month, 1)
        return start, _back(start, "month", -6), "quarter", ""

    def _year(self, groups: dict[str, str | None]) -> Span:
        year = int(groups["y"] or 0)
        return date(year, 1, 1), date(year + 1, 1, 1), "year", "weak" if not groups.get("sure") else ""

    def _years(self, groups: dict[str, str | None]) -> Span:
        first, last = int(groups["y"] or 0), int(groups["y2"] or 0)
        return date(first, 1, 1), date(last + 1, 1, 1), "year", "weak"

    # Open ends: the period inside is one of the above

    def _since(self, groups: dict[str, str | None]) -> Span | None:
        start, _, grain, note = self._inner(groups)
        return start, None, grain, note

    def _until(self, groups: dict[str, str | None]) -> Span | None:
        _, end, grain, note = self._inner(groups)
        return None, end, grain, note

    def _before(self, groups: dict[str, str | None]) -> Span | None:
        start, _, grain, note = self._inner(groups)
        return None, start, grain, note

    def _after(self, groups: dict[str, str | None]) -> Span | None:
        _, end, grain, note = self._inner(groups)
        return end, None, grain, note

    def _inner(self, groups: dict[str, str | None]) -> Span:
        words = str(groups["what"]).strip()
        for pattern, meaning in self._words.patterns:
            match = pattern.match(words + " ")
            if match and match.end() == len(words) and meaning not in ("since", "until", "before", "after"):
                span = self.resolve(meaning, _groups(match))
                if span is not None:
                    return span
        raise ValueError(words)

    def _count(self, text: str | None) -> int:
        if not text:
            return 1
        return int(text) if text.isdigit() else self._words.numbers[text]

    def _ordinal(self, text: str | None) -> int:
        digits = re.match(r"\d+", str(text))
        return int(digits.group()) if digits else self._words.ordinals[str(text)]


def _unit(unit: str, day: date) -> tuple[date, date]:
    """The calendar unit that holds a day."""
    if unit == "day":
        return day, day + timedelta(1)
    if unit == "week":
        start = day - timedelta(day.weekday())
        return start, start + timedelta(7)
    if unit == "year":
        return date(day.year, 1, 1), date(day.year + 1, 1, 1)
    size = {"month": 1, "quarter": 3, "half": 6}[unit]
    start = date(day.year, (day.month - 1) // size * size + 1, 1)
    return start, _back(start, "month", -size)


def _back(day: date, unit: str, count: int) -> date:
    """The day that many months, quarters or years before; the month's last day where it has no such day."""
    months = count * {"month": 1, "quarter": 3, "half": 6, "year": 12}[unit]
    index = day.year * 12 + day.month - 1 - months
    year, month = divmod(index, 12)
    return date(year, month + 1, min(day.day, calendar.monthrange(year, month + 1)[1]))


def _exists(year: int, month: int, day: int) -> bool:
    return 1 <= month <= 12 and 1 <= day <= calendar.monthrange(year, month)[1]


def _century(year: int) -> int:
    return year if year >= 100 else 2000 + year if year < 70 else 1900 + year


def relabelled(period: Period, label: str) -> Period:
    """The same days under another label."""
    return replace(period, label=label)
