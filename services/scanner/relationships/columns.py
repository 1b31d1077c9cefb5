"""What is known of a column before its values are compared with another's."""

import re
from collections.abc import Iterable
from dataclasses import dataclass

from maestro.catalog.v1 import catalog_pb2 as pb
from services.scanner.forms import items
from services.scanner.reader import TableKey
from services.scanner.relationships.naming import Name, Vocabulary
from services.scanner.values import NUMBERS, WIDE

_FAMILIES = frozenset({pb.TYPE_FAMILY_TEXT, pb.TYPE_FAMILY_UUID}) | NUMBERS
_WHOLE = re.compile(r"-?\d+(\.0+)?")
_PROBES = 150

Place = tuple[str, str, str]
"""Schema, table and name of a column."""


@dataclass(slots=True, eq=False)
class Facts:
    """One column that may take part in a relationship.

    distinct: estimated number of values. fill: share of rows that have one. key: it alone identifies a row,
    by declaration. surrogate: a key that only numbers the rows. separator: what separates the items of a list
    column, else "".
    """

    table: pb.Table
    column: pb.Column
    name: Name
    rows: int
    distinct: float
    fill: float
    key: bool
    surrogate: bool
    indexed: bool
    separator: str
    _values: tuple[str, ...] | None = None

    @property
    def values(self) -> tuple[str, ...]:
        """Some distinct values; of a list column its items. Of most columns nobody asks."""
        if self._values is None:
            self._values = _values(self.column, self.separator)
        return self._values

    @property
    def shares(self) -> tuple[float, ...]:
        """Share of the rows that have each of the values, as far as known."""
        return _shares(self.column, self.values)

    @property
    def where(self) -> TableKey:
        """The table's key."""
        return (self.table.schema, self.table.name)

    @property
    def code(self) -> bool:
        """Whether its values have digits, as numbers and codes do and names of people and places do not."""
        return all(any(mark.isdigit() for mark in value) for value in self.values)

    @property
    def digits(self) -> bool:
        """Whether its values are of digits alone, as numbers of many kinds are, so that one is easily taken
        for another.
        """
        return all(value.isdigit() for value in self.values)

    @property
    def repeats(self) -> float:
        """Rows for each value; 1 where no value is there twice, 0 where nothing is known."""
        return max(self.rows * self.fill / self.distinct, 1.0) if self.distinct else 0.0

    @property
    def place(self) -> Place:
        """The column's key."""
        return (self.table.schema, self.table.name, self.column.name)

    def __repr__(self) -> str:
        return f"{self.table.name}.{self.column.name}"


def facts(tables: Iterable[pb.Table]) -> list[Facts]:
    """The columns of these tables that may take part in a relationship."""
    tables = list(tables)
    names = [table.name for table in tables] + [column.name for table in tables for column in table.columns]
    vocabulary = Vocabulary(names)
    return [each for table in tables for each in _of_table(table, vocabulary)]


def _of_table(table: pb.Table, vocabulary: Vocabulary) -> Iterable[Facts]:
    keys = single_keys(table)
    indexed = {index.keys[0].column for index in table.indexes if index.valid}
    for column in table.columns:
        statistics = column.statistics
        if column.family not in _FAMILIES or column.enum_labels or statistics.average_width > WIDE / 2:
            continue
        if column.family in (pb.TYPE_FAMILY_FLOAT, pb.TYPE_FAMILY_DECIMAL) and not _whole(column):
            continue
        rows = max(table.row_estimate, 0)
        distinct = -statistics.distinct * rows if statistics.distinct < 0 else statistics.distinct
        separator = column.text_form.removeprefix("list:") if column.text_form.startswith("list:") else ""
        key = column.name in keys
        yield Facts(
            table=table,
            column=column,
            name=vocabulary.name(column.name, table.name),
            rows=rows,
            distinct=distinct,
            fill=1 - statistics.null_fraction,
            key=key,
            surrogate=key and (column.identity or column.family in NUMBERS | {pb.TYPE_FAMILY_UUID}),
            indexed=column.name in indexed,
            separator=separator,
        )


def _whole(column: pb.Column) -> bool:
    """Whether a column that may hold fractions holds none: row numbers are declared so at times."""
    return bool(column.sample_values) and all(_WHOLE.fullmatch(value) for value in column.sample_values)


def single_keys(table: pb.Table) -> set[str]:
    """Columns that alone identify a row, by declaration."""
    keys = {tuple(table.primary_key)} | {tuple(key.columns) for key in table.unique_keys}
    return {columns[0] for columns in keys if len(columns) == 1}


def _values(column: pb.Column, separator: str) -> tuple[str, ...]:
    if not column.sample_values:
        return ()
    statistics = column.statistics
    held = [*statistics.most_common_values, *statistics.histogram_bounds, *column.sample_values]
    if separator:
        held = [item for value in held for item in items(value, separator)]
    # A value that was cut would be sought in vain, and an empty one says nothing.
    return tuple(value for value in dict.fromkeys(held) if value.strip() and len(value) < 200)[:_PROBES]


def _shares(column: pb.Column, values: tuple[str, ...]) -> tuple[float, ...]:
    """Values whose frequency is not known share evenly what the known ones leave."""
    if not values:
        return ()
    statistics = column.statistics
    known = dict(zip(statistics.most_common_values, statistics.most_common_frequencies, strict=False))
    rest = [value for value in values if value not in known]
    left = max(1 - statistics.null_fraction - sum(known.values()), 0.0)
    return tuple(known.get(value, left / len(rest) if rest else 0.0) for value in values)
