"""How long does a scan of thousands of tables take, how much memory, and what does one change cost afterwards?

    python -m bench.scan [--tables 5000] [--rows 100] [--database postgresql|sqlite|both]

Makes bench.large_schema's tables in an embedded PostgreSQL and in an SQLite file, with rows, keys and statistics, and
scans each by the scanner's own keeper in a process of its own. Figures: `scan`, the first scan (what there was no time
for within the budgets is made up for by later ones: `finish`); `idle`, one that finds nothing changed; `structure`, one
after one table was given a column, and `rows`, one after all rows of one were written. Of each: `s`, seconds; `cpu_s`, of
processor time, the database's own with it (what is left of `s` on a busy machine is waiting); `statements` sent, `rows` that
they gave; `tables` read, `changed` their names. `start_mb`, `rss_mb`, `peak_mb`: memory of that process before, after, and
at most. Prints one JSON object as its last line.
"""

import argparse
import asyncio
import functools
import inspect
import json
import multiprocessing
import os
import resource
import sqlite3
import sys
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import closing, suppress
from multiprocessing.connection import Connection
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import psycopg

from bench.large_schema import schema
from deploy.local.postgres import READER, EmbeddedPostgres
from maestro.catalog.v1 import catalog_pb2 as catalog

_TYPES = {
    catalog.TYPE_FAMILY_INTEGER: "integer",
    catalog.TYPE_FAMILY_DECIMAL: "numeric(12,2)",
    catalog.TYPE_FAMILY_DATE: "date",
}
_STATEMENTS_AT_ONCE = 200
_MOST_SCANS = 10


def definitions(made: catalog.Catalog) -> Iterator[tuple[str, str]]:
    """(table, its CREATE TABLE); every second key to another table is declared, the others are left to be inferred."""
    known: set[str] = set()
    referring: dict[str, list[catalog.Relationship]] = {}
    for each in made.relationships:
        referring.setdefault(each.from_table, []).append(each)
    for number, table in enumerate(made.tables):
        parts = [
            f'"{each.name}" {_TYPES.get(each.family, "varchar(60)")}{" PRIMARY KEY" if each.name == "id" else ""}'
            for each in table.columns
        ]
        if number % 2 == 0:
            parts += [
                f'FOREIGN KEY ("{each.from_columns[0]}") REFERENCES "{each.to_table}" (id)'
                for each in referring.get(table.name, ())
                if each.to_table in known
            ]
        known.add(table.name)
        yield table.name, f'CREATE TABLE "{table.name}" ({", ".join(parts)})'


def filling(table: catalog.Table, rows: int, *, sqlite: bool) -> str:
    """Its rows, in one statement."""
    number = "i" if sqlite else "i::int"
    day = "date('2024-01-01', i || ' days')" if sqlite else "date '2024-01-01' + i"
    shown = []
    for each in table.columns:
        if each.sample_values:
            values = [value.replace("'", "''") for value in each.sample_values]
            whens = " ".join(f"WHEN {at} THEN '{value}'" for at, value in enumerate(values))
            shown.append(f"CASE i % {len(values)} {whens} END")
        else:
            shown.append(day if each.family == catalog.TYPE_FAMILY_DATE else number)
    series = (
        f"(WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {rows}) SELECT i FROM n)"  # noqa: S608  # our own names
        if sqlite
        else f"generate_series(1, {rows}) i"
    )
    return f'INSERT INTO "{table.name}" SELECT {", ".join(shown)} FROM {series}'  # noqa: S608  # as above


def fill_postgresql(url: str, tables: int, rows: int) -> None:
    """Makes the tables there, and has them analyzed."""
    made = schema(tables)
    statements = [
        text
        for (name, create), table in zip(definitions(made), made.tables, strict=True)
        for text in (create, filling(table, rows, sqlite=False))
    ]
    with psycopg.connect(url) as connection:
        for first in range(0, len(statements), _STATEMENTS_AT_ONCE):
            connection.execute("; ".join(statements[first : first + _STATEMENTS_AT_ONCE]).encode())
            connection.commit()
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("ANALYZE")


def fill_sqlite(path: Path, tables: int, rows: int) -> None:
    """Makes the tables there, and has them analyzed."""
    made = schema(tables)
    with closing(sqlite3.connect(path)) as connection:
        for (_, create), table in zip(definitions(made), made.tables, strict=True):
            connection.execute(create)
            connection.execute(filling(table, rows, sqlite=True))
        connection.commit()
        connection.execute("ANALYZE")
        connection.commit()


def write(url: str, statement: str) -> None:
    """Changes the database, as its owner."""
    if url.startswith("sqlite:"):
        with closing(sqlite3.connect(url.removeprefix("sqlite:///"))) as connection:
            connection.execute(statement)
            connection.commit()
        return
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(statement.encode())
        connection.execute("SELECT pg_stat_force_next_flush()")


