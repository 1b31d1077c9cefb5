"""A statement ends when nobody waits for it, when it takes too long, and when it would cost too much; a database that
goes away is said to be away, and is found again."""

import asyncio
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest

from bench.index_notation import agg, cmp, col, join, query, table
from deploy.local.postgres import EmbeddedPostgres
from mesh.fault import Fault
from mesh.sources import sources
from services.loader.ceilings import Limits
from services.loader.settings import LoaderSettings
from services.loader.sources import Sources
from tests.services.loader.conftest import Reader
from tests.services.loader.plan_cases import O

# Millions of millions of rows.
ENDLESS = query(
    table("item", "a"), {"n": agg("MAX", col("a.price"))},
    *(join(table("item", name), on=cmp(col(f"{name}.price"), "!=", col("a.price"))) for name in ("b", "d", "e", "f")),
)  # fmt: skip


async def busy(url: str) -> int:
    async with await psycopg.AsyncConnection.connect(url, autocommit=True) as connection:
        cursor = await connection.execute(
            "SELECT count(*) FROM pg_stat_activity WHERE state = 'active' AND application_name = 'maestro-loader' "
            "AND datname = current_database() AND query NOT LIKE 'EXPLAIN%'"
        )
        row = await cursor.fetchone()
        assert row is not None
        return int(row[0])


async def until(number: int, url: str) -> float:
    """Seconds until so many statements run; fails after five."""
    began = time.monotonic()
    while await busy(url) != number:
        assert time.monotonic() - began < 5, f"there are {await busy(url)} statements"
        await asyncio.sleep(0.02)
    return time.monotonic() - began


NO_COST = Limits(1000, 1 << 30, 0, 20)


async def test_a_cancelled_call_ends_its_statement_within_a_second(as_owner: Reader, shop_postgresql: str) -> None:
    tasks = [asyncio.create_task(as_owner.rows(ENDLESS, limits=NO_COST)) for _ in range(3)]
    await until(3, shop_postgresql)
    for each in tasks:
        each.cancel()
    assert await until(0, shop_postgresql) < 1
    for each in tasks:
        with pytest.raises(asyncio.CancelledError):
            await each
    assert len(await as_owner.rows(query(O, {"id": col("o.id")}, limit=2))) == 2


async def test_a_cancelled_call_ends_its_statement_in_sqlite(on_sqlite: Reader) -> None:
    task = asyncio.create_task(on_sqlite.rows(ENDLESS))
    await asyncio.sleep(0.2)
    task.cancel()
    began = time.monotonic()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert time.monotonic() - began < 1
    assert len(await on_sqlite.rows(query(O, {"id": col("o.id")}, limit=2))) == 2


async def test_a_statement_ends_at_the_caller_s_limit(
    as_owner: Reader, on_sqlite: Reader, shop_postgresql: str
) -> None:
    for reader in (as_owner, on_sqlite):
        with pytest.raises(Fault) as caught:
            await reader.rows(ENDLESS, limits=Limits(1000, 1 << 30, 0, 0.3))
        assert caught.value.reason == "STATEMENT_TIMEOUT"
        assert caught.value.metadata == {"limit": "0.3"}
    assert await until(0, shop_postgresql) < 1


@pytest.mark.usefixtures("unrecorded")
async def test_a_statement_ends_at_the_operator_s_limit(shop_postgresql: str) -> None:
    """By the database itself, whatever becomes of the loader."""
    opened = Sources(sources({"MAESTRO_SOURCE_SHOP": shop_postgresql}), LoaderSettings(statement_timeout=0.2))
    with pytest.raises(Fault) as caught:
        await opened.get("shop")[1].run("SELECT pg_sleep(30)", [], single=False, timeout=60)
    assert caught.value.reason == "STATEMENT_TIMEOUT"
    await opened.close()


async def test_a_statement_that_would_cost_too_much_is_not_run(as_owner: Reader, shop_postgresql: str) -> None:
    with pytest.raises(Fault) as caught:
        await as_owner.rows(ENDLESS, limits=Limits(1000, 1 << 30, 1e6, 20))
    assert caught.value.reason == "COST_CEILING"
    assert float(caught.value.metadata["estimate"]) > 1e6
    assert caught.value.metadata["ceiling"] == "1000000"
    assert await busy(shop_postgresql) == 0


async def test_rows_end_at_the_ceiling_and_say_so(on_postgresql: Reader, on_sqlite: Reader) -> None:
    for reader in (on_postgresql, on_sqlite):
        limits = Limits(30, 1 << 30, 0, 20)
        whole = (await reader.head(query(O, {"id": col("o.id")}), limits=limits)).head
        assert (len(whole.rows), whole.total_rows, whole.complete) == (30, 240, False)
        assert (whole.truncated, whole.truncation_reason, whole.next_page_token) == (True, "ROW_CEILING", "")
        rows, token = 0, ""
        while True:
            head = (await reader.head(query(O, {"id": col("o.id")}), limits=limits, page_size=8, page_token=token)).head
            rows, token = rows + len(head.rows), head.next_page_token
            if not token:
                break
        assert (rows, head.truncated, head.total_rows) == (30, True, 240)
        fits = (await reader.head(query(O, {"id": col("o.id")}, limit=30), limits=limits)).head
        assert (fits.complete, fits.truncated, fits.total_rows) == (True, False, 30)


