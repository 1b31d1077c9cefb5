"""Readers over real databases for the scanner's tests."""

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import psycopg
import pytest

from mesh.sources import sources
from services.scanner.postgres.reader import PostgresReader
from services.scanner.settings import ScannerSettings
from services.scanner.sqlite.reader import SqliteReader

Execute = Callable[[str], None]


@pytest.fixture
def settings() -> ScannerSettings:
    """Budgets that no busy machine uses up."""
    return ScannerSettings(sample_budget=60, inference_budget=60, probe_timeout=20)


@pytest.fixture
def execute(database: str) -> Iterator[Execute]:
    """Runs statements as the owner of the test's own database."""
    with psycopg.connect(database, autocommit=True) as connection:
        yield lambda text: connection.execute(text) and None


@pytest.fixture
def postgres_reader(postgres, database: str, settings: ScannerSettings) -> Iterator[PostgresReader]:
    """Reads the test's own database as the role that may only read."""
    source = sources({"MAESTRO_SOURCE_SHOP": postgres.reader(database)})["shop"]
    reader = PostgresReader(source, settings)
    yield reader
    reader.release()


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """Where the test's SQLite file is, or is to be."""
    return tmp_path / "shop.sqlite"


@pytest.fixture
def write(file: Path) -> Execute:
    """Runs statements on the test's SQLite file."""

    def run(text: str) -> None:
        with closing(sqlite3.connect(file)) as connection:
            connection.executescript(text)
            connection.commit()

    return run


@pytest.fixture
def sqlite_reader(file: Path, settings: ScannerSettings) -> Iterator[SqliteReader]:
    """Reads the test's SQLite file."""
    source = sources({"MAESTRO_SOURCE_SHOP": f"sqlite:///{file}"})["shop"]
    reader = SqliteReader(source, settings)
    yield reader
    reader.release()
