"""The values of a source, found by folded text, by words, by beginnings of words, and despite typing errors.

Built once, then only read. Hundreds of thousands of values have to be held, so everything but the texts themselves is
in flat arrays: hashes of folded texts, words in alphabetical order, and for typing errors the hashes of words with one
or two letters left out (the deletion neighbourhood of SymSpell, Garbe 2012, over the first letters of a word). A hash
only proposes; the text decides.
"""

from array import array
from bisect import bisect_left
from collections.abc import Iterable, Iterator
from itertools import combinations

from rapidfuzz.distance import OSA

from services.mapper.fold import fold_once

_MASK = 0xFFFFFFFF
_SMALL = frozenset({"of", "the", "and", "for", "in", "de", "do", "da", "dos", "das", "e", "em", "para"})
PREFIX = 8
"""Letters of a word that the deletion neighbourhood looks at."""
SHORTEST = 4
"""Letters of the shortest word whose typing errors are forgiven."""


def forgiven(length: int) -> int:
    """How many typing errors a word of so many letters may hold."""
    return 0 if length < SHORTEST else 1 if length < 8 else 2


def _deletions(word: str, most: int) -> set[str]:
    """A word's first letters with up to so many of them left out."""
    head = word[:PREFIX]
    found = {head}
    for count in range(1, most + 1):
        if len(head) - count < 2:
            break
        found.update(
            "".join(head[at] for at in range(len(head)) if at not in left)
            for left in combinations(range(len(head)), count)
        )
    return found


def _initials(words: list[str]) -> set[str]:
    """The first letters of three to seven words, with and without the small ones."""
    if not 3 <= len(words) <= 7:
        return set()
    found = {"".join(word[0] for word in words), "".join(word[0] for word in words if word not in _SMALL)}
    return {each for each in found if len(each) >= 3 and each.isalpha()}


def _key(text: str, number: int) -> int:
    return ((hash(text) & _MASK) << 32) | number


def _matches(keys: "array[int]", text: str) -> Iterator[int]:
    """The numbers that a sorted array holds under a text's hash."""
    wanted = (hash(text) & _MASK) << 32
    at = bisect_left(keys, wanted)
    while at < len(keys) and keys[at] & ~_MASK == wanted:
        yield keys[at] & _MASK
        at += 1


class TextIndex:
    """Texts, numbered in the order given."""

    def __init__(self, texts: Iterable[str]) -> None:
        self.texts: list[str] = list(texts)
        whole: list[int] = []
        joined: list[int] = []
        initials: list[int] = []
        by_word: dict[str, array[int]] = {}
        for number, text in enumerate(self.texts):
            folded = fold_once(text)
            whole.append(_key(folded, number))
            words = folded.split()
            if len(words) > 1:
                joined.append(_key("".join(words), number))
            initials += [_key(each, number) for each in _initials(words)]
            for word in set(words):
                listed = by_word.get(word)
                if listed is None:
                    listed = by_word[word] = array("I")
                listed.append(number)
        self._whole = array("Q", sorted(whole))
        self._joined = array("Q", sorted(joined))
        self._initials = array("Q", sorted(initials))
        self.words: list[str] = sorted(by_word)
        self._starts = array("I", [0])
        self._items = array("I")
        for word in self.words:
            self._items.extend(by_word.pop(word))
            self._starts.append(len(self._items))
        self._near = self._neighbourhood()

    def _neighbourhood(self) -> "array[int]":
        keys: list[int] = []
        for number, word in enumerate(self.words):
            if len(word) >= SHORTEST and not word.isdigit():
                keys += [_key(part, number) for part in _deletions(word, forgiven(len(word)))]
        keys.sort()
        return array("Q", keys)

    def __len__(self) -> int:
        return len(self.texts)

    def equal(self, folded: str) -> list[int]:
        """Texts that are equal to a folded text after folding."""
        return [number for number in _matches(self._whole, folded) if fold_once(self.texts[number]) == folded]

    def run_together(self, folded: str) -> list[int]:
        """Texts that are equal but for blanks: "forteatacadista", "ban deirao"."""
        bare = folded.replace(" ", "")
        found = [
            number for number in _matches(self._joined, bare) if fold_once(self.texts[number]).replace(" ", "") == bare
        ]
        if bare != folded:
            found += [number for number in _matches(self._whole, bare) if fold_once(self.texts[number]) == bare]
        return found

    def initials(self, letters: str) -> list[int]:
        """Texts whose words begin with these letters: "mit" finds "Massachusetts Institute of Technology"."""
        return [
            number
            for number in _matches(self._initials, letters)
            if letters in _initials(fold_once(self.texts[number]).split())
        ]

    def word(self, word: str) -> int:
        """The number of a word; -1 where no text holds it."""
        at = bisect_left(self.words, word)
        return at if at < len(self.words) and self.words[at] == word else -1

    def holding(self, word: int) -> "array[int]":
        """The texts that hold a word, by its number."""
        return self._items[self._starts[word] : self._starts[word + 1]]

    def holds(self, word: int, text: int) -> bool:
        """Whether a text holds a word, both by their numbers."""
        end = self._starts[word + 1]
        at = bisect_left(self._items, text, self._starts[word], end)
        return at < end and self._items[at] == text

    def spread(self, word: int) -> int:
        """How many texts hold a word, by its number."""
        return self._starts[word + 1] - self._starts[word]

    def beginning(self, start: str, most: int) -> list[int]:
        """Words that begin with a text, at most so many; none where there are more."""
        at = bisect_left(self.words, start)
        found = []
        while at < len(self.words) and self.words[at].startswith(start):
            found.append(at)
            at += 1
            if len(found) > most:
                return []
        return found

    def near(self, word: str) -> list[tuple[int, float]]:
        """Words that differ by no more typing errors (a letter too many, missing, wrong or swapped) than are forgiven,
        with their similarity, 0 to 1, the nearest first."""
        most = forgiven(len(word))
        if not most or word.isdigit():
            return []
        proposed = {number for part in _deletions(word, most) for number in _matches(self._near, part)}
        found = []
        for number in proposed:
            other = self.words[number]
            allowed = min(most, forgiven(len(other)))
            distance = OSA.distance(word, other, score_cutoff=allowed)
            if 0 < distance <= allowed:
                found.append((number, 1 - distance / max(len(word), len(other))))
        found.sort(key=lambda pair: (-pair[1], pair[0]))
        return found
