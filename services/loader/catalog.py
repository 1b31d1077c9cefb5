"""What the catalog's slice says, arranged for questions that the compiler asks."""

from dataclasses import dataclass
from functools import cached_property

from maestro.catalog.v1 import catalog_pb2
from services.loader.types import Family, Type, column_type


@dataclass(frozen=True)
class ColumnInfo:
    """One column of the catalog."""

    name: str
    type: Type
    nullable: bool
    proto: catalog_pb2.Column


class TableInfo:
    """One table of the catalog."""

    def __init__(self, proto: catalog_pb2.Table, dialect: int) -> None:
        self.proto = proto
        self.schema = proto.schema
        self.name = proto.name
        self.rows = proto.row_estimate
        self.columns = {each.name: _column(each) for each in proto.columns}
        self._folded = {name.casefold(): name for name in self.columns}
        self._unambiguous = len(self._folded) == len(self.columns)
        self._dialect = dialect

    def column(self, name: str) -> ColumnInfo | None:
        """The column of that name. SQLite does not tell case apart, nor does this for it."""
        found = self.columns.get(name)
        if found is None and self._dialect == catalog_pb2.DIALECT_SQLITE and self._unambiguous:
            found = self.columns.get(self._folded.get(name.casefold(), ""))
        return found

    @cached_property
    def keys(self) -> tuple[frozenset[str], ...]:
        """Sets of columns that identify at most one row; NULLs never equal anything."""
        found = [frozenset(self.proto.primary_key)] if self.proto.primary_key else []
        found += [frozenset(each.columns) for each in self.proto.unique_keys]
        found += [
            frozenset(key.column for key in each.keys)
            for each in self.proto.indexes
            if each.unique and each.valid and not each.predicate and all(key.column for key in each.keys)
        ]
        return tuple(dict.fromkeys(found))

    @cached_property
    def identity(self) -> tuple[str, ...]:
        """Columns, none of them NULL, that identify every row: the primary key, else a unique key; () where none."""
        if self.proto.primary_key:
            return tuple(self.proto.primary_key)
        for key in self.keys:
            if all(name in self.columns and not self.columns[name].nullable for name in key):
                return tuple(sorted(key))
        return ()

    def identifies(self, columns: frozenset[str]) -> bool:
        """Whether equality on these columns leaves at most one row."""
        return any(key <= columns for key in self.keys)

    @cached_property
    def indexes(self) -> tuple[catalog_pb2.Index, ...]:
        """Indexes that may be used."""
        return tuple(each for each in self.proto.indexes if each.valid)


def _column(proto: catalog_pb2.Column) -> ColumnInfo:
    kind = column_type(proto.type, proto.family, tuple(proto.enum_labels))
    return ColumnInfo(proto.name, kind, proto.nullable, proto)


class Knowledge:
    """The slice of the catalog. `blind` where there is none: then the plain form is built and nothing is checked."""

    def __init__(self, proto: catalog_pb2.CatalogSlice, source: str, dialect: int) -> None:
        self.source = source
        self.version = proto.version
        self.dialect = dialect
        self.blind = not proto.tables
        self.tables = [TableInfo(each, dialect) for each in proto.tables]
        self.relationships = {each.name: each for each in proto.relationships}
        self.extensions = frozenset(proto.extensions)

    def find(self, schema: str, name: str) -> list[TableInfo]:
        """The tables of that name; with a schema, of that schema alone."""
        found = [each for each in self.tables if each.name == name and schema in ("", each.schema)]
        if not found and self.dialect == catalog_pb2.DIALECT_SQLITE:
            found = [each for each in self.tables if each.name.casefold() == name.casefold()]
        return found

    def table(self, schema: str, name: str) -> TableInfo | None:
        """The table, where the slice has exactly one of that name."""
        found = self.find(schema, name)
        return found[0] if len(found) == 1 else None

    def indexed(self, names: tuple[str, ...]) -> tuple[str, ...]:
        """table.column of every column of these tables that begins an index over all rows."""
        return tuple(
            sorted(
                {
                    f"{table.name}.{index.keys[0].column}"
                    for table in self.tables
                    if table.name in names
                    for index in table.indexes
                    if index.keys[0].column and not index.predicate
                }
            )
        )


def sqlite_affinity(declared: str) -> str:
    """The affinity that SQLite derives from a declared type: INTEGER, TEXT, BLOB, REAL or NUMERIC
    (https://www.sqlite.org/datatype3.html, section 3.1)."""
    name = declared.upper()
    if "INT" in name:
        return "INTEGER"
    if any(part in name for part in ("CHAR", "CLOB", "TEXT")):
        return "TEXT"
    if not name or "BLOB" in name:
        return "BLOB"
    if any(part in name for part in ("REAL", "FLOA", "DOUB")):
        return "REAL"
    return "NUMERIC"


def mistyped_number(kind: Type) -> bool:
    """Whether a SQLite column is declared as text although all that it holds is numbers."""
    return kind.family in (Family.INTEGER, Family.DECIMAL, Family.FLOAT) and sqlite_affinity(kind.name) in (
        "TEXT",
        "BLOB",
    )
