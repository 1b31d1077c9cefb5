"""Cached results through the whole mesh: said, shared, and ended by a change of the data that the scanner sees."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Iterator

import psycopg
import pytest

from maestro.context.v1 import context_pb2
from maestro.orchestrator.v1 import orchestrator_pb2 as pb
from maestro.plan.v1 import plan_pb2 as plan
from maestro.result.v1 import result_pb2
from maestro.scanner.v1 import scanner_pb2, scanner_pb2_grpc
from maestro_client.client import Maestro
from mesh.testing import Mesh

pytestmark = pytest.mark.asyncio(loop_scope="module")
TABLE = "despesas_extras"


@pytest.fixture
def owner(frete: str) -> Iterator[psycopg.Connection]:
    with psycopg.connect(frete, autocommit=True) as made:
        yield made


def total(name: str) -> plan.QueryPlan:
    """The sum of one table's amounts."""
    select = plan.Select()
    amount = plan.Expression(column=plan.ColumnRef(alias="t", column="valor_despesa"))
    function = plan.Aggregate(function=plan.AGGREGATE_FUNCTION_SUM, operand=amount)
    select.projections.add(expression=plan.Expression(aggregate=function), name=name)
    getattr(select, "from").CopyFrom(plan.Relation(alias="t", table=plan.TableRef(name=TABLE)))
    return plan.QueryPlan(query=plan.Query(select=select), intent=plan.INTENT_VALUE)


async def ask(maestro: Maestro, name: str) -> result_pb2.Answer:
    request = pb.RunQueryRequest(context=maestro.context("frete"), plan=total(name))
    response: pb.RunQueryResponse = await maestro.stub.RunQuery(request)
    return response.answer


def number(answer: result_pb2.Answer) -> str:
    return answer.result.rows[0].values[0].decimal


async def test_a_hit_and_its_age_are_said(maestro: Maestro) -> None:
    first = await ask(maestro, "a")
    await asyncio.sleep(0.05)
    second = await ask(maestro, "a")
    assert (first.provenance.cache.hit, second.provenance.cache.hit) == (False, True)
    assert second.provenance.cache.age.ToMilliseconds() >= 50
    assert number(first) == number(second)


async def test_many_at_once_are_one_query(maestro: Maestro) -> None:
    answers = await asyncio.gather(*(ask(maestro, "crowd") for _ in range(40)))
    caches = [answer.provenance.cache for answer in answers]
    told = Counter("hit" if each.hit else "shared" if each.shared else "miss" for each in caches)
    assert told["miss"] == 1, told
    assert len({number(answer) for answer in answers}) == 1


async def test_a_change_that_the_scanner_sees_ends_it(mesh: Mesh, maestro: Maestro, owner: psycopg.Connection) -> None:
    before = await ask(maestro, "b")
    owner.execute(f"UPDATE {TABLE} SET valor_despesa = valor_despesa + 1 WHERE id = (SELECT min(id) FROM {TABLE})")
    owner.execute("SELECT pg_stat_force_next_flush()")
    owner.execute("SELECT 1")
    kept = await ask(maestro, "b")
    assert (kept.provenance.cache.hit, number(kept)) == (True, number(before)), "nobody has seen it yet"
    context = context_pb2.RequestContext(source="frete")
    await mesh.stub(scanner_pb2_grpc.ScannerStub, "scanner").Scan(scanner_pb2.ScanRequest(context=context))
    after = await ask(maestro, "b")
    assert not after.provenance.cache.hit
    assert float(number(after)) == pytest.approx(float(number(before)) + 1)
