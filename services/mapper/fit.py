"""Makes a model fit into one message: a schema of thousands of tables must not fail for its size."""

from collections.abc import Callable

from maestro.semantics.v1 import semantics_pb2 as semantics

_DESCRIPTION = 120


def fit(model: semantics.SemanticModel, limit: int) -> int:
    """Leaves out what matters least until a model has at most `limit` bytes; returns how many steps that took.

    Loosely meant words go first, then held values (they can still be looked up), then more of the lexicon and the titles made
    of it, then long descriptions, then all words but the names themselves. What model files say stays throughout.
    """
    steps: tuple[Callable[[semantics.Dataset], None], ...] = (
        lambda dataset: _terms(dataset, 0.5),
        _values,
        lambda dataset: _terms(dataset, 0.7),
        _titles,
        _descriptions,
        lambda dataset: _terms(dataset, 0.8),
        lambda dataset: _terms(dataset, 1.1),
    )
    taken = 0
    for step in steps:
        if model.ByteSize() <= limit:
            break
        for dataset in model.datasets:
            step(dataset)
        taken += 1
    return taken


def _terms(dataset: semantics.Dataset, least: float) -> None:
    things: list[semantics.Dataset | semantics.Field] = [dataset, *dataset.fields]
    for thing in things:
        kept = [term for term in thing.terms if term.origin != semantics.TERM_ORIGIN_LEXICON or term.weight >= least]
        if least > 1:
            kept = [term for term in kept if term.origin == semantics.TERM_ORIGIN_MODEL or term.weight >= 0.9]
        if len(kept) < len(thing.terms):
            del thing.terms[:]
            thing.terms.extend(kept)


def _titles(dataset: semantics.Dataset) -> None:
    things: list[semantics.Dataset | semantics.Field] = [dataset, *dataset.fields]
    for thing in things:
        kept = [term for term in thing.titles if term.origin == semantics.TERM_ORIGIN_MODEL]
        if len(kept) < len(thing.titles):
            del thing.titles[:]
            thing.titles.extend(kept)


def _values(dataset: semantics.Dataset) -> None:
    for field in dataset.fields:
        kept = [value for value in field.values if value.terms]
        if len(kept) < len(field.values):
            del field.values[:]
            field.values.extend(kept)
            field.values_complete = False


def _descriptions(dataset: semantics.Dataset) -> None:
    things: list[semantics.Dataset | semantics.Field] = [dataset, *dataset.fields]
    for thing in things:
        if len(thing.description) > _DESCRIPTION:
            thing.description = thing.description[: _DESCRIPTION - 1] + "…"
