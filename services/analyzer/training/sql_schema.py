"""What a text of SQL is read against, and what is raised where a plan cannot say it."""

from collections.abc import Mapping
from dataclasses import dataclass

from maestro.catalog.v1 import catalog_pb2


class Inexpressible(ValueError):
    """A query that a plan cannot say, or that cannot be read."""


@dataclass(frozen=True)
class Schema:
    """Tables and columns by lower-case name, as the database spells them."""

    tables: Mapping[str, str]
    columns: Mapping[str, Mapping[str, str]]

    @classmethod
    def of(cls, catalog: catalog_pb2.Catalog) -> "Schema":
        """The names of a catalog."""
        return cls(
            {table.name.lower(): table.name for table in catalog.tables},
            {table.name.lower(): {each.name.lower(): each.name for each in table.columns} for table in catalog.tables},
        )