class Watched:
    """One source's keeper, and what its scans cost. server: process whose children the database's work is done by, if any."""

    def __init__(self, url: str, server: int) -> None:
        from mesh.sources import sources  # noqa: PLC0415  # what the child holds is measured: only what the scanner needs
        from services.scanner.opening import keeper  # noqa: PLC0415  # as above
        from services.scanner.settings import ScannerSettings  # noqa: PLC0415  # as above

        self.keeper = keeper(sources({"MAESTRO_SOURCE_LARGE": url})["large"], ScannerSettings())
        self._server = server
        self._sent = Counter[str]()
        if url.startswith("sqlite:"):
            from services.scanner.sqlite.file import File  # noqa: PLC0415  # as above

            _count(File, "_run", self._sent)
            _count(File, "stream", self._sent)
        else:
            from services.scanner.postgres.session import Transaction  # noqa: PLC0415  # as above

            _count(Transaction, "_run", self._sent)

    async def scanned(self) -> tuple[Any, dict[str, Any]]:
        """A scan's report, and its figures."""
        self._sent.clear()
        begun, spent = time.perf_counter(), self._spent()
        report = await self.keeper.refresh()
        return report, {
            "s": round(time.perf_counter() - begun, 2),
            "cpu_s": round(self._spent() - spent, 2),
            **{name: self._sent[name] for name in ("statements", "rows")},
            "tables": report.read,
            "changed": list(report.difference.changed),
        }

    def _spent(self) -> float:
        return time.process_time() + _spent_below(self._server)


def _count(holder: type, name: str, sent: Counter[str]) -> None:
    """Has a method that runs a statement count it and its rows."""
    run = getattr(holder, name)

    @functools.wraps(run)
    def counting(*arguments: Any, **more: Any) -> Iterator[Any]:
        sent["statements"] += 1
        for row in run(*arguments, **more):
            sent["rows"] += 1
            yield row

    setattr(
        holder, name, counting if inspect.isgeneratorfunction(run) else lambda *told, **more: [*counting(*told, **more)]
    )


def _spent_below(parent: int) -> float:
    """Seconds of processor time of a process's children, those that ended with them."""
    ticks = 0
    for status in Path("/proc").glob("[0-9]*/stat") if parent else ():
        with suppress(OSError):
            told = status.read_text().rpartition(")")[2].split()
            if int(told[1]) == parent:
                ticks += int(told[11]) + int(told[12])
            elif int(status.parent.name) == parent:
                ticks += int(told[13]) + int(told[14])
    return ticks / os.sysconf("SC_CLK_TCK")


def scan(url: str, owner: str, table: str, server: int, answer: Connection) -> None:
    """Scans, in this process; sends the figures. owner: URL by which the table is changed."""

    async def run() -> dict[str, Any]:
        figures: dict[str, Any] = {"start_mb": _resident()}
        watched = Watched(url, server)
        try:
            first, figures["scan"] = await watched.scanned()
            figures["scan"]["relationships"] = len(first.snapshot.inferred)
            figures["finish"] = []
            while len(figures["finish"]) < _MOST_SCANS:
                before = watched.keeper.current
                report, found = await watched.scanned()
                if report.snapshot is before and not report.read:
                    break
                figures["finish"].append(found)
            figures["idle"] = (await watched.scanned())[1]
            write(owner, f'ALTER TABLE "{table}" ADD COLUMN added_later integer')
            figures["structure"] = (await watched.scanned())[1]
            write(owner, f'UPDATE "{table}" SET added_later = 7')  # noqa: S608  # our own names
            report, figures["rows"] = await watched.scanned()
            figures["relationships"] = len(report.snapshot.inferred)
        finally:
            await watched.keeper.close()
        peak = round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)
        return {**figures, "rss_mb": _resident(), "peak_mb": peak}

    answer.send(asyncio.run(run()))


def _resident() -> int:
    """Megabytes of memory that this process holds now."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * resource.getpagesize() // 2**20


def apart(url: str, owner: str, table: str, server: int = 0) -> dict[str, Any]:
    """The figures of a scan, from a process of its own."""
    ours, theirs = multiprocessing.Pipe()
    child = multiprocessing.get_context("spawn").Process(target=scan, args=(url, owner, table, server, theirs))
    child.start()
    theirs.close()
    figures: dict[str, Any] = ours.recv()
    child.join()
    return figures


def main(arguments: list[str] | None = None) -> None:
    """Measures."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--tables", type=int, default=5000)
    parser.add_argument("--rows", type=int, default=100, help="of each table (default %(default)s)")
    parser.add_argument("--database", choices=("postgresql", "sqlite", "both"), default="both")
    told = parser.parse_args(arguments)
    table = schema(told.tables).tables[told.tables // 2].name
    figures: dict[str, Any] = {"tables": told.tables, "rows": told.rows}
    with TemporaryDirectory(prefix="maestro-bench-") as name:
        folder = Path(name)
        if told.database != "postgresql":
            path = folder / "large.sqlite"
            fill_sqlite(path, told.tables, told.rows)
            figures["sqlite"] = apart(f"sqlite:///{path}", f"sqlite:///{path}", table)
        if told.database != "sqlite":
            with EmbeddedPostgres(folder / "postgresql", fsync=False) as server:
                server.create_database("large")
                fill_postgresql(server.url("large"), told.tables, told.rows)
                figures["postgresql"] = apart(
                    server.url("large", role=READER), server.url("large"), table, server.pid or 0
                )
    sys.stdout.write(json.dumps(figures) + "\n")


if __name__ == "__main__":
    main()
