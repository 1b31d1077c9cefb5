"""Provider and loader as they run: over the wire, on a real database."""

import asyncio
from pathlib import Path

import pyarrow as pa
import pytest

from bench.index_notation import agg, by, cmp, col, plan, query, table
from maestro.loader.v1 import loader_pb2, loader_pb2_grpc
from maestro.provider.v1 import provider_pb2, provider_pb2_grpc
from mesh.fault import Fault
from mesh.testing import Mesh, start
from services.loader.__main__ import build as loader
from services.provider.__main__ import build as provider
from tests.services.loader import shop
from tests.services.loader.catalogs import of_sqlite

ORDERS = query(table("orders", "o"), {"id": col("o.id"), "total": col("o.total")}, order=[by("id")])


@pytest.fixture(scope="module")
def shop_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("shop") / "shop.sqlite"
    shop.fill_sqlite(str(path), shop.rows())
    return path


def env(path: Path) -> dict[str, str]:
    return {"MAESTRO_SOURCE_SHOP": f"sqlite:///{path}"}


def stub(mesh: Mesh) -> provider_pb2_grpc.ProviderStub:
    return mesh.stub(provider_pb2_grpc.ProviderStub, "provider")


async def test_a_fetch_passes_the_loader_s_head_on(shop_file: Path) -> None:
    async with start({"loader": loader, "provider": provider}, env=env(shop_file)) as mesh:
        request = provider_pb2.FetchRequest(plan=plan(ORDERS), catalog=of_sqlite(str(shop_file)), page_size=10)
        got = await stub(mesh).Fetch(request)
        assert [each.values[0].integer for each in got.head.rows] == list(range(1, 11))
        assert got.head.total_rows == 240
        assert not got.enrichable
        request.page_token = got.head.next_page_token
        await mesh.stop("provider")
        await mesh.start("provider", provider)
        second = await stub(mesh).Fetch(request)
        assert [each.values[0].integer for each in second.head.rows] == list(range(11, 21))
        names = [(each.module, each.name.rpartition("/")[2]) for each in mesh.spans() if each.module]
        assert names.count(("loader", "SELECT orders")) == 3
        sql = next(each for each in mesh.spans() if each.name == "SELECT orders")
        assert sql.attributes["db.system.name"] == "sqlite"
        assert sql.attributes["maestro.purpose"] == "main"
        assert sql.attributes["db.response.returned_rows"] == 11


async def test_faults_of_the_loader_arrive_as_they_are(shop_file: Path) -> None:
    async with start({"loader": loader, "provider": provider}, env=env(shop_file)) as mesh:
        request = provider_pb2.FetchRequest(
            plan=plan(query("ordres", {"id": col("id")})), catalog=of_sqlite(str(shop_file))
        )
        with pytest.raises(Fault) as caught:
            await stub(mesh).Fetch(request)
        assert (caught.value.reason, caught.value.origin) == ("TABLE_UNKNOWN", "loader")
        with pytest.raises(Fault) as caught:
            [each async for each in stub(mesh).Stream(provider_pb2.StreamRequest(plan=request.plan))]
        assert (caught.value.reason, caught.value.origin) == ("TABLE_UNKNOWN", "loader")
        request = provider_pb2.FetchRequest(plan=plan(ORDERS))
        request.context.source = "nope"
        with pytest.raises(Fault) as caught:
            await stub(mesh).Fetch(request)
        assert caught.value.reason == "SOURCE_UNKNOWN"
        with pytest.raises(Fault) as caught:
            await stub(mesh).Fetch(provider_pb2.FetchRequest())
        assert caught.value.reason == "PLAN_INVALID"
        with pytest.raises(Fault) as caught:
            await stub(mesh).Fetch(provider_pb2.FetchRequest(plan=plan(ORDERS), page_size=1001))
        assert caught.value.reason == "INVALID_ARGUMENT"


