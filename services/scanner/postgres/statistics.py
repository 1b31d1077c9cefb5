"""What ANALYZE gathered, out of pg_stats, into the columns of the catalog."""

from collections.abc import Mapping
from typing import Any

from maestro.catalog.v1 import catalog_pb2 as pb
from services.scanner.forms import text_form
from services.scanner.postgres import queries
from services.scanner.postgres.session import Transaction
from services.scanner.profile import fill_samples
from services.scanner.reader import TableKey
from services.scanner.values import LONGEST, SAMPLED, WIDE, extremes, spread

_BATCH = 2_000
_NAMED_AT_MOST = 500  # above this many tables it is cheaper to read all statistics than to name the tables
ANALYZED_WHOLE = 30_000
"""ANALYZE reads 300 rows for each unit of the statistics target, by default 100: all of a smaller table."""
_CERTAIN = 0.9999
_ALL_COMMON = 100  # the default statistics target
_PLENTY = 50


def fill(run: Transaction, tables: Mapping[TableKey, pb.Table], keep: int) -> set[TableKey]:
    """Fills in the statistics of these tables, with at most `keep` values of each column; returns the tables
    that have any. Sample values count as complete where ANALYZE saw every row and few values."""
    named = len(tables) <= _NAMED_AT_MOST
    parameters: dict[str, Any] = {
        # All of them, as far as usual, so that the smallest and largest are among them.
        "common": _ALL_COMMON if keep else 0,
        "bounds": keep,
        "schemas": [schema for schema, _ in tables] if named else None,
        "tables": [name for _, name in tables] if named else None,
    }
    columns: dict[TableKey, dict[str, pb.Column]] = {}
    filled: set[TableKey] = set()
    for row in run.stream(queries.STATISTICS, parameters, about="pg_stats", batch=_BATCH):
        key = (row[0], row[1])
        table = tables.get(key)
        if table is None:
            continue
        if key not in columns:
            columns[key] = {column.name: column for column in table.columns}
        column = columns[key].get(row[2])
        if column is not None:
            _fill_column(table, column, row[3:], keep)
            filled.add(key)
    return filled


def _fill_column(table: pb.Table, column: pb.Column, row: tuple[Any, ...], keep: int) -> None:
    null_fraction, distinct, correlation, width, common, frequencies, known, share, bounds, unmodified = row
    statistics = column.statistics
    statistics.null_fraction = null_fraction
    statistics.distinct = distinct
    statistics.correlation = correlation
    statistics.average_width = width
    if column.family not in SAMPLED or width > WIDE or not keep:
        return
    common, frequencies, bounds = common or [], frequencies or [], bounds or []
    if column.family == pb.TYPE_FAMILY_BOOLEAN:
        common = [{"t": "true", "f": "false"}.get(value, value) for value in common]
        bounds = []
    if len(common) == known:
        low, high = extremes([*common, *bounds[:1], *bounds[-1:]], column.family)
        statistics.minimum, statistics.maximum = low[:LONGEST], high[:LONGEST]
    if column.family == pb.TYPE_FAMILY_TEXT and not column.enum_labels:
        column.text_form = text_form([*common, *bounds])
    complete = (
        unmodified
        and not bounds
        and known <= keep
        and 0 <= table.row_estimate <= ANALYZED_WHOLE
        and null_fraction + share >= _CERTAIN
    )
    statistics.most_common_values.extend([value[:LONGEST] for value in common[:keep]])
    statistics.most_common_frequencies.extend(frequencies[:keep])
    if keep >= _PLENTY:  # in large schemas the samples stand for the histogram
        statistics.histogram_bounds.extend([value[:LONGEST] for value in spread(bounds, keep)])
    fill_samples(column, common, bounds, keep=keep, complete=complete)
