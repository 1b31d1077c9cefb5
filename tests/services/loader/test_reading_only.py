"""Sources are only read: by the connection itself, whatever is sent over it."""

import sqlite3
from pathlib import Path
from typing import Any

import psycopg
import pytest

from bench.index_notation import cmp, col, fld, like, query, table
from maestro.catalog.v1 import catalog_pb2
from maestro.plan.v1 import plan_pb2 as p
from maestro.semantics.v1 import semantics_pb2 as s
from mesh.fault import Fault
from mesh.sources import sources
from services.loader.postgres import Postgres, connection_info
from services.loader.settings import LoaderSettings
from services.loader.source import Database
from services.loader.sources import Sources
from services.loader.sqlite import connect
from tests.services.loader.conftest import Reader
from tests.services.loader.plan_cases import O

WRITES = [
    "UPDATE orders SET status = 'x'",
    "DELETE FROM orders",
    "INSERT INTO log VALUES (NULL, 'x', 1, 1)",
    "CREATE TABLE hostile (id integer)",
    "DROP TABLE item",
]


@pytest.fixture
async def owner(shop_postgresql: str, unrecorded: None) -> Any:
    """The loader's database opened with the owner's rights: only the connection keeps it from writing."""
    opened = Sources(sources({"MAESTRO_SOURCE_SHOP": shop_postgresql}), LoaderSettings())
    yield opened.get("shop")[1]
    await opened.close()


@pytest.mark.parametrize("statement", [*WRITES, "SELECT nextval('numbers')", "SELECT lo_create(0)"])
async def test_postgresql_refuses_to_write(statement: str, owner: Database, shop_postgresql: str) -> None:
    with psycopg.connect(shop_postgresql, autocommit=True) as connection:
        connection.execute("CREATE SEQUENCE IF NOT EXISTS numbers")
    with pytest.raises(Fault) as caught:
        await owner.run(statement, [], single=False, timeout=5)
    assert caught.value.reason == "NOT_READ_ONLY"


@pytest.mark.parametrize("statement", WRITES)
@pytest.mark.usefixtures("unrecorded")
async def test_sqlite_refuses_to_write(statement: str, on_sqlite: Reader, shop_sqlite: Path) -> None:
    before = shop_sqlite.read_bytes()
    with pytest.raises(Fault) as caught:
        await on_sqlite.database.run(statement, [], single=False, timeout=5)
    assert caught.value.reason == "NOT_READ_ONLY"
    assert shop_sqlite.read_bytes() == before


def test_sqlite_keeps_attached_files_from_being_written(tmp_path: Path, shop_sqlite: Path) -> None:
    connection = connect(str(shop_sqlite))
    connection.execute("ATTACH DATABASE ? AS other", [str(tmp_path / "other.sqlite")])
    with pytest.raises(sqlite3.OperationalError):
        connection.execute("CREATE TABLE other.t (id integer)")
    connection.close()


async def test_the_settings_hold_for_the_session(owner: Database) -> None:
    for name, value in {
        "default_transaction_read_only": "on",
        "statement_timeout": "20s",
        "TimeZone": "America/Sao_Paulo",
    }.items():
        answer = await owner.run(f"SHOW {name}", [], single=False, timeout=5)
        assert answer.rows == [(value,)]


def test_what_the_url_says_stays() -> None:
    source = sources(
        {"MAESTRO_SOURCE_X": "postgresql://u@h/d?options=-c%20work_mem%3D64MB", "MAESTRO_SOURCE_X__SCHEMAS": "a b,c"}
    )["x"]
    options = connection_info(source, 3.0, "UTC")["options"]
    assert options.startswith("-c work_mem=64MB ")
    assert "-c default_transaction_read_only=on" in options
    assert "-c statement_timeout=3000" in options
    assert '-c search_path="a\\ b","c"' in options


