"""The tables behind the aliases of a statement, and their indexes."""

from dataclasses import dataclass

from maestro.catalog.v1 import catalog_pb2
from services.loader.algebra import Column, Query, TableSource
from services.loader.catalog import ColumnInfo, Knowledge, TableInfo
from services.loader.rewrite import walk

ORDERED = (catalog_pb2.INDEX_METHOD_BTREE,)
EQUALITY = (catalog_pb2.INDEX_METHOD_BTREE, catalog_pb2.INDEX_METHOD_HASH)
RANGES = (catalog_pb2.INDEX_METHOD_BTREE, catalog_pb2.INDEX_METHOD_BRIN)
TRIGRAMS = (catalog_pb2.INDEX_METHOD_GIN, catalog_pb2.INDEX_METHOD_GIST)


@dataclass(frozen=True)
class Tables:
    """Tables by alias. Aliases are unique in a statement."""

    by_alias: dict[str, TableInfo]
    sqlite: bool

    def column(self, node: object) -> ColumnInfo | None:
        """What the catalog knows of a column; None for anything else."""
        if not isinstance(node, Column):
            return None
        table = self.by_alias.get(node.alias)
        return None if table is None else table.column(node.name)

    def table(self, node: Column) -> TableInfo | None:
        """The table of a column."""
        return self.by_alias.get(node.alias)

    def index_on(self, node: Column, methods: tuple[int, ...], operator_class: str = "") -> catalog_pb2.Index | None:
        """An index over all rows that begins with this column, with that operator class ("": the default one). The
        narrowest, which is the cheapest to read."""
        table = self.by_alias.get(node.alias)
        if table is None:
            return None
        found = [
            each
            for each in table.indexes
            if each.method in methods
            and not each.predicate
            and each.keys[0].column == node.name
            and each.keys[0].operator_class == operator_class
        ]
        return min(found, key=lambda each: len(each.keys), default=None)


def tables_of(query: Query, knowledge: Knowledge) -> Tables:
    """The tables of all of a statement's relations."""
    found = {}
    for each in walk(query):
        if isinstance(each, TableSource):
            table = knowledge.table(each.schema, each.name)
            if table is not None:
                found[each.alias] = table
    return Tables(found, knowledge.dialect == catalog_pb2.DIALECT_SQLITE)
