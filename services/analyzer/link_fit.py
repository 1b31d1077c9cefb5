"""How a phrase fits the words of a question: the stretch that holds its words, and how well these agree."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise

from services.analyzer.stem import stem_en, stem_pt
from services.analyzer.vocabulary import SMALL_WORDS
from services.analyzer.wording import JOINING, SPLITTING, Wording

STEM = {"pt": stem_pt, "en": stem_en}
_FAMILY = 0.85
"""What a word is worth that only has the root of a term's word: "attendees" for attendance."""
MENDED = 0.96
"""What a word is worth that is not as it was typed: nothing else is known that it could be."""
FOREIGN = 0.9
"""What a wording is worth that is the other language's."""
_GAP = 2
"""Small words that may stand between the words of a term ("nome do cliente")."""


@dataclass(frozen=True, slots=True)
class Fit:
    """A phrase that fits tokens [first, last). factor: what a lexeme's weight is multiplied with."""

    phrase: int
    first: int
    last: int
    coverage: float
    factor: float
    mended: bool


_ENDING = re.compile(r"(?:as|os|es|a|o|e|s)$")


def _varied(key: str, word: str) -> bool:
    """Whether two words of one stem differ by more than number and gender ("atrasadas" and "atraso")."""
    return key != word and _ENDING.sub("", key) != _ENDING.sub("", word)


def windows(hits: list[tuple[int, int]], keys: Sequence[str], own: frozenset[str]) -> Iterable[list[tuple[int, int]]]:
    """Stretches of the question that hold words of a phrase, each as long as it can be, as (token, position in the phrase).
    own: words of the phrase that hold names apart elsewhere."""
    if len(hits) == 1:
        yield hits
        return
    hits.sort()
    start = 0
    while start < len(hits):
        window = [hits[start]]
        at = start + 1
        while at < len(hits):
            gap = [keys[i] for i in range(window[-1][0] + 1, hits[at][0])]
            if hits[at][0] == window[-1][0]:
                at += 1
                continue
            if not (_small(gap, own) or (len(window) == 1 and _shared(gap))):
                break
            if hits[at][1] in {position for _, position in window}:
                break
            window.append(hits[at])
            at += 1
        yield window
        start = at if at > start + 1 else start + 1


def _small(gap: Sequence[str], own: frozenset[str]) -> bool:
    """Whether words may stand between the words of a term. "And" and "or" may not, nor may "by", unless they are its own:
    "address and email" are two things."""
    return len(gap) <= _GAP and all(
        (key in SMALL_WORDS or key == "'s") and (key in own or (key not in SPLITTING and key not in JOINING))
        for key in gap
    )


_ASKING = frozenset("qual quais quanto quanta quantos quantas que which what how show list mostre liste".split())  # noqa: SIM905
"""Words that begin another question: "quantas entregas e qual o valor" shares nothing."""


def _shared(gap: Sequence[str]) -> bool:
    """Whether two terms share a word: "first and last names", "data de início e de fim"."""
    content = [key for key in gap if key not in SMALL_WORDS and key not in JOINING]
    return (
        len(gap) <= 4
        and len(content) == 1
        and content[0].isalpha()
        and content[0] not in _ASKING
        and not JOINING.isdisjoint(gap)
    )


def fit_of(
    number: int,
    wording: Wording,
    window: list[tuple[int, int]],
    keys: Sequence[str],
    language: str,
    corrected: frozenset[int],
) -> Fit:
    """How a phrase fits a window. corrected: tokens that spelling changed."""
    coverage = len(window) / len(wording.words)
    factor = covering(coverage)
    if wording.locale and wording.locale != language:
        factor *= FOREIGN
    for at, position in window:
        factor *= likeness(keys[at], wording.words[position], language)
    if not _in_order(window):
        factor *= 0.97
    mended = bool(corrected) and any(at in corrected for at, _ in window)
    first, last = _own(window, keys)
    return Fit(number, first, last, coverage, factor * (MENDED if mended else 1.0), mended)


def covering(coverage: float) -> float:
    """What a phrase is worth of whose words so large a share is there."""
    return coverage if coverage == 1 else 0.35 + 0.45 * coverage


def likeness(key: str, word: str, language: str) -> float:
    """What a word of a phrase is worth that stands in the question as this key."""
    if key == word:
        return 1.0
    stem = STEM[language]
    return (0.88 if _varied(key, word) else 1.0) * (_FAMILY if stem(key) != stem(word) else 1.0)


def _own(window: Sequence[tuple[int, int]], keys: Sequence[str]) -> tuple[int, int]:
    """The stretch of a term that shares a word with another one, without what is the other's: "genders" of "staff ids and
    genders", "first" of "first and last names"."""
    start, end = window[0][0], window[-1][0] + 1
    gap = keys[start + 1 : window[1][0]] if len(window) > 1 else ()
    joined = next((at for at, key in enumerate(gap) if key in JOINING), -1)
    if joined < 0 or not any(key not in SMALL_WORDS and key not in JOINING for key in gap):
        return start, end
    follows = any(key not in SMALL_WORDS and key not in JOINING for key in gap[joined:])
    return (start, start + 1) if follows else (window[1][0], end)


def _in_order(window: list[tuple[int, int]]) -> bool:
    return all(before[1] < after[1] for before, after in pairwise(window))
