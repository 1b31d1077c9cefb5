"""Relationships of the model or the catalog as join conditions."""

from maestro.catalog.v1 import catalog_pb2
from maestro.plan.v1 import plan_pb2
from services.loader.algebra import Compare, Listed, Predicate, TableSource
from services.loader.resolve.names import Names, Relation
from services.loader.rewrite import conjunction
from services.loader.shortage import plan_invalid, term_unresolved


def condition(names: Names, there: Relation, joined: Relation, proto: plan_pb2.Join, path: str) -> Predicate:
    """The condition under which rows of the two relations belong together."""
    found = find(names, proto.relationship, path)
    refers = _joined_refers(found, there, joined, proto.side, path)
    referring, referred = (joined, there) if refers else (there, joined)
    if not found.from_columns or len(found.from_columns) != len(found.to_columns):
        raise plan_invalid(path, f"the relationship {found.name!r} pairs no columns")
    pairs = [
        (names.column(referring, a, path), names.column(referred, b, path))
        for a, b in zip(found.from_columns, found.to_columns, strict=True)
    ]
    if found.list_valued:
        items, value = pairs[0]
        return Listed(items, value)
    return conjunction(*(Compare("EQUAL", a, b) for a, b in pairs))


def find(names: Names, name: str, path: str) -> catalog_pb2.Relationship:
    """The relationship of that name: the model's, else the catalog's."""
    found = names.meaning.relationships.get(name) or names.knowledge.relationships.get(name)
    if found is None:
        known = [*names.meaning.relationships, *names.knowledge.relationships]
        raise term_unresolved(f"{path}.relationship", "relationship", name, known)
    return found


def _joined_refers(found: catalog_pb2.Relationship, there: Relation, joined: Relation, side: int, path: str) -> bool:
    """Whether the joined relation is the referring end."""
    joined_from = _is(joined, found.from_schema, found.from_table)
    joined_to = _is(joined, found.to_schema, found.to_table)
    fits_referring = joined_from and _is(there, found.to_schema, found.to_table)
    fits_referred = joined_to and _is(there, found.from_schema, found.from_table)
    if side == plan_pb2.JOIN_SIDE_REFERRING and fits_referring:
        return True
    if side == plan_pb2.JOIN_SIDE_REFERRED and fits_referred:
        return False
    if side == plan_pb2.JOIN_SIDE_UNSPECIFIED and fits_referring != fits_referred:
        return fits_referring
    if fits_referring and fits_referred:
        raise plan_invalid(f"{path}.side", f"{found.name!r} joins a table to itself: say which end is joined")
    raise plan_invalid(
        f"{path}.relationship",
        f"{found.name!r} joins {found.from_table!r} and {found.to_table!r}, not {joined.alias!r} and {there.alias!r}",
    )


def _is(relation: Relation, schema: str, table: str) -> bool:
    source = relation.source
    if not isinstance(source, TableSource) or source.name != table:
        return False
    return not schema or not source.schema or schema == source.schema
