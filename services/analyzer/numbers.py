"""Stage 3a: numbers, in digits and in words, with their unit; grammars for Portuguese and English."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation

from services.analyzer.normalize import Normalized


@dataclass(frozen=True, slots=True)
class Number:
    """A number of the question at tokens [first, last).

    value: exact. unit: "percent", an ISO 4217 code, or "". ordinal: "third", "3º". word: written in words.
    """

    value: Decimal
    first: int
    last: int
    unit: str = ""
    ordinal: bool = False
    word: bool = False

    @property
    def whole(self) -> bool:
        """Whether it has no fraction."""
        return self.value == self.value.to_integral_value()


_UNITS_EN = {
    word: value
    for value, word in enumerate(
        [
            "zero",
            "one",
            "two",
            "three",
            "four",
            "five",
            "six",
            "seven",
            "eight",
            "nine",
            "ten",
            "eleven",
            "twelve",
            "thirteen",
            "fourteen",
            "fifteen",
            "sixteen",
            "seventeen",
            "eighteen",
            "nineteen",
        ]
    )
}
_TENS_EN = {
    word: 10 * value
    for value, word in enumerate("twenty thirty forty fifty sixty seventy eighty ninety".split(), 2)  # noqa: SIM905
}
_SCALES_EN = {"hundred": 100, "thousand": 1000, "k": 1000, "million": 10**6, "millions": 10**6, "billion": 10**9}
_ORDINALS_EN = {"second": 2, "third": 3, "fourth": 4, "fifth": 5, "sixth": 6, "tenth": 10}

_UNITS_PT = {
    "zero": 0, "um": 1, "uma": 1, "dois": 2, "duas": 2, "tres": 3, "quatro": 4, "cinco": 5, "seis": 6, "sete": 7,
    "oito": 8, "nove": 9, "dez": 10, "onze": 11, "doze": 12, "treze": 13, "quatorze": 14, "catorze": 14, "quinze": 15,
    "dezesseis": 16, "dezessete": 17, "dezoito": 18, "dezenove": 19,
}  # fmt: skip
_TENS_PT = {
    "vinte": 20, "trinta": 30, "quarenta": 40, "cinquenta": 50, "sessenta": 60, "setenta": 70, "oitenta": 80,
    "noventa": 90, "cem": 100, "cento": 100, "duzentos": 200, "duzentas": 200, "trezentos": 300, "trezentas": 300,
    "quatrocentos": 400, "quinhentos": 500, "seiscentos": 600, "setecentos": 700, "oitocentos": 800, "novecentos": 900,
}  # fmt: skip
_SCALES_PT = {
    "mil": 1000, "k": 1000, "milhao": 10**6, "milhoes": 10**6, "mi": 10**6, "bilhao": 10**9, "bilhoes": 10**9,
}  # fmt: skip
_ORDINALS_PT = {"segundo": 2, "segunda": 2, "terceiro": 3, "terceira": 3, "quarto": 4, "quinto": 5, "quinta": 5}
WORDS = {
    "pt": frozenset({*_UNITS_PT, *_TENS_PT, *_SCALES_PT, *_ORDINALS_PT}),
    "en": frozenset({*_UNITS_EN, *_TENS_EN, *_SCALES_EN, *_ORDINALS_EN}),
}
"""Every word of a number, by language."""
_CURRENCY_BEFORE = {"r$": "BRL", "$": "USD", "us$": "USD", "€": "EUR"}
_UNIT_AFTER = {
    "%": "percent", "percent": "percent", "reais": "BRL", "real": "BRL", "dollars": "USD", "dolares": "USD",
    "euros": "EUR",
}  # fmt: skip
_DIGITS = re.compile(r"\d+(?:[.,]\d+)*")
_ORDINAL = re.compile(r"(\d+)(?:º|ª|°|st|nd|rd|th)")
# Written-out numbers that are more often articles, pronouns or dates.
_WEAK = frozenset({"um", "uma", "one", "second", "segundo", "segunda", "quarta", "quinta", "quarto"})
# After these, "one" and "um" are numbers: "more than one", "pelo menos uma", "mais de um".
_TIMES = {"twice": 2, "thrice": 3}
_COUNTING = frozenset(
    {"than", "least", "exactly", "only", "over", "de", "que", "menos", "minimo", "exatamente", "apenas", "somente"}
)


def find_numbers(question: Normalized, language: str) -> tuple[Number, ...]:
    """Numbers in order. Words that are rarely numbers ("um", "segundo") count only before a scale ("um milhão")."""
    found: list[Number] = []
    at = 0
    keys = question.keys
    while at < len(keys):
        if question.tokens[at].quoted:
            at += 1
            continue
        number = _digits_at(keys, at, language) or _words_at(keys, at, language)
        if number is None:
            at += 1
            continue
        found.append(_with_unit(keys, number))
        at = number.last
    return tuple(found)


def parse_digits(text: str, language: str) -> Decimal | None:
    """A number in digits: "1.234,5" in Portuguese, "1,234.5" in English; the other form where only it fits."""
    point, group = (",", ".") if language == "pt" else (".", ",")
    pieces = re.split(r"[.,]", text)
    if len(pieces) > 1:
        separators = re.findall(r"[.,]", text)
        if len(set(separators)) == 2:
            point, group = separators[-1], separators[0]
        elif len(separators) > 1:
            point, group = "", separators[0]
        elif separators[0] == group and (len(pieces[1]) != 3 or pieces[0] == "0" or len(pieces[0]) > 3):
            point, group = group, point
        if group:
            text = text.replace(group, "")
        if point:
            text = text.replace(point, ".")
    try:
        return Decimal(text)
    except InvalidOperation:
        return None


def _digits_at(keys: Sequence[str], at: int, language: str) -> Number | None:
    key = keys[at]
    ordinal = _ORDINAL.fullmatch(key)
    if ordinal:
        return Number(Decimal(ordinal.group(1)), at, at + 1, ordinal=True)
    glued = re.fullmatch(r"(\d+(?:[.,]\d+)?)(k|mil|mi|kg|%)", key)
    if not _DIGITS.fullmatch(key) and not glued:
        return None
    value = parse_digits(glued.group(1) if glued else key, language)
    if value is None:
        return None
    scales = _SCALES_PT if language == "pt" else _SCALES_EN
    last = at + 1
    if glued and glued.group(2) in scales:
        value *= scales[glued.group(2)]
    while last < len(keys) and keys[last] in scales and keys[last] != "k":
        value *= scales[keys[last]]
        last += 1
    if last > at + 1 and list(keys[last : last + 2]) in (["e", "meio"], ["e", "meia"]):
        value += Decimal(scales[keys[last - 1]]) / 2
        last += 2
    negative = at > 0 and keys[at - 1] == "-" and (at == 1 or not _DIGITS.fullmatch(keys[at - 2]))
    return Number(-value, at - 1, last) if negative else Number(value, at, last)


def _words_at(keys: Sequence[str], at: int, language: str) -> Number | None:
    units, tens, scales, ordinals, link = (
        (_UNITS_PT, _TENS_PT, _SCALES_PT, _ORDINALS_PT, "e")
        if language == "pt"
        else (_UNITS_EN, _TENS_EN, _SCALES_EN, _ORDINALS_EN, "and")
    )
    key = keys[at]
    if key in _TIMES:
        return Number(Decimal(_TIMES[key]), at, at + 1, word=True)
    if key == "cento" and at and keys[at - 1] == "por":
        return None
    if key in ordinals and key not in _WEAK:
        return Number(Decimal(ordinals[key]), at, at + 1, ordinal=True, word=True)
    total, part, last, scale = Decimal(0), Decimal(-1), at, 0
    while last < len(keys):
        key = keys[last]
        if key in units or key in tens:
            part = max(part, Decimal(0)) + units.get(key, tens.get(key, 0))
        elif key in scales and key != "k" and (part >= 0 or (key in ("mil", "hundred") and last == at)):
            factor = scales[key]
            if factor == 100:
                part = max(part, Decimal(1)) * 100
            else:
                total, part, scale = total + max(part, Decimal(1)) * factor, Decimal(0), factor
        elif key == link and part >= 0 and last + 1 < len(keys):
            after = keys[last + 1]
            if after in ("meio", "meia", "half") and scale:
                total += Decimal(scale) / 2
                last += 2
                break
            # "two and three" are two numbers; "vinte e três", "mil e duzentos" are one.
            if not (_continues(part, after, units, tens) or (scale and (after in units or after in tens))):
                break
        else:
            break
        last += 1
    if part < 0 and total == 0:
        return None
    if last - at == 1 and keys[at] in _WEAK and (at == 0 or keys[at - 1] not in _COUNTING):
        return None
    return Number(total + max(part, Decimal(0)), at, last, word=True)


def _continues(part: Decimal, after: str, units: dict[str, int], tens: dict[str, int]) -> bool:
    if after in units:
        return part >= 20 and part % 10 == 0 and 0 < units[after] < (20 if part % 100 == 0 else 10)
    return after in tens and part >= 100 and part % 100 == 0 and tens[after] < 100


def _with_unit(keys: Sequence[str], number: Number) -> Number:
    first, last, unit = number.first, number.last, ""
    if first and keys[first - 1] in _CURRENCY_BEFORE:
        unit, first = _CURRENCY_BEFORE[keys[first - 1]], first - 1
    if last < len(keys) and keys[last] in _UNIT_AFTER:
        unit, last = _UNIT_AFTER[keys[last]], last + 1
    elif last + 1 < len(keys) and keys[last] == "de" and keys[last + 1] in _UNIT_AFTER:
        unit, last = _UNIT_AFTER[keys[last + 1]], last + 2
    elif list(keys[last : last + 2]) == ["por", "cento"]:
        unit, last = "percent", last + 2
    return Number(number.value, first, last, unit, number.ordinal, number.word)
