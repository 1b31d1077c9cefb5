"""Groups: rows that people call by one name ("Aurora" and all its stores), wherever a dataset can express it."""

from maestro.plan.v1 import plan_pb2 as plan
from maestro.semantics.v1 import semantics_pb2 as semantics
from services.mapper.nearest import hint
from services.mapper.ossie.concepts import Concept, known_keys
from services.mapper.ossie.conditions import any_of
from services.mapper.ossie.extensions import listed
from services.mapper.ossie.metrics import condition_of, names_of
from services.mapper.ossie.scope import InvalidError
from services.mapper.ossie.spots import Spot
from services.mapper.ossie.words import model_terms
from services.mapper.ossie.work import Refining

_KEYS = ("name", "concept", "synonyms", "any_of", "filters")


def read_groups(told: Spot | None, concepts: dict[str, Concept], work: Refining) -> None:
    """Reads groups into the model's entities."""
    for item in listed(told):
        name = item.get("name")
        if name is None:
            work.problems.error(item, "a group needs a name")
            continue
        known_keys(item, _KEYS, work)
        if any(entity.name == name.text for entity in work.model.entities):
            work.problems.error(item, f"there is a group {name.text!r} already")
            continue
        concept = item.get("concept")
        if concept is not None and concept.text not in concepts:
            work.problems.error(concept, f"there is no concept {concept.text!r}{hint(concept.text, concepts)}")
            continue
        words = item.get("synonyms")
        made = semantics.Entity(name=name.text, kind=concept.text if concept else "")
        made.terms.extend(model_terms(name.text, words.texts() if words else []))
        conditions = _signs(item, concepts, work)
        conditions.update(_filters(item, work))
        if not conditions:
            work.problems.error(item, "it says nothing that any dataset can express")
            continue
        made.filters.extend(
            semantics.EntityFilter(dataset=dataset, predicate=predicate) for dataset, predicate in conditions.items()
        )
        work.model.entities.append(made)


def _signs(item: Spot, concepts: dict[str, Concept], work: Refining) -> dict[str, plan.Predicate]:
    """For each dataset the condition that its own fields allow. Numbers (the root of a tax id) are exact: where a
    dataset has a field for them, names are not looked at, and an index can serve."""
    exact: dict[str, list[plan.Predicate]] = {}
    named: dict[str, list[plan.Predicate]] = {}
    told = item.get("any_of")
    for key, spot in (told.entries() if told else {}).items():
        concept = concepts.get(key)
        if concept is None:
            work.problems.error(spot, f"there is no concept {key!r}{hint(key, concepts)}")
            continue
        for dataset in dict.fromkeys(owner.name for owner, _ in concept.fields):
            field = concept.of(dataset)
            if field is None or not field.column:
                continue
            for text in spot.texts():
                place = exact if text[0].isdigit() else named
                place.setdefault(dataset, []).append(_pattern(field.column, text))
    return {dataset: parts[0] if len(parts) == 1 else any_of(*parts) for dataset, parts in {**named, **exact}.items()}


def _pattern(column: str, text: str) -> plan.Predicate:
    """Numbers are beginnings; names are whole words anywhere."""
    number = text[0].isdigit()
    return plan.Predicate(
        pattern=plan.Pattern(
            operand=plan.Expression(column=plan.ColumnRef(column=column)),
            kind=plan.PATTERN_KIND_PREFIX if number else plan.PATTERN_KIND_WORDS,
            text=text,
            fold=not number,
        )
    )


def _filters(item: Spot, work: Refining) -> dict[str, plan.Predicate]:
    """Conditions that the group states in full, by dataset."""
    made: dict[str, plan.Predicate] = {}
    told = item.get("filters")
    for name, text in (told.entries() if told else {}).items():
        dataset = work.dataset(name)
        if dataset is None:
            work.problems.error(text, f"there is no dataset {name!r}{hint(name, work.by_name)}")
            continue
        try:
            made[dataset.name] = condition_of(text.text, names_of(dataset, work), work)
        except InvalidError as error:
            work.problems.error(text, str(error))
    return made
