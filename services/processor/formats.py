"""Numbers, amounts and dates as people of each language write them.

Babel parses a pattern and looks a locale up at every call; both are done once here, and what was formatted
lately is remembered, because the same value usually stands in the text more than once.
"""

from datetime import date, datetime, time
from decimal import Decimal, InvalidOperation
from functools import cache, lru_cache
from math import isfinite

from babel.core import Locale
from babel.dates import format_date, format_skeleton
from babel.numbers import NumberPattern, parse_pattern

from services.processor.language import Language

Number = int | float | Decimal
_LARGE = 10**15
_SWAP = str.maketrans(",.", ".,")
_LOCALES: dict[Language, str] = {"pt": "pt_BR", "en": "en_US"}


class Formats:
    """The forms of one language."""

    def __init__(self, language: Language) -> None:
        self.language = language
        self._locale = Locale.parse(_LOCALES[language])
        self._plain: NumberPattern = parse_pattern("#,##0.##")
        self._small: NumberPattern = parse_pattern("0.######")
        self._percent: NumberPattern = parse_pattern("#,##0.#")
        self._money: NumberPattern = self._locale.currency_formats["standard"]
        self.number = lru_cache(maxsize=4096)(self._number)
        self.money = lru_cache(maxsize=4096)(self._amount)
        self.day = lru_cache(maxsize=4096)(self._day)
        self.month = lru_cache(maxsize=256)(self._month)

    def _number(self, value: Number) -> str:
        """Two decimals at most; more only where the value would else read as 0."""
        if isinstance(value, float) and not isfinite(value):
            return str(value)
        if abs(float(value)) >= _LARGE:
            return self._large(value)
        if value and abs(float(value)) < 0.005:
            return str(self._small.apply(Decimal(f"{value:.3g}"), self._locale))
        return str(self._plain.apply(value, self._locale))

    def _large(self, value: Number) -> str:
        """Numbers beyond the precision that Babel rounds with, digit by digit."""
        text = f"{Decimal(str(value)):,.2f}".removesuffix("0").removesuffix("0").removesuffix(".")
        return text.translate(_SWAP) if self.language == "pt" else text

    def _amount(self, value: Number, currency: str) -> str:
        """An amount of money, `R$ 1.234,50`."""
        if abs(float(value)) >= _LARGE:
            return f"{currency} {self._large(value)}"
        text: str = self._money.apply(value, self._locale, currency=currency)
        return text.replace("\N{NO-BREAK SPACE}", " ")

    def percent(self, share: Number) -> str:
        """A share of 1 as a percentage with one decimal at most, `12,3%`."""
        hundred = Decimal(str(share)) * 100
        if abs(hundred) >= _LARGE:
            return f"{self._large(hundred)}%"
        if hundred and abs(hundred) < Decimal("0.05"):
            return f"{self._small.apply(Decimal(f'{hundred:.2g}'), self._locale)}%"
        return f"{self._percent.apply(hundred, self._locale)}%"

    def points(self, value: Number) -> str:
        """A percentage as it is stored, `12,34%`."""
        return self.number(value) + "%"

    def _day(self, iso: str) -> str:
        """A day: `21/11/2025`, `Nov 21, 2025`; text that is no ISO day stays as it is."""
        try:
            day = date.fromisoformat(iso[:10])
        except ValueError:
            return iso
        if self.language == "pt":
            return f"{day.day:02}/{day.month:02}/{day.year:04}"
        return format_date(day, "medium", locale=self._locale)

    def moment(self, iso: str) -> str:
        """A moment to the minute, or its day where it is midnight."""
        try:
            moment = datetime.fromisoformat(iso)
        except ValueError:
            return iso
        if moment.time() == time():
            return self.day(iso[:10])
        return f"{self.day(iso[:10])} {moment:%H:%M}"

    def _month(self, day: date) -> str:
        """A month: `junho de 2025`, `June 2025`."""
        return str(format_skeleton("yMMMM", day, locale=self._locale))


@cache
def formats(language: Language) -> Formats:
    """The forms of a language; made once."""
    return Formats(language)


def as_number(text: str) -> Decimal | None:
    """An exact number from its text, or None."""
    try:
        return Decimal(text)
    except InvalidOperation:
        return None
