"""Indexes that are offered, and what they are said to cost, against the planner with the index really there."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from typing import Any

import psycopg
import pytest
import pytest_asyncio

from maestro.catalog.v1 import catalog_pb2
from maestro.context.v1 import context_pb2
from maestro.plan.v1 import plan_pb2
from maestro.scanner.v1 import scanner_pb2, scanner_pb2_grpc
from mesh.testing import start
from services.monitor.advice import ddl
from services.monitor.advice.candidates import Candidate, Key, Offer, offers
from services.monitor.advice.existing import overlaps, twin
from services.monitor.advice.scans import explained
from services.scanner.__main__ import build
from tests.fixtures.postgres import TestServer

FILL = """
SELECT setseed(0.5);
CREATE TABLE entrega (id int PRIMARY KEY, nf int, uf char(2), cliente varchar(60), dia date, chegada date,
                      aberta boolean, valor numeric, obs text);
INSERT INTO entrega
SELECT n, n * 7 % 60000, (ARRAY['SP','RJ','MG','BA'])[1 + n % 4], 'CLIENTE ' || (random() * 900)::int,
       date '2023-01-01' + n / 60, CASE WHEN n % 50 > 0 THEN date '2023-01-05' + n / 60 END, n % 100 = 0,
       random() * 1000, md5(n::text)
