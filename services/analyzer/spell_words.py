"""Words that typing errors are corrected towards, found by how they begin and how long they are."""

from collections import defaultdict
from collections.abc import Iterable, Sequence

from rapidfuzz import process
from rapidfuzz.distance import OSA

_SHORTEST = 3
"""Letters of the shortest word that something is corrected towards."""


class Words:
    """A set of words."""

    def __init__(self, words: Iterable[str]) -> None:
        self._held: dict[tuple[str, int], list[str]] = defaultdict(list)
        for word in sorted(words):
            if len(word) >= _SHORTEST:
                self._held[word[0], len(word)].append(word)

    def near(self, word: str, reach: int) -> Sequence[tuple[str, int]]:
        """Words within so many edits, with the edits, nearest first. The first letter is right, or swapped with the second."""
        close = [
            each
            for letter in dict.fromkeys(word[:2])
            for size in range(len(word) - reach, len(word) + reach + 1)
            for each in self._held.get((letter, size), ())
            if letter == word[0] or each[1] == word[0]
        ]
        found = process.extract(
            word,
            close,
            scorer=OSA.distance,
            score_cutoff=reach,
            limit=None,
        )
        return [(each, int(distance)) for each, distance, _ in found]
