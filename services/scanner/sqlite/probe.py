"""Bounded questions about the rows of SQLite tables."""

import json
import logging
import sqlite3
import time
from collections.abc import Sequence

from maestro.catalog.v1 import catalog_pb2 as pb
from services.scanner.reader import Found, Rows
from services.scanner.sqlite.file import File, Value, quoted
from services.scanner.sqlite.gather import as_text
from services.scanner.values import LONGEST, NUMBERS

_log = logging.getLogger(__name__)
_UNINDEXED_ROWS = 1_000_000


class SqliteProbe:
    """Answers until its time is up; a statement that fails or takes too long has no answer."""

    def __init__(self, file: File, statement_seconds: float, until: float) -> None:
        self._file = file
        self._seconds = statement_seconds
        self._until = until

    def find(self, table: pb.Table, column: str, groups: Sequence[Sequence[str]]) -> list[Found] | None:
        """One join of all values with the column."""
        if table.row_estimate > _UNINDEXED_ROWS and not _indexed(table, column):
            return None
        pairs = [
            [i, at, _typed(value, table, column)] for i, values in enumerate(groups) for at, value in enumerate(values)
        ]
        name = quoted(column)
        answer = self._ask(
            "WITH p(g, i, v) AS MATERIALIZED ("  # noqa: S608  # quoted names
            "SELECT json_extract(value, '$[0]'), json_extract(value, '$[1]'), "
            "json_extract(value, '$[2]') FROM json_each(?)) "
            f"SELECT p.g, json_group_array(DISTINCT p.i), count(*) FROM p CROSS JOIN {quoted(table.name)} t "
            f"ON t.{name} = p.v GROUP BY p.g",
            [json.dumps(pairs)],
            table,
        )
        if answer is None:
            return None
        found = [Found(frozenset(), 0) for _ in groups]
        for group, places, count in answer:
            found[int(str(group))] = Found(frozenset(json.loads(str(places))), int(str(count)))
        return found

    def unique(self, table: pb.Table, column: str) -> bool | None:
        """Reads the whole column, unless the table is large."""
        if not 0 <= table.row_estimate <= _UNINDEXED_ROWS:
            return None
        name = quoted(column)
        answer = self._ask(
            f"SELECT count({name}) = count(DISTINCT {name}) FROM {quoted(table.name)}",  # noqa: S608  # quoted names
            [],
            table,
        )
        return None if answer is None else bool(answer[0][0])

    def some(self, table: pb.Table, columns: Sequence[str], limit: int) -> Rows | None:
        """Rows from the beginning of the table."""
        return self._select(table, columns, f"{quoted(columns[0])} IS NOT NULL", [], limit)

    def having(self, table: pb.Table, columns: Sequence[str], values: Sequence[str], limit: int) -> Rows | None:
        """Rows found by the first column."""
        if table.row_estimate > _UNINDEXED_ROWS and not _indexed(table, columns[0]):
            return None
        typed = [_typed(value, table, columns[0]) for value in values]
        where = f"{quoted(columns[0])} IN (SELECT value FROM json_each(?))"  # noqa: S608  # quoted names
        return self._select(table, columns, where, [json.dumps(typed)], limit)

    def close(self) -> None:
        """Nothing is held."""

    def _select(
        self, table: pb.Table, columns: Sequence[str], where: str, parameters: Sequence[Value], limit: int
    ) -> Rows | None:
        listed = ", ".join(quoted(column) for column in columns)
        answer = self._ask(
            f"SELECT {listed} FROM {quoted(table.name)} WHERE {where} LIMIT {limit}",  # noqa: S608  # quoted names
            parameters,
            table,
        )
        if answer is None:
            return None
        kinds = {column.name: column.family for column in table.columns}
        rows = [
            tuple(
                (as_text(cell, kinds[name]) or "")[:LONGEST] if cell is not None else None
                for name, cell in zip(columns, row, strict=True)
            )
            for row in answer
        ]
        return Rows(tuple(columns), rows)

    def _ask(self, query: str, parameters: Sequence[Value], table: pb.Table) -> list[tuple[Value, ...]] | None:
        left = self._until - time.monotonic()
        if left <= 0:
            return None
        try:
            with self._file.within(min(self._seconds, left)):
                return self._file.rows(query, parameters, about=table.name)
        except sqlite3.Error as error:
            _log.info("a question about %s was not answered: %s", table.name, error)
            return None


def _typed(value: str, table: pb.Table, name: str) -> str | int | float:
    """Values that come out of JSON have no affinity, so a number must be one to meet numbers."""
    column = next(each for each in table.columns if each.name == name)
    if column.family not in NUMBERS:
        return value
    try:
        return int(value)
    except ValueError:
        try:
            return float(value)
        except ValueError:
            return value


def _indexed(table: pb.Table, column: str) -> bool:
    return any(not index.predicate and index.keys[0].column == column for index in table.indexes)
