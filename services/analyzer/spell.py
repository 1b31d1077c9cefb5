"""Typing errors: words that nothing knows are corrected towards words that something does.

Only the keys that grammars and the linker match against change; what was typed stays as it was, and every link made
through a correction says so.
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache, partial

from rapidfuzz.distance import OSA

from services.analyzer import cues, dates_en, dates_pt, numbers
from services.analyzer.language import function_words as language_words
from services.analyzer.normalize import ABBREVIATIONS, Normalized
from services.analyzer.retype import retyped, unlikeliness
from services.analyzer.spell_words import Words
from services.analyzer.stem import stem_en, stem_pt
from services.analyzer.vocabulary import Vocabulary

_SHORTEST, _LONG_ENOUGH, _LONGEST = 3, 4, 40


# Endings that make another form of a word, and no other word.
_ENDINGS = frozenset(
    """s es a o e as os m am em ou eu iu aram eram iram ar er ir ado ada ados adas ido ida idos idas ando endo indo ao oes
    aes is l r ra ras res eis ais al el il ed ing d y ies er ers ly mente""".split()  # noqa: SIM905
) | {""}


_ENDINGS_EN = frozenset("s es e ed d ing y ies er ers r rs ly ment ments tion tions".split()) | {""}  # noqa: SIM905


@dataclass(frozen=True, slots=True)
class Correction:
    """The word at a token, and the word that it was taken for. distance: edits between them."""

    token: int
    written: str
    taken_for: str
    distance: int


@cache
def _grammar_words(language: str) -> frozenset[str]:
    dates = dates_pt if language == "pt" else dates_en
    extra = {word for name in (dates.MONTHS, dates.WEEKDAYS, dates.UNITS, dates.NUMBERS) for word in name}
    periods = {
        "pt": {"hoje", "ontem", "anteontem", "amanha", "ultimos", "ultimas", "passado", "passada", "proximo", "proxima",
               "proximos", "proximas", "passados", "passadas", "reais", "anterior", "atual", "corrente", "seguinte", "semana"},
        "en": {"reais", "real", "today", "yesterday", "tomorrow", "last", "previous", "next", "since", "during", "current",
               "coming", "past"},
    }[language]  # fmt: skip
    return frozenset(cues.WORDS[language] | extra | periods | numbers.WORDS[language] | language_words(language))


def correct(
    question: Normalized, language: str, vocabulary: Vocabulary
) -> tuple[tuple[str, ...], tuple[Correction, ...]]:
    """Keys of the tokens after correction, and the corrections."""
    grammar = _grammar_words(language)
    short = ABBREVIATIONS if language == "pt" else {}
    keys = list(question.keys)
    corrections: list[Correction] = []
    for at, token in enumerate(question.tokens):
        word = token.norm
        if token.quoted or not _SHORTEST <= len(word) <= _LONGEST or not word.isalpha() or token.text.isupper():
            continue
        meant = _of_time(word, question.keys[at - 1] if at else "", question.keys[at + 1 : at + 2], language)
        if meant:
            keys[at] = meant
            corrections.append(Correction(at, word, meant, 1))
            continue
        if word in grammar or word in _KEPT or (language == "pt" and _WE.search(word)):
            continue
        if _known(word, language, vocabulary) or word in vocabulary.values:
            continue
        held = _words_of(vocabulary, language)
        if len(word) >= _LONG_ENOUGH and word in held.valued:
            continue
        best = _nearest(
            word,
            _grammar(language),
            held.terms,
            held.forms,
            _typed(language),
            said=partial(_said, language, vocabulary),
        )
        best = best or retyped(word, partial(_known, language=language, vocabulary=vocabulary))
        if best is not None:
            taken = short.get(best[0], best[0])
            if " " in taken:
                continue
            keys[at] = taken
            corrections.append(Correction(at, word, taken, best[1]))
    return tuple(keys), tuple(corrections)


_WE = re.compile(r"\w{3,}[ae]mos$")
"""What we do ("gastamos"): a form of its own, and no typing error for what it resembles ("gastos")."""
_KEPT = frozenset({"nada", "nothing", "median", "mediana"})
"""Words that weigh too much to be taken for others."""


@dataclass(frozen=True, slots=True)
class _Held:
    """What a vocabulary adds to the words of the grammar. terms: words of names; forms: their plurals, and words of values
    that the model holds; valued: every word of these values."""

    terms: Words
    forms: Words
    valued: frozenset[str]


def _words_of(vocabulary: Vocabulary, language: str) -> _Held:
    key = ("spell", language)
    held: _Held | None = vocabulary.kept.get(key)
    if held is None:
        grammar = _grammar_words(language)
        plurals = {
            f"{each}s"
            for each in vocabulary.words
            if (each[-1] in "aeiou" or (language == "en" and each[-1] != "s")) and each not in grammar
        }
        valued = frozenset(word for key in vocabulary.values for word in key.split())
        long = {word for word in valued if len(word) > _LONG_ENOUGH}
        # Names hold small words of their own language, which nobody means in the other.
        terms = vocabulary.words - _grammar_words("en" if language == "pt" else "pt") | (vocabulary.words & grammar)
        held = vocabulary.kept[key] = _Held(Words(terms), Words(plurals | long), valued)
    return held


@cache
def _grammar(language: str) -> Words:
    return Words(_grammar_words(language))


def _of_time(word: str, before: str, after: Sequence[str], language: str) -> str:
    """The word that was meant beside a unit of time or a number, whatever else it spells: "eta semana", "7 das", "mez
    passado"."""
    units, pointing, near = (dates_pt if language == "pt" else dates_en).UNITS, _POINTING[language], frozenset[str]()
    if word in units or word in pointing or (word in _grammar_words(language) and not before.isdigit()):
        return ""
    if after and after[0] in units:
        near = frozenset(pointing)
    elif (before.isdigit() and len(before) < _LONG_ENOUGH) or before in pointing or (after and after[0] in _PAST):
        near = frozenset(units)
    options = [each for each in near if each[0] == word[0] and OSA.distance(word, each, score_cutoff=1) <= 1]
    return min(options, key=lambda each: (unlikeliness(word, each, 1), each)) if options else ""


