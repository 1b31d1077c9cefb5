"""Lookups by a unique key are prepared, and nothing else; what a prepared statement cannot outlive, the question does."""

from collections.abc import Iterator
from typing import Any

import psycopg
import pytest

from bench.index_notation import cmp, col, query
from mesh.sources import sources
from services.loader.settings import LoaderSettings
from services.loader.sources import Sources
from tests.services.loader.conftest import Reader
from tests.services.loader.plan_cases import O

BY_KEY = "SELECT value FROM lookup WHERE id = $1::bigint"


async def prepared(database: Any) -> list[str]:
    """The statements that the connection, which is the only one, keeps prepared."""
    async with database._pool.lease() as connection:
        cursor = await connection.execute("SELECT statement FROM pg_prepared_statements")
        return [row[0] for row in await cursor.fetchall()]


@pytest.mark.usefixtures("unrecorded")
async def test_a_lookup_by_key_is_prepared_once(on_postgresql: Reader) -> None:
    for key in (1, 2, 3):
        await on_postgresql.rows(query(O, {"s": col("o.status")}, where=cmp(col("o.id"), "=", key)))
        await on_postgresql.rows(query(O, {"s": col("o.status")}, where=cmp(col("o.total"), ">", key)))
    (only,) = await prepared(on_postgresql.database)
    assert "o.id = $1::" in only


@pytest.fixture
def lookup(database: str) -> Iterator[psycopg.Connection[Any]]:
    """A table in the test's own database, and its owner's connection."""
    with psycopg.connect(database, autocommit=True) as owner:
        owner.execute("CREATE TABLE lookup (id bigint PRIMARY KEY, value integer)")
        owner.execute("INSERT INTO lookup VALUES (1, 11)")
        yield owner


@pytest.mark.usefixtures("unrecorded")
async def test_a_table_may_be_altered_under_a_prepared_statement(
    lookup: psycopg.Connection[Any], database: str
) -> None:
    opened = Sources(sources({"MAESTRO_SOURCE_SHOP": database}), LoaderSettings())
    held = opened.get("shop")[1]
    assert (await held.run(BY_KEY, ["1"], single=True, timeout=5)).rows == [(11,)]
    lookup.execute("ALTER TABLE lookup ALTER value TYPE text")
    assert (await held.run(BY_KEY, ["1"], single=True, timeout=5)).rows == [("11",)]
    await opened.close()


@pytest.mark.usefixtures("unrecorded", "lookup")
async def test_a_pooler_may_give_the_session_to_others(database: str) -> None:
    opened = Sources(sources({"MAESTRO_SOURCE_SHOP": database}), LoaderSettings())
    held: Any = opened.get("shop")[1]
    await held.run(BY_KEY, ["1"], single=True, timeout=5)
    async with held._pool.lease() as connection:
        connection.pgconn.exec_(b"DEALLOCATE ALL")  # behind the driver's back
    assert (await held.run(BY_KEY, ["1"], single=True, timeout=5)).rows == [(11,)]
    await opened.close()
