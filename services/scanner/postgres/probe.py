"""Bounded questions about the rows of PostgreSQL tables."""

import logging
import re
import time
from collections.abc import Sequence
from contextlib import ExitStack, suppress
from typing import Any

import psycopg
from psycopg import sql

from maestro.catalog.v1 import catalog_pb2 as pb
from services.scanner.postgres import rows
from services.scanner.postgres.session import Session, Transaction
from services.scanner.reader import Found, Rows
from services.scanner.values import LONGEST

_log = logging.getLogger(__name__)
_AT_ONCE = 100  # each table stays locked (against DROP and ALTER) until the transaction ends
_UNINDEXED_ROWS = 2_000_000
_UNIQUE_ROWS = 300_000


class PostgresProbe:
    """Answers until its time is up; a statement that fails or takes too long has no answer."""

    def __init__(self, session: Session, statement_seconds: float, until: float) -> None:
        self._session = session
        self._seconds = statement_seconds
        self._until = until
        self._opened = ExitStack()
        self._run: Transaction | None = None
        self._asked = 0

    def find(self, table: pb.Table, column: str, groups: Sequence[Sequence[str]]) -> list[Found] | None:
        """One join of all values with the column: by its index where it has one, else by one pass over the
        table.
        """
        if table.row_estimate > _UNINDEXED_ROWS and not _indexed(table, column):
            return None
        numbers = [i for i, values in enumerate(groups) for _ in values]
        places = [at for values in groups for at in range(len(values))]
        texts = [value for values in groups for value in values]
        query = sql.SQL(
            "SELECT p.g, array_agg(DISTINCT p.i), count(*) FROM "
            "(SELECT g, i, v::{kind} AS v FROM unnest(%s::int[], %s::int[], %s::text[]) u(g, i, v)) p "
            "JOIN {table} t ON t.{column} = p.v GROUP BY p.g"
        ).format(
            kind=_bare_type(table, column),
            table=rows.name(table),
            column=rows.identifier(column),
        )
        answer = self._ask(query, [numbers, places, texts], table)
        if answer is None:
            return None
        found = [Found(frozenset(), 0) for _ in groups]
        for group, places, count in answer:
            found[group] = Found(frozenset(places), count)
        return found

    def unique(self, table: pb.Table, column: str) -> bool | None:
        """Reads the whole column, unless the table is large."""
        if not 0 <= table.row_estimate <= _UNIQUE_ROWS:
            return None
        query = sql.SQL(
            "SELECT NOT EXISTS (SELECT FROM {t} WHERE {c} IS NOT NULL GROUP BY {c} HAVING count(*) > 1)"
        ).format(c=rows.identifier(column), t=rows.name(table))
        answer = self._ask(query, None, table)
        return None if answer is None else bool(answer[0][0])

    def some(self, table: pb.Table, columns: Sequence[str], limit: int) -> Rows | None:
        """Rows from the beginning of a small table, from drawn pages of a large one."""
        source: sql.Composable = rows.name(table)
        if table.row_estimate > 100 * limit:
            share = min(100.0, 500.0 * limit / table.row_estimate)
            source = sql.SQL("{} TABLESAMPLE SYSTEM ({}) REPEATABLE (1)").format(source, sql.Literal(share))
        where = sql.SQL("{} WHERE {} IS NOT NULL").format(source, rows.identifier(columns[0]))
        return self._select(table, columns, where, limit)

    def having(self, table: pb.Table, columns: Sequence[str], values: Sequence[str], limit: int) -> Rows | None:
        """Rows found by the first column."""
        if table.row_estimate > _UNINDEXED_ROWS and not _indexed(table, columns[0]):
            return None
        where = sql.SQL("{} WHERE {} = ANY (%s::text[]::{}[])").format(
            rows.name(table), rows.identifier(columns[0]), _bare_type(table, columns[0])
        )
        return self._select(table, columns, where, limit, list(values))

    def _select(
        self,
        table: pb.Table,
        columns: Sequence[str],
        source: sql.Composable,
        limit: int,
        *parameters: object,
    ) -> Rows | None:
        listed = sql.SQL(", ").join(
            sql.SQL("left({}::text, {})").format(rows.identifier(column), sql.Literal(LONGEST)) for column in columns
        )
        query = sql.SQL("SELECT {} FROM {} LIMIT {}").format(listed, source, sql.Literal(limit))
        answer = self._ask(query, list(parameters), table)
        return None if answer is None else Rows(tuple(columns), answer)

    def close(self) -> None:
        """Ends the transaction that the last questions were asked in."""
        opened, self._opened, self._run = self._opened, ExitStack(), None
        opened.close()

    def _ask(
        self, query: sql.Composed, parameters: list[object] | None, table: pb.Table
    ) -> list[tuple[Any, ...]] | None:
        if time.monotonic() >= self._until:
            self.close()
            return None
        try:
            return self._transaction().rows(query, parameters, about=table.name)
        except psycopg.Error as error:
            _log.info("a question about %s.%s was not answered: %s", table.schema, table.name, error)
            opened, self._opened, self._run = self._opened, ExitStack(), None
            # The transaction has to learn of the error, and to hand it back.
            with suppress(psycopg.Error):
                opened.__exit__(type(error), error, error.__traceback__)
            return None

    def _transaction(self) -> Transaction:
        """One for several questions: beginning and ending one costs more than most answers."""
        if self._run is None or self._asked >= _AT_ONCE:
            self.close()
            self._run = self._opened.enter_context(self._session.transaction(self._seconds))
            self._asked = 0
        self._asked += 1
        return self._run


def _bare_type(table: pb.Table, column: str) -> sql.SQL:
    """The column's type without length or precision: a cast to varchar(5) makes longer values fit."""
    kind = next(each.type for each in table.columns if each.name == column)
    bare = re.sub(r"\(\d+(,-?\d+)?\)", "", kind)
    # "character" alone is character(1).
    return sql.SQL("bpchar" if bare == "character" else bare.replace("%", "%%"))


def _indexed(table: pb.Table, column: str) -> bool:
    return any(index.valid and not index.predicate and index.keys[0].column == column for index in table.indexes)
