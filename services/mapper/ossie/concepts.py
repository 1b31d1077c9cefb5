"""Concepts: what several datasets hold under different names, with its words and the words for its values."""

from dataclasses import dataclass, field

from maestro.semantics.v1 import semantics_pb2 as semantics
from services.mapper.nearest import hint
from services.mapper.ossie.extensions import listed
from services.mapper.ossie.fields import add_values
from services.mapper.ossie.spots import Spot
from services.mapper.ossie.words import add_term
from services.mapper.ossie.work import Refining

_KEYS = ("name", "synonyms", "fields", "values", "description")


@dataclass(slots=True)
class Concept:
    """A concept. fields: (dataset, field) pairs that hold it, in the order of the files."""

    name: str
    fields: list[tuple[semantics.Dataset, semantics.Field]] = field(default_factory=list)

    def of(self, dataset: str) -> semantics.Field | None:
        """The first field of a dataset that holds it."""
        return next((each for owner, each in self.fields if owner.name == dataset), None)


def read_concepts(told: Spot | None, concepts: dict[str, Concept], work: Refining) -> None:
    """Reads concepts; a second one of the same name adds to the first."""
    for item in listed(told):
        name = item.get("name")
        if name is None:
            work.problems.error(item, "a concept needs a name")
            continue
        known_keys(item, _KEYS, work)
        concept = concepts.setdefault(name.text, Concept(name.text))
        for reference in listed(item.get("fields")):
            found = field_at(reference, work)
            if found is not None and all(
                each.name != found[1].name or owner.name != found[0].name for owner, each in concept.fields
            ):
                concept.fields.append(found)
        words = item.get("synonyms")
        for _, each in concept.fields:
            each.concept = each.concept or name.text
            for word in words.texts() if words else []:
                add_term(each.terms, word, 0.95)
            values = item.get("values")
            if values:
                add_values(each, values, work.problems, check=False)


def gather_fields(concepts: dict[str, Concept], work: Refining) -> None:
    """Adds the fields that name their concept themselves."""
    for dataset in work.model.datasets:
        for each in dataset.fields:
            if not each.concept:
                continue
            concept = concepts.setdefault(each.concept, Concept(each.concept))
            if all((owner.name, other.name) != (dataset.name, each.name) for owner, other in concept.fields):
                concept.fields.append((dataset, each))


def field_at(told: Spot, work: Refining, text: str = "") -> tuple[semantics.Dataset, semantics.Field] | None:
    """The field that "dataset.field" names; None where there is none, which is reported."""
    text = text or told.text
    dataset_name, _, field_name = text.rpartition(".")
    dataset = work.dataset(dataset_name)
    if dataset is None:
        work.problems.error(told, f"there is no dataset {dataset_name!r}{hint(dataset_name, work.by_name)}")
        return None
    found = work.field(dataset, told, field_name)
    return (dataset, found) if found is not None else None


def known_keys(item: Spot, known: tuple[str, ...], work: Refining) -> None:
    """Reports the keys of a mapping that mean nothing."""
    for key, spot in item.entries().items():
        if key not in known:
            work.problems.warning(spot, f"{key!r} is not known here; it may have {', '.join(known)}")
