"""What the slice of the semantic model defines, arranged for questions that the compiler asks."""

from collections.abc import Iterable

from maestro.catalog.v1 import catalog_pb2
from maestro.plan.v1 import plan_pb2
from maestro.semantics.v1 import semantics_pb2


class Meaning:
    """The slice of the semantic model."""

    def __init__(self, proto: semantics_pb2.SemanticSlice) -> None:
        self.version = proto.version
        self.time_zone = proto.time_zone
        self.currency = proto.currency
        self._datasets = list(proto.datasets)
        self.metrics = {each.name: each for each in proto.metrics}
        self.entities = {each.name: each for each in proto.entities}
        self.relationships: dict[str, catalog_pb2.Relationship] = {
            each.relationship.name: each.relationship for each in proto.relationships
        }

    def dataset(self, schema: str, table: str) -> semantics_pb2.Dataset | None:
        """The dataset of a table."""
        for each in self._datasets:
            if each.table.name == table and (each.table.schema in ("", schema) or not schema):
                return each
        return None

    def dataset_named(self, name: str) -> semantics_pb2.Dataset | None:
        """The dataset of that name."""
        return next((each for each in self._datasets if each.name == name), None)


def field_named(dataset: semantics_pb2.Dataset | None, name: str) -> semantics_pb2.Field | None:
    """The field of that name."""
    if dataset is None:
        return None
    return next((each for each in dataset.fields if each.name == name), None)


def field_names(dataset: semantics_pb2.Dataset | None) -> Iterable[str]:
    """The names of its fields."""
    return [] if dataset is None else [each.name for each in dataset.fields]


def unit_of(dataset: semantics_pb2.Dataset | None, column: str) -> tuple[str, str]:
    """(label, unit) of the field of that name or column; empty where nothing is known."""
    for each in dataset.fields if dataset is not None else ():
        if column in (each.name, each.column):
            return (each.terms[0].text if each.terms else "", each.unit)
    return ("", "")


def is_set(expression: plan_pb2.Expression | plan_pb2.Predicate) -> bool:
    """Whether an expression or predicate says anything."""
    return expression.WhichOneof("kind") is not None
