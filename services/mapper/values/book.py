"""The value dictionary of a source: which stored values, value synonyms and entities there are, and where."""

from array import array
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

from maestro.semantics.v1 import semantics_pb2 as semantics
from services.mapper.values.index import TextIndex

_FEW, _KINDS = 10, 500
"""Values so few that each is a kind of row; so many that none is."""
Column = tuple[str, str]
"""(dataset, field)"""


@dataclass(frozen=True, slots=True)
class Target:
    """What a text leads to. column: its number; value: as stored; method: "dictionary", "synonym" or "entity"; weight:
    how surely the text means it. Entities have no column (-1)."""

    column: int
    value: str
    method: str
    weight: float = 1.0


@dataclass(slots=True)
class Contents:
    """What a dictionary is built from. values: the values of each column; synonyms: text → what it stands for;
    naming: columns whose values are names of single rows rather than kinds of them."""

    values: dict[Column, list[str]] = field(default_factory=dict)
    synonyms: dict[str, list[tuple[Column, str, float]]] = field(default_factory=dict)
    entities: dict[str, list[tuple[str, float]]] = field(default_factory=dict)
    entity_datasets: dict[str, frozenset[str]] = field(default_factory=dict)
    naming: frozenset[Column] = frozenset()


class ValueBook:
    """A dictionary, built once."""

    def __init__(self, contents: Contents) -> None:
        self.columns: list[Column] = list(contents.values)
        numbers = {column: number for number, column in enumerate(self.columns)}
        for listed in contents.synonyms.values():
            for column, _, _ in listed:
                if column not in numbers:
                    numbers[column] = len(self.columns)
                    self.columns.append(column)
        self.entity_datasets = contents.entity_datasets
        self.naming = frozenset(numbers[column] for column in contents.naming if column in numbers)
        where: dict[str, array[int]] = {}
        for column, values in contents.values.items():
            for value in values:
                where.setdefault(value, array("H")).append(numbers[column])
        self._extra: dict[int, tuple[Target, ...]] = {}
        extra: dict[str, list[Target]] = {}
        for text, listed in contents.synonyms.items():
            extra.setdefault(text, []).extend(
                Target(numbers[column], value, "synonym", w) for column, value, w in listed
            )
        for text, entities in contents.entities.items():
            extra.setdefault(text, []).extend(Target(-1, name, "entity", weight) for name, weight in entities)
        self.index = TextIndex([*where, *(text for text in extra if text not in where)])
        self._starts = array("I", [0])
        self._items = array("H")
        for number, text in enumerate(self.index.texts):
            self._items.extend(where.pop(text, ()))
            self._starts.append(len(self._items))
            if text in extra:
                self._extra[number] = tuple(extra[text])

    def __len__(self) -> int:
        """How many (column, value) pairs it holds."""
        return len(self._items)

    def targets(self, text: int) -> list[Target]:
        """What a text of the index leads to, by its number."""
        stored = self.index.texts[text]
        found = [
            Target(column, stored, "dictionary") for column in self._items[self._starts[text] : self._starts[text + 1]]
        ]
        return [*self._extra.get(text, ()), *found]


def told(model: semantics.SemanticModel) -> Contents:
    """What a model itself says: the values and synonyms that it holds, and its entities."""
    naming = {
        (dataset.name, each.name) for dataset in model.datasets for each in dataset.fields if _names(dataset, each)
    }
    contents = Contents(naming=frozenset(naming))
    for dataset in model.datasets:
        for each in dataset.fields:
            column = (dataset.name, each.name)
            if each.values:
                contents.values[column] = [value.value for value in each.values]
            for value in each.values:
                for term in value.terms:
                    contents.synonyms.setdefault(term.text, []).append((column, value.value, term.weight))
    for entity in model.entities:
        for term in (semantics.Term(text=entity.name, weight=1.0), *entity.terms):
            named = contents.entities.setdefault(term.text, [])
            if all(name != entity.name for name, _ in named):
                named.append((entity.name, term.weight))
        contents.entity_datasets[entity.name] = frozenset(each.dataset for each in entity.filters)
    return contents


def with_values(contents: Contents, read: Mapping[Column, Iterable[str]]) -> Contents:
    """Contents with columns whose values were read from the database, which replace the samples of the catalog."""
    values = {**contents.values, **{column: list(listed) for column, listed in read.items()}}
    return replace(contents, values=values)


def _names(dataset: semantics.Dataset, field: semantics.Field) -> bool:
    """Whether a column's values are names of single rows: hardly any of them twice, or very many."""
    rows = dataset.row_estimate
    return field.unique or field.distinct > _KINDS or (field.distinct > _FEW and rows > 0 and field.distinct > rows / 2)
