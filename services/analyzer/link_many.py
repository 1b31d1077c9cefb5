"""Links to terms where a word stands in thousands of them: phrases are fitted and lexemes chosen in whole arrays.

What comes out is what fitting each phrase by itself would give.
"""

from array import array
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from services.analyzer.link_fit import FOREIGN, MENDED, Fit, covering, likeness
from services.analyzer.wording import LOCALES, Phrases

FEW = 2000
"""Lexemes from which on only the likeliest are kept."""
_OF_EACH = 36
"""How many lexemes of each stretch and kind are kept; several of one target may be among them."""
_AFFINITY = 0.1
"""What it is worth that a question says more of a dataset."""
Places = Sequence[tuple[int, "array[int]"]]
"""Tokens with the phrases that hold them, as (phrase, position of the word in it) one behind the other."""


@dataclass(frozen=True, slots=True)
class Alone:
    """Phrases of which the question holds one word, at a token. factor: what their lexemes' weights are multiplied with."""

    phrase: NDArray[np.intp]
    token: NDArray[np.intp]
    factor: NDArray[np.float64]
    mended: frozenset[int]
    phrases: Phrases

    def fit(self, at: int) -> Fit:
        """One of them."""
        token, phrase = int(self.token[at]), int(self.phrase[at])
        coverage = 1.0 / int(self.phrases.lengths[phrase])
        return Fit(phrase, token, token + 1, coverage, float(self.factor[at]), token in self.mended)


def many(
    places: Places, keys: Sequence[str], language: str, phrases: Phrases, corrected: frozenset[int]
) -> tuple[Alone, Places]:
    """Phrases of which the question holds one word, with how they fit; and the places of the others. corrected: tokens that
    spelling changed."""
    pairs = np.concatenate([np.frombuffer(found, np.uint32) for _, found in places]).reshape(-1, 2).astype(np.intp)
    phrase, position = pairs[:, 0], pairs[:, 1]
    alone = np.bincount(phrase)[phrase] == 1
    word = phrases.words[phrases.firsts[phrase] + position]
    longest = int(phrases.lengths.max())
    factor = np.array([0.0, *(covering(1.0 / size) for size in range(1, longest + 1))])[phrases.lengths[phrase]]
    locales = phrases.locales[phrase]
    factor[(locales != 0) & (locales != LOCALES.index(language))] *= FOREIGN
    token = np.zeros(len(pairs), np.intp)
    several: list[tuple[int, array[int]]] = []
    start = 0
    for at, found in places:
        held = slice(start, start + len(found) // 2)
        token[held] = at
        factor[held] *= _likeness(keys[at], word[held], language, phrases)
        if at in corrected:
            factor[held] *= MENDED
        rest = pairs[held][~alone[held]]
        if len(rest):
            several.append((at, array("I", rest.ravel().tolist())))
        start = held.stop
    return Alone(phrase[alone], token[alone], factor[alone], corrected, phrases), several


def _likeness(key: str, words: NDArray[np.uint32], language: str, phrases: Phrases) -> NDArray[np.float64]:
    """What words of phrases are worth that stand in the question as a key: all have its stem, so they are few."""
    there = np.zeros(len(phrases.spelled), bool)
    there[words] = True
    worth = np.ones(len(phrases.spelled))
    for number in np.flatnonzero(there):
        worth[number] = likeness(key, phrases.spelled[number], language)
    return worth[words]


def likeliest(alone: Alone | None, fits: Sequence[Fit], phrases: Phrases) -> list[tuple[Fit, int]]:
    """The lexemes that fitting phrases belong to: where these are very many, for each stretch and kind of thing those that
    fit best and belong to datasets of which the question says most else. fits: of further phrases."""
    phrase = np.array([fit.phrase for fit in fits], np.intp)
    first = np.array([fit.first for fit in fits], np.intp)
    last = np.array([fit.last for fit in fits], np.intp)
    factor = np.array([fit.factor for fit in fits], np.float32)
    if alone is not None:
        phrase, first = np.concatenate([alone.phrase, phrase]), np.concatenate([alone.token, first])
        last = np.concatenate([alone.token + 1, last])
        factor = np.concatenate([alone.factor.astype(np.float32), factor])
    owners, numbers = phrases.belonging(phrase)
    before = len(alone.phrase) if alone is not None else 0

    def fit(at: int) -> Fit:
        owner = int(owners[at])
        return alone.fit(owner) if alone is not None and owner < before else fits[owner - before]

    if len(owners) <= FEW:
        return [(fit(at), number) for at, number in enumerate(numbers.tolist())]
    scores = factor[owners] * phrases.weights[numbers]
    datasets = phrases.datasets[numbers].astype(np.intp)
    affinity = _affinity(first[owners], last[owners], datasets, scores)
    worth = scores + _AFFINITY * affinity[datasets]
    _, stretch = np.unique(first * (int(last.max(initial=0)) + 1) + last, return_inverse=True)
    group = stretch[owners] * 256 + phrases.kinds[numbers]
    order = np.argsort(group, kind="stable")
    ends = np.flatnonzero(np.diff(group[order])) + 1
    best = [_best(members, worth, numbers) for members in np.split(order, ends)]
    return [(fit(at), int(numbers[at])) for members in best for at in members.tolist()]


def _affinity(
    first: NDArray[np.intp], last: NDArray[np.intp], datasets: NDArray[np.intp], scores: NDArray[np.float32]
) -> NDArray[np.float32]:
    """How much the question says of each dataset: at each token the best of what is said there."""
    count = int(datasets.max(initial=0)) + 1
    said = np.zeros((int(last.max(initial=0)), count), np.float32)
    flat = said.reshape(-1)
    for step in range(int((last - first).max(initial=0))):
        reaching = first + step < last
        places = (first[reaching] + step) * count + datasets[reaching]
        np.maximum.at(flat, places, scores[reaching])
    made: NDArray[np.float32] = said.sum(axis=0)
    return made


def _best(members: NDArray[np.intp], worth: NDArray[np.float32], numbers: NDArray[np.uint32]) -> NDArray[np.intp]:
    """The best of a group, of equals the first of the model."""
    if len(members) > _OF_EACH:
        least = np.partition(worth[members], -_OF_EACH)[-_OF_EACH]
        members = members[worth[members] >= least]
    return members[np.lexsort((numbers[members], -worth[members]))[:_OF_EACH]]
