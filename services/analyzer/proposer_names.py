"""Names of a language model's answer: which datasets and fields they mean, however the model spells them."""

import re
from collections.abc import Iterable, Sequence

from rapidfuzz import fuzz

from services.analyzer.proposer_json import Rejected
from services.analyzer.reading import Ref
from services.analyzer.vocabulary import Vocabulary

_LETTERS = re.compile(r"[\W_]+")
_NAME = re.compile(r"[\w\s\"`\[\].-]+")
_NEAR, _APART = 84.0, 6.0
"""How alike a name is that is written otherwise, of 100, and how much less alike the next one must be."""
_SHORTEST = 4
"""Letters of names that are guessed."""


class Names:
    """The datasets that a plan may name, and their fields."""

    def __init__(self, vocabulary: Vocabulary, datasets: Iterable[str]) -> None:
        self.vocabulary = vocabulary
        self._datasets: dict[str, str] = {}
        self._whole: dict[str, Ref] = {}
        self._letters: dict[str, list[Ref]] = {}
        """Letters and digits of dataset and field → where they occur."""
        self._short: dict[str, list[Ref]] = {}
        for name in datasets:
            self._datasets[name.casefold()] = name
            for field in vocabulary.datasets[name].fields:
                ref = Ref(name, field.name)
                self._whole[f"{name}.{field.name}".casefold()] = ref
                self._letters.setdefault(_letters(f"{name}{field.name}"), []).append(ref)
                self._short.setdefault(_letters(field.name), []).append(ref)

    def dataset(self, text: str) -> str:
        """A dataset by its name. Raises Rejected."""
        name = text.strip('"`[] ').casefold()
        if name in self._datasets:
            return self._datasets[name]
        letters = {_letters(each): held for each, held in self._datasets.items()}
        near = letters.get(_letters(name)) or letters.get(_nearest(_letters(name), letters))
        if near is None:
            raise Rejected(f"no table {text[:80]!r}")
        return near

    def is_field(self, text: str) -> bool:
        """Whether a text is the whole name of a field, its dataset included."""
        return text.strip().strip('"`[]').casefold() in self._whole

    def field(self, text: str, tables: Sequence[str]) -> Ref:
        """A field by its name, quoted, cut or written otherwise, but of one field only. tables: where names without a table
        are sought. Raises Rejected."""
        name = text.strip().strip('"`[]')
        if name.casefold() in self._whole:
            return self._whole[name.casefold()]
        found: Sequence[Ref] = self._letters.get(_letters(name), ())
        found = found or self._within(name, tables) or self._elsewhere(name, tables)
        if not found:
            raise Rejected(f"no column {text[:80]!r}")
        if not self._one(found):
            raise Rejected(f"{text[:80]!r} is a column of several tables")
        return found[0]

    def _within(self, name: str, tables: Sequence[str]) -> Sequence[Ref]:
        """Fields of that name alone, those of the plan's tables before others."""
        found = self._short.get(_letters(name), ())
        return [ref for table in tables for ref in found if ref.dataset == table] or found

    def _elsewhere(self, name: str, tables: Sequence[str]) -> Sequence[Ref]:
        """Where a column was put into a table that has none such, or was written otherwise."""
        table, dot, column = name.rpartition(".")
        if not dot:
            return self._alike(name, tables)
        if not _NAME.fullmatch(table):
            return ()
        held = self._datasets.get(table.strip('"`[] ').casefold())
        if held is not None and (found := self._alike(column, [held])):
            return found
        return [ref for ref in self._within(column, tables) if ref.dataset in tables] or self._within(column, ())

    def _alike(self, column: str, tables: Sequence[str]) -> Sequence[Ref]:
        """The field of some datasets whose name is nearest, where one is near and no other."""
        held = {letters: refs for letters, refs in self._short.items() if any(ref.dataset in tables for ref in refs)}
        nearest = _nearest(_letters(column), held)
        return [ref for ref in held.get(nearest, ()) if ref.dataset in tables]

    def _one(self, refs: Sequence[Ref]) -> bool:
        """Whether fields are one, or hold the same because a key leads from one to the other."""
        return all(ref == refs[0] or self._keyed(refs[0], ref) for ref in refs)

    def _keyed(self, one: Ref, other: Ref) -> bool:
        ends = {(ref.dataset, self.vocabulary.fields[ref.dataset, ref.field].column) for ref in (one, other)}
        return any(
            {(entry.from_dataset, mine), (entry.to_dataset, theirs)} == ends
            for entry in self.vocabulary.model.relationships
            for mine, theirs in zip(entry.relationship.from_columns, entry.relationship.to_columns, strict=False)
        )


def _letters(name: str) -> str:
    return _LETTERS.sub("", name.casefold())


def _nearest(name: str, among: Iterable[str]) -> str:
    """The name that is near, where one is and no other; empty: none."""
    if len(name) < _SHORTEST:
        return ""
    ranked = sorted(((fuzz.ratio(name, each), each) for each in among), reverse=True)[:2]
    if not ranked or ranked[0][0] < _NEAR:
        return ""
    return "" if len(ranked) > 1 and ranked[0][0] - ranked[1][0] < _APART else ranked[0][1]
