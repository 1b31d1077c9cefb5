"""What is known of a column before its meaning is judged: keys, distinctness, values."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from maestro.catalog.v1 import catalog_pb2 as catalog
from services.mapper.derive.names import Name

NUMERIC = frozenset({catalog.TYPE_FAMILY_INTEGER, catalog.TYPE_FAMILY_DECIMAL, catalog.TYPE_FAMILY_FLOAT})
TEMPORAL = frozenset({catalog.TYPE_FAMILY_DATE, catalog.TYPE_FAMILY_TIMESTAMP})


@dataclass(frozen=True, slots=True)
class Facts:
    """A column with its name taken apart.

    rows: of its table, -1 unknown. distinct: estimated number of distinct values, 0 unknown. key: part of the primary
    key. unique: no value occurs twice. refers: it points to another table's key. samples: values seen, most frequent
    first. complete: samples are all there are.
    """

    column: catalog.Column
    name: Name
    rows: int
    distinct: float
    key: bool
    unique: bool
    refers: bool
    samples: Sequence[str] = field(repr=False)
    complete: bool

    @property
    def family(self) -> catalog.TypeFamily.ValueType:
        """Family of its type."""
        return self.column.family

    def says(self, words: frozenset[str]) -> bool:
        """Whether its name holds one of these folded words."""
        return not words.isdisjoint(self.name.folded)


def distinct_values(column: catalog.Column, rows: int) -> float:
    """Estimated number of distinct values; 0: unknown. The planner's negative numbers are shares of the rows."""
    if column.enum_labels:
        return float(len(column.enum_labels))
    stated = column.statistics.distinct
    if stated < 0:
        return -stated * rows if rows > 0 else 0.0
    if stated > 0:
        return stated
    if column.samples_complete:
        return float(len(column.sample_values))
    return 0.0


def facts_of(table: catalog.Table, names: Mapping[str, Name], referring: frozenset[str]) -> dict[str, Facts]:
    """The facts of each column. referring: columns that a relationship leads out of."""
    single_keys = {tuple(table.primary_key), *(tuple(key.columns) for key in table.unique_keys)}
    unique = {columns[0] for columns in single_keys if len(columns) == 1}
    found = {}
    for column in table.columns:
        distinct = distinct_values(column, table.row_estimate)
        # The planner says -1 where every value differs; on tables of a few rows that is chance.
        seems_unique = column.statistics.distinct <= -0.999 and table.row_estimate >= 20
        found[column.name] = Facts(
            column=column,
            name=names[column.name],
            rows=table.row_estimate,
            distinct=distinct,
            key=column.name in table.primary_key,
            unique=column.name in unique or seems_unique,
            refers=column.name in referring,
            samples=column.enum_labels or column.sample_values,
            complete=bool(column.enum_labels) or column.samples_complete,
        )
    return found
