"""The databases that bench.index reads: the freight sample with its full indexes, then with the legacy ones. Kept in a
folder, they are two and need not be made again; else the one that is there changes its indexes, which takes a fraction of
the time and half of the disk."""

import os
import shutil
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import psycopg
from psycopg import sql

from deploy.local.postgres import READER, EmbeddedPostgres
from samples.frete.postgres import fill
from samples.frete.sample import Sample

SECTIONS = ("full", "legacy")
_LEGACY = Path(__file__).parent.parent / "samples" / "frete" / "schema" / "indexes_legacy.sql"
_MARK = "maestro bench legacy"
_BYTES_PER_ROW = 2500
"""Of a delivery, with what belongs to it in all tables, and the indexes."""


def prepared(
    server: EmbeddedPostgres, rows: int, sections: tuple[str, ...], *, kept: bool
) -> Iterator[tuple[str, str]]:
    """(section, the reader's URL of its database), one after the other: what is not there yet is made, and a database that
    is not kept is no more what it was once the next section is asked for. Raises NoRoomError."""
    full, legacy = f"frete_{rows}", f"frete_{rows}_legacy"
    _check_room(server, rows * (2 if kept and "legacy" in sections else 1), full)
    server.create_database(full)
    with _progress(server.url(full), "sample"):
        filled = fill(server.url(full), Sample(rows))
    if not filled.already:
        _say(f"sample of {rows:,} deliveries: {filled.seconds}")
    if kept and "legacy" in sections:
        _copied(server, full, legacy, fresh=not filled.already)
    for section in sections:
        if section == "legacy" and not kept:
            _make_legacy(server.url(full))
        yield section, server.url(legacy if section == "legacy" and kept else full, role=READER)


class NoRoomError(Exception):
    """The disk has no room for the databases; the message says how much they need."""


def _check_room(server: EmbeddedPostgres, rows: int, full: str) -> None:
    """Before anything is made, not after half an hour."""
    with psycopg.connect(server.url("postgres")) as connection:
        if connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", (full,)).fetchone():
            return
    needed, free = rows * _BYTES_PER_ROW, shutil.disk_usage(server.data_dir).free
    if needed > free:
        raise NoRoomError(
            f"{rows:,} deliveries need about {needed / 1e9:.0f} GB, and {server.data_dir} has {free / 1e9:.0f} GB: ask for"
            " fewer (ROWS=), or name a folder on another disk (KEEP=, or TMPDIR)."
        )


def _copied(server: EmbeddedPostgres, full: str, name: str, *, fresh: bool) -> None:
    """A copy of the sample's files with other indexes: a fraction of the time that filling it again takes."""
    with psycopg.connect(server.url("postgres"), autocommit=True) as connection:
        if connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", (name,)).fetchone():
            if not fresh and _marked(server.url(name)):
                return
            server.drop_database(name)
        began = time.monotonic()
        # As files: block by block, all of it would be written to the log as well.
        connection.execute(
            sql.SQL("CREATE DATABASE {} TEMPLATE {} STRATEGY file_copy").format(*map(sql.Identifier, (name, full)))
        )
    _say(f"a copy: {time.monotonic() - began:.0f} s")
    _make_legacy(server.url(name))


def _make_legacy(url: str) -> None:
    """The legacy indexes instead of those that are there."""
    began = time.monotonic()
    with _progress(url, "legacy indexes"), psycopg.connect(url) as connection:
        connection.execute("SET LOCAL maintenance_work_mem = '256MB'")
        for statement in _removals(connection):
            connection.execute(statement)
        connection.execute(_LEGACY.read_bytes())
        connection.execute(sql.SQL("COMMENT ON SCHEMA public IS {}").format(sql.Literal(_MARK)))
    _say(f"legacy indexes: {time.monotonic() - began:.0f} s")


def _marked(url: str) -> bool:
    with psycopg.connect(url) as connection:
        row = connection.execute("SELECT obj_description('public'::regnamespace, 'pg_namespace')").fetchone()
    return row is not None and row[0] == _MARK


def _removals(connection: psycopg.Connection) -> list[sql.Composed]:
    """What takes away every index but those of primary keys."""
    rows = connection.execute(
        "SELECT i.indrelid::regclass::text, x.relname, c.conname FROM pg_index i"
        " JOIN pg_class x ON x.oid = i.indexrelid JOIN pg_class t ON t.oid = i.indrelid"
        " LEFT JOIN pg_constraint c ON c.conindid = i.indexrelid AND c.contype = 'u'"
        " WHERE t.relnamespace = 'public'::regnamespace AND NOT i.indisprimary"
    ).fetchall()
    return [
        sql.SQL("ALTER TABLE {} DROP CONSTRAINT {}").format(sql.Identifier(table), sql.Identifier(constraint))
        if constraint
        else sql.SQL("DROP INDEX {}").format(sql.Identifier(index))
        for table, index, constraint in rows
    ]


@contextmanager
def _progress(url: str, what: str) -> Iterator[None]:
    """Says on stderr every few seconds what the server is at, as its own progress views tell."""
    done = threading.Event()
    began = time.monotonic()

    def watch() -> None:
        with suppress(psycopg.Error), psycopg.connect(url, autocommit=True) as connection:
            while not done.wait(5):
                row = connection.execute(
                    "SELECT (SELECT sum(tuples_processed) FROM pg_stat_progress_copy),"
                    " (SELECT phase FROM pg_stat_progress_create_index LIMIT 1),"
                    " pg_database_size(current_database()) >> 20"
                ).fetchone()
                copied, index, size = row or (None, None, 0)
                at = f"{copied:,} rows of a table" if copied else f"an index, {index}" if index else "between two steps"
                _say(f"{what}: {at}, {size:,} MB, {time.monotonic() - began:.0f} s")

    watcher = threading.Thread(target=watch, daemon=True)
    watcher.start()
    try:
        yield
    finally:
        done.set()
        watcher.join()


def chill(server: EmbeddedPostgres) -> None:
    """Restarts the server and has the system forget its files, so that the next statement reads from the disk. What a
    virtual machine's host keeps of the disk stays where it is."""
    server.stop()
    for path in (server.data_dir / "cluster" / "base").rglob("*"):
        if path.is_file():
            with suppress(OSError):
                held = os.open(path, os.O_RDONLY)
                try:
                    # Pages that are not written yet would stay.
                    os.fsync(held)
                    os.posix_fadvise(held, 0, 0, os.POSIX_FADV_DONTNEED)
                finally:
                    os.close(held)
    server.start()


def _say(text: str) -> None:
    sys.stderr.write(f"[bench.index] {text}\n")
    sys.stderr.flush()
