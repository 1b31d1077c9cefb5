"""What a question says exactly: numbers, quoted texts, dates and negations, with where they stand."""

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache
from typing import Final

from services.validator.language import Language

MONTHS: Final = {
    name: number
    for number, names in enumerate(
        (
            "janeiro january jan",
            "fevereiro february fev feb",
            "marco march mar",
            "abril april abr apr",
            "maio may mai",
            "junho june jun",
            "julho july jul",
            "agosto august ago aug",
            "setembro september set sep sept",
            "outubro october out oct",
            "novembro november nov",
            "dezembro december dez dec",
        ),
        1,
    )
    for name in names.split()
}
# Short or also other words ("may I", "mar", "set", "out"): a month only beside a number or a preposition of
# time.
_DOUBTFUL: Final = frozenset(name for name in MONTHS if len(name) <= 3) | {"sept", "march"}
# Months of the other language that are common words in this one.
_OTHERS: Final[dict[Language, frozenset[str]]] = {
    "pt": frozenset({"may", "dec", "apr"}),
    "en": frozenset({"out", "set", "ago", "mai", "dez"}),
}
_WORDS: Final = {
    "dois": 2, "duas": 2, "two": 2, "tres": 3, "three": 3, "quatro": 4, "four": 4, "cinco": 5, "five": 5,
    "seis": 6, "six": 6, "sete": 7, "seven": 7, "oito": 8, "eight": 8, "nove": 9, "nine": 9, "dez": 10,
    "ten": 10, "onze": 11, "eleven": 11, "doze": 12, "twelve": 12, "quinze": 15, "fifteen": 15,
    "vinte": 20, "twenty": 20,
    "trinta": 30, "thirty": 30, "quarenta": 40, "forty": 40, "cinquenta": 50, "fifty": 50, "cem": 100,
    "hundred": 100, "mil": 1000, "thousand": 1000, "um": 1, "uma": 1, "one": 1,
}  # fmt: skip
# Words for numbers stand for a quantity only behind one of these; elsewhere "one" and "um" are mere words.
_QUANTITY: Final = re.compile(
    r"(?:mais d[eo]s?|menos de|acima de|abaixo de|maior(?:es)? (?:do )?que|menor(?:es)? (?:do )?que|"
    r"pelo menos|"
    r"no minimo|no maximo|ate|exatamente|top|primeir[oa]s|ultim[oa]s|"
    r"more than|less than|fewer than|greater than|over|under|at least|at most|exactly|first|last)\s+$"
)
_SCALES: Final = {
    "mil": 1_000, "k": 1_000, "thousand": 1_000, "milhao": 10**6, "milhoes": 10**6, "mi": 10**6,
    "million": 10**6, "m": 10**6, "bilhao": 10**9, "bilhoes": 10**9, "billion": 10**9, "bi": 10**9,
}  # fmt: skip
_UNIT = re.compile(
    r"\s+(?:ultim[oa]s |proxim[oa]s )?(?:dias?|semanas?|mes(?:es)?|anos?|trimestres?|horas?|"
    r"days?|weeks?|months?|years?|quarters?|hours?)\b"
)
_NUMBER = re.compile(r"(?<![\w.,/-])\d[\d.,]*\d%?|(?<![\w.,/-])\d%?")
_DATE = re.compile(r"(?<![\w./-])(?:(\d{4})-(\d{1,2})-(\d{1,2})|(\d{1,2})[/.-](\d{1,2})(?:[/.-](\d{2,4}))?)(?![\w/-])")
_QUOTED = re.compile(r"\"([^\"]{1,200})\"|“([^”]{1,200})”|(?<!\w)'([^']{1,200})'(?!\w)|‘([^’]{1,200})’")
_NEGATION: Final[dict[Language, re.Pattern[str]]] = {
    "pt": re.compile(r"\b(?:nao|sem|nunca|nenhum|nenhuma|exceto|menos os|menos as|fora os|fora as|jamais|nem)\b"),
    "en": re.compile(
        r"\b(?:not|no|without|never|none|except|neither|nor|excluding|cannot|"
        r"(?:do|does|did|is|are|was|were|has|have|had|ca|could|would|should|wo)n['’]?t)\b"
    ),
}
_TURNED: Final = re.compile(
    r"(?:\s+\w+){0,3}?\s+(?:mais|menos|maior|menor|inferior|superior|acima|abaixo|exced\w*|ultrapass\w*|"
    r"more|less|fewer|greater|larger|smaller|higher|lower|above|below|over|under|exceed\w*|"
    r"before|after|antes|depois)\b"
)
# Words that deny nothing: "mais ou menos", "not only", "no. 5", "não é?".
_NO_NEGATION: Final = re.compile(
    r"\b(?:no mais|nao so|nao apenas|not only|no\.?\s*\d|"
    r"no (?:minimo|maximo|mes|ano|dia|estado|total|periodo)|"
    r"ou nao|or not|nao e\s*\?|no matter|sem (?:ser|contar)|no one)\b"
)
# "The last day" of something is no period of the asker's; the last days are.
_RELATIVE: Final[dict[Language, re.Pattern[str]]] = {
    "pt": re.compile(
        r"\b(?:hoje|ontem|anteontem|amanha|(?:n?est[ae]|n?ess[ae]) (?:dias?|semana|mes|ano|trimestre|semestre)|"
        r"(?:ultim[oa]s?|proxim[oa]s?) (?:\d+ )?(?:dias|semanas?|mes(?:es)?|anos?|trimestres?|semestres?)|"
        r"(?:dias?|semanas?|mes(?:es)?|anos?|trimestres?) (?:passad[oa]s?|atual|anterior(?:es)?|que vem))\b"
    ),
    "en": re.compile(
        r"\b(?:today|yesterday|tomorrow|(?:this|next|current) (?:day|week|month|year|quarter)|"
        r"(?:last|next|past|previous) (?:\d+ )?(?:days|weeks?|months?|years?|quarters?))\b"
    ),
}


