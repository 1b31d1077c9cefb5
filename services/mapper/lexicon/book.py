"""The business lexicon: concepts with their words in English and Portuguese, from the data files beside this one.

A line of a data file is one concept:

    - customer, client, ~buyer | cliente, ~comprador

English words, a bar, Portuguese words; the first of each side names the concept, `~` marks a loose synonym, `+` what comes
from a place ("France, +French"). Words marked so in both languages are a concept of their own as well, an adjective. Concepts
that share a word are its senses: what a schema calls "order" may be a pedido or an ordem.
"""

from collections import defaultdict
from dataclasses import dataclass
from functools import cache
from importlib import resources

import yaml

from services.mapper.derive.inflect import singular
from services.mapper.fold import fold
from services.mapper.lexicon import judging

Sections = dict[str, list[str]]

_UNACCENTED = judging.words("unaccented")
"""Words so common that a rarer one with an accent is never meant: "no" is no "nó"."""

# General words first: of senses that are equally sure, the first is the usual one.
_FILES = (
    "general",
    "business",
    "people",
    "places",
    "society",
    "leisure",
    "technology",
    "enterprise",
    "qualities",
    "world",
    "countries",
    "daily",
    "trades",
    "nature",
)

_REMEMBERED = 50_000

FIRST, OTHER, FROM, LOOSE = 0.85, 0.75, 0.6, 0.5
"""How surely a word means its concept: the word that names it, a synonym, what comes from there, a loose synonym."""

DEED = 0.66
"""How surely a verb speaks of a thing."""


@dataclass(frozen=True, slots=True)
class Word:
    """A word of a concept: its text as people write it, its language ("en", "pt"), how surely it means the concept."""

    text: str
    locale: str
    weight: float


@dataclass(frozen=True, slots=True)
class Concept:
    """One thing that words mean. `part` is its part of speech: "noun", "adjective", "verb" or "phrase"."""

    words: tuple[Word, ...]
    part: str

    @property
    def proper(self) -> bool:
        """Whether its words are names by themselves: countries, languages, months."""
        return any(word.locale == "en" and word.text[:1].isupper() for word in self.words)

    def of(self, locale: str) -> list[Word]:
        """Its words in one language, the naming one first."""
        return [word for word in self.words if word.locale == locale]


class Lexicon:
    """All concepts, found by any of their words."""

    def __init__(
        self,
        concepts: list[Concept],
        extra_words: dict[str, str],
        abbreviations: dict[str, list[Word]],
        deeds: dict[str, list[Word]] | None = None,
    ) -> None:
        """extra_words: folded word → the word as written; abbreviations: folded token → what it stands for; deeds: folded
        English noun → verbs that speak of it."""
        self.concepts = concepts
        self._deeds = deeds or {}
        self.abbreviations = abbreviations
        self._senses: dict[str, list[tuple[Concept, Word]]] = {}
        self._spelling: dict[str, str] = dict(extra_words)
        self._english: set[str] = set()
        self._singulars: dict[str, str] = {}
        self._locales: dict[str, str] = {}
        for concept in concepts:
            for word in concept.words:
                self._add(concept, word)
        for meanings in abbreviations.values():
            for meaning in meanings:
                for part in meaning.text.removeprefix("^").split():
                    self._spelling.setdefault(fold(part), part)
        self._sort()
        self.longest = max((key.count(" ") + 1 for key in self._senses), default=1)

    def _add(self, concept: Concept, word: Word) -> None:
        key = fold(word.text)
        senses = self._senses.setdefault(key, [])
        if all(other is not concept for other, _ in senses):
            senses.append((concept, word))
        for part in word.text.split():
            written = part if part.isupper() else part.lower()
            folded = fold(part)
            if word.locale == "en":
                self._english.add(folded)
            # Where both languages spell a word alike but for accents, the accented spelling tells more.
            if folded not in self._spelling or self._spelling[folded].isascii():
                self._spelling[folded] = written
            known = self._locales.get(folded)
            self._locales[folded] = word.locale if known in (None, word.locale) else "any"

    def knows(self, word: str) -> bool:
        """Whether a folded word occurs in any concept or word list."""
        return word in self._spelling

    def words(self) -> list[str]:
        """Every folded word of the vocabulary."""
        return list(self._spelling)

    def spelled(self, word: str, locale: str) -> str:
        """A folded word as people write it in a language ("" unknown), with its accents: "area" is "área" in Portuguese
        only."""
        if word in _UNACCENTED or (locale != "pt" and word in self._english):
            return word
        return self._spelling.get(word, word)

    def locale(self, word: str) -> str:
        """ "en" or "pt" where a folded word belongs to one language only; "" otherwise."""
        found = self._locales.get(word, "")
        return "" if found == "any" else found

    def everyday(self, word: str) -> bool:
        """Whether a folded word, or its singular, means something by itself, other than a name."""
        return any(not concept.proper for concept, _ in self.senses(word))

    def singular(self, word: str) -> str:
        """The singular of a folded word."""
        found = self._singulars.get(word)
        if found is None:
            if len(self._singulars) > _REMEMBERED:
                self._singulars.clear()
            found = self._singulars[word] = singular(word, self.knows)
        return found

    def senses(self, phrase: str) -> list[tuple[Concept, Word]]:
        """The concepts that a folded phrase may mean, with the word that it matched: things before actions, the surest
        first. Plural or singular."""
        found = self._senses.get(phrase, [])
        single = " ".join(self.singular(word) for word in phrase.split())
        if single == phrase:
            return found
        # "Cavalos" is horsepower by its own, and horses as the plural that it is.
        concepts = {id(concept) for concept, _ in found}
        return [*found, *(sense for sense in self._senses.get(single, ()) if id(sense[0]) not in concepts)]

    def deeds(self, phrase: str) -> list[tuple[str, str, float]]:
        """Verbs that speak of what a folded phrase names, as (text, locale, weight): "bought" of an order. Every sense of the
        phrase is asked by its English names."""
        names = {phrase: 1.0}
        for concept, matched in self.senses(phrase):
            if concept.part == "noun" and matched.weight > LOOSE:
                for word in concept.of("en"):
                    if word.weight > LOOSE:
                        names.setdefault(fold(word.text), word.weight)
        best: dict[str, tuple[str, str, float]] = {}
        for name, sure in names.items():
            for word in self._deeds.get(name, ()):
                if word.text not in best or best[word.text][2] < DEED * sure:
                    best[word.text] = (word.text, word.locale, DEED * sure)
        return list(best.values())

    def _sort(self) -> None:
        for senses in self._senses.values():
            senses.sort(key=lambda sense: (sense[0].part == "verb", -sense[1].weight))


