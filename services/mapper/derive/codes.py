"""Codes: "SP" is São Paulo, "M" in a column of genders is male, "Y" is yes."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from importlib import resources

import yaml

from services.mapper.fold import fold

_LONGEST = 16
"""Characters of the longest code; longer values are words."""


@dataclass(frozen=True, slots=True)
class CodeSystem:
    """A closed list of codes. hints: folded words of a column's name that speak for it. alone: it needs no hint."""

    name: str
    hints: frozenset[str]
    alone: bool
    words: dict[str, tuple[str, ...]]

    def fits(self, name: Sequence[str], values: Sequence[str]) -> bool:
        """Whether these values of a column of this name are codes of the system."""
        if not values:
            return False
        known = sum(value.strip() in self.words for value in values)
        if not self.hints.isdisjoint(name):
            return known >= 0.7 * len(values)
        return self.alone and len(values) >= 5 and known == len(values)


@cache
def systems() -> tuple[CodeSystem, ...]:
    """The code systems that ship with the mapper, in the order of the file: the first that fits is taken."""
    text = (resources.files("services.mapper.lexicon") / "codes.yaml").read_text("utf-8")
    loaded = yaml.load(text, Loader=yaml.CBaseLoader)  # noqa: S506  # BaseLoader makes strings only
    return tuple(
        CodeSystem(
            name=name,
            hints=frozenset(fold(entry["hint"]).split()),
            alone=entry.get("alone") == "yes",
            words={code: tuple(word.strip() for word in words.split(",")) for code, words in entry["codes"].items()},
        )
        for name, entry in loaded.items()
    )


def system_of(name: Sequence[str], values: Sequence[str]) -> CodeSystem | None:
    """The code system of a column; None where its values are words of their own."""
    if any(len(value) > _LONGEST for value in values):
        return None
    fitting = [system for system in systems() if system.fits(name, values)]
    # Brazilian and American states share codes: the system that knows more of the values is meant.
    return max(fitting, key=lambda system: sum(value.strip() in system.words for value in values), default=None)
