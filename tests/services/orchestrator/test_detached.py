"""What runs after the output, and how runs are ended from outside."""

from __future__ import annotations

import asyncio

import pytest

from maestro.coordinator.v1 import coordinator_pb2
from maestro.orchestrator.v1 import orchestrator_pb2
from maestro.workflow.v1 import workflow_pb2
from mesh.fault import Fault
from tests.services.orchestrator.conftest import Staging
from tests.services.orchestrator.definitions import CANCELLED, CHAIN, HEAD, SUCCEEDED, states
from tests.services.orchestrator.toys import forever, giving, raising, until

DETACHED = (
    HEAD
    + """
steps:
  first: { call: coordinator.Admit }
  work: { call: scanner.Scan, after: [ first ] }
  release:
    call: coordinator.Release
    detached: true
    when: ${first.admission_id}
    request: { admission_id: "${first.admission_id}" }
  note:
    call: memorizer.Remember
    detached: true
    after: [ release ]
    when: ${output.text}
    request: { turn: { answer: "${output.text}" } }
result: { text: done }
"""
)


async def test_detached_steps_run_after_the_output_was_given(staging: Staging):
    async with staging(demo=DETACHED) as stage:
        go = asyncio.Event()

        async def release(_):
            await go.wait()

        stage.toys.on = {
            "coordinator.Admit": giving(coordinator_pb2.AdmitResponse(admission_id="a")),
            "coordinator.Release": release,
        }
        response = await stage.run("demo")
        assert dict(response.output) == {"text": "done"}
        assert states(response.run)["note"] == "waiting"
        go.set()
        await until(lambda: "memorizer.Remember" in stage.toys.ended)
        assert stage.toys.requests["memorizer.Remember"][0].turn.answer == "done"
        # The module has answered a moment before the run hears of it.
        async with asyncio.timeout(5):
            while "running" in states(response.run).values() or "waiting" in states(response.run).values():
                response = await stage.stub.GetRun(orchestrator_pb2.GetRunRequest(run_id=response.run.id))
        assert states(response.run) == dict.fromkeys(("first", "work", "release", "note"), "succeeded")


@pytest.mark.parametrize("how", ["fails", "cancelled"])
async def test_detached_steps_run_however_the_run_ended(staging: Staging, how: str):
    async with staging(demo=DETACHED) as stage:
        stage.toys.on = {
            "coordinator.Admit": giving(coordinator_pb2.AdmitResponse(admission_id="a")),
            "scanner.Scan": raising(Fault("SOURCE_UNAVAILABLE", "Down.")) if how == "fails" else forever,
        }
        asking = asyncio.ensure_future(stage.run("demo"))
        if how == "cancelled":
            await until(lambda: "scanner.Scan" in stage.toys.active)
            asking.cancel()
        await until(lambda: "coordinator.Release" in stage.toys.ended)
        await asyncio.sleep(0.05)
        assert "memorizer.Remember" not in stage.toys.begun


async def test_a_detached_step_that_fails_harms_nobody(staging: Staging):
    async with staging(demo=DETACHED) as stage:
        stage.toys.on = {
            "coordinator.Admit": giving(coordinator_pb2.AdmitResponse(admission_id="a")),
            "coordinator.Release": raising(Fault("INTERNAL", "Bad.")),
        }
        response = await stage.run("demo")
        await until(lambda: "memorizer.Remember" in stage.toys.ended)
        after = await stage.stub.GetRun(orchestrator_pb2.GetRunRequest(run_id=response.run.id))
        assert after.run.state == SUCCEEDED
        assert states(after.run)["release"] == "failed"


async def test_detached_steps_are_waited_for_when_the_process_stops(staging: Staging):
    async with staging(demo=DETACHED) as stage:

        async def slow(_):
            await asyncio.sleep(0.3)

        stage.toys.on = {
            "coordinator.Admit": giving(coordinator_pb2.AdmitResponse(admission_id="a")),
            "coordinator.Release": slow,
        }
        await stage.run("demo")
        await stage.mesh.stop("orchestrator")
        assert "memorizer.Remember" in stage.toys.ended


async def test_a_caller_who_goes_away_takes_the_steps_along(staging: Staging):
    async with staging(demo=CHAIN) as stage:
        stage.toys.on = {"scanner.GetCatalog": forever, "mapper.GetModel": forever}
        asking = asyncio.ensure_future(stage.run("demo"))
        await until(lambda: len(stage.toys.active) == 2)
        asking.cancel()
        await until(lambda: not stage.toys.active)
        assert sorted(stage.toys.cancelled) == ["mapper.GetModel", "scanner.GetCatalog"]
        listed = await stage.stub.ListRuns(orchestrator_pb2.ListRunsRequest())
        assert [run.state for run in listed.runs] == [CANCELLED]
        assert states(listed.runs[0]) == {
            "first": "succeeded",
            "left": "cancelled",
            "right": "cancelled",
            "last": "skipped",
        }


async def test_cancel_run_ends_a_run_from_outside(staging: Staging):
    async with staging(demo=CHAIN) as stage:
        stage.toys.on = {"scanner.GetCatalog": forever}
        asking = asyncio.ensure_future(stage.run("demo"))
        await until(lambda: "scanner.GetCatalog" in stage.toys.active)
        listed = await stage.stub.ListRuns(orchestrator_pb2.ListRunsRequest())
        assert [run.state for run in listed.runs] == [workflow_pb2.RUN_STATE_RUNNING]
        await stage.stub.CancelRun(orchestrator_pb2.CancelRunRequest(run_id=listed.runs[0].id))
        run = (await asking).run
        assert (run.state, run.error.code) == (CANCELLED, "CANCELLED")
        await until(lambda: stage.toys.cancelled == ["scanner.GetCatalog"])
