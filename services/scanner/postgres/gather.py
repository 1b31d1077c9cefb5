"""Statistics and sample values of PostgreSQL tables: what ANALYZE knows first, then what only the rows can
tell.
"""

import logging
import time
from collections import deque
from collections.abc import Sequence
from typing import NamedTuple

import psycopg

from maestro.catalog.v1 import catalog_pb2 as pb
from services.scanner.postgres import rows, statistics
from services.scanner.postgres.session import Session, Transaction
from services.scanner.profile import describe, fill_samples
from services.scanner.reader import TableKey
from services.scanner.settings import ScannerSettings
from services.scanner.values import COMPARABLE, LONGEST, SAMPLED, WIDE

_log = logging.getLogger(__name__)
_AT_ONCE = 100  # each table stays locked (against DROP and ALTER) until the transaction ends
_VIEW_ROWS = 500
_FEW_ROWS = 100
_VIEW_COST = 50_000.0
_MANY_COLUMNS = 20_000
_BASE = (pb.TABLE_KIND_TABLE, pb.TABLE_KIND_PARTITIONED, pb.TABLE_KIND_MATERIALIZED_VIEW)


class Look(NamedTuple):
    """A table whose rows are to be looked at; rows: how many at most, where nothing is known of it."""

    table: pb.Table
    analyzed: bool
    rows: int


def gather(session: Session, tables: Sequence[pb.Table], settings: ScannerSettings, seconds: float) -> set[TableKey]:
    """Fills in the statistics of these tables, reading rows for at most about that time; returns the tables
    that there was no time for. They have what ANALYZE says of them.
    """
    named: dict[TableKey, pb.Table] = {(table.schema, table.name): table for table in tables}
    keep = _kept(tables, settings)
    with session.transaction(settings.statement_timeout) as run:
        known = statistics.fill(run, named, keep)
    wanting = [
        Look(table, key in known, settings.sample_rows)
        for key, table in named.items()
        if _needs(table, analyzed=key in known)
    ]
    # Tables before views, small before large: most tables are then done when time runs out.
    wanting.sort(key=lambda each: (each.table.kind not in _BASE, each.table.size_bytes))
    pending = deque(wanting)
    until = time.monotonic() + seconds
    while pending and time.monotonic() < until:
        _look_at_some(session, pending, settings, keep, until)
    for table in named.values():
        _closed_lists(table)
    return {(each.table.schema, each.table.name) for each in pending} if seconds else set()


def _look_at_some(session: Session, pending: deque[Look], settings: ScannerSettings, keep: int, until: float) -> None:
    """One transaction for several tables: opening one costs more than reading a small table."""
    at = pending[0]
    try:
        with session.transaction(settings.probe_timeout) as run:
            for _ in range(_AT_ONCE):
                if not pending or time.monotonic() >= until:
                    return
                at = pending.popleft()
                _look(run, at, settings, keep)
    except psycopg.errors.QueryCanceled:
        if at.rows > _FEW_ROWS and not at.analyzed:
            pending.append(Look(at.table, at.analyzed, _FEW_ROWS))  # its rows may be very long
    except psycopg.Error as error:
        # Locked, not populated, a view that fails: nothing that the other tables should suffer for.
        _log.info("rows of %s.%s were not read: %s", at.table.schema, at.table.name, error)