_WORD = re.compile(r"[a-z]+")
# A word of each of these is in every match of _RELATIVE, and of _NEGATION ("t" is what is left of "don't").
_TIMES: Final = frozenset(
    [
        "hoje",
        "ontem",
        "anteontem",
        "amanha",
        "dia",
        "dias",
        "semana",
        "semanas",
        "mes",
        "meses",
        "ano",
        "anos",
        "trimestre",
        "trimestres",
        "semestre",
        "semestres",
        "today",
        "yesterday",
        "tomorrow",
        "day",
        "days",
        "week",
        "weeks",
        "month",
        "months",
        "year",
        "years",
        "quarter",
        "quarters",
    ]
)
_DENIALS: Final = frozenset(
    [
        "nao",
        "sem",
        "nunca",
        "nenhum",
        "nenhuma",
        "exceto",
        "menos",
        "fora",
        "jamais",
        "nem",
        "not",
        "no",
        "without",
        "never",
        "none",
        "except",
        "neither",
        "nor",
        "excluding",
        "cannot",
        "t",
    ]
)


@dataclass(frozen=True, slots=True)
class Mention:
    """Something that a question says exactly. text: as written; start, end: where, in characters."""

    kind: str
    text: str
    start: int
    end: int
    numbers: tuple[Decimal, ...] = ()
    """What a number may mean: 1.500 is 1500 in Portuguese and 1.5 in English. Empty: no number."""
    months: tuple[int, int, int] = (0, 0, 0)
    """Year, month and day of a date, 0 where it is not said."""
    bounds: bool = False
    """Whether a negation turns a comparison round: "not more than" is "at most"."""
    spans: bool = False
    """Whether a number counts days, weeks, months and the like."""


def fold(text: str) -> str:
    """Lower case without accents, as long as the text itself, so that places stay."""
    return text.lower() if text.isascii() else "".join(map(_plain, text))


@lru_cache(maxsize=4096)
def _plain(character: str) -> str:
    lower = unicodedata.normalize("NFKD", character.lower())
    base = "".join(each for each in lower if not unicodedata.combining(each))
    return base if len(base) == 1 else character.lower()[:1] or character


def mentions(question: str, language: Language) -> list[Mention]:
    """All mentions; none lies in another: what is quoted is a text, and the numbers of a date are the
    date's."""
    folded = fold(question)
    # Most questions have none of most kinds: the words tell, before any pattern is tried at every place.
    words = frozenset(_WORD.findall(folded))
    digits = any(character.isdigit() for character in folded)
    found: list[Mention] = list(_quoted(question, folded))
    if digits:
        found += [each for each in _dates(question, folded) if not _covered(each, found)]
    if words & MONTHS.keys():
        found += [each for each in _named_dates(question, folded, language) if not _covered(each, found)]
    if digits:
        found += [each for each in _numbers(question, folded) if not _covered(each, found)]
    if words & _WORDS.keys():
        found += [each for each in _number_words(question, folded) if not _covered(each, found)]
    if words & _TIMES:
        found += [each for each in _relative(question, folded, language) if not _overlaps(each, found)]
    if words & _DENIALS or any(word.endswith("nt") for word in words):
        found += [each for each in _negations(question, folded, language) if not _covered(each, found)]
    return sorted(found, key=lambda each: each.start)


def _covered(mention: Mention, found: list[Mention]) -> bool:
    return any(each.start <= mention.start and mention.end <= each.end for each in found)


def _overlaps(mention: Mention, found: list[Mention]) -> bool:
    return any(
        each.start < mention.end and mention.start < each.end for each in found if each.kind in ("date", "quoted")
    )


def _quoted(question: str, folded: str) -> Iterator[Mention]:
    for match in _QUOTED.finditer(question):
        text = next(group for group in match.groups() if group is not None)
        if text.strip():
            yield Mention("quoted", text.strip(), match.start(), match.end())


