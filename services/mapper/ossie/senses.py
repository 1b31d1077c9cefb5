"""Senses: words that mean something particular here, whatever they mean elsewhere."""

from collections.abc import Iterator
from dataclasses import dataclass

from maestro.semantics.v1 import semantics_pb2 as semantics
from services.mapper.fold import fold
from services.mapper.nearest import hint
from services.mapper.ossie.concepts import Concept, field_at, known_keys
from services.mapper.ossie.extensions import listed
from services.mapper.ossie.fields import value_of
from services.mapper.ossie.spots import Spot
from services.mapper.ossie.words import Terms, add_term, set_weight
from services.mapper.ossie.work import Refining

_KEYS = ("word", "read_as", "prefer", "by", "not_as")
PREFERRED, POSSIBLE, ELSEWHERE = 1.0, 0.7, 0.3


Key = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Meaning:
    """One thing that a word may mean. key: what it is, to tell it from others; terms: its words."""

    key: Key
    terms: Terms
    is_value: bool = False


def read_senses(told: Spot | None, concepts: dict[str, Concept], work: Refining) -> None:
    """Reads senses: the listed meanings get the word, the preferred ones more surely; all others lose it."""
    for item in listed(told):
        word = item.get("word")
        if word is None:
            work.problems.error(item, "a sense needs a word")
            continue
        known_keys(item, _KEYS, work)
        prefer = item.get("prefer")
        meant: set[Key] = set()
        values = False
        for reference in listed(item.get("read_as")):
            weight = PREFERRED if prefer is None or prefer.text == reference.text else POSSIBLE
            for meaning in _meanings(reference, concepts, work):
                meant.add(meaning.key)
                values = values or meaning.is_value
                add_term(meaning.terms, word.text, weight)
                set_weight(meaning.terms, word.text, weight)
        if meant and not values:
            for other in _everything(work.model):
                if other.key not in meant:
                    set_weight(other.terms, word.text, ELSEWHERE, lower_only=True)


def _everything(model: semantics.SemanticModel) -> Iterator[_Meaning]:
    for dataset in model.datasets:
        yield _Meaning((dataset.name,), dataset.terms)
        for field in dataset.fields:
            yield _Meaning((dataset.name, field.name), field.terms)
    for metric in model.metrics:
        yield _Meaning(("", metric.name), metric.terms)


def _meanings(told: Spot, concepts: dict[str, Concept], work: Refining) -> list[_Meaning]:
    """What a reference names: concept, concept:VALUE, dataset, dataset.field, dataset.field:VALUE or metric."""
    name, _, value = told.text.partition(":")
    fields: list[tuple[semantics.Dataset, semantics.Field]] = []
    concept, dataset = concepts.get(name), work.by_name.get(name)
    metric = next((each for each in work.model.metrics if each.name == name), None)
    if concept is not None:
        fields = concept.fields
    elif dataset is not None and not value:
        return [_Meaning((dataset.name,), dataset.terms)]
    elif metric is not None and not value:
        return [_Meaning(("", metric.name), metric.terms)]
    elif "." in name:
        found = field_at(told, work, name)
        fields = [found] if found else []
    else:
        known = [*concepts, *work.by_name, *(each.name for each in work.model.metrics)]
        work.problems.error(told, f"there is no concept, dataset or metric {name!r}{hint(name, known)}")
    if not value:
        return [_Meaning((owner.name, field.name), field.terms) for owner, field in fields]
    return [
        _Meaning((owner.name, field.name, value), value_of(field, _stored(field, value)).terms, is_value=True)
        for owner, field in fields
    ]


def _stored(field: semantics.Field, value: str) -> str:
    """A value as the field spells it, where it is held; as the file spells it otherwise."""
    key = fold(value)
    return next((each.value for each in field.values if fold(each.value) == key), value)
