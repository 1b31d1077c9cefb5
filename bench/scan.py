"""How long does a scan of thousands of tables take, how much memory, and what does one change cost afterwards?

    python -m bench.scan [--tables 5000] [--rows 100] [--database postgresql|sqlite|both]

Makes bench.large_schema's tables in an embedded PostgreSQL and in an SQLite file, with rows, keys and statistics, and
scans each by the scanner's own keeper in a process of its own. Figures: `scan_s`, the first scan (what there was no time
for within the budgets is made up for by later ones: `finished_s` more); `idle_s`, one that finds nothing changed;
`rescan_s` and `reread`, one after one table was given a column, and how many tables it read. `start_mb`, `rss_mb`,
`peak_mb`: memory of that process before, after, and at most. Prints one JSON object as its last line.
"""

import argparse
import asyncio
import json
import multiprocessing
import resource
import sqlite3
import sys
import time
from collections.abc import Iterator
from contextlib import closing
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
    for number, table in enumerate(made.tables):
        parts = [
            f'"{each.name}" {_TYPES.get(each.family, "varchar(60)")}{" PRIMARY KEY" if each.name == "id" else ""}'
            for each in table.columns
        ]
        if number % 2 == 0:
            parts += [
                f'FOREIGN KEY ("{each.from_columns[0]}") REFERENCES "{each.to_table}" (id)'
                for each in made.relationships
                if each.from_table == table.name and each.to_table in known
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
        f"(WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {rows}) SELECT i FROM n)"
        if sqlite
        else f"generate_series(1, {rows}) i"
    )
    return f'INSERT INTO "{table.name}" SELECT {", ".join(shown)} FROM {series}'


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


def change(url: str, table: str) -> None:
    """Gives one table a column."""
    statement = f'ALTER TABLE "{table}" ADD COLUMN added_later integer'
    if url.startswith("sqlite:"):
        with closing(sqlite3.connect(url.removeprefix("sqlite:///"))) as connection:
            connection.execute(statement)
            connection.commit()
        return
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(statement.encode())


def scan(url: str, owner: str, table: str, answer: Connection) -> None:
    """Scans, in this process; sends the figures. owner: URL by which the table is changed."""
    from mesh.sources import sources  # noqa: PLC0415  # what the child holds is measured: only what the scanner needs
    from services.scanner.opening import keeper  # noqa: PLC0415  # as above
    from services.scanner.settings import ScannerSettings  # noqa: PLC0415  # as above

    async def run() -> dict[str, Any]:
        source = sources({"MAESTRO_SOURCE_LARGE": url})["large"]
        held = keeper(source, ScannerSettings())
        figures: dict[str, Any] = {"start_mb": _resident()}
        try:
            first, figures["scan_s"] = await _timed(held)
            figures["tables"] = len(first.snapshot.tables)
            figures["finished_s"], scans = 0.0, 0
            while scans < _MOST_SCANS:
                before = held.current
                report, seconds = await _timed(held)
                if report.snapshot is before and not report.read:
                    break
                figures["finished_s"], scans = round(figures["finished_s"] + seconds, 2), scans + 1
            figures["scans_to_finish"] = scans
            figures["idle_s"] = (await _timed(held))[1]
            change(owner, table)
            report, figures["rescan_s"] = await _timed(held)
            figures["reread"] = report.read
            figures["changed"] = [each[-1] for each in report.difference.changed]
            figures["relationships"] = len(report.snapshot.inferred)
        finally:
            await held.close()
        peak = round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)
        return {**figures, "rss_mb": _resident(), "peak_mb": peak}

    answer.send(asyncio.run(run()))


async def _timed(held: Any) -> tuple[Any, float]:
    begun = time.perf_counter()
    report = await held.refresh()
    return report, round(time.perf_counter() - begun, 2)


def _resident() -> int:
    """Megabytes of memory that this process holds now."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * resource.getpagesize() // 2**20


def apart(url: str, owner: str, table: str) -> dict[str, Any]:
    """The figures of a scan, from a process of its own."""
    ours, theirs = multiprocessing.Pipe()
    child = multiprocessing.get_context("spawn").Process(target=scan, args=(url, owner, table, theirs))
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
                figures["postgresql"] = apart(server.url("large", role=READER), server.url("large"), table)
    sys.stdout.write(json.dumps(figures) + "\n")


if __name__ == "__main__":
    main()