def _kept(tables: Sequence[pb.Table], settings: ScannerSettings) -> int:
    """A schema of thousands of tables must fit in memory and in a message: the more columns, the fewer values
    each.
    """
    columns = sum(len(table.columns) for table in tables)
    return min(settings.sample_values, max(8, settings.sample_values * _MANY_COLUMNS // max(columns, 1)))


def _needs(table: pb.Table, *, analyzed: bool) -> bool:
    """Whether rows have to be looked at."""
    if table.kind == pb.TABLE_KIND_FOREIGN or not table.columns:
        return False
    if table.kind == pb.TABLE_KIND_TABLE and table.size_bytes == 0:
        table.row_estimate = 0
        return False
    return not analyzed or bool(_incomplete(table) or _ordered(table))


def _look(run: Transaction, at: Look, settings: ScannerSettings, keep: int) -> None:
    table = at.table
    if table.kind == pb.TABLE_KIND_VIEW:
        seen = rows.peek(run, table, _VIEW_ROWS, _VIEW_COST)
        if seen is not None:
            whole = len(seen) < _VIEW_ROWS
            table.row_estimate = len(seen) if whole else -1
            describe(table, seen, total=len(seen), keep=keep, whole=whole)
    elif not at.analyzed:
        cells, total, whole = rows.sample(run, table, at.rows)
        table.row_estimate = total
        describe(table, cells, total=total, keep=keep, whole=whole)
        _complete(run, table, settings, keep)
    else:
        _complete(run, table, settings, keep)
        _extremes(run, table, keep)


def _incomplete(table: pb.Table) -> list[pb.Column]:
    """Columns of so few values that all may be listed, but not all are known to be."""
    return [
        column
        for column in table.columns
        if column.family in SAMPLED
        and not column.samples_complete
        and 0 < column.statistics.distinct <= 60
        and column.statistics.average_width <= WIDE
    ]


def _complete(run: Transaction, table: pb.Table, settings: ScannerSettings, keep: int) -> None:
    columns = _incomplete(table)
    if not columns or not keep:
        return
    if table.row_estimate <= settings.distinct_rows:
        found = rows.frequencies(run, table, columns) or []
        for column, counts in zip(columns, found, strict=False):
            _relist(column, counts, keep)
        return
    indexed = _leading(table)
    for column in columns:
        if column.name in indexed:
            held = rows.distinct_by_index(run, table, column, keep + 1)
            common = column.statistics.most_common_values
            every = [value for value in common if value in held] + [value for value in held if value not in common]
            column.ClearField("sample_values")
            column.sample_values.extend(every[:keep])
            column.samples_complete = len(held) <= keep


def _relist(column: pb.Column, counts: list[tuple[str | None, int]], keep: int) -> None:
    """Takes over exact counts of all values."""
    total = sum(count for _, count in counts)
    present = sorted(((value, count) for value, count in counts if value is not None), key=lambda each: -each[1])
    if not total or len(present) > keep:
        return
    values = [value[:LONGEST] for value, _ in present]
    statistics = column.statistics
    statistics.null_fraction = 1 - sum(count for _, count in present) / total
    statistics.distinct = len(present)
    statistics.ClearField("most_common_values")
    statistics.ClearField("most_common_frequencies")
    statistics.ClearField("histogram_bounds")
    statistics.most_common_values.extend(values)
    statistics.most_common_frequencies.extend(count / total for _, count in present)
    fill_samples(column, values, (), keep=keep, complete=True)


def _leading(table: pb.Table) -> set[str]:
    """Columns that some index of all rows is ordered by first."""
    return {
        index.keys[0].column
        for index in table.indexes
        if index.valid and not index.predicate and index.method == pb.INDEX_METHOD_BTREE
    } - {""}


def _ordered(table: pb.Table) -> list[pb.Column]:
    """Columns whose ends ANALYZE may have missed and an index tells."""
    whole = 0 <= table.row_estimate <= statistics.ANALYZED_WHOLE
    leading = _leading(table)
    return [
        column
        for column in table.columns
        if column.name in leading
        and column.family in COMPARABLE - {pb.TYPE_FAMILY_UUID}
        and not (whole and column.statistics.maximum)
    ]


def _extremes(run: Transaction, table: pb.Table, keep: int) -> None:
    columns = _ordered(table)
    if not columns or not keep:
        return
    for column, (low, high) in zip(columns, rows.extremes_by_index(run, table, columns), strict=True):
        column.statistics.minimum, column.statistics.maximum = low or "", high or ""


def _closed_lists(table: pb.Table) -> None:
    """The labels of an enum stand in for values where none were read."""
    for column in table.columns:
        if column.enum_labels and not column.sample_values and len(column.enum_labels) <= 50:
            column.sample_values.extend(label[:200] for label in column.enum_labels)
            column.samples_complete = True
