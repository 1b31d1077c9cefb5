"""What the catalog and the model say of the parts of a plan."""

from maestro.catalog.v1 import catalog_pb2
from maestro.plan.v1 import plan_pb2
from maestro.semantics.v1 import semantics_pb2
from services.validator.visit import Scope, Source

C = catalog_pb2
NUMBER, TEXT, TIME, TRUTH, UNKNOWN = "number", "text", "time", "truth", ""
_FAMILIES = {
    C.TYPE_FAMILY_INTEGER: NUMBER,
    C.TYPE_FAMILY_DECIMAL: NUMBER,
    C.TYPE_FAMILY_FLOAT: NUMBER,
    C.TYPE_FAMILY_TEXT: TEXT,
    C.TYPE_FAMILY_BOOLEAN: TRUTH,
    C.TYPE_FAMILY_DATE: TIME,
    C.TYPE_FAMILY_TIMESTAMP: TIME,
}


class Facts:
    """Looks tables, columns, fields and relationships up. Names are compared without regard to case:
    databases do."""

    def __init__(self, catalog: catalog_pb2.CatalogSlice, semantics: semantics_pb2.SemanticSlice) -> None:
        self.catalog = catalog
        self.semantics = semantics
        self._tables = {table.name.lower(): table for table in catalog.tables}
        self._columns = {
            name: {column.name.lower(): column for column in table.columns} for name, table in self._tables.items()
        }
        self._datasets = {dataset.table.name.lower(): dataset for dataset in semantics.datasets}
        self.relationships: dict[str, catalog_pb2.Relationship] = {each.name: each for each in catalog.relationships}
        self.relationships.update({each.relationship.name: each.relationship for each in semantics.relationships})

    def table(self, source: Source | None) -> catalog_pb2.Table | None:
        """The table that a relation is."""
        if source is None or source.table is None:
            return None
        return self._tables.get(source.table.name.lower())

    def tables(self) -> list[str]:
        """The names of the tables that are known."""
        return [table.name for table in self.catalog.tables]

    def columns(self, table: catalog_pb2.Table) -> dict[str, catalog_pb2.Column]:
        """The columns of a table by lower-case name."""
        return self._columns[table.name.lower()]

    def column(self, source: Source | None, name: str) -> catalog_pb2.Column | None:
        """A column of a relation."""
        table = self.table(source)
        return None if table is None else self.columns(table).get(name.lower())

    def dataset(self, source: Source | None) -> semantics_pb2.Dataset | None:
        """The dataset that a relation is."""
        if source is None or source.table is None:
            return None
        return self._datasets.get(source.table.name.lower())

    def field(self, source: Source | None, name: str) -> semantics_pb2.Field | None:
        """A field of a relation's dataset."""
        dataset = self.dataset(source)
        if dataset is None:
            return None
        return next((each for each in dataset.fields if each.name == name), None)

    def metric(self, name: str) -> semantics_pb2.Metric | None:
        """A metric of the model."""
        return next((each for each in self.semantics.metrics if each.name == name), None)

    def family(self, expression: plan_pb2.Expression, scope: Scope) -> str:
        """What kind of value an expression yields, where that is certain; else UNKNOWN."""
        kind = expression.WhichOneof("kind")
        if kind == "column":
            column = self.column(scope.find(expression.column.alias), expression.column.column)
            return UNKNOWN if column is None else _FAMILIES.get(column.family, UNKNOWN)
        if kind == "field":
            field = self.field(scope.find(expression.field.alias), expression.field.field)
            return UNKNOWN if field is None else _FAMILIES.get(field.family, UNKNOWN)
        if kind == "literal":
            return _literal(expression.literal)
        if kind == "time_bucket":
            return TIME
        if kind == "aggregate" and expression.aggregate.function == plan_pb2.AGGREGATE_FUNCTION_COUNT:
            return NUMBER
        if kind == "arithmetic" and expression.arithmetic.operator != plan_pb2.ARITHMETIC_OPERATOR_ADD:
            subtract = expression.arithmetic.operator == plan_pb2.ARITHMETIC_OPERATOR_SUBTRACT
            return UNKNOWN if subtract else NUMBER
        return UNKNOWN


def _literal(literal: plan_pb2.Literal) -> str:
    kind = literal.WhichOneof("value")
    if kind in ("integer", "float", "decimal"):
        return NUMBER
    if kind in ("date", "timestamp"):
        return TIME
    return {"text": TEXT, "boolean": TRUTH}.get(kind or "", UNKNOWN)
