"""Relationships with the words for the role that the referred end plays: "origem", "destino", "manager"."""

from collections.abc import Iterable, Mapping

from maestro.catalog.v1 import catalog_pb2 as catalog
from maestro.semantics.v1 import semantics_pb2 as semantics
from services.mapper.derive.names import Name
from services.mapper.derive.terms import Speaker
from services.mapper.lexicon import judging

TableKey = tuple[str, str]
_NO_ROLE = judging.words("no_role")


def relationships_of(
    found: Iterable[catalog.Relationship],
    datasets: Mapping[TableKey, str],
    tables: Mapping[TableKey, Name],
    columns: Mapping[TableKey, Mapping[str, Name]],
    speaker: Speaker,
) -> list[semantics.ModelRelationship]:
    """The catalog's relationships between known tables. datasets: (schema, table) → name of its dataset."""
    made = []
    for relationship in found:
        start = (relationship.from_schema, relationship.from_table)
        end = (relationship.to_schema, relationship.to_table)
        if start not in datasets or end not in datasets:
            continue
        entry = semantics.ModelRelationship(
            relationship=relationship, from_dataset=datasets[start], to_dataset=datasets[end]
        )
        names = [columns[start][column] for column in relationship.from_columns if column in columns[start]]
        if relationship.confidence < 0.8 or not relationship.to_unique:
            made.append(entry)
            continue
        entry.terms.extend(_role(names, tables[end], columns[end], relationship, speaker))
        made.append(entry)
    return made


def _role(
    names: list[Name],
    target: Name,
    target_columns: Mapping[str, Name],
    relationship: catalog.Relationship,
    speaker: Speaker,
) -> list[semantics.Term]:
    """What the key's name says beyond the name of the table and of the key that it refers to."""
    if len(names) != 1:
        return []
    referred = {
        word for column in relationship.to_columns if column in target_columns for word in target_columns[column].folded
    }
    known = {*target.folded, *referred, *_NO_ROLE}
    singular = speaker.singular
    rest = tuple(word for word in names[0].folded if word not in known and singular(word) not in known)
    return speaker.role(rest) if rest else []
