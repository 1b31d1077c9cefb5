"""How things are called: lexemes, their wordings, and where the words of these stand.

A schema of thousands of tables has hundreds of thousands of lexemes, but far fewer wordings: "name" and "status" are said of
every table. So questions are matched against wordings, each once, and only then it is asked what they are said of.
"""

from array import array
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from services.analyzer.vocabulary import Lexeme


SPLITTING = frozenset({"por", "by", "per"})
"""Small words that hold two names apart: "fretes por situação" is not the field "situação do frete"."""
JOINING = frozenset({"and", "or", "e", "ou", "&", ","})
APART = SPLITTING | JOINING
_NONE: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Wording:
    """The words of a phrase, and for whom it is meant. locale: "pt", "en" or ""; translated: it is the lexicon's; apart:
    words of its own that hold two names apart elsewhere."""

    words: tuple[str, ...]
    locale: str
    translated: bool
    apart: frozenset[str] = frozenset()


class Phrases:
    """The wordings of lexemes, numbered, and which lexemes each belongs to."""

    def __init__(self, lexemes: "Sequence[Lexeme]") -> None:
        numbers: dict[Wording, int] = {}
        own = array("I")
        for lexeme in lexemes:
            apart = APART.intersection(lexeme.text.lower().split()) if " " in lexeme.text else _NONE
            wording = Wording(lexeme.words, lexeme.locale, lexeme.origin == "lexicon", apart)
            own.append(numbers.setdefault(wording, len(numbers)))
        self.wordings: tuple[Wording, ...] = tuple(numbers)
        of = np.frombuffer(own, np.uint32) if own else np.zeros(0, np.uint32)
        self._lexemes: NDArray[np.uint32] = np.argsort(of, kind="stable").astype(np.uint32)
        self._starts = np.searchsorted(of[self._lexemes], np.arange(len(numbers) + 1))
        self.weights: NDArray[np.float32] = np.array([lexeme.weight for lexeme in lexemes], np.float32)
        datasets: dict[str, int] = {}
        kinds: dict[str, int] = {}
        self.datasets: NDArray[np.uint32] = np.array(
            [datasets.setdefault(lexeme.target.dataset, len(datasets)) for lexeme in lexemes], np.uint32
        )
        self.kinds: NDArray[np.uint8] = np.array(
            [kinds.setdefault(lexeme.target.kind, len(kinds)) for lexeme in lexemes], np.uint8
        )

    def lexemes(self, phrase: int) -> NDArray[np.uint32]:
        """The numbers of the lexemes that a phrase belongs to, in their order."""
        return self._lexemes[self._starts[phrase] : self._starts[phrase + 1]]


class Stems(Mapping[str, Sequence[tuple[int, int]]]):
    """By stem: (lexeme number, position of the word in it). Made up when asked for; `phrases` is what is held."""

    def __init__(self, phrases: Phrases, key: Callable[[str], str], language: str, *, own: bool = False) -> None:
        """Translations into the other language are left out, for nobody asks by them; own: so are its names."""
        self._phrases = phrases
        index: dict[str, array[int]] = defaultdict(lambda: array("I"))
        for number, wording in enumerate(phrases.wordings):
            if wording.locale not in ("", language) and (own or wording.translated):
                continue
            for position, word in enumerate(wording.words):
                index[key(word)].extend((number, position))
        index.pop("", None)
        self._index = dict(index)

    def phrases(self, stem: str) -> list[tuple[int, int]]:
        """(phrase number, position of the word in it)."""
        found = self._index.get(stem)
        return [] if found is None else list(zip(found[::2], found[1::2], strict=True))

    def __getitem__(self, stem: str) -> Sequence[tuple[int, int]]:
        if stem not in self._index:
            raise KeyError(stem)
        return [
            (int(lexeme), position)
            for phrase, position in self.phrases(stem)
            for lexeme in self._phrases.lexemes(phrase)
        ]

    def __contains__(self, stem: object) -> bool:
        return stem in self._index

    def __iter__(self) -> Iterator[str]:
        return iter(self._index)

    def __len__(self) -> int:
        return len(self._index)