async def test_rows_pass_through_as_the_bytes_that_they_are(shop_file: Path) -> None:
    async with start({"loader": loader, "provider": provider}, env=env(shop_file)) as mesh:
        asked = {"plan": plan(ORDERS), "catalog": of_sqlite(str(shop_file)), "batch_rows": 100}
        ours = [each async for each in stub(mesh).Stream(provider_pb2.StreamRequest(**asked))]
        theirs_stub = mesh.stub(loader_pb2_grpc.LoaderStub, "loader")
        theirs = [each async for each in theirs_stub.Stream(loader_pb2.StreamRequest(**asked))]
        assert [each.WhichOneof("part") for each in ours] == ["schema", "batch", "batch", "batch", "summary"]
        assert [each.batch.arrow_ipc for each in ours[1:4]] == [each.batch.arrow_ipc for each in theirs[1:4]]
        assert [each.name for each in ours[0].schema.columns] == ["id", "total"]
        assert (ours[-1].summary.row_count, ours[-1].summary.cache.hit) == (240, False)
        rows = [row for part in ours[1:4] for row in pa.ipc.open_stream(part.batch.arrow_ipc).read_all().to_pylist()]
        assert [row["id"] for row in rows] == list(range(1, 241))


async def test_a_reader_that_goes_away_ends_the_loader_s_statement(shop_file: Path) -> None:
    """The product of the lines with themselves never ends by itself."""
    endless = query(
        table("item", "a"), {"x": col("a.line")},
        *(provider_pb2_join(name) for name in ("b", "d", "e")),
    )  # fmt: skip
    async with start({"loader": loader, "provider": provider}, env=env(shop_file)) as mesh:
        stream = stub(mesh).Stream(provider_pb2.StreamRequest(plan=plan(endless)))
        async for part in stream:
            if part.HasField("batch"):
                break
        await stream.aclose()
        for _ in range(100):
            if any(each.module == "loader" and each.name == "SELECT item" for each in mesh.spans()):
                break
            await asyncio.sleep(0.05)
        else:
            pytest.fail("the statement goes on")
        once = query(table("item", "a"), {"n": agg("MAX", col("a.price"))})
        assert (await stub(mesh).Fetch(provider_pb2.FetchRequest(plan=plan(once)))).head.complete


def provider_pb2_join(name: str):  # type: ignore[no-untyped-def]
    from bench.index_notation import join

    return join(table("item", name), on=cmp(col(f"{name}.price"), "!=", col("a.price")))


async def test_two_hundred_at_once_are_one_statement(shop_file: Path) -> None:
    async with start({"loader": loader, "provider": provider}, env=env(shop_file)) as mesh:
        slow = query(
            table("item", "a"), {"n": agg("MAX", col("a.price"))}, provider_pb2_join("b"),
        )  # fmt: skip
        request = provider_pb2.FetchRequest(plan=plan(slow), catalog=of_sqlite(str(shop_file)))
        got = await asyncio.gather(*(stub(mesh).Fetch(request) for _ in range(200)))
        assert len({each.head.SerializeToString() for each in got}) == 1
        statements = [each for each in mesh.spans() if each.module == "loader" and each.name.startswith("SELECT")]
        assert len(statements) == 1


async def test_values_are_looked_up(shop_file: Path) -> None:
    async with start({"loader": loader}, env=env(shop_file)) as mesh:
        loader_stub = mesh.stub(loader_pb2_grpc.LoaderStub, "loader")
        catalog = of_sqlite(str(shop_file))
        request = loader_pb2.LookUpValuesRequest(text="jose", catalog=catalog)
        for name, column in (("customer", "name"), ("orders", "id"), ("orders", "status")):
            address = request.columns.add(column=column)
            address.table.name = name
        got = await loader_stub.LookUpValues(request)
        assert {each.value.split()[0] for each in got.values} == {"José"}
        assert {(each.column.table.name, each.column.column) for each in got.values} == {("customer", "name")}
        assert [each.column for each in got.skipped] == ["id"]
        request.text = "17"
        got = await loader_stub.LookUpValues(request)
        assert ("id", "17") in [(each.column.column, each.value) for each in got.values]
