"""Codes: "SP" is São Paulo, "M" in a column of genders is male, "Y" is yes."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cache
from importlib import resources

import yaml

from services.mapper.fold import fold
from services.mapper.lexicon.book import lexicon

_SEVERAL = 3
_LONGEST = 16
"""Characters of the longest code; longer values are words."""


@dataclass(frozen=True, slots=True)
class CodeSystem:
    """A closed list of codes. hints: folded words of a column's name that speak for it. alone: it needs no hint."""

    name: str
    hints: frozenset[str]
    alone: bool
    words: dict[str, tuple[str, ...]]

    def known(self, values: Sequence[str]) -> int:
        """How many of the values are codes of the system."""
        return sum(_key(value) in self.words for value in values)

    def of(self, value: str) -> tuple[str, ...]:
        """What a value stands for; empty where it is no code of the system."""
        return self.words.get(_key(value), ())

    def fits(self, name: Sequence[str], values: Sequence[str]) -> bool:
        """Whether these values of a column of this name are codes of the system. A column whose name says so may hold
        codes of other systems too (states of several countries)."""
        if not values:
            return False
        known = self.known(values)
        if not self.hints.isdisjoint(name):
            return known >= 0.7 * len(values) or (known >= _SEVERAL and known >= 0.25 * len(values))
        return self.alone and len(values) >= 5 and known == len(values)


def _key(value: str) -> str:
    return value.strip().casefold()


@cache
def systems() -> tuple[CodeSystem, ...]:
    """The code systems that ship with the mapper, in the order of the file."""
    text = (resources.files("services.mapper.lexicon") / "codes.yaml").read_text("utf-8")
    loaded = yaml.load(text, Loader=yaml.CBaseLoader)  # noqa: S506  # BaseLoader makes strings only
    return tuple(
        CodeSystem(
            name=name,
            hints=frozenset(fold(entry["hint"]).split()),
            alone=entry.get("alone") == "yes",
            words=_words(entry["codes"], named=entry.get("names") == "yes"),
        )
        for name, entry in loaded.items()
    )


def _words(codes: dict[str, str], *, named: bool) -> dict[str, tuple[str, ...]]:
    """The words of each code. named: codes of one thing stand on one line, by blanks; and the lexicon knows the thing by
    further names."""
    found: dict[str, tuple[str, ...]] = {}
    for listed, texts in codes.items():
        words = [text.strip() for text in texts.split(",")]
        if named:
            words += [
                word.text
                for text in list(words)
                for concept, _ in lexicon().senses(fold(text))
                if concept.proper
                for word in concept.words
                if not word.text.isupper()
            ]
        for code in listed.split() if named else (listed,):
            found[_key(code)] = tuple(dict.fromkeys(words))
    return found


def system_of(name: Sequence[str], values: Sequence[str]) -> CodeSystem | None:
    """The code system of a column; None where its values are words of their own."""
    if any(len(value) > _LONGEST for value in values):
        return None
    fitting = [system for system in systems() if system.fits(name, values)]
    if not fitting:
        return None
    # Brazilian and American states share codes: the system that knows more of the values is meant, and of the others
    # only what it does not know.
    fitting.sort(key=lambda system: -system.known(values))
    words: dict[str, tuple[str, ...]] = {}
    for system in reversed(fitting):
        words.update(system.words)
    return replace(fitting[0], words=words)
