"""A question and its follow-up, which has no subject of its own: memorizer → processor."""

import unicodedata
from collections import Counter
from collections.abc import Iterator

from maestro.semantics.v1 import semantics_pb2
from maestro.validator.v1 import validator_pb2
from services.validator.probes.connections import MEMORIZER_PROCESSOR
from services.validator.probes.material import Material, label

S = semantics_pb2
_MOST = 3
_FIRST = {"pt": "Quantos {thing} com {field} {value}?", "en": "How many {thing} have {field} {value}?"}
_THEN = {"pt": "E {value}?", "en": "What about {value}?"}


def talk_probes(material: Material) -> list[validator_pb2.Probe]:
    """At most three, over different datasets: counted by one value of a field, then "and by the other?"."""
    probes = []
    for dataset, field, values in _choices(material):
        words = {
            "thing": label(list(dataset.terms), material.language) or dataset.name,
            "field": label(list(field.terms), material.language) or field.name,
        }
        probes.append(
            validator_pb2.Probe(
                connection=MEMORIZER_PROCESSOR,
                prelude=[_FIRST[material.language].format(value=values[0], **words)],
                question=_THEN[material.language].format(value=values[1]),
                ablations=["recall"],
                expectation="subject",
            )
        )
        if len(probes) == _MOST:
            break
    return probes


def _choices(
    material: Material,
) -> Iterator[tuple[semantics_pb2.Dataset, semantics_pb2.Field, list[str]]]:
    """One field of each dataset, with two of its values that no other field of the model has where there are such:
    else the analyzer would rightly ask which field is meant."""
    datasets = [dataset for dataset, _ in material.datasets()]
    places = Counter(_fold(value.value) for dataset in datasets for field in dataset.fields for value in field.values)
    shared: list[tuple[semantics_pb2.Dataset, semantics_pb2.Field, list[str]]] = []
    for dataset in datasets:
        found = [each for each in dataset.fields if each.role == S.FIELD_ROLE_DIMENSION and each.values]
        fits = [(field, _sayable(field)) for field in found]
        own = [
            (field, only)
            for field, values in fits
            if len(only := [value for value in values if places[_fold(value)] == 1]) >= 2
        ]
        if own:
            yield dataset, *own[0]
        else:
            shared += [(dataset, field, values) for field, values in fits if len(values) >= 2][:1]
    yield from shared


def _sayable(field: semantics_pb2.Field) -> list[str]:
    """Values that can stand in a question as they are, the most frequent first."""
    ordered = sorted(field.values, key=lambda each: -each.frequency)
    return [
        each.value
        for each in ordered
        if 2 <= len(each.value) <= 30
        and all(part.isalnum() for part in each.value.split())
        and any(character.isalpha() for character in each.value)
    ]


def _fold(text: str) -> str:
    plain = unicodedata.normalize("NFKD", text.lower())
    return "".join(each for each in plain if not unicodedata.combining(each)).strip()
