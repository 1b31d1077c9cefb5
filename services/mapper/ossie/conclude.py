"""What a dataset says of its fields as a whole: its label, dates, measure and filters."""

from maestro.semantics.v1 import semantics_pb2 as semantics
from services.mapper.ossie.datasets import Described
from services.mapper.ossie.extensions import listed, truth
from services.mapper.ossie.spots import Problems, Spot
from services.mapper.ossie.words import add_term
from services.mapper.ossie.work import Refining

# Key of the extension → field of the message.
_NAMED = {"default_date": "default_time_field", "planned_date": "planned_time_field", "measure": "default_measure"}
_FILTERS = {"current": "current_filter", "problem_filter": "problem_filter"}
_PROBLEM = ("problema", "com problema", "problem", "with a problem")
_MEASURE = ("valor", "value")


def conclude(entry: Described, work: Refining) -> None:
    """Reads what a dataset says of its fields, once all of them are known."""
    dataset = entry.proto
    for extra in entry.extra:
        _labels(dataset, extra, work)
        for key, name in _NAMED.items():
            _name(dataset, extra.get(key), name, work)
        for key, name in _FILTERS.items():
            field = _name(dataset, extra.get(key), name, work)
            if field is not None and not field.HasField("predicate"):
                setattr(dataset, name, "")
                work.problems.error(extra.entries()[key], f"{field.name} is no condition")
        _dates(dataset, extra.get("dates"), work)
        junction = truth(extra.get("junction"), work.problems)
        if junction is not None:
            dataset.junction = junction
        _weight(extra.get("weight"), dataset, work.problems)
        for item in listed(extra.get("hidden")):
            hidden = work.field(dataset, item)
            if hidden is not None:
                del hidden.terms[:]
    _words(dataset)


def _labels(dataset: semantics.Dataset, extra: Spot, work: Refining) -> None:
    labels = [field.name for item in listed(extra.get("label")) if (field := work.field(dataset, item))]
    if labels:
        dataset.label_field = labels[0]
    shown = [field.name for item in listed(extra.get("display")) if (field := work.field(dataset, item))]
    if shown or labels:
        kept = shown or [*labels, *dataset.display_fields]
        del dataset.display_fields[:]
        dataset.display_fields.extend(dict.fromkeys(kept))


def _name(dataset: semantics.Dataset, told: Spot | None, name: str, work: Refining) -> semantics.Field | None:
    field = work.field(dataset, told) if told else None
    if field is not None:
        setattr(dataset, name, field.name)
    return field


def _dates(dataset: semantics.Dataset, told: Spot | None, work: Refining) -> None:
    """Words that choose a date: "entregue" in June asks for another date than "faturada" in June."""
    for word, item in (told.entries() if told else {}).items():
        field = work.field(dataset, item)
        if field is not None:
            add_term(field.terms, word, 0.8)


def _words(dataset: semantics.Dataset) -> None:
    by_name = {field.name: field for field in dataset.fields}
    for name, words in ((dataset.default_measure, _MEASURE), (dataset.problem_filter, _PROBLEM)):
        field = by_name.get(name)
        for word in words if field else ():
            add_term(field.terms, word, 0.9)  # type: ignore[union-attr]  # no words where there is no field


def _weight(told: Spot | None, dataset: semantics.Dataset, problems: Problems) -> None:
    if told is None:
        return
    try:
        weight = float(told.text)
    except ValueError:
        weight = -1.0
    if 0 <= weight <= 1:
        dataset.weight = weight
    else:
        problems.error(told, f"a weight is a number from 0 to 1, not {told.text!r}")
