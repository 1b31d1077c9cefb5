"""Links to terms: what the words call a dataset, a field, a metric, a filter or an entity.

A term is matched by stems in any order within a stretch of the question; a part of a term matches with a lower score.
"""

import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from services.analyzer.link import Link
from services.analyzer.normalize import Normalized
from services.analyzer.stem import root, stem_en, stem_pt
from services.analyzer.vocabulary import SMALL_WORDS, Lexeme, Vocabulary
from services.analyzer.wording import JOINING, SPLITTING, Phrases, Wording

_STEM = {"pt": stem_pt, "en": stem_en}
_LONG_ENOUGH = 5
"""Letters of a word whose family is looked for."""
_FAMILY = 0.85
"""What a word is worth that only has the root of a term's word: "attendees" for attendance."""
_MENDED = 0.96
"""What a word is worth that is not as it was typed: nothing else is known that it could be."""
_FEW, _OF_EACH = 2000, 12
"""Lexemes from which on only the likeliest are kept; how many of each stretch and kind those are."""
_AFFINITY = 0.1
"""What it is worth that a question says more of a dataset."""
_GAP = 2
"""Small words that may stand between the words of a term ("nome do cliente")."""


def link_terms(
    keys: Sequence[str], question: Normalized, language: str, vocabulary: Vocabulary, corrected: frozenset[int]
) -> list[Link]:
    """Links to terms, unordered. keys: the tokens' norms after spelling; corrected: tokens that spelling changed."""
    stem = _STEM[language]
    hits: dict[int, list[tuple[int, int]]] = defaultdict(list)
    for at, key in enumerate(keys):
        if question.tokens[at].quoted or (key in SMALL_WORDS and len(key) < 4):
            continue
        for number, position in _postings(vocabulary, language, stem, key):
            hits[number].append((at, position))
    found: list[_Fit] = []
    for number, places in hits.items():
        wording = vocabulary.phrases.wordings[number]
        for window in _windows(places, keys, wording.apart):
            found.append(_fit(number, wording, window, keys, language, corrected))
    # Of lexemes that fit equally well the first of the model is meant.
    meant = sorted(_meant(found, vocabulary.phrases), key=lambda pair: pair[1])
    return [_link(vocabulary.lexemes[number], fit) for fit, number in meant]


@dataclass(frozen=True, slots=True)
class _Fit:
    """A phrase that fits tokens [first, last). factor: what a lexeme's weight is multiplied with."""

    phrase: int
    first: int
    last: int
    coverage: float
    factor: float
    mended: bool


def _meant(found: Sequence[_Fit], phrases: Phrases) -> Iterable[tuple[_Fit, int]]:
    """The lexemes that fitting phrases belong to. Where these are very many, for each stretch and kind of thing only those
    that fit best and belong to datasets of which the question says most else."""
    held = [phrases.lexemes(fit.phrase) for fit in found]
    if sum(map(len, held)) <= _FEW:
        return [(fit, int(number)) for fit, numbers in zip(found, held, strict=True) for number in numbers]
    scores = [fit.factor * phrases.weights[numbers] for fit, numbers in zip(found, held, strict=True)]
    size = max(fit.last for fit in found)
    said = np.zeros((size, int(phrases.datasets.max()) + 1), np.float32)
    for fit, numbers, each in zip(found, held, scores, strict=True):
        places = phrases.datasets[numbers]
        for at in range(fit.first, fit.last):
            np.maximum.at(said[at], places, each)
    affinity = said.sum(axis=0)
    stretches: dict[tuple[int, int], list[int]] = defaultdict(list)
    for at, fit in enumerate(found):
        stretches[fit.first, fit.last].append(at)
    chosen: list[tuple[_Fit, int]] = []
    for several in stretches.values():
        numbers = np.concatenate([held[at] for at in several])
        owners = np.concatenate([np.full(len(held[at]), at, np.int64) for at in several])
        worth = np.concatenate([scores[at] for at in several]) + _AFFINITY * affinity[phrases.datasets[numbers]]
        kinds = phrases.kinds[numbers]
        for kind in np.unique(kinds):
            of_kind = np.flatnonzero(kinds == kind)
            # Several lexemes of one target may be among them.
            best = of_kind[np.lexsort((numbers[of_kind], -worth[of_kind]))[: 3 * _OF_EACH]]
            chosen.extend((found[int(owners[at])], int(numbers[at])) for at in best)
    return chosen


_ENDING = re.compile(r"(?:as|os|es|a|o|e|s)$")


def _varied(key: str, word: str) -> bool:
    """Whether two words of one stem differ by more than number and gender ("atrasadas" and "atraso")."""
    return key != word and _ENDING.sub("", key) != _ENDING.sub("", word)


def _postings(vocabulary: Vocabulary, language: str, stem: Callable[[str], str], key: str) -> list[tuple[int, int]]:
    index = vocabulary.stems[language]
    found = index.phrases(stem(key))
    if "-" in key and not found:
        for part in key.split("-"):
            found += index.phrases(stem(part))
    if not found and len(key) >= _LONG_ENOUGH and key.isalpha():
        found = vocabulary.roots[language].phrases(root(key, language))
    return found


def _windows(hits: list[tuple[int, int]], keys: Sequence[str], own: frozenset[str]) -> Iterable[list[tuple[int, int]]]:
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


def _fit(
    number: int,
    wording: Wording,
    window: list[tuple[int, int]],
    keys: Sequence[str],
    language: str,
    corrected: frozenset[int],
) -> _Fit:
    coverage = len(window) / len(wording.words)
    factor = coverage if coverage == 1 else 0.35 + 0.45 * coverage
    if wording.locale and wording.locale != language:
        factor *= 0.9
    stem = _STEM[language]
    for at, position in window:
        key, word = keys[at], wording.words[position]
        if key != word:
            factor *= (0.88 if _varied(key, word) else 1.0) * (_FAMILY if stem(key) != stem(word) else 1.0)
    if not _in_order(window):
        factor *= 0.97
    mended = bool(corrected) and any(at in corrected for at, _ in window)
    first, last = _own(window, keys)
    return _Fit(number, first, last, coverage, factor * (_MENDED if mended else 1.0), mended)


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


_LINK_KINDS = {"model": "synonym", "lexicon": "lexicon", "pattern": "pattern"}


def _link(lexeme: Lexeme, fit: _Fit) -> Link:
    kind = "fuzzy" if fit.mended else _LINK_KINDS.get(lexeme.origin, "name")
    return Link(
        fit.first, fit.last, lexeme.target, round(lexeme.weight * fit.factor, 4), kind, lexeme.text, fit.coverage
    )


def _in_order(window: list[tuple[int, int]]) -> bool:
    return all(before[1] < after[1] for before, after in pairwise(window))
