"""A database of questions, loaded into a schema of PostgreSQL: the same plans on another kind of database.

The schema is named as the database's file is, in lower case, as most loaders name it.
"""

from functools import cached_property
from pathlib import Path
from typing import Any

import psycopg

from bench.world import Rows, World
from maestro.catalog.v1 import catalog_pb2
from maestro.plan.v1 import plan_pb2
from mesh.sources import SourceUrl
from services.loader.postgres import connection_info
from services.scanner.postgres.reader import PostgresReader
from services.scanner.scan import Scan
from services.scanner.settings import ScannerSettings


class PostgresWorld(World):
    """A World whose plans run in PostgreSQL; golds still run in the SQLite file. url: of the database of all schemas."""

    dialect = catalog_pb2.DIALECT_POSTGRESQL

    def __init__(self, name: str, path: Path, url: str) -> None:
        super().__init__(name, path)
        self._source = SourceUrl(name, "postgresql", url, url, "", schemas=(name.lower(),))

    @cached_property
    def catalog(self) -> catalog_pb2.Catalog:
        """What the scanner finds."""
        settings = ScannerSettings(inference_budget=120, sample_budget=120)
        reader = PostgresReader(self._source, settings)
        try:
            return Scan(reader, self.name, settings).run(now_all=True).snapshot.message()
        finally:
            reader.release()

    @cached_property
    def _connection(self) -> psycopg.Connection[Any]:
        info = connection_info(self._source, 30.0, "UTC")
        return psycopg.connect(**info, autocommit=True, cursor_factory=psycopg.RawCursor, prepare_threshold=None)

    def run(self, made: plan_pb2.QueryPlan, seconds: float = 5.0) -> Rows:
        """A plan's rows. Raises Fault, or psycopg.Error, also where it takes longer."""
        text, bound, shown = self.sql(made)
        self._connection.execute(f"SET statement_timeout = {int(seconds * 1000)}".encode())
        return [row[:shown] for row in self._connection.execute(text.encode(), bound).fetchall()]
