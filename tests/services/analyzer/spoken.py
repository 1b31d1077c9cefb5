"""Numbers and days as people write them, in both languages: what property tests have read back."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

_UNITS = {
    "en": ["zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve", "thirteen",
           "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen"],
    "pt": ["zero", "um", "dois", "três", "quatro", "cinco", "seis", "sete", "oito", "nove", "dez", "onze", "doze", "treze",
           "quatorze", "quinze", "dezesseis", "dezessete", "dezoito", "dezenove"],
}  # fmt: skip
_TENS = {
    "en": ["twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"],
    "pt": ["vinte", "trinta", "quarenta", "cinquenta", "sessenta", "setenta", "oitenta", "noventa"],
}
_HUNDREDS = [
    "cento", "duzentos", "trezentos", "quatrocentos", "quinhentos", "seiscentos", "setecentos", "oitocentos", "novecentos",
]  # fmt: skip
MONTHS = {
    "en": ["January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November", "December"],
    "pt": ["janeiro", "fevereiro", "março", "abril", "maio", "junho", "julho", "agosto", "setembro", "outubro", "novembro", "dezembro"],
}  # fmt: skip


def in_words(number: int, language: str) -> str:
    """A number below a thousand millions, as it is said."""
    millions, rest = divmod(number, 10**6)
    thousands, below = divmod(rest, 1000)
    parts = []
    if millions:
        scale = ("milhão" if millions == 1 else "milhões") if language == "pt" else "million"
        parts.append(f"{_below(millions, language)} {scale}")
    if thousands:
        many = "" if language == "pt" and thousands == 1 else _below(thousands, language) + " "
        parts.append(many + ("mil" if language == "pt" else "thousand"))
    if below or not parts:
        parts.append(_below(below, language))
    if language == "en" or len(parts) == 1:
        return " ".join(parts)
    # Portuguese puts "e" before a last part that is below a hundred, or whole hundreds.
    last = " e " if below and (below < 100 or below % 100 == 0) else " "
    return " ".join(parts[:-1]) + last + parts[-1]


def _below(number: int, language: str) -> str:
    """A number below a thousand."""
    if number == 100 and language == "pt":
        return "cem"
    hundreds, rest = divmod(number, 100)
    parts = []
    if hundreds:
        parts.append(_HUNDREDS[hundreds - 1] if language == "pt" else f"{_UNITS['en'][hundreds]} hundred")
    if rest or not hundreds:
        parts.append(_tens(rest, language))
    return (" e " if language == "pt" else " and ").join(parts)


def _tens(number: int, language: str) -> str:
    if number < 20:
        return _UNITS[language][number]
    tens, unit = divmod(number, 10)
    said = _TENS[language][tens - 2]
    return said if not unit else f"{said}{' e ' if language == 'pt' else ' '}{_UNITS[language][unit]}"


def in_digits(number: Decimal, language: str, *, grouped: bool) -> str:
    """A number in digits, with the separators of the language."""
    text = f"{number:,f}" if grouped else f"{number:f}"
    return text.translate(str.maketrans({",": ".", ".": ","})) if language == "pt" else text


def days(day: date, language: str) -> list[str]:
    """The ways to write a day, its year with it."""
    month = MONTHS[language][day.month - 1]
    if language == "pt":
        return [
            f"{day.day} de {month} de {day.year}", f"{day:%d/%m/%Y}", f"{day.day}/{day.month}/{day.year}", f"{day:%d.%m.%Y}",
            f"{day.isoformat()}", f"dia {day.day} de {month} de {day.year}",
        ]  # fmt: skip
    return [
        f"{month} {day.day}, {day.year}", f"{day.day} {month} {day.year}", f"{month} {day.day} {day.year}", day.isoformat(),
        f"{month[:3]} {day.day}, {day.year}", f"{day:%m/%d/%Y}", f"the {day.day}th of {month} {day.year}",
    ]  # fmt: skip
