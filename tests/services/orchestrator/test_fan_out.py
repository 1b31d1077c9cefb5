"""Steps that run once for each item of a list, and steps that are undone."""

from __future__ import annotations

import asyncio

import pytest

from maestro.coordinator.v1 import coordinator_pb2
from maestro.learner.v1 import learner_pb2
from maestro.memorizer.v1 import memorizer_pb2
from maestro.validator.v1 import validator_pb2
from mesh.fault import Fault
from tests.services.orchestrator.conftest import Staging
from tests.services.orchestrator.definitions import FAILED, HEAD, SUCCEEDED, states
from tests.services.orchestrator.toys import forever, giving, raising, until


def planned(count: int) -> validator_pb2.PlanProbesResponse:
    return validator_pb2.PlanProbesResponse(
        probes=[validator_pb2.Probe(connection=f"c{number}") for number in range(count)]
    )


async def test_a_step_runs_for_each_item_some_at_once_and_keeps_their_order(staging: Staging):
    text = (
        HEAD
        + """
steps:
  plan: { call: validator.PlanProbes }
  each:
    call: memorizer.ApplyCommand
    for_each: ${plan.probes}
    concurrency: 3
    request: { text: "${item.connection}", action: "${plan.unknown_question}" }
  gather: { call: learner.GiveFeedback, request: { comment: "${each.text | none}" } }
result: {}
"""
    )
    with pytest.raises(Fault, match="list of string does not fit string"):
        async with staging(demo=text):
            pass
    text = text.replace(
        'learner.GiveFeedback, request: { comment: "${each.text | none}" }',
        'mapper.LookUpValues, request: { texts: "${each.text}", datasets: [ a, "${each.text}", b ] }',
    )
    async with staging(demo=text) as stage:
        most = 0

        async def apply(request):
            nonlocal most
            most = max(most, len(stage.toys.active))
            await asyncio.sleep(0.02 if request.text in ("c0", "c4") else 0.001)
            return memorizer_pb2.ApplyCommandResponse(text=f"{request.text}!")

        stage.toys.on = {"validator.PlanProbes": giving(planned(10)), "memorizer.ApplyCommand": apply}
        run = (await stage.run("demo")).run
        assert run.state == SUCCEEDED
        assert most == 3
        expected = [f"c{number}!" for number in range(10)]
        gathered = stage.toys.requests["mapper.LookUpValues"][0]
        assert list(gathered.texts) == expected
        assert list(gathered.datasets) == ["a", *expected, "b"]
        assert next(step for step in run.steps if step.name == "each").attempts == 10


async def test_nothing_to_run_over_is_a_skip(staging: Staging):
    text = (
        HEAD
        + """
steps:
  each: { call: memorizer.ApplyCommand, for_each: "${input.recollection.turns}" }
  after: { call: mapper.LookUpValues, request: { texts: "${each.text}" } }
result: {}
"""
    )
    async with staging(demo=text) as stage:
        run = (await stage.run("demo", input={"question": "q"})).run
        assert states(run) == {"each": "skipped", "after": "succeeded"}
        assert next(step for step in run.steps if step.name == "each").reason == "there was nothing to run over"


async def test_an_item_that_fails_ends_the_others_and_is_named(staging: Staging):
    text = (
        HEAD
        + """
steps:
  plan: { call: validator.PlanProbes }
  each: { call: memorizer.ApplyCommand, for_each: "${plan.probes}", request: { text: "${item.connection}" } }
result: {}
"""
    )
    async with staging(demo=text) as stage:

        async def apply(request):
            if request.text == "c1":
                await until(lambda: len(stage.toys.active) == 8)
                raise Fault("PLAN_INVALID", "Bad.")
            return await forever(request)

        stage.toys.on = {"validator.PlanProbes": giving(planned(20)), "memorizer.ApplyCommand": apply}
        run = (await stage.run("demo")).run
        assert (run.state, run.error.code) == (FAILED, "PLAN_INVALID")
        assert (run.error.params["step"], run.error.params["item"]) == ("each", "1")
        await until(lambda: not stage.toys.active)
        assert len(stage.toys.cancelled) == 7


UNDO = (
    HEAD
    + """
steps:
  one:
    call: coordinator.Admit
    compensate: { call: coordinator.Release, request: { admission_id: "${one.admission_id}" } }
  two:
    call: learner.Learn
    after: [ one ]
    compensate: { call: learner.RetirePattern, request: { pattern_id: "${two.version}" } }
  three: { call: scanner.Scan, after: [ two ], compensate: { call: provider.Purge } }
  four: { call: mapper.GetModel, after: [ three ], compensate: { call: memorizer.ForgetConversation } }
result: { text: done }
"""
)


async def test_what_succeeded_is_undone_in_reverse_when_a_later_step_fails(staging: Staging):
    async with staging(demo=UNDO) as stage:
        stage.toys.on = {
            "coordinator.Admit": giving(coordinator_pb2.AdmitResponse(admission_id="a-1")),
            "learner.Learn": giving(learner_pb2.LearnResponse(version="v-1")),
            "provider.Purge": raising(Fault("INTERNAL", "Cannot be undone.")),
            "mapper.GetModel": raising(Fault("SOURCE_UNAVAILABLE", "It is down.")),
        }
        run = (await stage.run("demo")).run
        assert (run.state, run.error.code) == (FAILED, "SOURCE_UNAVAILABLE")
        assert stage.toys.begun[-3:] == ["provider.Purge", "learner.RetirePattern", "coordinator.Release"]
        assert stage.toys.requests["coordinator.Release"][0].admission_id == "a-1"
        assert stage.toys.requests["learner.RetirePattern"][0].pattern_id == "v-1"
        assert states(run) == {"one": "compensated", "two": "compensated", "three": "succeeded", "four": "failed"}
        assert "could not be undone" in next(step for step in run.steps if step.name == "three").reason


async def test_a_cancelled_run_is_undone_as_well(staging: Staging):
    async with staging(demo=UNDO) as stage:
        stage.toys.on["mapper.GetModel"] = forever
        asking = asyncio.ensure_future(stage.run("demo"))
        await until(lambda: "mapper.GetModel" in stage.toys.active)
        asking.cancel()
        await until(lambda: "coordinator.Release" in stage.toys.ended)
        assert stage.toys.cancelled == ["mapper.GetModel"]
