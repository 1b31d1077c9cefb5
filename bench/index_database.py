"""The databases that bench.index reads: the freight sample with its full indexes and, copied from it, with the legacy
ones. Kept in a folder, they need not be made again."""

import os
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


def prepared(server: EmbeddedPostgres, rows: int, sections: tuple[str, ...]) -> dict[str, str]:
    """The reader's URL of each section's database; made where it is not there yet."""
    full = f"frete_{rows}"
    server.create_database(full)
    with _progress(server.url(full), "sample"):
        filled = fill(server.url(full), Sample(rows))
    if not filled.already:
        _say(f"sample of {rows:,} deliveries: {filled.seconds}")
    if "legacy" in sections:
        _legacy(server, full, f"{full}_legacy", fresh=not filled.already)
    return {each: server.url(full if each == "full" else f"{full}_legacy", role=READER) for each in sections}


def _legacy(server: EmbeddedPostgres, full: str, name: str, *, fresh: bool) -> None:
    """A copy of the sample's files with other indexes: a fraction of the time that filling it again takes."""
    if not fresh and not server.create_database(name, exists_ok=True) and _marked(server.url(name)):
        return
    server.drop_database(name)
    began = time.monotonic()
    server.create_database(name, template=full)
    with psycopg.connect(server.url(name)) as connection:
        connection.execute("SET LOCAL maintenance_work_mem = '256MB'")
        for statement in _removals(connection):
            connection.execute(statement)
        connection.execute(_LEGACY.read_bytes())
        connection.execute("ANALYZE")
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
