"""A semantic model as it is held: with its version, and with an index of everything that a plan may name."""

import hashlib
from collections.abc import Iterable
from functools import cached_property

from maestro.catalog.v1 import catalog_pb2 as catalog
from maestro.semantics.v1 import semantics_pb2 as semantics

TableKey = tuple[str, str]


def version_of(model: semantics.SemanticModel) -> str:
    """Content hash of a model, its version field apart: lower-case hex of SHA-256, first 16 digits."""
    bare = semantics.SemanticModel()
    bare.CopyFrom(model)
    bare.version = ""
    return hashlib.sha256(bare.SerializeToString(deterministic=True)).hexdigest()[:16]


def _thin(terms: Iterable[semantics.Term]) -> list[semantics.Term]:
    """The surest term of each language: enough to call a thing by its name."""
    first: dict[str, semantics.Term] = {}
    for term in terms:
        first.setdefault(term.locale, term)
    return list(first.values())


class HeldDataset:
    """A dataset and its fields by name and by column."""

    __slots__ = ("_thin", "bare", "by_column", "fields", "proto")

    def __init__(self, proto: semantics.Dataset) -> None:
        self.proto = proto
        self.fields = {field.name: field for field in proto.fields}
        self.by_column = {field.column: field for field in proto.fields if field.column}
        bare = semantics.Dataset()
        bare.CopyFrom(proto)
        del bare.fields[:]
        del bare.terms[:]
        bare.terms.extend(_thin(proto.terms))
        self.bare = bare
        """The dataset without its fields: what every slice of it begins with."""
        self._thin: dict[str, semantics.Field] = {}

    def thin(self, name: str) -> semantics.Field:
        """A field as slices carry it: its definition whole, of its words one a language, of its values only those that
        have words of their own."""
        found = self._thin.get(name)
        if found is None:
            full = self.fields[name]
            found = semantics.Field()
            found.CopyFrom(full)
            del found.terms[:]
            found.terms.extend(_thin(full.terms))
            del found.values[:]
            found.values.extend(value for value in full.values if value.terms)
            found.values_complete = full.values_complete and len(found.values) == len(full.values)
            self._thin[name] = found
        return found


class HeldModel:
    """One version of a source's model. Immutable once made."""

    def __init__(self, model: semantics.SemanticModel, found: catalog.Catalog) -> None:
        """model: with its version set. found: the catalog that it was checked against."""
        self.model = model
        self.catalog = found
        self.version = model.version
        self.datasets = {dataset.name: HeldDataset(dataset) for dataset in model.datasets}
        self.metrics = {metric.name: metric for metric in model.metrics}
        self.entities = {entity.name: entity for entity in model.entities}
        self.relationships = {entry.relationship.name: entry for entry in model.relationships}

    @cached_property
    def by_table(self) -> dict[TableKey, HeldDataset]:
        """Datasets by (schema, table); by ("", table) too where only one schema has it."""
        found: dict[TableKey, HeldDataset] = {}
        bare: dict[str, list[HeldDataset]] = {}
        for held in self.datasets.values():
            table = held.proto.table
            found[table.schema, table.name] = held
            bare.setdefault(table.name, []).append(held)
        for name, several in bare.items():
            if len(several) == 1:
                found.setdefault(("", name), several[0])
        return found

    @cached_property
    def tables(self) -> dict[TableKey, catalog.Table]:
        """The catalog's tables by (schema, name)."""
        return {(table.schema, table.name): table for table in self.catalog.tables}
