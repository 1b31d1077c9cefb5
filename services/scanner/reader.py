"""What the scanner needs of a database, whichever it is. Adapters: postgres/, sqlite/."""

from collections.abc import Collection, Hashable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from maestro.catalog.v1 import catalog_pb2

TableKey = tuple[str, str]
"""Schema ("" in SQLite) and name of a table."""


@dataclass(frozen=True, slots=True)
class Stamp:
    """What is compared to know whether a table has to be read again.

    structure: differs when columns, keys, indexes or privileges do.
    statistics: differs when the database gathered statistics anew, or when its data changed in a way that
    cannot be
        counted.
    changes: rows written since the database began to count; -1 where it does not count.
    rows: differs when rows do, where the database does not count; "" where it does.
    """

    structure: Hashable
    statistics: Hashable
    changes: int
    rows: str = ""


@dataclass(frozen=True, slots=True)
class Stamps:
    """The stamps of all readable tables. environment: what all tables share (types, extensions, server
    version).
    """

    environment: Hashable
    tables: Mapping[TableKey, Stamp]


@dataclass(frozen=True, slots=True)
class Structure:
    """Tables as they are built, without statistics, and the foreign keys that they declare."""

    tables: dict[TableKey, catalog_pb2.Table]
    foreign_keys: dict[TableKey, list[catalog_pb2.Relationship]]
    """By referring table."""
    server_version: str
    extensions: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Found:
    """How a group of values is found in a column: which of them (by position), and in how many rows
    together.
    """

    at: frozenset[int]
    rows: int


@dataclass(frozen=True, slots=True)
class Rows:
    """Rows read for comparison, values as text."""

    columns: tuple[str, ...]
    rows: list[tuple[str | None, ...]] = field(default_factory=list)


class Probe(Protocol):
    """Bounded questions about data. None: not answered within the limits of time and size."""

    def find(self, table: catalog_pb2.Table, column: str, groups: Sequence[Sequence[str]]) -> list[Found] | None:
        """How each group of distinct values is found in the column."""

    def unique(self, table: catalog_pb2.Table, column: str) -> bool | None:
        """Whether no two rows have the same value; read from all rows, NULLs aside."""

    def close(self) -> None:
        """Ends what the questions needed; none may be asked any more."""

    def some(self, table: catalog_pb2.Table, columns: Sequence[str], limit: int) -> Rows | None:
        """Some rows in which the first of these columns is not NULL."""

    def having(
        self, table: catalog_pb2.Table, columns: Sequence[str], values: Sequence[str], limit: int
    ) -> Rows | None:
        """Rows in which the first of these columns has one of the values."""


class Reader(Protocol):
    """One database, opened for reading. Not safe for use by two threads at once, but for `interrupt`.

    Each method raises Fault SOURCE_UNAVAILABLE where the database does not answer.
    """

    dialect: "catalog_pb2.Dialect.ValueType"

    def stamps(self, *, thorough: bool = False) -> Stamps:
        """The stamps as they are now; the very object of the last time where nothing has changed. thorough:
        takes no short cut that may notice a change some seconds late.
        """

    def structure(self, tables: Collection[TableKey] | None) -> Structure:
        """These tables, or all. Tables that are gone by now are left out."""

    def gather(self, tables: Sequence[catalog_pb2.Table], seconds: float) -> set[TableKey]:
        """Fills in statistics and sample values, looking at rows for at most about that time (0: not at all);
        returns the tables that there was no time for.
        """

    def probe(self, seconds: float) -> Probe:
        """For questions about data that take at most about that time together."""

    def release(self) -> None:
        """Closes the connection; the next call opens it again."""

    def interrupt(self) -> None:
        """Makes the call that another thread is in fail soon."""
