"""Statistics, sample values and types of SQLite tables, from their rows: SQLite itself gathers next to
nothing.
"""

import json
import logging
import sqlite3
import time
from collections.abc import Sequence

from maestro.catalog.v1 import catalog_pb2 as pb
from services.scanner.profile import describe_column, fill_samples
from services.scanner.reader import TableKey
from services.scanner.settings import ScannerSettings
from services.scanner.sqlite.affinity import family
from services.scanner.sqlite.file import File, Value, quoted
from services.scanner.values import LONGEST, SAMPLED, WIDE

_log = logging.getLogger(__name__)
_VIEW_ROWS = 500


def gather(file: File, tables: Sequence[pb.Table], settings: ScannerSettings, seconds: float) -> set[TableKey]:
    """Fills in the statistics of these tables, reading rows for at most about that time; returns the tables
    that there was no time for.
    """
    until = time.monotonic() + seconds
    counted = stat1(file)
    left: set[TableKey] = set()
    for table in sorted(tables, key=lambda each: each.kind == pb.TABLE_KIND_VIEW):
        if time.monotonic() >= until:
            left.add(("", table.name))
            continue
        try:
            with file.within(settings.probe_timeout):
                _look(file, table, settings, counted.get(table.name))
        except sqlite3.Error as error:
            _log.info("rows of %s were not read: %s", table.name, error)
    return left if seconds else set()


def stat1(file: File) -> dict[str, int]:
    """Row counts as ANALYZE left them, where it ever ran."""
    try:
        rows = file.rows("SELECT tbl, stat FROM sqlite_stat1", about="sqlite_stat1")
    except sqlite3.OperationalError:
        return {}
    return {str(name): int(str(stat).split()[0]) for name, stat in rows if str(stat).split()[:1]}


def _look(file: File, table: pb.Table, settings: ScannerSettings, counted: int | None) -> None:
    if counted is not None:
        table.row_estimate = counted
    rows, whole = _sample(file, table, settings)
    keep = settings.sample_values
    for at, column in enumerate(table.columns):
        cells = [row[at] for row in rows]
        column.family = family(column.type, list({cell for cell in cells if cell is not None}))
        texts = [as_text(cell, column.family) for cell in cells]
        describe_column(column, texts, total=max(table.row_estimate, len(rows)), keep=keep, whole=whole)
    if not whole and keep and 0 <= table.row_estimate <= settings.distinct_rows:
        for column in table.columns:
            _complete(file, table, column, keep)


def _sample(file: File, table: pb.Table, settings: ScannerSettings) -> tuple[list[tuple[Value, ...]], bool]:
    """Rows, and whether they are all. Of a large table every so many rows, by rowid, so that old and new ones
    count.
    """
    listed = ", ".join(_short(column.name) for column in table.columns)
    source = quoted(table.name)
    if table.kind == pb.TABLE_KIND_VIEW:
        rows = file.rows(f"SELECT {listed} FROM {source} LIMIT {_VIEW_ROWS}", about=table.name)  # noqa: S608  # quoted names
        table.row_estimate = len(rows) if len(rows) < _VIEW_ROWS else -1
        return rows, len(rows) < _VIEW_ROWS
    limit = settings.sample_rows
    rows = file.rows(f"SELECT {listed} FROM {source} LIMIT {limit + 1}", about=table.name)  # noqa: S608  # quoted names
    if len(rows) <= limit:
        table.row_estimate = len(rows)
        return rows, True
    try:
        ends = file.rows(f"SELECT min(rowid), max(rowid) FROM {source}", about=table.name)[0]  # noqa: S608  # quoted names
        low, high = int(str(ends[0])), int(str(ends[1]))
        step = max((high - low) // limit, 1)
        drawn = file.rows(
            f"SELECT {listed} FROM {source} WHERE rowid IN (SELECT value FROM json_each(?))",  # noqa: S608  # quoted names
            [json.dumps(list(range(low, high + 1, step))[:limit])],
            about=table.name,
        )
        rows = drawn if len(drawn) > limit // 4 else rows[:limit]
        table.row_estimate = max(table.row_estimate, high - low + 1)
    except sqlite3.OperationalError:
        rows = rows[:limit]  # WITHOUT ROWID: the first ones have to do
    try:
        table.row_estimate = int(str(file.rows(f"SELECT count(*) FROM {source}", about=table.name)[0][0]))  # noqa: S608  # quoted names
    except sqlite3.OperationalError as error:
        _log.info("rows of %s were not counted: %s", table.name, error)
    return rows, False


def _short(column: str) -> str:
    """A cell without the bulk of long ones: a file of pictures must not come into memory."""
    name = quoted(column)
    return f"CASE typeof({name}) WHEN 'blob' THEN x'' WHEN 'text' THEN substr({name}, 1, {LONGEST + 1}) ELSE {name} END"


def _complete(file: File, table: pb.Table, column: pb.Column, keep: int) -> None:
    """Lists all values of a column that has few."""
    statistics = column.statistics
    if column.family not in SAMPLED or not 0 < statistics.distinct <= 60 or statistics.average_width > WIDE:
        return
    name = quoted(column.name)
    rows = file.rows(
        f"SELECT {name}, count(*) FROM {quoted(table.name)} WHERE {name} IS NOT NULL "  # noqa: S608  # quoted names
        f"GROUP BY 1 ORDER BY 2 DESC LIMIT {keep + 1}",
        about=table.name,
    )
    if len(rows) > keep:
        return
    column.family = family(column.type, [row[0] for row in rows])
    total = max(table.row_estimate, 1)
    statistics.distinct = len(rows)
    statistics.null_fraction = max(0.0, 1 - sum(int(str(row[1])) for row in rows) / total)
    statistics.ClearField("histogram_bounds")
    statistics.ClearField("most_common_values")
    statistics.ClearField("most_common_frequencies")
    values = [(as_text(row[0], column.family) or "")[:LONGEST] for row in rows]
    statistics.most_common_values.extend(values)
    statistics.most_common_frequencies.extend(int(str(row[1])) / total for row in rows)
    fill_samples(column, values, (), keep=keep, complete=True)


def as_text(value: Value, kind: "pb.TypeFamily.ValueType") -> str | None:
    """A value as the catalog spells it."""
    if value is None:
        return None
    if isinstance(value, bytes):
        return ""
    if kind == pb.TYPE_FAMILY_BOOLEAN:
        return "true" if value else "false"
    return repr(value) if isinstance(value, float) else str(value)
