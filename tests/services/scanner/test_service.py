"""The scanner as a process of the mesh, over real databases."""

import asyncio
import sqlite3
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, closing
from pathlib import Path

import psycopg
import pytest

from maestro.catalog.v1 import catalog_pb2
from maestro.plan.v1 import plan_pb2
from maestro.scanner.v1 import scanner_pb2, scanner_pb2_grpc
from mesh.fault import Fault
from mesh.testing import Mesh, start
from services.scanner.__main__ import build

Stub = scanner_pb2_grpc.ScannerStub


@asynccontextmanager
async def scanner(**environment: str) -> AsyncIterator[tuple[Stub, Mesh]]:
    sources = {f"MAESTRO_SOURCE_{name.upper()}": value for name, value in environment.items() if not name.isupper()}
    told = {name: value for name, value in environment.items() if name.isupper()}
    async with start({"scanner": build}, {"MAESTRO_SCANNER_INTERVAL": "0.1", **sources, **told}) as mesh:
        yield mesh.stub(Stub, "scanner"), mesh


def lite(file: Path, script: str = "") -> str:
    with closing(sqlite3.connect(file)) as connection:
        connection.executescript(script)
    return f"sqlite:///{file}"


def about(source: str, version: str = "") -> dict[str, object]:
    return {"source": source, "versions": {"catalog": version}}


async def catalog(stub: Stub, source: str, version: str = "") -> catalog_pb2.Catalog:
    request = scanner_pb2.GetCatalogRequest(context=about(source, version))
    for _ in range(200):
        try:
            return (await stub.GetCatalog(request)).catalog
        except Fault as fault:
            if fault.reason != "SOURCE_UNAVAILABLE":
                raise
            await asyncio.sleep(0.05)
    raise AssertionError("no catalog came")


async def test_a_catalog_a_slice_and_the_list_of_sources(postgres, database, tmp_path) -> None:
    with psycopg.connect(database, autocommit=True) as connection:
        connection.execute("CREATE TABLE orders (id int PRIMARY KEY, status text)")
    url = postgres.reader(database)
    async with scanner(shop=url, side=lite(tmp_path / "x", "CREATE TABLE t (a)"), MAESTRO_DEFAULT_SOURCE="shop") as (
        stub,
        _,
    ):
        held = await catalog(stub, "shop")
        assert [table.name for table in held.tables] == ["orders"]
        assert [table.name for table in (await catalog(stub, "side")).tables] == ["t"]
        assert (await catalog(stub, "")).source == "shop"
        plan = plan_pb2.QueryPlan()
        getattr(plan.query.select, "from").table.name = "orders"
        reply = await stub.GetSlice(scanner_pb2.GetSliceRequest(context=about("shop", held.version), plan=plan))
        assert [column.name for column in reply.slice.tables[0].columns] == ["id", "status"]
        assert reply.slice.version == held.version
        listed = (await stub.ListSources(scanner_pb2.ListSourcesRequest())).sources
        assert [(each.name, each.available, each.table_count, each.default_source) for each in listed] == [
            ("shop", True, 1, True),
            ("side", True, 1, False),
        ]
        assert listed[0].catalog_version == held.version
        assert listed[0].scan_time.seconds


async def test_what_is_not_there_is_told_by_its_reason(tmp_path) -> None:
    async with scanner(a=lite(tmp_path / "a", "CREATE TABLE t (x)"), b=lite(tmp_path / "b")) as (stub, _):
        await catalog(stub, "a")
        for request, reason in [
            (about("nowhere"), "SOURCE_UNKNOWN"),
            (about(""), "SOURCE_UNKNOWN"),
            (about("a", "0123456789abcdef"), "VERSION_UNKNOWN"),
        ]:
            with pytest.raises(Fault) as caught:
                await stub.GetCatalog(scanner_pb2.GetCatalogRequest(context=request))
            assert caught.value.reason == reason
        plan = plan_pb2.QueryPlan()
        getattr(plan.query.select, "from").table.name = "tt"
        with pytest.raises(Fault) as caught:
            await stub.GetSlice(scanner_pb2.GetSliceRequest(context=about("a"), plan=plan))
        assert (caught.value.reason, caught.value.metadata["nearest"]) == ("TABLE_UNKNOWN", "t")
        with pytest.raises(Fault, match="There is no source"):
            async for _ in stub.WatchCatalog(scanner_pb2.WatchCatalogRequest(context=about("nowhere"))):
                pass


