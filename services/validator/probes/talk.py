"""A question and its follow-up, which has no subject of its own: memorizer → processor."""

import unicodedata
from collections import Counter
from collections.abc import Iterator
from itertools import islice

from maestro.semantics.v1 import semantics_pb2
from maestro.validator.v1 import validator_pb2
from services.validator.probes.connections import MEMORIZER_PROCESSOR
from services.validator.probes.material import Material, known_days, label

S = semantics_pb2
Talk = tuple[str, str]
_YEAR = {
    "pt": ("Quantos {thing} em {one}?", "E em {other}?"),
    "en": ("How many {thing} in {one}?", "And in {other}?"),
}
_VALUE = {
    "pt": ("Quantos {thing} com {field} {one}?", "E {other}?"),
    "en": ("How many {thing} have {field} {one}?", "What about {other}?"),
}
_COUNT = {"pt": ("Mostre {thing}", "Quantos são?"), "en": ("Show {thing}", "How many are there?")}


def talk_probes(material: Material) -> list[validator_pb2.Probe]:
    """At most six: follow-ups that name another year, another value, or nothing at all but "how many"."""
    talks = [*islice(_years(material), 2), *islice(_values(material), 2), *islice(_counts(material), 2)]
    return [
        validator_pb2.Probe(
            connection=MEMORIZER_PROCESSOR,
            prelude=[first],
            question=then,
            ablations=["recall"],
            expectation="subject",
        )
        for first, then in talks
    ]


def _thing(material: Material, dataset: semantics_pb2.Dataset) -> str:
    return label(list(dataset.terms), material.language) or dataset.name


def _years(material: Material) -> Iterator[Talk]:
    """Datasets whose own date lies in two years at least."""
    for dataset, table in material.datasets():
        field = next((each for each in dataset.fields if each.name == dataset.default_time_field), None)
        found = next((each for each in table.columns if field is not None and each.name == field.column), None)
        years = sorted({day.year for day in known_days(found)}) if found is not None else []
        if len(years) > 1:
            first, then = _YEAR[material.language]
            words = {"thing": _thing(material, dataset), "one": years[-2], "other": years[-1]}
            yield first.format(**words), then.format(**words)


def _values(material: Material) -> Iterator[Talk]:
    for dataset, field, values in _choices(material):
        first, then = _VALUE[material.language]
        words = {
            "thing": _thing(material, dataset),
            "field": label(list(field.terms), material.language) or field.name,
            "one": values[0],
            "other": values[1],
        }
        yield first.format(**words), then.format(**words)


def _counts(material: Material) -> Iterator[Talk]:
    first, then = _COUNT[material.language]
    for dataset, _ in material.datasets():
        yield first.format(thing=_thing(material, dataset)), then


def _choices(
    material: Material,
) -> Iterator[tuple[semantics_pb2.Dataset, semantics_pb2.Field, list[str]]]:
    """One field of each dataset with two of its values. Values that several fields have come first: alone they could
    mean any of these, so that the follow-up needs its subject."""
    datasets = [dataset for dataset, _ in material.datasets()]
    places = Counter(_fold(value.value) for dataset in datasets for field in dataset.fields for value in field.values)
    single: list[tuple[semantics_pb2.Dataset, semantics_pb2.Field, list[str]]] = []
    for dataset in datasets:
        found = [each for each in dataset.fields if each.role == S.FIELD_ROLE_DIMENSION and each.values]
        fits = [(field, _sayable(field)) for field in found]
        shared = [
            (field, many)
            for field, values in fits
            if len(many := [value for value in values if places[_fold(value)] > 1]) >= 2
        ]
        if shared:
            yield dataset, *shared[0]
        else:
            single += [(dataset, field, values) for field, values in fits if len(values) >= 2][:1]
    yield from single


def _sayable(field: semantics_pb2.Field) -> list[str]:
    """Values that can stand in a question as they are, the most frequent first."""
    ordered = sorted(field.values, key=lambda each: -each.frequency)
    return [
        each.value
        for each in ordered
        if 2 <= len(each.value) <= 20
        and all(part.isalnum() for part in each.value.split())
        and any(character.isalpha() for character in each.value)
    ]


def _fold(text: str) -> str:
    plain = unicodedata.normalize("NFKD", text.lower())
    return "".join(each for each in plain if not unicodedata.combining(each)).strip()
