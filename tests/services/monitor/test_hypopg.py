"""Weighing with HypoPG. Needs a PostgreSQL that has it (the embedded one has not): MAESTRO_TEST_HYPOPG is the URL of an
empty database of an owner who may create extensions."""

from __future__ import annotations

import asyncio
import os

import psycopg
import pytest

from maestro.context.v1 import context_pb2
from maestro.loader.v1 import loader_pb2, loader_pb2_grpc
from maestro.mapper.v1 import mapper_pb2_grpc
from maestro.plan.v1 import plan_pb2 as plan
from maestro.scanner.v1 import scanner_pb2, scanner_pb2_grpc
from mesh.fault import Fault
from mesh.probe import probe
from mesh.testing import start
from services.loader.__main__ import build as loader
from services.mapper.__main__ import build as mapper
from services.monitor.advice import ddl
from services.monitor.advice.candidates import Candidate, Key
from services.monitor.advice.eyes import MeshEyes
from services.monitor.advice.postgres import KeptPlan
from services.monitor.advice.scans import explained
from services.scanner.__main__ import build as scanner
from tests.fixtures.postgres import TestServer

FILL = """
DROP TABLE IF EXISTS nota;
CREATE TABLE nota (id int PRIMARY KEY, nf int, uf text);
INSERT INTO nota SELECT n, n % 5000, 'SP' FROM generate_series(1, 50000) n;
ANALYZE;
"""
BUILDS = {"scanner": scanner, "mapper": mapper, "loader": loader}
CONTEXT = context_pb2.RequestContext(source="x")
CANDIDATE = Candidate("public", "nota", (Key("nf"),))


def by_number(number: int) -> plan.QueryPlan:
    select = plan.Select(where=plan.Predicate(comparison=plan.Comparison(
        operator=plan.COMPARISON_OPERATOR_EQUAL,
        left=plan.Expression(column=plan.ColumnRef(alias="n", column="nf")),
        right=plan.Expression(literal=plan.Literal(integer=number)),
    )))  # fmt: skip
    select.projections.add(expression=plan.Expression(column=plan.ColumnRef(alias="n", column="uf")), name="uf")
    getattr(select, "from").CopyFrom(plan.Relation(alias="n", table=plan.TableRef(name="nota")))
    return plan.QueryPlan(query=plan.Query(select=select))


async def test_the_planners_own_word_is_that_of_the_real_index() -> None:
    url = os.environ.get("MAESTRO_TEST_HYPOPG", "")
    if not url:
        pytest.skip("MAESTRO_TEST_HYPOPG names no PostgreSQL with HypoPG")
    with psycopg.connect(url, autocommit=True) as owner:
        owner.execute(FILL)
        owner.execute("CREATE EXTENSION IF NOT EXISTS hypopg")
        async with start(BUILDS, env={"MAESTRO_SOURCE_X": url}) as mesh:
            scanning = mesh.stub(scanner_pb2_grpc.ScannerStub, "scanner")
            await scanning.Scan(scanner_pb2.ScanRequest(context=CONTEXT))
            async with asyncio.timeout(60):
                while (await probe(mesh.address("mapper")))[0] != "serving":
                    await asyncio.sleep(0.05)
            eyes = MeshEyes(
                scanning,
                mesh.stub(mapper_pb2_grpc.MapperStub, "mapper"),
                mesh.stub(loader_pb2_grpc.LoaderStub, "loader"),
            )
            kept = KeptPlan("s", "", by_number(77), "UTC", None, frozenset())
            looked = await eyes.look("x", kept)
            assert looked.hypopg
            before = explained(looked.explanation).cost
            said = await eyes.weigh("x", kept, looked, CANDIDATE)
            assert said < before / 2
            # What was assumed for one estimate is forgotten with it.
            assert explained((await eyes.look("x", kept)).explanation).cost == before
            owner.execute(ddl.create(CANDIDATE))
            owner.execute("ANALYZE nota")
            really = explained((await eyes.look("x", kept)).explanation).cost
            assert said == pytest.approx(really, rel=0.1)


async def test_a_database_without_it_says_so(postgres: TestServer) -> None:
    url = postgres.fresh()
    with psycopg.connect(url, autocommit=True) as owner:
        owner.execute(FILL)
    async with start({"loader": loader}, env={"MAESTRO_SOURCE_X": url}) as mesh:
        stub = mesh.stub(loader_pb2_grpc.LoaderStub, "loader")
        request = loader_pb2.CompileRequest(
            context=CONTEXT, plan=by_number(5), explain=True, hypothetical_indexes=[ddl.hypothetical(CANDIDATE)]
        )
        with pytest.raises(Fault) as caught:
            await stub.Compile(request)
        assert (caught.value.reason, "hypopg" in caught.value.message) == ("INVALID_ARGUMENT", True)
        # The connection is as it was.
        assert (
            await stub.Compile(loader_pb2.CompileRequest(context=CONTEXT, plan=by_number(5), explain=True))
        ).explanation
