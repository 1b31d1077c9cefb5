"""Whatever comes in, a clear reason goes out, and the mesh serves on."""

from __future__ import annotations

import asyncio

import pytest

from maestro.context.v1 import context_pb2
from maestro.orchestrator.v1 import orchestrator_pb2 as pb
from maestro.plan.v1 import plan_pb2 as plan
from maestro_client.client import Maestro
from mesh.fault import Fault
from mesh.testing import Mesh

pytestmark = [pytest.mark.slow, pytest.mark.asyncio(loop_scope="module")]


@pytest.mark.parametrize(
    ("question", "reason"),
    [
        ("", "QUESTION_EMPTY"),
        ("   \n\t ", "QUESTION_EMPTY"),
        ("a" * 10_001, "QUESTION_TOO_LONG"),
        ("quantas entregas? " * 60_000, "QUESTION_TOO_LONG"),
        ("quantas\x00 entregas", "QUESTION_NOT_TEXT"),
        ("\x1b[31mquantas entregas", "QUESTION_NOT_TEXT"),
    ],
)
async def test_a_question_that_is_none_has_a_reason(maestro: Maestro, question: str, reason: str) -> None:
    with pytest.raises(Fault) as raised:
        await maestro.ask(question)
    assert raised.value.reason == reason
    assert (await maestro.ask("quantas entregas?")).status == "answered"


async def test_an_unknown_source_names_the_known_ones(maestro: Maestro) -> None:
    with pytest.raises(Fault) as raised:
        await maestro.ask("quantas entregas?", source="nope")
    assert raised.value.reason == "SOURCE_UNKNOWN"
    assert "frete" in raised.value.message


async def test_an_unknown_workflow_is_said(maestro: Maestro) -> None:
    with pytest.raises(Fault) as raised:
        await maestro.stub.RunWorkflow(pb.RunWorkflowRequest(workflow="nope"))
    assert raised.value.reason == "WORKFLOW_UNKNOWN"


@pytest.mark.parametrize(
    "text", ["steps: [", "- a\n- b", "input: maestro.nope.v1.X\noutput: y\nsteps: {}", "\x00", "a: &a [*a]"]
)
async def test_a_malformed_definition_is_told_by_line(maestro: Maestro, text: str) -> None:
    checked = await maestro.stub.ValidateWorkflow(pb.ValidateWorkflowRequest(text=text, file_name="mine.yaml"))
    assert checked.issues
    assert all(issue.path.startswith("mine.yaml:") for issue in checked.issues)


async def test_a_plan_over_what_does_not_exist_is_refused_by_name(maestro: Maestro) -> None:
    ready = plan.QueryPlan()
    getattr(ready.query.select, "from").table.name = "entregas_monitorada"
    getattr(ready.query.select, "from").alias = "e"
    ready.query.select.projections.add().expression.column.column = "id"
    with pytest.raises(Fault) as raised:
        await maestro.ask_plan(ready)
    assert raised.value.reason == "TABLE_UNKNOWN"
    assert "entregas_monitoradas" in raised.value.message  # the nearest name


async def test_a_time_that_is_too_short_names_what_ran_out(maestro: Maestro) -> None:
    request = pb.RunQueryRequest(question="quantas entregas?", context=context_pb2.RequestContext())
    with pytest.raises(Fault) as raised:
        await maestro.stub.RunQuery(request, timeout=0.002)
    assert raised.value.reason == "DEADLINE_EXCEEDED"


async def test_a_module_that_goes_in_mid_question_is_named_and_found_again(mesh: Mesh, maestro: Maestro) -> None:
    import services.provider.__main__ as provider  # used here only

    await mesh.stop("provider")
    with pytest.raises(Fault) as raised:
        await asyncio.wait_for(maestro.ask("quantas entregas?", fresh=True), 30)
    assert raised.value.reason == "MODULE_UNAVAILABLE"
    assert raised.value.metadata["module"] == "provider"
    await mesh.start("provider", provider.build)
    for _ in range(50):
        try:
            answer = await maestro.ask("quantas entregas?", fresh=True)
            break
        except Fault:
            await asyncio.sleep(0.2)
    assert answer.status == "answered"