def _dates(question: str, folded: str) -> Iterator[Mention]:
    for match in _DATE.finditer(question):
        year, month, day, first, second, third = match.groups()
        if year is not None:
            parts = (int(year), int(month), int(day))
        else:
            # Day first, as both languages' databases of this house are asked; month first where only that
            # fits.
            one, two = int(first), int(second)
            day_, month_ = (one, two) if two <= 12 else (two, one)
            full = int(third) if third else 0
            parts = (full + 2000 if 0 < full < 100 else full, month_, day_)
            separated = "/" in match.group() or third is not None
            if not separated:
                continue  # "1.5" and "3-4" are numbers
        if 1 <= parts[1] <= 12 and 1 <= parts[2] <= 31:
            yield Mention("date", match.group(), match.start(), match.end(), months=parts)


def _named_dates(question: str, folded: str, language: Language) -> Iterator[Mention]:
    for match in re.finditer(r"[a-z]+", folded):
        month = MONTHS.get(match.group())
        if month is None or match.group() in _OTHERS[language]:
            continue
        before = re.search(r"(\d{1,2})(?:º|o|st|nd|rd|th)?\s+(?:de\s+|of\s+)?$", folded[: match.start()])
        after = re.match(r"(?:\s+|,\s*|/)(?:de\s+|of\s+)?(\d{4})\b", folded[match.end() :])
        day_after = re.match(r"\s+(\d{1,2})(?:st|nd|rd|th)?\b(?:,?\s+(\d{4}))?", folded[match.end() :])
        timely = re.search(r"\b(?:em|de|desde|ate|in|since|until|of|during|mes de)\s+$", folded[: match.start()])
        if match.group() in _DOUBTFUL and not (after or day_after or before or (timely and len(match.group()) > 3)):
            continue
        start, end, year, day = match.start(), match.end(), 0, 0
        if before:
            start, day = before.start(1), int(before.group(1))
        if after:
            end, year = match.end() + after.end(1), int(after.group(1))
        elif day_after and not before:
            day, year = int(day_after.group(1)), int(day_after.group(2) or 0)
            end = match.end() + day_after.end()
        yield Mention("date", question[start:end], start, end, months=(year, month, day))


def _numbers(question: str, folded: str) -> Iterator[Mention]:
    for match in _NUMBER.finditer(folded):
        rest = folded[match.end() :]
        # "3rd", "2x", "A4": names of things, which are judged as words.
        if re.match(r"[a-z]", rest) and not re.match(r"(?:k|m|mi|bi|mil|kg|%)\b", rest):
            continue
        if re.match(r"[º°ª]", question[match.end() : match.end() + 1]):
            continue
        text = match.group()
        scale = re.match(r"\s*(mil(?:hao|hoes)?|bilhao|bilhoes|k|mi|bi|m|thousand|million|billion)\b", rest)
        factor = _SCALES[scale.group(1)] if scale and (scale.group(1) != "m" or not scale.group()[0].isspace()) else 1
        end = match.end() + (scale.end() if scale and factor != 1 else 0)
        spans = bool(_UNIT.match(folded[end:]))
        yield Mention("number", question[match.start() : end], match.start(), end, readings(text, factor), spans=spans)


def readings(text: str, factor: int = 1) -> tuple[Decimal, ...]:
    """All numbers that digits with points and commas may be, the percentage as a share as well."""
    percent = text.endswith("%")
    digits = text.rstrip("%")
    made = {digits.replace(".", "").replace(",", ".", 1), digits.replace(",", "")}
    found: set[Decimal] = set()
    for each in made:
        if re.fullmatch(r"\d+(?:\.\d+)?", each):
            value = Decimal(each) * factor
            found.add(value)
            if factor != 1:
                found.add(value / factor)
            if percent:
                found.add(value / 100)
    return tuple(sorted(found))


def _number_words(question: str, folded: str) -> Iterator[Mention]:
    for match in re.finditer(r"[a-z]+", folded):
        value = _WORDS.get(match.group())
        cue = _QUANTITY.search(folded[: match.start()]) if value is not None else None
        if value is None or cue is None:
            continue
        if value == 1 and cue.group().strip() not in ("more than", "mais de", "exactly", "exatamente"):
            continue  # "at least one" is what a join says by itself
        scale = re.match(r"\s+(mil|milhao|milhoes|thousand|million|hundred)\b", folded[match.end() :])
        numbers: tuple[Decimal, ...] = (Decimal(value),)
        if scale:
            factor = 100 if scale.group(1) == "hundred" else _SCALES[scale.group(1)]
            numbers = (Decimal(value), Decimal(value * factor))
        start, end = match.span()
        spans = bool(_UNIT.match(folded[end:]))
        yield Mention("number", question[start:end], start, end, numbers, spans=spans)


def _relative(question: str, folded: str, language: Language) -> Iterator[Mention]:
    for match in _RELATIVE[language].finditer(folded):
        yield Mention("period", question[match.start() : match.end()], match.start(), match.end())


def _negations(question: str, folded: str, language: Language) -> Iterator[Mention]:
    harmless = [(match.start(), match.end()) for match in _NO_NEGATION.finditer(folded)]
    for match in _NEGATION[language].finditer(folded):
        if any(start <= match.start() < end for start, end in harmless):
            continue
        start, end = match.span()
        bounds = bool(_TURNED.match(folded[end:]))
        yield Mention("negation", question[start:end], start, end, bounds=bounds)
