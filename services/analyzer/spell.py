"""Typing errors: words that nothing knows are corrected towards words that something does.

Only the keys that grammars and the linker match against change; what was typed stays as it was, and every link made
through a correction says so.
"""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from functools import cache

from rapidfuzz import process
from rapidfuzz.distance import OSA

from services.analyzer import cues, dates_en, dates_pt
from services.analyzer.normalize import Normalized
from services.analyzer.stem import stem_en, stem_pt
from services.analyzer.vocabulary import Vocabulary


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
               "proximos", "proximas", "passados", "passadas", "anterior", "atual", "corrente", "seguinte", "semana"},
        "en": {"today", "yesterday", "tomorrow", "last", "previous", "next", "since", "during", "current", "coming", "past"},
    }[language]  # fmt: skip
    return frozenset(cues.WORDS[language] | extra | periods)


def correct(
    question: Normalized, language: str, vocabulary: Vocabulary
) -> tuple[tuple[str, ...], tuple[Correction, ...]]:
    """Keys of the tokens after correction, and the corrections."""
    grammar = _grammar_words(language)
    stem = stem_pt if language == "pt" else stem_en
    known = vocabulary.stems[language]
    keys = list(question.keys)
    corrections: list[Correction] = []
    for at, token in enumerate(question.tokens):
        word = token.norm
        if token.quoted or len(word) < 4 or not word.isalpha() or word in grammar or stem(word) in known:
            continue
        if word in vocabulary.values or any(word in key.split() for key in _near(vocabulary.values, word)):
            continue
        best = _nearest(word, grammar, vocabulary.words)
        if best is not None:
            keys[at] = best[0]
            corrections.append(Correction(at, word, *best))
    return tuple(keys), tuple(corrections)


def _near(values: Iterable[str], word: str) -> list[str]:
    """Values of several words that hold the word."""
    return [key for key in values if word in key] if len(word) > 3 else []


def _nearest(word: str, *vocabularies: Collection[str]) -> tuple[str, int] | None:
    """The one word within reach: one edit up to seven letters, two beyond; None where none or the first letters differ."""
    reach = 1 if len(word) < 8 else 2
    options: list[tuple[int, str]] = []
    for words in vocabularies:
        for candidate, distance, _ in _extract(word, words, reach):
            if candidate[0] == word[0] or (candidate[1:2] == word[:1] and candidate[:1] == word[1:2]):
                options.append((int(distance), candidate))
    if not options:
        return None
    options.sort()
    return options[0][1], options[0][0]


def _extract(word: str, words: Collection[str], reach: int) -> Sequence[tuple[str, float, int]]:
    close = [each for each in words if abs(len(each) - len(word)) <= reach and len(each) > 3]
    found: Sequence[tuple[str, float, int]] = process.extract(
        word,
        close,
        scorer=OSA.distance,  # type: ignore[call-overload]  # its stubs leave distances out
        score_cutoff=reach,
        limit=3,
    )
    return found
