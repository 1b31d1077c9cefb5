"""One database as the mesh sees it, in this process: its catalog, its semantic model, its values, and plans run on it.

The services' own parts do the work, called directly, so that thousands of questions can be tried without a mesh.
"""

import sqlite3
import time
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime
from functools import cached_property
from pathlib import Path
from typing import Any

from maestro.catalog.v1 import catalog_pb2
from maestro.plan.v1 import plan_pb2
from maestro.semantics.v1 import semantics_pb2
from mesh.sources import SourceUrl
from services.analyzer.link import FoundValue
from services.analyzer.parse import Parse, parse, with_values
from services.analyzer.vocabulary import Vocabulary, compile_vocabulary
from services.loader.bindings import Moment
from services.loader.compiler import Compiler, Task
from services.loader.shape import Shape
from services.loader.sqlite import connect
from services.mapper.build import build
from services.mapper.derive.model import Hints
from services.mapper.lexicon.book import lexicon
from services.mapper.model import HeldModel
from services.mapper.values.book import Column, ValueBook, told
from services.mapper.values.book import with_values as with_read
from services.mapper.values.columns import choose
from services.mapper.values.search import Search
from services.scanner.scan import Scan
from services.scanner.settings import ScannerSettings
from services.scanner.sqlite.reader import SqliteReader

Rows = list[tuple[Any, ...]]
TODAY = date(2025, 6, 18)
_LEAST = 0.6
_MOST = 8
_PER_COLUMN = 20_000


class World:
    """A SQLite database, scanned, mapped and ready to be asked."""

    dialect: int = catalog_pb2.DIALECT_SQLITE

    def __init__(self, name: str, path: Path, today: date = TODAY) -> None:
        self.name = name
        self.path = path
        self.today = today
        self._compiler = Compiler(4000)
        noon = datetime(today.year, today.month, today.day, 12, tzinfo=UTC)
        self._moment = Moment(noon, UTC, "UTC")

    @cached_property
    def catalog(self) -> catalog_pb2.Catalog:
        """What the scanner finds."""
        url = SourceUrl(self.name, "sqlite", f"sqlite:///{self.path}", f"sqlite:///{self.path}", str(self.path))
        # Generous, so that a busy machine finds no less than an idle one.
        settings = ScannerSettings(inference_budget=120, sample_budget=120)
        reader = SqliteReader(url, settings)
        try:
            return Scan(reader, self.name, settings).run(now_all=True).snapshot.message()
        finally:
            reader.release()

    @cached_property
    def held(self) -> HeldModel:
        """What the mapper derives."""
        return build(self.catalog, [], Hints())

    @cached_property
    def vocabulary(self) -> Vocabulary:
        """What the analyzer links against."""
        return compile_vocabulary(self.held.model)

    @cached_property
    def values(self) -> ValueBook:
        """The mapper's value dictionary."""
        read: dict[Column, list[str]] = {}
        for wanted in choose(self.held, _PER_COLUMN).read:
            table, column = (name.replace('"', '""') for name in (wanted.table.name, wanted.physical))
            query = f'SELECT DISTINCT "{column}" FROM "{table}" WHERE "{column}" IS NOT NULL LIMIT {wanted.most + 1}'  # noqa: S608  # names of the catalog
            found = [str(value) for (value,) in self._database.execute(query)]
            if len(found) <= wanted.most:
                read[wanted.column] = sorted(found)
        return ValueBook(with_read(told(self.held.model), read))

    @cached_property
    def _database(self) -> sqlite3.Connection:
        return connect(str(self.path))

    @cached_property
    def _slices(self) -> tuple[catalog_pb2.CatalogSlice, semantics_pb2.SemanticSlice]:
        found, model = self.catalog, self.held.model
        return (
            catalog_pb2.CatalogSlice(
                version=found.version, dialect=found.dialect, tables=found.tables, relationships=found.relationships
            ),
            semantics_pb2.SemanticSlice(
                version=model.version, datasets=model.datasets, relationships=model.relationships
            ),
        )

    def look_up(self, texts: Sequence[str]) -> dict[str, list[FoundValue]]:
        """What Mapper.LookUpValues finds."""
        search = Search(self.values, lexicon(), frozenset(), _LEAST, _MOST)
        found: dict[str, list[FoundValue]] = {}
        for text in texts:
            matches = []
            for each in search.find(text).found:
                dataset, field = self.values.columns[each.target.column] if each.target.column >= 0 else ("", "")
                matches.append(FoundValue(dataset, field, each.target.value, each.score, each.target.method))
            found[text] = matches
        return found

    def parsed(self, question: str, language: str) -> tuple[Parse, Mapping[str, Sequence[FoundValue]]]:
        """A question with everything that the mapper has to say of it."""
        made = parse(question, self.vocabulary, self.today, language, language or "en")
        found = self.look_up([text for text, _, _ in made.texts])
        return with_values(made, found, self.vocabulary), found

    def sql(self, made: plan_pb2.QueryPlan) -> tuple[str, list[Any], int]:
        """A plan's statement, what is bound to it, and how many of its columns are shown."""
        tables, meaning = self._slices
        shape = Shape(made.query)
        compiled = self._compiler.compile(Task(self.name, self.dialect, made, tables, meaning), shape, "all")
        values = {**shape.values, "as_of_day": self.today.isoformat(), "zone": "UTC"}
        values["as_of_moment"] = self._moment.as_of.isoformat()
        return compiled.sql, compiled.bind(values, self._moment), len(compiled.columns)

    def run(self, made: plan_pb2.QueryPlan, seconds: float = 5.0) -> Rows:
        """A plan's rows. Raises Fault, or sqlite3.Error, also where it takes longer."""
        text, bound, shown = self.sql(made)
        with _Limited(self._database, seconds):
            cursor = self._database.execute(text, {f"p{number}": value for number, value in enumerate(bound, 1)})
            return [row[:shown] for row in cursor.fetchall()]

    @cached_property
    def _plain(self) -> sqlite3.Connection:
        made = sqlite3.connect(f"file:{self.path}?mode=ro&immutable=1", uri=True)
        made.text_factory = lambda content: content.decode("utf-8", "ignore")
        return made

    def gold(self, text: str, seconds: float = 30.0) -> Rows:
        """The rows of a gold query, on a plain connection. Raises sqlite3.Error."""
        text = text.strip().rstrip(";")
        for wrong, right in (("> =", ">="), ("< =", "<="), ("! =", "!=")):
            text = text.replace(wrong, right)
        with _Limited(self._plain, seconds):
            return self._plain.execute(text).fetchall()


class _Limited:
    """Statements of a connection end after some seconds, inside."""

    def __init__(self, connection: sqlite3.Connection, seconds: float) -> None:
        self._connection = connection
        self._seconds = seconds

    def __enter__(self) -> None:
        end = time.monotonic() + self._seconds
        self._connection.set_progress_handler(lambda: 1 if time.monotonic() > end else 0, 20_000)

    def __exit__(self, *_: object) -> None:
        self._connection.set_progress_handler(None, 0)