async def test_no_source_is_served_too() -> None:
    async with scanner() as (stub, _):
        assert not (await stub.ListSources(scanner_pb2.ListSourcesRequest())).sources
        with pytest.raises(Fault) as caught:
            await stub.GetCatalog(scanner_pb2.GetCatalogRequest())
        assert caught.value.reason == "SOURCE_UNKNOWN"


async def test_a_watcher_gets_each_new_catalog(postgres, database) -> None:
    with psycopg.connect(database, autocommit=True) as connection:
        connection.execute("CREATE TABLE a (id int PRIMARY KEY)")
        async with scanner(shop=postgres.reader(database)) as (stub, _):
            watch = stub.WatchCatalog(scanner_pb2.WatchCatalogRequest(context=about("shop")))
            replies = aiter(watch)
            first = (await asyncio.wait_for(anext(replies), 60)).catalog
            assert [table.name for table in first.tables] == ["a"]
            connection.execute("CREATE TABLE b (id int PRIMARY KEY)")
            second = (await asyncio.wait_for(anext(replies), 60)).catalog
            assert [table.name for table in second.tables] == ["a", "b"]
            assert second.version != first.version
            old = await catalog(stub, "shop", first.version)
            assert [table.name for table in old.tables] == ["a"]
            held = stub.WatchCatalog(
                scanner_pb2.WatchCatalogRequest(context=about("shop"), held_version=second.version)
            )
            waiting = asyncio.ensure_future(anext(aiter(held)))
            connection.execute("ALTER TABLE b ADD COLUMN x int")
            third = (await asyncio.wait_for(waiting, 60)).catalog
            assert third.version not in (first.version, second.version)


async def test_only_the_last_versions_are_kept(tmp_path) -> None:
    file = tmp_path / "a"
    async with scanner(a=lite(file, "CREATE TABLE t0 (x)"), MAESTRO_SCANNER_VERSIONS="2") as (stub, _):
        seen = [(await catalog(stub, "a")).version]
        for number in (1, 2):
            lite(file, f"CREATE TABLE t{number} (x)")
            seen.append((await stub.Scan(scanner_pb2.ScanRequest(context=about("a")))).version)
        assert len(set(seen)) == 3
        assert len((await catalog(stub, "a", seen[1])).tables) == 2
        with pytest.raises(Fault) as caught:
            await catalog(stub, "a", seen[0])
        assert caught.value.reason == "VERSION_UNKNOWN"


async def test_scan_tells_what_changed(postgres, database) -> None:
    with psycopg.connect(database, autocommit=True) as connection:
        connection.execute("CREATE TABLE a (id int); CREATE TABLE b (id int); CREATE TABLE c (id int)")
        async with scanner(shop=postgres.reader(database), MAESTRO_SCANNER_INTERVAL="3600") as (stub, _):
            before = await catalog(stub, "shop")
            connection.execute("DROP TABLE a; ALTER TABLE b ADD COLUMN x int; CREATE TABLE d (id int)")
            reply = await stub.Scan(scanner_pb2.ScanRequest(context=about("shop")))
            assert (reply.previous_version, reply.tables_read) == (before.version, 2)
            assert (list(reply.added_tables), list(reply.removed_tables)) == (["d"], ["a"])
            assert list(reply.changed_tables) == ["b"]
            again = await stub.Scan(scanner_pb2.ScanRequest(context=about("shop")))
            assert (again.version, again.tables_read) == (reply.version, 0)


