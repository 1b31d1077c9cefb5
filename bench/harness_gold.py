"""The right answers of questions: gold queries, run on the database itself, on a plain connection."""

import re
import sqlite3
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any

import psycopg

from bench.scoring import is_ordered, same_answer

Rows = list[tuple[Any, ...]]
_SPACED = re.compile(r"([><!])\s+=")
_MOST_ROWS = 500_000


class GoldError(Exception):
    """A gold query does not run; the message says why."""


@dataclass(frozen=True, slots=True)
class Gold:
    """A right answer. ordered: whether the order of its rows matters."""

    sql: str
    rows: Rows
    ordered: bool

    def is_answered_by(self, given: Rows) -> bool:
        """Whether `given` is this answer; values are compared across types, because the mesh gives them types of its own."""
        return same_answer(self.rows, given, ordered=self.ordered, coerce=True)


class Golds:
    """A database that gold queries run on: its SQLite file where there is one, else its schema in PostgreSQL."""

    def __init__(self, file: Path | None, postgres: str = "", schema: str = "") -> None:
        self._sqlite: sqlite3.Connection | None = None
        self._postgres: psycopg.Connection | None = None
        try:
            if file is not None:
                # Golds run in threads, one at a time.
                address = f"{file.resolve().as_uri()}?mode=ro&immutable=1"
                self._sqlite = sqlite3.connect(address, uri=True, check_same_thread=False)
                self._sqlite.text_factory = lambda content: content.decode("utf-8", "ignore")
            else:
                limits = "-c default_transaction_read_only=on -c statement_timeout=30000"
                self._postgres = psycopg.connect(postgres, autocommit=True, options=limits)
                self._postgres.execute("SELECT set_config('search_path', %s, false)", (f'"{schema}"',))
        except (sqlite3.Error, psycopg.Error) as error:
            raise GoldError(f"the database cannot be opened: {error}") from error

    def __enter__(self) -> "Golds":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for connection in (self._sqlite, self._postgres):
            if connection is not None:
                connection.close()

    def run(self, texts: Sequence[str], seconds: float = 30.0) -> list[Gold]:
        """The answers of gold queries, those that do not run or take longer left out. Raises GoldError where none runs."""
        found, why = [], None
        for text in texts:
            try:
                found.append(Gold(text, self._rows(text, seconds), is_ordered(text)))
            except GoldError as error:
                why = why or error
        if why is not None and not found:
            raise why
        return found

    def _rows(self, text: str, seconds: float) -> Rows:
        plain = _SPACED.sub(r"\1=", text.strip().rstrip(";"))
        try:
            if self._postgres is not None:
                return [tuple(row) for row in self._postgres.execute(plain.encode()).fetchmany(_MOST_ROWS)]
            assert self._sqlite is not None
            end = time.monotonic() + seconds
            self._sqlite.set_progress_handler(lambda: 1 if time.monotonic() > end else 0, 20_000)
            return self._sqlite.execute(plain).fetchmany(_MOST_ROWS)
        except (sqlite3.Error, psycopg.Error) as error:
            raise GoldError(str(error)) from error


def distinct(golds: Sequence[Gold]) -> list[Gold]:
    """Those that differ in result: of two readings with one answer, either is right."""
    found: list[Gold] = []
    for gold in golds:
        if not any(each.is_answered_by(gold.rows) for each in found):
            found.append(gold)
    return found
