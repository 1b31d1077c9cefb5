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


LOCALES = ("", "pt", "en")
_OTHER = 255


def _locale(locale: str) -> int:
    return LOCALES.index(locale) if locale in LOCALES else _OTHER


class Phrases:
    """The wordings of lexemes, numbered, and which lexemes each belongs to.

    By wording, lengths: its number of words; locales: its place in LOCALES; firsts: where its words begin in `words`, which
    holds numbers of `spelled`. By lexeme, weights, datasets and kinds: of its target, numbered.
    """

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
        self.lengths: NDArray[np.intp] = np.array([len(each.words) for each in self.wordings], np.intp)
        self.locales: NDArray[np.uint8] = np.array([_locale(each.locale) for each in self.wordings], np.uint8)
        self.firsts: NDArray[np.intp] = np.concatenate([[0], np.cumsum(self.lengths)]).astype(np.intp)
        spelled: dict[str, int] = {}
        words = array("I", (spelled.setdefault(word, len(spelled)) for each in self.wordings for word in each.words))
        self.words: NDArray[np.uint32] = np.frombuffer(words, np.uint32) if words else np.zeros(0, np.uint32)
        self.spelled: tuple[str, ...] = tuple(spelled)
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

    def count(self, phrase: int) -> int:
        """How many lexemes a phrase belongs to."""
        return int(self._starts[phrase + 1] - self._starts[phrase])

    def belonging(self, phrases: NDArray[np.intp]) -> tuple[NDArray[np.intp], NDArray[np.uint32]]:
        """The numbers of the lexemes that phrases belong to, with the place of the phrase among these."""
        starts, counts = self._starts[phrases], self._starts[phrases + 1] - self._starts[phrases]
        owners = np.repeat(np.arange(len(phrases)), counts)
        within = np.arange(len(owners)) - (np.cumsum(counts) - counts)[owners]
        return owners, self._lexemes[starts[owners] + within]


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

    def places(self, stem: str) -> "array[int] | None":
        """As `phrases`, numbers and positions in turn; None where there are none."""
        return self._index.get(stem)

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