async def test_a_session_that_can_write_is_not_used(shop_postgresql: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """As behind a pooler that drops the options of a connection."""
    monkeypatch.setattr(
        "services.loader.postgres.connection_info",
        lambda *_: psycopg.conninfo.conninfo_to_dict(shop_postgresql),
    )
    source = sources({"MAESTRO_SOURCE_SHOP": shop_postgresql})["shop"]
    database = Postgres(source, LoaderSettings())
    with pytest.raises(Fault) as caught:
        await database.run("SELECT 1", [], single=False, timeout=5)
    assert caught.value.reason == "NOT_READ_ONLY"
    await database.close()


HOSTILE = [
    'id"; DROP TABLE orders; --',
    "id'; DROP TABLE orders; --",
    "id) FROM orders; DELETE FROM orders; SELECT (1",
    "*",
    "id /* ",
    "$1",
    ":1",
    "%s",
    "pg_sleep(10)",
]


@pytest.mark.parametrize("name", HOSTILE)
async def test_a_hostile_name_is_only_a_name(name: str, on_postgresql: Reader, on_sqlite: Reader) -> None:
    """Without a catalog nobody checks names: the database must find none of them, as it finds no column so called."""
    for reader in (on_postgresql, on_sqlite):
        shown = len(await reader.rows(query(O, {"id": col("o.id")})))
        column = p.Expression(column=p.ColumnRef(alias="o", column=name))
        for made in (
            query(O, {"x": column}),
            query(O, {"id": col("o.id")}, where=cmp(column, "=", 1)),
            query(p.Relation(alias="o", table=p.TableRef(name=name)), {"id": col("o.id")}),
        ):
            with pytest.raises(Fault) as caught:
                await reader.rows(made, blind=True)
            assert caught.value.reason in ("COLUMN_UNKNOWN", "TABLE_UNKNOWN"), made
        named = query(p.Relation(alias=name, table=p.TableRef(name="orders")), {name: p.Expression(column=p.ColumnRef(alias=name, column="id"))}, limit=3)  # fmt: skip
        head = (await reader.head(named)).head
        assert head.columns[0].name == name
        assert len(head.rows) == 3
        assert len(await reader.rows(query(O, {"id": col("o.id")}))) == shown


@pytest.mark.parametrize("text", ["'; DROP TABLE orders; --", "\\'; --", "%", "_", "\\", "\x01", "a\nb", "ç" * 5000])
async def test_a_hostile_value_is_only_a_value(text: str, on_postgresql: Reader, on_sqlite: Reader) -> None:
    for reader in (on_postgresql, on_sqlite):
        for where in (
            cmp(col("o.note"), "=", text),
            cmp(col("o.note"), "=", text, fold=True),
            *(
                like(col("o.note"), kind, text, fold=fold)
                for kind in ("CONTAINS", "PREFIX", "SUFFIX", "WORDS")
                for fold in (False, True)
            ),
        ):
            head = await reader.head(query(O, {"note": col("o.note")}, where=where))
            assert text not in head.statements[0].sql or text in "%_\\"
            assert all("DROP" not in each.sql for each in head.statements)


async def test_a_hostile_catalog_writes_no_types(on_postgresql: Reader) -> None:
    """Types of a catalog are written into statements only where they are identifiers."""
    for made in on_postgresql.catalog.tables:
        for each in made.columns:
            if (made.name, each.name) == ("orders", "status"):
                each.type = "text); DROP TABLE orders; --"
                each.enum_labels.extend(["open", "paid"])
    head = await on_postgresql.head(query(O, {"id": col("o.id")}, where=cmp(col("o.status"), "=", "open")))
    assert "DROP" not in head.statements[0].sql
    assert head.head.rows


async def test_a_hostile_index_writes_no_functions(on_postgresql: Reader) -> None:
    """Functions of an index's expression are written only where they are plain names."""
    (customer,) = (each for each in on_postgresql.catalog.tables if each.name == "customer")
    customer.indexes.add(
        name="bad", method=catalog_pb2.INDEX_METHOD_BTREE, valid=True,
        keys=[catalog_pb2.IndexKey(expression="lower(unaccent(pg_sleep(10)||name))")],
    )  # fmt: skip
    customer.indexes.add(
        name="worse", method=catalog_pb2.INDEX_METHOD_BTREE, valid=True,
        keys=[catalog_pb2.IndexKey(expression='lower("unaccent); DROP TABLE x; --"(name))')],
    )  # fmt: skip
    head = await on_postgresql.head(
        query(table("customer", "c"), {"n": col("c.name")}, where=cmp(col("c.name"), "=", "ana silva", fold=True))
    )
    assert "pg_sleep" not in head.statements[0].sql
    assert "DROP" not in head.statements[0].sql


async def test_a_definition_of_the_model_is_bound_too(on_postgresql: Reader) -> None:
    bad = "x'; DROP TABLE orders; --"
    semantics = s.SemanticSlice(
        version="m",
        datasets=[
            s.Dataset(
                name="orders", table=p.TableRef(name="orders"),
                fields=[s.Field(name="bad", predicate=cmp(col("status"), "!=", bad))],
            )
        ],
    )  # fmt: skip
    head = await on_postgresql.head(query(O, {"b": fld("o.bad")}), semantics=semantics)
    assert bad not in head.statements[0].sql
    assert bad in head.statements[0].parameters
