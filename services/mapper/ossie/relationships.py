"""Relationships of model files: joins that no foreign key declares."""

from maestro.catalog.v1 import catalog_pb2 as catalog
from maestro.semantics.v1 import semantics_pb2 as semantics
from services.mapper.ossie.extensions import extension, truth
from services.mapper.ossie.spots import Spot
from services.mapper.ossie.words import model_terms, synonyms
from services.mapper.ossie.work import Refining

_MODEL = catalog.RELATIONSHIP_ORIGIN_MODEL
_MATCHES = ("equal", "list_contains")


def relate(spot: Spot, work: Refining) -> None:
    """Reads one relationship into the model, in place of a derived one over the same columns."""
    name = spot.get("name")
    if name is None:
        work.problems.error(spot, "a relationship needs a name")
        return
    start, end = _end(spot, "from", work), _end(spot, "to", work)
    if start is None or end is None:
        return
    if len(start[1]) != len(end[1]):
        work.problems.error(spot, f"from_columns has {len(start[1])} columns and to_columns {len(end[1])}")
        return
    if any(
        each.relationship.name == name.text and each.relationship.origin == _MODEL for each in work.model.relationships
    ):
        work.problems.error(spot, f"there is a relationship {name.text!r} already")
        return
    entry = semantics.ModelRelationship(from_dataset=start[0].name, to_dataset=end[0].name)
    entry.relationship.CopyFrom(_joined(name.text, start, end, extension(spot, "relationship", work.problems), work))
    words = synonyms(spot, work.problems)
    if words:
        entry.terms.extend(model_terms(words[0], words[1:]))
    _place(entry, work)


_End = tuple[semantics.Dataset, list[str]]


def _end(spot: Spot, end: str, work: Refining) -> _End | None:
    told, columns = spot.get(end), spot.get(f"{end}_columns")
    if told is None or columns is None or not columns.texts():
        work.problems.error(spot, f"it needs {end} and {end}_columns")
        return None
    dataset = work.named_dataset(told)
    if dataset is None:
        return None
    found = [work.column(dataset, item) for item in columns.items()]
    return (dataset, found) if all(found) else None


def _joined(name: str, start: _End, end: _End, extra: Spot, work: Refining) -> catalog.Relationship:
    match = extra.get("match")
    if match is not None and match.text not in _MATCHES:
        work.problems.error(match, f"it must be one of {', '.join(_MATCHES)}, not {match.text!r}")
    to_unique = truth(extra.get("unique_to"), work.problems)
    from_unique = truth(extra.get("unique_from"), work.problems)
    return catalog.Relationship(
        name=name,
        from_schema=start[0].table.schema,
        from_table=start[0].table.name,
        from_columns=start[1],
        to_schema=end[0].table.schema,
        to_table=end[0].table.name,
        to_columns=end[1],
        origin=_MODEL,
        confidence=1.0,
        to_unique=_unique(end, work) if to_unique is None else to_unique,
        from_unique=_unique(start, work) if from_unique is None else from_unique,
        list_valued=match is not None and match.text == "list_contains",
    )


def _unique(end: _End, work: Refining) -> bool:
    """Whether columns hold a key: declared in the database, said in a file, or distinct by statistics."""
    dataset, columns = end
    wanted = set(columns)
    keys: list[tuple[str, ...]] = list(work.keys.get(dataset.name, ()))
    for table in work.catalog.tables:
        if (table.schema, table.name) == (dataset.table.schema, dataset.table.name):
            keys += [tuple(key.columns) for key in table.unique_keys]
            keys.append(tuple(table.primary_key))
    unique = {field.column for field in dataset.fields if field.unique}
    return any(key and set(key) <= wanted for key in keys) or bool(unique & wanted)


def _place(entry: semantics.ModelRelationship, work: Refining) -> None:
    """A relationship over the same columns, in either direction, was derived: the file's takes its place."""
    ours = _signature(entry.relationship)
    kept = []
    for other in work.model.relationships:
        theirs = _signature(other.relationship)
        if theirs in (ours, (ours[1], ours[0])) and other.relationship.origin != _MODEL:
            entry.relationship.evidence.extend(other.relationship.evidence)
            if theirs == ours:
                entry.terms.extend(other.terms)
        else:
            kept.append(other)
    del work.model.relationships[:]
    work.model.relationships.extend([*kept, entry])


def _signature(found: catalog.Relationship) -> tuple[tuple[str, ...], tuple[str, ...]]:
    return (
        (found.from_schema, found.from_table, *found.from_columns),
        (found.to_schema, found.to_table, *found.to_columns),
    )
