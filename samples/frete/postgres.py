"""Fills a PostgreSQL database with the sample, in one transaction: it is there as a whole or not at all."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

import psycopg
from psycopg import sql

from samples.frete.sample import Sample

Indexes = Literal["full", "legacy"]

_SCHEMA = Path(__file__).parent / "schema"

# The fingerprint is kept where no reader of the catalog takes it for a description of the data.
_MARK = "entregas_monitoradas_pkey"


class NotOurTablesError(Exception):
    """Tables of the sample's names are there already and were not made by it: they are left alone."""


@dataclass
class Filled:
    """What `fill` did: rows by table, seconds by stage; `already` where the same sample was there."""

    already: bool
    rows: Counter[str] = field(default_factory=Counter)
    seconds: dict[str, float] = field(default_factory=dict)


def fill(url: str, sample: Sample, *, indexes: Indexes = "full", maintenance_mb: int = 256) -> Filled:
    """Fill the database at a libpq URL (whose role may create tables), unless this very sample is there.

    Another sample there is replaced. maintenance_mb: memory for making each index. Raises NotOurTablesError,
    and psycopg.Error where the database refuses."""
    fingerprint = f"{sample.fingerprint} indexes={indexes}"
    with psycopg.connect(url) as connection:
        if _mark(connection) == fingerprint:
            return Filled(already=True)
        _clear(connection)
        filled = Filled(already=False)
        connection.execute("SET LOCAL synchronous_commit = on")
        connection.execute(sql.SQL("SET LOCAL maintenance_work_mem = {}").format(sql.Literal(f"{maintenance_mb}MB")))
        with _timed(filled, "rows"):
            _run(connection, "tables")
            _copy(connection, sample, filled.rows)
        with _timed(filled, "indexes"):
            _run(connection, "primary_keys")
            _run(connection, f"indexes_{indexes}")
        with _timed(filled, "foreign keys"):
            _run(connection, "foreign_keys")
        with _timed(filled, "analyze"):
            _run(connection, "comments")
            names = sql.SQL(", ").join(map(sql.Identifier, tables()))
            connection.execute(sql.SQL("ANALYZE {}").format(names))
        mark = sql.SQL("COMMENT ON CONSTRAINT {} ON entregas_monitoradas IS {}")
        connection.execute(mark.format(sql.Identifier(_MARK), sql.Literal(fingerprint)))
        with _timed(filled, "commit"):
            connection.commit()
    return filled


def tables() -> list[str]:
    """Names of the sample's tables, in the order of the schema."""
    lines = (_SCHEMA / "tables.sql").read_text().splitlines()
    return [line.split()[2] for line in lines if line.startswith("CREATE TABLE")]


def content_hash(url: str) -> str:
    """A hash of every row of every table, the same for the same content however it was written."""
    with psycopg.connect(url) as connection:
        parts = []
        for table in tables():
            query = sql.SQL("SELECT md5(string_agg(md5(t::text), '' ORDER BY id)) FROM {} t")
            row = connection.execute(query.format(sql.Identifier(table))).fetchone()
            parts.append(f"{table}={row[0] if row else None}")
        row = connection.execute("SELECT md5(%s)", ("\n".join(parts),)).fetchone()
        assert row is not None
        return str(row[0])


def _mark(connection: psycopg.Connection) -> str | None:
    """The fingerprint of the sample that is there; None where there is none."""
    row = connection.execute(
        "SELECT obj_description(oid, 'pg_constraint') FROM pg_constraint"
        " WHERE conname = %s AND conrelid = to_regclass('entregas_monitoradas')",
        (_MARK,),
    ).fetchone()
    return row[0] if row else None


def _clear(connection: psycopg.Connection) -> None:
    held = connection.execute(
        "SELECT relname FROM pg_class WHERE relnamespace = current_schema()::regnamespace"
        " AND relkind IN ('r', 'p', 'v', 'm', 'f') AND relname = ANY(%s)",
        (tables(),),
    ).fetchall()
    if not held:
        return
    if not (_mark(connection) or "").startswith("frete "):
        names = ", ".join(sorted(name for (name,) in held))
        raise NotOurTablesError(
            f"The database has tables of these names already, not made by this sample: {names}. "
            "Give it a database of its own."
        )
    ours = sql.SQL(", ").join(sql.Identifier(name) for (name,) in held)
    connection.execute(sql.SQL("DROP TABLE {} CASCADE").format(ours))


def _copy(connection: psycopg.Connection, sample: Sample, rows: Counter[str]) -> None:
    """COPY while the next rows are being made: the generator runs in a thread, a few buffers ahead."""
    pieces = _buffers(sample)
    with ThreadPoolExecutor(1) as ahead, connection.cursor() as cursor:
        coming = ahead.submit(next, pieces, None)
        while (piece := coming.result()) is not None:
            coming = ahead.submit(next, pieces, None)
            table, columns, count, buffer = piece
            statement = sql.SQL("COPY {} ({}) FROM STDIN (FORMAT csv, FREEZE)").format(
                sql.Identifier(table), sql.SQL(", ").join(sql.Identifier(column) for column in columns)
            )
            with cursor.copy(statement) as copy:
                copy.write(buffer)
            rows[table] += count


def _buffers(sample: Sample) -> Iterator[tuple[str, list[str], int, memoryview]]:
    """(table, columns, number of rows, rows as CSV) of every piece of the sample."""
    import pyarrow as pa  # noqa: PLC0415  half a second that a sample which is there already need not take
    from pyarrow import csv  # noqa: PLC0415

    from samples.frete.generator import generate  # noqa: PLC0415

    options = csv.WriteOptions(include_header=False)
    for table, sheet in generate(sample):
        sink = pa.BufferOutputStream()
        csv.write_csv(pa.table(list(sheet.values()), names=list(sheet)), sink, options)
        yield table, list(sheet), len(sheet["id"]), memoryview(sink.getvalue())


def _run(connection: psycopg.Connection, script: str) -> None:
    connection.execute((_SCHEMA / f"{script}.sql").read_bytes())


class _timed:  # noqa: N801  reads as a verb
    """Adds the seconds of a `with` block to a stage."""

    def __init__(self, filled: Filled, stage: str) -> None:
        self._seconds, self._stage = filled.seconds, stage

    def __enter__(self) -> None:
        self._start = time.monotonic()

    def __exit__(self, *_: object) -> None:
        self._seconds[self._stage] = round(time.monotonic() - self._start, 3)