async def test_a_source_that_is_down_keeps_nobody_from_the_others(tmp_path) -> None:
    missing = tmp_path / "later"
    down = "postgresql://ana:hunter2@127.0.0.1:1/shop"
    up = lite(tmp_path / "up", "CREATE TABLE t (x)")
    async with scanner(up=up, down=down, later=f"sqlite:///{missing}") as (stub, _):
        await catalog(stub, "up")
        for _ in range(200):
            listed = {each.name: each for each in (await stub.ListSources(scanner_pb2.ListSourcesRequest())).sources}
            if "refused" in listed["down"].problem and "No such file" in listed["later"].problem:
                break
            await asyncio.sleep(0.05)
        assert not listed["down"].available
        assert "refused" in listed["down"].problem
        assert "hunter2" not in str(listed["down"])
        assert listed["down"].address == "127.0.0.1:1/shop"
        assert "No such file" in listed["later"].problem
        with pytest.raises(Fault) as caught:
            await stub.GetCatalog(scanner_pb2.GetCatalogRequest(context=about("down")))
        assert caught.value.reason == "SOURCE_UNAVAILABLE"
        with pytest.raises(Fault) as caught:
            await stub.Scan(scanner_pb2.ScanRequest(context=about("down")))
        assert caught.value.reason == "SOURCE_UNAVAILABLE"
        lite(missing, "CREATE TABLE here (x)")
        assert [table.name for table in (await catalog(stub, "later")).tables] == ["here"]


async def test_a_source_that_goes_down_is_still_answered_for(tmp_path) -> None:
    file = tmp_path / "a"
    async with scanner(a=lite(file, "CREATE TABLE t (x)")) as (stub, _):
        held = await catalog(stub, "a")
        file.unlink()
        for _ in range(200):
            (listed,) = (await stub.ListSources(scanner_pb2.ListSourcesRequest())).sources
            if not listed.available:
                break
            await asyncio.sleep(0.05)
        assert "No such file" in listed.problem
        assert (await catalog(stub, "a", held.version)).version == held.version
        assert listed.catalog_version == held.version


async def test_statements_and_scans_are_spans_and_looks_are_not(postgres, database) -> None:
    with psycopg.connect(database, autocommit=True) as connection:
        connection.execute("CREATE TABLE a (id int, secret text); INSERT INTO a VALUES (1, 'hunter2')")
    async with scanner(shop=postgres.reader(database)) as (stub, mesh):
        await catalog(stub, "shop")
        (scan,) = [span for span in mesh.spans() if span.name == "scan shop"]
        statements = [span for span in mesh.spans() if span.attributes.get("db.system.name") == "postgresql"]
        assert {span.trace_id for span in statements} == {scan.trace_id}
        assert {"SELECT pg_class", "SELECT pg_attribute", "SELECT pg_index"} <= {span.name for span in statements}
        assert not any("hunter2" in str(span.attributes) for span in mesh.spans())
        mesh.clear_spans()
        await asyncio.sleep(0.5)  # several looks
        assert not [span for span in mesh.spans() if span.module == "scanner" and span.kind != "server"]


async def test_stopping_in_the_middle_of_a_scan_is_quick(postgres, database) -> None:
    with psycopg.connect(database, autocommit=True) as connection:
        connection.execute("CREATE TABLE a (id int)")
        connection.execute("CREATE VIEW slow AS SELECT pg_sleep(60)::text AS x")
    async with scanner(
        shop=postgres.reader(database), MAESTRO_SCANNER_PROBE_TIMEOUT="60", MAESTRO_SCANNER_SAMPLE_BUDGET="60"
    ) as (
        _,
        mesh,
    ):
        for _ in range(200):
            with psycopg.connect(database) as connection:
                running = connection.execute(
                    "SELECT count(*) FROM pg_stat_activity WHERE query LIKE '%slow%' AND state = 'active' "
                    "AND application_name = 'maestro-scanner'"
                ).fetchone()
            if running and running[0]:
                break
            await asyncio.sleep(0.05)
        await asyncio.wait_for(mesh.stop("scanner"), 20)