_PAST = frozenset({"passado", "passada", "passados", "anterior", "atual", "seguinte", "ago", "atras"})
_POINTING = {
    "pt": ("esta", "este", "essa", "esse", "nesta", "neste", "nessa", "nesse", "desta", "deste", "ultima", "ultimo",
           "proxima", "proximo"),
    "en": ("this", "last", "next", "past", "previous", "current"),
}  # fmt: skip


@cache
def _short_words() -> frozenset[str]:
    return frozenset(
        word for word, meant in ABBREVIATIONS.items() if len(word) >= _SHORTEST and word.isalpha() and " " not in meant
    )


@cache
def _typed(language: str) -> Words:
    """Abbreviations that may be mistyped themselves."""
    return Words(_short_words() if language == "pt" else ())


def _known(word: str, language: str, vocabulary: Vocabulary) -> bool:
    """Whether it is a word of the model or another form of one; a bare stem is no form."""
    if word in vocabulary.words:
        return True
    stem = stem_pt(word) if language == "pt" else stem_en(word)
    for number, position in vocabulary.stems[language].get(stem, ()):
        other = vocabulary.lexemes[number].words[position]
        same = next(
            (at for at, (one, two) in enumerate(zip(word, other, strict=False)) if one != two),
            min(len(word), len(other)),
        )
        if same >= _SHORTEST and _form(word, other, same, language):
            return True
    return False


def _form(word: str, other: str, same: int, language: str) -> bool:
    """Whether two words that begin alike are forms of one: "nots" and "stor" are none of "nota" and "store"."""
    mine, theirs = word[same:], other[same:]
    if language == "en":
        return mine in _ENDINGS_EN and theirs in _ENDINGS_EN and (mine, theirs) != ("s", "e")
    bare = not mine and theirs not in ("s", "es", "")
    plural = mine == "s" and word[-2] not in "aeioun"
    return mine in _ENDINGS and theirs in _ENDINGS and not bare and not plural


def _said(language: str, vocabulary: Vocabulary, word: str) -> int:
    """How many terms have a word: of two that typing may have meant equally, the usual one was."""
    stem = stem_pt(word) if language == "pt" else stem_en(word)
    return len(vocabulary.stems[language].phrases(stem))


def _nearest(word: str, *vocabularies: Words, said: Callable[[str], int]) -> tuple[str, int] | None:
    """The word within reach that typing most likely meant: one edit up to seven letters, two beyond; of words of three
    letters only those that begin and end alike. said: how usual a word is. None where there is none."""
    reach = 1 if len(word) < 8 else 2
    options: list[tuple[float, int, str, int]] = []
    for words in vocabularies:
        for candidate, distance in words.near(word, reach):
            if len(word) < _LONG_ENOUGH and (candidate[-1] != word[-1] or len(candidate) < _LONG_ENOUGH):
                continue
            cost = round(unlikeliness(word, candidate, distance), 3)
            options.append((cost, -said(candidate), candidate, distance))
    if not options:
        return None
    _, _, best, distance = min(options)
    return best, distance
