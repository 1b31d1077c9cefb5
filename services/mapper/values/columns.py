"""Which columns' values are held, and which are only ever looked up in the database."""

from collections.abc import Mapping
from dataclasses import dataclass

from maestro.catalog.v1 import catalog_pb2 as catalog
from maestro.semantics.v1 import semantics_pb2 as semantics
from services.mapper.model import HeldModel
from services.mapper.values.book import Column

KEYS = 2_000
"""Distinct values of a key that are held at most: people name keys by heart only where they are few."""
PAGE = 1_000
"""Values that one read brings."""
_SHORT = 48
"""Mean number of characters up to which texts are names rather than prose."""
_ROWS_READ = 20_000_000
"""Rows that reading one column may cost the database, where no index gives its values in order."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """A column whose values are to be read. most: values that it may have; beyond that it is not held."""

    column: Column
    table: catalog.Table
    physical: str
    most: int


@dataclass(frozen=True, slots=True)
class Choice:
    """read: in the order in which to read, the ones with fewest values first. large: not held."""

    read: tuple[Wanted, ...]
    large: tuple[Wanted, ...]


def choose(held: HeldModel, per_column: int) -> Choice:
    """Sorts a model's text columns. Columns whose values the catalog holds completely are in neither list."""
    read: list[tuple[float, Wanted]] = []
    large: list[Wanted] = []
    for dataset in held.model.datasets:
        table = held.tables.get((dataset.table.schema, dataset.table.name))
        if table is None:
            continue
        for field in dataset.fields:
            if not (_textual(field) or _short(field, table)) or field.values_complete:
                continue
            most = _most(field, table, per_column)
            wanted = Wanted((dataset.name, field.name), table, field.column, most)
            if most <= 0 or field.distinct > most:
                large.append(wanted)
            else:
                read.append((field.distinct or float(most), wanted))
    read.sort(key=lambda pair: (pair[0], pair[1].column))
    return Choice(tuple(wanted for _, wanted in read), tuple(large))


def _textual(field: semantics.Field) -> bool:
    roles = (semantics.FIELD_ROLE_DIMENSION, semantics.FIELD_ROLE_IDENTIFIER)
    return bool(field.column) and field.role in roles and field.family == catalog.TYPE_FAMILY_TEXT


def _short(field: semantics.Field, table: catalog.Table) -> bool:
    """Whether a column that is called a text (description, details) holds but names: people ask by those."""
    if field.role != semantics.FIELD_ROLE_TEXT or field.family != catalog.TYPE_FAMILY_TEXT or not field.column:
        return False
    samples = next(each.sample_values for each in table.columns if each.name == field.column)
    return bool(samples) and sum(map(len, samples)) <= _SHORT * len(samples)


def _most(field: semantics.Field, table: catalog.Table, per_column: int) -> int:
    most = per_column if field.role == semantics.FIELD_ROLE_DIMENSION else min(KEYS, per_column)
    if _ordered(field.column, table):
        return most
    # Without an index every page of values costs a look at the whole table.
    pages = max(1, _ROWS_READ // max(1, table.row_estimate))
    return min(most, pages * PAGE)


def _ordered(column: str, table: catalog.Table) -> bool:
    return any(
        index.valid
        and not index.predicate
        and index.method == catalog.INDEX_METHOD_BTREE
        and index.keys
        and index.keys[0].column == column
        and not index.keys[0].operator_class
        for index in table.indexes
    )


def by_column(choice: Choice) -> Mapping[Column, Wanted]:
    """The large columns by their names."""
    return {wanted.column: wanted for wanted in choice.large}