def read(texts: list[str]) -> list[Concept]:
    """The concepts of data files. Raises ValueError naming a line that is no concept."""
    concepts = []
    for text in texts:
        sections: Sections = yaml.load(text, Loader=yaml.CBaseLoader) or {}  # noqa: S506  # BaseLoader makes strings only
        for section, lines in sections.items():
            part = section.split("_")[0].removesuffix("s")
            for line in lines or []:
                concepts += _concepts(str(line), part)
    return concepts


def _concepts(line: str, part: str) -> list[Concept]:
    sides = line.split("|")
    if len(sides) != 2:
        raise ValueError(f"a concept is `English | Portuguese`, not {line!r}")
    texts = [
        (text.strip(), locale) for side, locale in zip(sides, ("en", "pt"), strict=True) for text in side.split(",")
    ]
    words = tuple(_words(texts))
    if not words:
        raise ValueError(f"a concept without words: {line!r}")
    found = [Concept(words, part if part in ("noun", "adjective", "verb", "phrase") else "noun")]
    people = [(text.removeprefix("+"), locale) for text, locale in texts if text.startswith("+")]
    if {locale for _, locale in people} == {"en", "pt"}:
        found.append(Concept(tuple(_words(people)), "adjective"))
    return found


def _words(texts: list[tuple[str, str]]) -> list[Word]:
    found: list[Word] = []
    for text, locale in texts:
        if text:
            first = all(word.locale != locale for word in found)
            weight = {"~": LOOSE, "+": FROM}.get(text[0], FIRST if first else OTHER)
            found.append(Word(text.lstrip("~+").strip(), locale, weight))
    return found


@cache
def lexicon() -> Lexicon:
    """The lexicon that ships with the mapper; read once."""
    folder = resources.files(__package__)
    concepts = read([folder.joinpath(f"{name}.yaml").read_text("utf-8") for name in _FILES])
    spelling: list[str] = yaml.load((folder / "spelling.yaml").read_text("utf-8"), Loader=yaml.CBaseLoader)  # noqa: S506  # BaseLoader makes strings only
    words = {fold(word): word for line in spelling for word in line.split()}
    abbreviations = _abbreviations((folder / "abbreviations.yaml").read_text("utf-8"))
    return Lexicon(concepts, words, abbreviations, _read_deeds((folder / "deeds.yaml").read_text("utf-8")))


def _read_deeds(text: str) -> dict[str, list[Word]]:
    """Lines "nouns: English verbs | Portuguese verbs"."""
    entries: dict[str, str] = yaml.load(text, Loader=yaml.CBaseLoader)  # noqa: S506  # BaseLoader makes strings only
    found: dict[str, list[Word]] = defaultdict(list)
    for nouns, verbs in entries.items():
        english, _, portuguese = verbs.partition("|")
        sides = ((english, "en"), (portuguese, "pt"))
        words = _words([(verb.strip(), locale) for side, locale in sides for verb in side.split(",")])
        for noun in nouns.split(","):
            found[fold(noun)] += words
    return dict(found)


def _abbreviations(text: str) -> dict[str, list[Word]]:
    sections: dict[str, dict[str, str]] = yaml.load(text, Loader=yaml.CBaseLoader)  # noqa: S506  # BaseLoader makes strings only
    found: dict[str, list[Word]] = defaultdict(list)
    for locale, entries in sections.items():
        for token, meanings in entries.items():
            found[fold(str(token))] += _words([(each.strip(), locale) for each in str(meanings).split(",")])
    return dict(found)