FROM generate_series(1, 60000) n;
CREATE TABLE item (entrega int, peso int);
INSERT INTO item SELECT (random() * 60000)::int, n FROM generate_series(1, 40000) n;
CREATE INDEX entrega_cliente ON entrega (cliente);
CREATE INDEX entrega_abertas ON entrega (dia) WHERE aberta;
CREATE TABLE "Com Nome" ("Coluna Ç" int, x text);
INSERT INTO "Com Nome" SELECT n, 'x' FROM generate_series(1, 20000) n;
ANALYZE;
"""
# query, the columns that have to be offered, and the most that the cost may be off by.
QUERIES = [
    ("SELECT * FROM entrega WHERE nf = 77", ["nf"], 2),
    ("SELECT count(*) FROM entrega WHERE chegada IS NULL AND uf = 'SP'", ["chegada", "uf"], 2),
    ("SELECT sum(valor) FROM entrega WHERE dia >= '2024-03-01' AND dia < '2024-04-01'", ["dia"], 2),
    ("SELECT * FROM entrega WHERE uf = 'RJ' AND dia >= '2024-03-01' AND dia < '2024-03-08'", ["uf", "dia"], 3),
    ("SELECT * FROM entrega WHERE uf = 'MG' ORDER BY valor DESC LIMIT 10", ["uf", "valor"], 3),
    ("SELECT * FROM entrega e JOIN item i ON i.entrega = e.id WHERE e.nf = 77", ["entrega"], 3),
    ('SELECT * FROM "Com Nome" WHERE "Coluna Ç" = 5', ["Coluna Ç"], 2),
    ("SELECT (SELECT sum(peso) FROM item WHERE item.entrega = e.id) FROM entrega e WHERE e.id < 20", ["entrega"], 3),
]


@pytest.fixture(scope="module")
def server(postgres: TestServer) -> str:
    url = postgres.fresh()
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(FILL)
        connection.execute("SET max_parallel_workers_per_gather = 0")
    return url


@pytest.fixture
def connection(server: str) -> Any:
    with psycopg.connect(server) as made:
        yield made
        made.rollback()


@pytest_asyncio.fixture(loop_scope="function")
async def tables(postgres: TestServer, server: str) -> AsyncIterator[dict[str, catalog_pb2.Table]]:
    env = {"MAESTRO_SOURCE_X": postgres.reader(server)}
    async with start({"scanner": build}, env=env) as mesh:
        stub = mesh.stub(scanner_pb2_grpc.ScannerStub, "scanner")
        await stub.Scan(scanner_pb2.ScanRequest(context=context_pb2.RequestContext(source="x")))
        names = ("entrega", "item", "Com Nome")
        wanted = [plan_pb2.TableRef(name=name) for name in names]
        context = context_pb2.RequestContext(source="x")
        slice_ = (await stub.GetSlice(scanner_pb2.GetSliceRequest(context=context, tables=wanted))).slice
        yield {table.name: table for table in slice_.tables}


def explain(connection: Any, query: str) -> str:
    (plan,) = connection.execute(f"EXPLAIN (FORMAT JSON) {query}").fetchone()
    return json.dumps(plan)


def offered(connection: Any, tables: dict[str, catalog_pb2.Table], query: str) -> list[tuple[float, Offer]]:
    """(cost of the whole with it, offer)."""
    plan = explained(explain(connection, query))
    found = []
    for scan in plan.scans:
        for offer in offers(scan, tables[scan.table], ["pg_trgm"]):
            if not twin(offer.candidate, tables[scan.table]):
                found.append((plan.cost - scan.cost - offer.spared + offer.cost, offer))
    return found


@pytest.mark.parametrize(("query", "columns", "off"), QUERIES)
async def test_the_planner_agrees(
    connection: Any, tables: dict[str, catalog_pb2.Table], query: str, columns: list[str], off: float
) -> None:
    # The embedded server is told that its disk is fast; what is offered is reckoned at the default.
    connection.execute("SET LOCAL random_page_cost = 4; SET LOCAL max_parallel_workers_per_gather = 0")
    before = explained(explain(connection, query)).cost
    found = {
        tuple(key.column for key in offer.candidate.keys): (cost, offer)
        for cost, offer in offered(connection, tables, query)
    }
    assert tuple(columns) in found
    said, offer = found[tuple(columns)]
    connection.execute(ddl.create(offer.candidate).replace("CONCURRENTLY ", ""))
    really = explained(explain(connection, query)).cost
    assert really < before, "the planner uses it"
    assert said < before
    assert really / off <= said <= really * off, f"said {said:.0f}, really {really:.0f}, before {before:.0f}"


async def test_what_is_there_is_not_offered(connection: Any, tables: dict[str, catalog_pb2.Table]) -> None:
    assert offered(connection, tables, "SELECT * FROM entrega WHERE id = 5") == []
    assert offered(connection, tables, "SELECT * FROM entrega WHERE cliente = 'CLIENTE 5'") == []
    # Nothing that an index could serve.
    assert offered(connection, tables, "SELECT count(*) FROM entrega") == []
    assert offered(connection, tables, "SELECT * FROM entrega WHERE lower(obs) = 'x' OR nf = 5") == []
    assert offered(connection, tables, "SELECT * FROM entrega WHERE uf IN ('SP', 'RJ', 'MG', 'BA')") == []


async def test_a_text_inside_is_served_by_trigrams(connection: Any, tables: dict[str, catalog_pb2.Table]) -> None:
    query = "SELECT * FROM entrega WHERE obs LIKE '%a1b2c3%'"
    ((_, offer),) = offered(connection, tables, query)
    assert ddl.create(offer.candidate).endswith("ON public.entrega USING gin (obs gin_trgm_ops)")
    connection.execute(ddl.create(offer.candidate).replace("CONCURRENTLY ", ""))
    assert not any(each.sequential for each in explained(explain(connection, query)).scans)


async def test_overlaps_are_told(tables: dict[str, catalog_pb2.Table]) -> None:
    wider = Candidate("public", "entrega", (Key("cliente"), Key("dia")))
    assert [text.split()[0] for text in overlaps(wider, tables["entrega"])] == ["entrega_cliente"]
    assert "could be dropped" in next(overlaps(wider, tables["entrega"]))
    by_day = Candidate("public", "entrega", (Key("dia"),))
    assert twin(by_day, tables["entrega"]) == "", "an index over some rows does not do"
    (told,) = overlaps(by_day, tables["entrega"])
    assert told.startswith("entrega_abertas")
    assert "some rows" in told


def test_the_statement_creates_what_was_meant(connection: Any) -> None:
    candidates = [
        Candidate("public", "Com Nome", (Key("Coluna Ç"), Key("x", "text_pattern_ops"))),
        Candidate(
            "public", "entrega", (Key("nf", "", descending=True, nulls_first=False), Key("dia", "", False, True))
        ),
        Candidate("public", "entrega", (Key("obs", "gin_trgm_ops"),), "gin"),
    ]
    for candidate in candidates:
        connection.execute(ddl.create(candidate).replace("CONCURRENTLY ", ""))
        query = "SELECT indexdef FROM pg_indexes WHERE indexname = %s"
        (made,) = connection.execute(query, (ddl.name_of(candidate),)).fetchone()
        body = ddl.create(candidate).partition(" ON ")[2]
        assert made.partition(" ON ")[2].replace(" USING btree", "") == body
    names = {ddl.name_of(each) for each in candidates}
    assert len(names) == len({ddl.identifier(each) for each in candidates}) == 3
    long = Candidate("public", "t" * 60, (Key("c" * 60),))
    assert len(ddl.name_of(long).encode()) <= 63
