"""Checks that everything a plan names exists, in the slices of catalog and model that came with it."""

from collections.abc import Iterable, Iterator
from difflib import get_close_matches

from maestro.plan.v1 import plan_pb2
from services.validator.facts import Facts
from services.validator.issues import Issue, error
from services.validator.visit import Part, Seen, Source


def check_names(seen: Seen, facts: Facts) -> Iterator[Issue]:
    """Tables and columns against the catalog, terms against the model; a slice that is empty judges
    nothing."""
    if facts.catalog.version:
        for source in seen.sources:
            if source.table is not None and facts.table(source) is None:
                yield _table(source, facts)
        for part in seen.expressions:
            if part.node.WhichOneof("kind") == "column":
                yield from _column(part, facts)
    if facts.semantics.version:
        for part in seen.expressions:
            yield from _term(part, facts)
        for part in seen.predicates:
            yield from _filter(part, facts)


def nearest(name: str, known: Iterable[str]) -> str:
    """The known name that is spelled most like this one, or empty."""
    by_lower = {each.lower(): each for each in known}
    close = get_close_matches(name.lower(), by_lower, n=1, cutoff=0.6)
    return by_lower[close[0]] if close else ""


def _hint(found: str) -> str:
    return f'; the nearest is "{found}"' if found else ""


def _table(source: Source, facts: Facts) -> Issue:
    name = source.table.name if source.table is not None else ""
    close = nearest(name, facts.tables())
    message = f'The catalog has no table "{name}"{_hint(close)}.'
    return error("TABLE_UNKNOWN", source.path, message, table=name, nearest=close)


def _column(part: Part, facts: Facts) -> Iterator[Issue]:
    ref: plan_pb2.ColumnRef = part.node.column
    source = part.scope.find(ref.alias)
    table = facts.table(source)
    if table is None or ref.column.lower() in facts.columns(table):
        return
    close = nearest(ref.column, (column.name for column in table.columns))
    message = f'Table {table.name} has no column "{ref.column}"{_hint(close)}.'
    yield error("COLUMN_UNKNOWN", part.path, message, table=table.name, column=ref.column, nearest=close)


def _term(part: Part, facts: Facts) -> Iterator[Issue]:
    expression: plan_pb2.Expression = part.node
    kind = expression.WhichOneof("kind")
    if kind == "metric" and facts.metric(expression.metric.metric) is None:
        yield _unresolved(part, expression.metric.metric, (each.name for each in facts.semantics.metrics))
    elif kind == "field":
        yield from _field(part, expression.field.alias, expression.field.field, facts)


def _filter(part: Part, facts: Facts) -> Iterator[Issue]:
    predicate: plan_pb2.Predicate = part.node
    kind = predicate.WhichOneof("kind")
    if kind == "named_filter":
        yield from _field(part, predicate.named_filter.alias, predicate.named_filter.name, facts)
    elif kind == "entity":
        entities = {entity.name: entity for entity in facts.semantics.entities}
        dataset = facts.dataset(part.scope.find(predicate.entity.alias))
        found = entities.get(predicate.entity.name)
        if found is None or (dataset is not None and all(each.dataset != dataset.name for each in found.filters)):
            yield _unresolved(part, predicate.entity.name, entities)


def _field(part: Part, alias: str, name: str, facts: Facts) -> Iterator[Issue]:
    source = part.scope.find(alias)
    if source is None or source.table is None or facts.field(source, name) is not None:
        return
    dataset = facts.dataset(source)
    yield _unresolved(part, name, (each.name for each in dataset.fields) if dataset is not None else ())


def _unresolved(part: Part, term: str, known: Iterable[str]) -> Issue:
    close = nearest(term, known)
    message = f'The model has nothing called "{term}" here{_hint(close)}.'
    return error("TERM_UNRESOLVED", part.path, message, term=term, nearest=close)
