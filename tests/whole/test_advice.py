"""Advice, from questions over missing indexes to indexes that were made: on the frete sample, through the whole mesh."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable

import psycopg
import pytest
import pytest_asyncio

from maestro.context.v1 import context_pb2
from maestro.monitor.v1 import monitor_pb2 as pb
from maestro.monitor.v1 import monitor_pb2_grpc
from maestro.orchestrator.v1 import orchestrator_pb2
from maestro.plan.v1 import plan_pb2 as plan
from maestro.scanner.v1 import scanner_pb2, scanner_pb2_grpc
from maestro_client.client import Maestro
from mesh.testing import Mesh

pytestmark = pytest.mark.asyncio(loop_scope="module")
FRETE = context_pb2.RequestContext(source="frete")
TABLE, COLUMN, DROPPED = "entregas_monitoradas", "numero_nf", "idx_entregas_numero_nf"


@pytest_asyncio.fixture(loop_scope="module")
async def without_index(mesh: Mesh, frete: str) -> AsyncIterator[psycopg.Connection]:
    """The owner's connection to the sample, whose index on invoice numbers has been dropped; it is put back."""
    with psycopg.connect(frete, autocommit=True) as owner:
        (definition,) = owner.execute(
            "SELECT indexdef FROM pg_indexes WHERE indexname = %s", (DROPPED,)
        ).fetchone() or ("",)
        assert definition
        owner.execute(f"DROP INDEX {DROPPED}")
        # Before anything is asked, so that the server does not do it between two estimates.
        owner.execute(f"VACUUM ANALYZE {TABLE}")
        await scan(mesh)
        try:
            yield owner
        finally:
            owner.execute(definition)


async def scan(mesh: Mesh) -> None:
    await mesh.stub(scanner_pb2_grpc.ScannerStub, "scanner").Scan(scanner_pb2.ScanRequest(context=FRETE))


def by_invoice(number: str) -> plan.QueryPlan:
    """All deliveries of an invoice."""
    select = plan.Select(where=plan.Predicate(comparison=plan.Comparison(
        operator=plan.COMPARISON_OPERATOR_EQUAL,
        left=plan.Expression(column=plan.ColumnRef(alias="e", column=COLUMN)),
        right=plan.Expression(literal=plan.Literal(text=number)),
    )))  # fmt: skip
    for name in ("id", "uf", "valor_nf"):
        select.projections.add(expression=plan.Expression(column=plan.ColumnRef(alias="e", column=name)), name=name)
    getattr(select, "from").CopyFrom(plan.Relation(alias="e", table=plan.TableRef(name=TABLE)))
    return plan.QueryPlan(query=plan.Query(select=select), intent=plan.INTENT_DETAIL)


async def ask(maestro: Maestro, numbers: list[str]) -> float:
    """Asks for each, and gives the planner's cost of the last."""
    cost = 0.0
    for number in numbers:
        request = orchestrator_pb2.RunQueryRequest(
            context=maestro.context("frete"), plan=by_invoice(number), fresh=True, explain=number == numbers[-1]
        )
        answer = (await maestro.stub.RunQuery(request)).answer
        assert len(answer.result.rows) == 1
        cost = answer.provenance.statements[0].estimated_cost
    return cost


async def advised(mesh: Mesh, until: Callable[[pb.AdviseResponse], bool]) -> pb.AdviseResponse:
    """The advice, as soon as what was asked has arrived."""
    stub = mesh.stub(monitor_pb2_grpc.MonitorStub, "monitor")
    async with asyncio.timeout(60):
        while True:
            advice: pb.AdviseResponse = await stub.Advise(pb.AdviseRequest(context=FRETE, max_suggestions=50))
            if until(advice):
                return advice
            await asyncio.sleep(0.3)


def on_invoice(advice: pb.AdviseResponse) -> list[pb.IndexSuggestion]:
    return [each for each in advice.suggestions if (each.table, list(each.columns)) == (TABLE, [COLUMN])]


async def test_a_missing_index_is_suggested_made_and_measured(
    mesh: Mesh, maestro: Maestro, without_index: psycopg.Connection
) -> None:
    owner = without_index
    found = owner.execute(f"SELECT {COLUMN} FROM {TABLE} GROUP BY 1 HAVING count(*) = 1 ORDER BY 1 LIMIT 24").fetchall()
    numbers = [number for (number,) in found]
    cost_without = await ask(maestro, numbers[:12])

    advice = await advised(mesh, lambda advice: any(sum(s.calls for s in e.serves) >= 12 for e in on_invoice(advice)))
    (suggestion,) = on_invoice(advice)
    assert suggestion.ddl == f"CREATE INDEX CONCURRENTLY idx_{TABLE}_{COLUMN} ON public.{TABLE} ({COLUMN});"
    assert suggestion.method == "cost bound"
    assert any(COLUMN in reason for reason in suggestion.reasons)
    (served,) = suggestion.serves
    assert served.calls == 12
    assert served.cost_before == pytest.approx(cost_without, rel=0.01)
    assert served.cost_after < served.cost_before / 2
    assert served.critical.ToNanoseconds() > 0
    assert 0 < suggestion.saved.ToNanoseconds() <= served.critical.ToNanoseconds()
    assert suggestion.size_bytes > 0
    assert "indexes instead of" in suggestion.write_cost
    there = owner.execute(
        "SELECT count(*) FROM pg_indexes WHERE indexdef LIKE %s", (f"%({COLUMN})%{TABLE}%",)
    ).fetchone()
    assert there == (0,), "nothing is ever created"

    owner.execute(suggestion.ddl)
    await scan(mesh)
    advice = await advised(mesh, lambda advice: True)
    assert on_invoice(advice) == []
    (applied,) = advice.applied
    assert (applied.suggestion.id, applied.index) == (suggestion.id, f"idx_{TABLE}_{COLUMN}")
    (measured,) = applied.measured
    assert (measured.calls_before, measured.calls_after, measured.HasField("measured_change")) == (12, 0, False)

    cost_with = await ask(maestro, numbers[12:])
    advice = await advised(mesh, lambda advice: advice.applied[0].measured[0].calls_after >= 12)
    (measured,) = advice.applied[0].measured
    assert (measured.calls_before, measured.calls_after) == (12, 12)
    assert measured.predicted_change == pytest.approx(served.cost_after / served.cost_before - 1)
    before, after = measured.median_before.ToNanoseconds(), measured.median_after.ToNanoseconds()
    assert measured.measured_change == pytest.approx(after / before - 1, abs=1e-3)
    # The bound holds: the planner, with the index there, finds it at least as cheap.
    assert cost_with <= served.cost_after

    owner.execute(f"DROP INDEX idx_{TABLE}_{COLUMN}")
    await scan(mesh)
    advice = await advised(mesh, lambda advice: True)
    assert not advice.applied
    assert len(on_invoice(advice)) == 1, "what is gone again is missing again"


async def test_sources_that_nothing_was_asked_of_get_no_advice(mesh: Mesh) -> None:
    stub = mesh.stub(monitor_pb2_grpc.MonitorStub, "monitor")
    advice = await stub.Advise(pb.AdviseRequest(context=context_pb2.RequestContext(source="other")))
    assert (advice.shapes, list(advice.suggestions), list(advice.applied)) == (0, [], [])
