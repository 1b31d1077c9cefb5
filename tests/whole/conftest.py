"""The whole mesh in one process, over real sockets, on real PostgreSQL with a small frete sample."""

from __future__ import annotations

import asyncio
import importlib
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from deploy.state.migrate import migrate
from maestro.scanner.v1 import scanner_pb2, scanner_pb2_grpc
from maestro_client.client import Maestro
from mesh.modules import MODULES
from mesh.probe import probe
from mesh.testing import Mesh, start
from samples.frete.postgres import fill
from samples.frete.sample import ANCHOR, Sample
from tests.fixtures.postgres import TestServer

ROWS = 2_000
_ALL = scanner_pb2.ListSourcesRequest()
MODEL = Path(__file__).resolve().parents[2] / "samples" / "frete" / "model"


@pytest.fixture(scope="session")
def frete(postgres: TestServer) -> str:
    """Owner's URL of a frete sample of 2,000 deliveries."""
    url = postgres.fresh(name="frete_whole")
    fill(url, Sample(rows=ROWS))
    return url


@pytest.fixture(scope="session")
def environment(postgres: TestServer, frete: str) -> dict[str, str]:
    """What the services of the mesh are told."""
    state = postgres.fresh(name="state_whole")
    migrate(state)
    return {
        "MAESTRO_STATE": state,
        "MAESTRO_SOURCE_FRETE": postgres.reader(frete),
        "MAESTRO_SOURCE_FRETE__MODEL": str(MODEL),
        "MAESTRO_SOURCE_FRETE__LOCALE": "pt-BR",
        "MAESTRO_SOURCE_FRETE__TIME_ZONE": "America/Sao_Paulo",
        "MAESTRO_SOURCE_FRETE__AS_OF": ANCHOR.isoformat(),
        "MAESTRO_MONITOR_INTERVAL": "0.2",
    }


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def mesh(environment: dict[str, str]) -> AsyncIterator[Mesh]:
    """All thirteen modules, serving."""
    builds = {name: importlib.import_module(f"services.{name}.__main__").build for name in MODULES}
    async with start(builds, env=environment) as running:
        for name in MODULES:
            async with asyncio.timeout(60):
                while (await probe(running.address(name)))[0] != "serving":
                    await asyncio.sleep(0.05)
        scanner = running.stub(scanner_pb2_grpc.ScannerStub, "scanner")
        async with asyncio.timeout(60):
            # A busy machine takes its time; until then plans are refused.
            while not all(each.catalog_version for each in (await scanner.ListSources(_ALL)).sources):
                await asyncio.sleep(0.05)
        yield running


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def maestro(mesh: Mesh) -> AsyncIterator[Maestro]:
    """A client of the mesh."""
    async with Maestro(mesh.address("orchestrator"), caller="test") as client:
        yield client