async def test_a_head_of_wide_rows_is_shorter(on_sqlite: Reader) -> None:
    on_sqlite.settings.head_bytes = 500
    first = (await on_sqlite.head(query(O, {"id": col("o.id"), "n": col("o.note")}))).head
    assert 0 < len(first.rows) < 240
    assert first.next_page_token
    assert not first.truncated


@pytest.mark.usefixtures("unrecorded")
async def test_all_connections_busy_is_said(shop_postgresql: str) -> None:
    settings = LoaderSettings(loader_connections=2, loader_wait=0.1)
    opened = Sources(sources({"MAESTRO_SOURCE_SHOP": shop_postgresql}), settings)
    database = opened.get("shop")[1]
    tasks = [asyncio.create_task(database.run("SELECT pg_sleep(2)", [], single=False, timeout=9)) for _ in range(2)]
    await until(2, shop_postgresql)
    with pytest.raises(Fault) as caught:
        await database.run("SELECT 1", [], single=False, timeout=9)
    assert caught.value.reason == "SOURCE_BUSY"
    assert caught.value.retry_after == 1.0
    for each in tasks:
        each.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    assert (await database.run("SELECT 1", [], single=False, timeout=9)).rows == [(1,)]
    await opened.close()


@pytest.fixture
def other_server(tmp_path: Path) -> Iterator[EmbeddedPostgres]:
    server = EmbeddedPostgres(tmp_path / "pg", fsync=False, shared_buffers=32)
    server.start()
    yield server
    server.stop()


@pytest.mark.slow
@pytest.mark.usefixtures("unrecorded")
async def test_a_database_that_went_away_is_found_again(other_server: EmbeddedPostgres) -> None:
    other_server.create_database("x")
    url = other_server.url("x").replace("maestro@", "maestro:secret@")
    opened = Sources(sources({"MAESTRO_SOURCE_X": url}), LoaderSettings())
    database = opened.get("x")[1]
    await asyncio.gather(*(database.run("SELECT 1", [], single=False, timeout=5) for _ in range(4)))
    await asyncio.to_thread(other_server.stop)
    for _ in range(2):
        with pytest.raises(Fault) as caught:
            await database.run("SELECT 1", [], single=False, timeout=5)
        assert caught.value.reason == "SOURCE_UNAVAILABLE"
        assert "secret" not in caught.value.message
    await asyncio.to_thread(other_server.start)
    got = await asyncio.gather(*(database.run("SELECT 1", [], single=False, timeout=5) for _ in range(4)))
    assert [each.rows for each in got] == [[(1,)]] * 4
    await opened.close()


@pytest.mark.usefixtures("unrecorded")
async def test_a_connection_that_was_cut_is_replaced(shop_postgresql: str) -> None:
    opened = Sources(sources({"MAESTRO_SOURCE_SHOP": shop_postgresql}), LoaderSettings())
    database = opened.get("shop")[1]
    (pid,) = (await database.run("SELECT pg_backend_pid()", [], single=False, timeout=5)).rows[0]
    with psycopg.connect(shop_postgresql, autocommit=True) as connection:
        connection.execute("SELECT pg_terminate_backend(%s, 2000)", [pid])
    (other,) = (await database.run("SELECT pg_backend_pid()", [], single=False, timeout=5)).rows[0]
    assert other != pid
    await opened.close()


@pytest.mark.usefixtures("unrecorded")
async def test_idle_connections_are_closed(shop_postgresql: str) -> None:
    opened = Sources(sources({"MAESTRO_SOURCE_SHOP": shop_postgresql}), LoaderSettings())
    database: Any = opened.get("shop")[1]
    (pid,) = (await database.run("SELECT pg_backend_pid()", [], single=False, timeout=5)).rows[0]
    await database.close_idle(60)
    assert (await database.run("SELECT pg_backend_pid()", [], single=False, timeout=5)).rows == [(pid,)]
    await database.close_idle(0)
    assert (await database.run("SELECT pg_backend_pid()", [], single=False, timeout=5)).rows != [(pid,)]
    await opened.close()


@pytest.mark.parametrize("url", ["postgresql://u:secret@127.0.0.1:1/x", "sqlite:////nowhere/x.sqlite"])
@pytest.mark.usefixtures("unrecorded")
async def test_a_database_that_is_not_there_is_said_to_be_away(url: str) -> None:
    opened = Sources(sources({"MAESTRO_SOURCE_X": url}), LoaderSettings())
    with pytest.raises(Fault) as caught:
        await opened.get("x")[1].run("SELECT 1", [], single=False, timeout=5)
    assert caught.value.reason == "SOURCE_UNAVAILABLE"
    assert "secret" not in str(caught.value)
    await opened.close()


@pytest.mark.usefixtures("unrecorded")
async def test_a_file_that_is_no_database_is_said_to_be_unreadable(tmp_path: Path) -> None:
    (tmp_path / "x.sqlite").write_text("this is no database, however long it is" * 100)
    opened = Sources(sources({"MAESTRO_SOURCE_X": f"sqlite:///{tmp_path}/x.sqlite"}), LoaderSettings())
    with pytest.raises(Fault) as caught:
        await opened.get("x")[1].run("SELECT 1", [], single=False, timeout=5)
    assert caught.value.reason == "SOURCE_UNAVAILABLE"
    await opened.close()
