"""The trace of a question: every call, step and statement, each under what made it."""

from __future__ import annotations

import asyncio

import pytest

from bench.mesh import primary_key_plan
from maestro_client.client import Maestro
from mesh.telemetry import Span
from mesh.testing import Mesh

pytestmark = [pytest.mark.slow, pytest.mark.asyncio(loop_scope="module")]

Tree = dict[str, "Tree"]


def call(module: str, method: str, inside: Tree | None = None) -> Tree:
    """A call as both sides see it."""
    name = f"maestro.{module}.v1.{module.capitalize()}/{method}"
    return {f"client {name}": {f"server {name}": inside or {}}}


def step(name: str, inside: Tree) -> Tree:
    return {f"internal step {name}": inside}


FETCH = call("provider", "Fetch", call("loader", "Execute", {"client SQL": {}}))

READY_PLAN: Tree = {
    "client maestro.orchestrator.v1.Orchestrator/RunQuery": {
        "server maestro.orchestrator.v1.Orchestrator/RunQuery": {
            **step("admit", call("coordinator", "Admit")),
            **step("catalog", call("scanner", "GetSlice")),
            **step("mappings", call("mapper", "GetSlice")),
            **step("check_plan", call("validator", "CheckPlan")),
            **step("fetch", FETCH),
            **step("check_result", call("validator", "CheckResult")),
            **step("compose", call("processor", "Compose")),
            **step("check_answer", call("validator", "CheckAnswer")),
            **step("release", call("coordinator", "Release")),
        }
    }
}


def tree(spans: list[Span]) -> Tree:
    """Spans as nested names; a statement is "SQL", for its text is another test's."""
    nodes: dict[str, Tree] = {span.span_id: {} for span in spans}
    roots: Tree = {}
    for span in spans:
        name = "SQL" if "db.query.text" in span.attributes else span.name
        nodes.get(span.parent_id, roots)[f"{span.kind} {name}"] = nodes[span.span_id]
    return roots


async def settled(mesh: Mesh, trace_id: str) -> list[Span]:
    """The spans of a trace, once no more have come for a while (detached steps end after the answer)."""
    count = -1
    while count != (count := len([span for span in mesh.spans() if span.trace_id == trace_id])):
        await asyncio.sleep(0.5)
    return [span for span in mesh.spans() if span.trace_id == trace_id]


async def test_a_ready_plan_makes_exactly_these_spans(mesh: Mesh, maestro: Maestro) -> None:
    await maestro.ask_plan(primary_key_plan(1))
    answer = await maestro.ask_plan(primary_key_plan(2))
    assert tree(await settled(mesh, answer.trace_id)) == READY_PLAN


async def test_a_question_is_one_trace_with_its_analysis(mesh: Mesh, maestro: Maestro) -> None:
    answer = await maestro.ask("quantas entregas estão atrasadas?")
    (root,) = tree(await settled(mesh, answer.trace_id)).values()
    (steps,) = root.values()
    assert {"internal step check_question", "internal step recall", "internal step analyze"} <= steps.keys()
    assert {"internal step remember", "internal step observe"} & steps.keys()


async def test_no_span_of_a_question_is_left_open_or_orphaned(mesh: Mesh, maestro: Maestro) -> None:
    answer = await maestro.ask("quantas entregas em SP?")
    spans = await settled(mesh, answer.trace_id)
    ids = {span.span_id for span in spans}
    assert all(span.end_ns >= span.start_ns for span in spans)
    assert [span.name for span in spans if span.parent_id and span.parent_id not in ids] == []
