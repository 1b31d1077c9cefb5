"""The shop in both databases, and the loader that reads them."""

import math
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import pytest_asyncio

from maestro.catalog.v1 import catalog_pb2
from maestro.plan.v1 import plan_pb2
from maestro.result.v1 import result_pb2
from maestro.semantics.v1 import semantics_pb2
from mesh.sources import SourceUrl
from services.loader.bindings import Moment
from services.loader.ceilings import Limits
from services.loader.compiler import Compiled, Compiler, Task
from services.loader.execution import Ask, Execution, Head
from services.loader.settings import LoaderSettings
from services.loader.shape import Shape, Values
from services.loader.source import Database
from services.loader.sources import Sources
from services.loader.statement_log import StatementLog
from tests.fixtures.postgres import TestServer
from tests.services.loader import catalogs, shop

ZONE = "America/Sao_Paulo"
AS_OF = datetime(2025, 11, 21, 15, 30, tzinfo=UTC).astimezone(ZoneInfo(ZONE))


@pytest.fixture(scope="session")
def shop_postgresql(postgres: TestServer) -> str:
    """Owner's URL."""
    url = postgres.fresh(name="shop")
    shop.fill_postgresql(url, shop.rows())
    return url


@pytest.fixture(scope="session")
def shop_sqlite(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("shop") / "shop.sqlite"
    shop.fill_sqlite(str(path), shop.rows())
    return path


@pytest.fixture
def unrecorded(monkeypatch: pytest.MonkeyPatch) -> None:
    """For tests that send statements of their own through the loader's connections, to see what becomes of them."""
    monkeypatch.delenv("MAESTRO_STATEMENT_LOG")


class Reader:
    """Runs plans on one database, blind or with its catalog."""

    def __init__(self, source: SourceUrl, database: Database, catalog: catalog_pb2.CatalogSlice) -> None:
        self.source = source
        self.database = database
        self.catalog = catalog
        self.settings = LoaderSettings()
        self.execution = Execution(self.compiler(), self.settings)
        self.limits = Limits(
            self.settings.max_rows, self.settings.max_bytes, self.settings.max_cost, self.settings.statement_timeout
        )

    def ask(
        self,
        query: plan_pb2.Query,
        *,
        blind: bool = False,
        semantics: semantics_pb2.SemanticSlice | None = None,
        page_size: int = 1000,
        page_token: str = "",
        explain: bool = False,
        limits: Limits | None = None,
    ) -> Ask:
        catalog = catalog_pb2.CatalogSlice() if blind else self.catalog
        task = Task(
            self.database.name,
            self.database.dialect,
            plan_pb2.QueryPlan(query=query),
            catalog,
            semantics or semantics_pb2.SemanticSlice(),
        )
        moment = Moment(AS_OF, ZoneInfo(ZONE), ZONE)
        return Ask(task, moment, limits or self.limits, page_size, page_token, explain)

    def compiler(self) -> Compiler:
        """A new one, which writes to the log of the settings."""
        return Compiler(log=StatementLog(self.settings.statement_log))

    def pushed(self) -> "Reader":
        """A reader whose catalog claims large tables of few values in order, and who takes every fork: whatever can be rewritten
        is, although nothing of it pays here."""
        catalog = catalog_pb2.CatalogSlice()
        catalog.CopyFrom(self.catalog)
        catalog.version = "pushed"
        for table in catalog.tables:
            table.row_estimate = 1_000_000
            for column in table.columns:
                column.statistics.distinct = 10
                column.statistics.correlation = 1
        made = Reader(self.source, self.database, catalog)
        made.execution = _Taking(made.compiler(), made.settings)
        return made

    async def head(self, query: plan_pb2.Query, **options: Any) -> Head:
        return await self.execution.head(self.database, self.ask(query, **options))

    async def rows(self, query: plan_pb2.Query, **options: Any) -> list[tuple[Any, ...]]:
        """The rows as Python's values."""
        return plain((await self.head(query, **options)).head)


class _Taking(Execution):
    """Takes every fork, whatever it costs."""

    async def compiled(self, database: Database, ask: Ask, shape: Shape, values: Values, variant: str) -> Compiled:
        return self._compiler.compile(ask.task, shape, variant)


def plain(head: result_pb2.ResultHead) -> list[tuple[Any, ...]]:
    return [tuple(cell(each) for each in row.values) for row in head.rows]


def alike(ours: list[tuple[Any, ...]], theirs: list[tuple[Any, ...]]) -> bool:
    """Whether rows are the same but for the last digits of fractions, which databases round in their own ways."""
    return len(ours) == len(theirs) and all(
        len(a) == len(b) and all(_alike(x, y) for x, y in zip(a, b, strict=True))
        for a, b in zip(ours, theirs, strict=True)
    )


def _alike(x: Any, y: Any) -> bool:
    if type(x) in (int, float) and type(y) in (int, float):
        return math.isclose(x, y, rel_tol=1e-9, abs_tol=2e-4)
    return type(x) is type(y) and bool(x == y)


def cell(value: result_pb2.Value) -> Any:
    kind = value.WhichOneof("kind")
    if kind is None:
        return None
    content = getattr(value, kind)
    if kind in ("decimal", "float"):
        return float(content)
    return content


async def _reader(url: str, name: str, catalog: catalog_pb2.CatalogSlice) -> tuple[Reader, Sources]:
    from mesh.sources import sources

    configured = sources({f"MAESTRO_SOURCE_{name.upper()}": url, f"MAESTRO_SOURCE_{name.upper()}__TIME_ZONE": ZONE})
    opened = Sources(configured, LoaderSettings())
    source, database = opened.get(name)
    return Reader(source, database, catalog), opened


@pytest.fixture(scope="session")
def shop_catalogs(shop_postgresql: str, shop_sqlite: Path) -> dict[str, catalog_pb2.CatalogSlice]:
    """By database, read once; every test gets copies, because some change them."""
    return {
        "postgresql": catalogs.of_postgresql(shop_postgresql),
        "sqlite": catalogs.of_sqlite(str(shop_sqlite)),
    }


def _copy(catalog: catalog_pb2.CatalogSlice) -> catalog_pb2.CatalogSlice:
    made = catalog_pb2.CatalogSlice()
    made.CopyFrom(catalog)
    return made


Catalogs = dict[str, catalog_pb2.CatalogSlice]


@pytest_asyncio.fixture
async def on_postgresql(postgres: TestServer, shop_postgresql: str, shop_catalogs: Catalogs) -> AsyncIterator[Reader]:
    url = postgres.reader(shop_postgresql)
    reader, opened = await _reader(url, "shop", _copy(shop_catalogs["postgresql"]))
    yield reader
    await opened.close()


@pytest_asyncio.fixture
async def as_owner(shop_postgresql: str, shop_catalogs: Catalogs) -> AsyncIterator[Reader]:
    """As on_postgresql, by the owner's role: who alone sees what its own statements do."""
    reader, opened = await _reader(shop_postgresql, "shop", _copy(shop_catalogs["postgresql"]))
    yield reader
    await opened.close()


@pytest_asyncio.fixture
async def on_sqlite(shop_sqlite: Path, shop_catalogs: Catalogs) -> AsyncIterator[Reader]:
    reader, opened = await _reader(f"sqlite:///{shop_sqlite}", "shop", _copy(shop_catalogs["sqlite"]))
    yield reader
    await opened.close()
