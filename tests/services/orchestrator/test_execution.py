"""Runs of real definitions over a real mesh of toy modules."""

from __future__ import annotations

import asyncio
import time

import pytest

from maestro.coordinator.v1 import coordinator_pb2
from maestro.error.v1 import error_pb2
from maestro.mapper.v1 import mapper_pb2
from maestro.memorizer.v1 import memorizer_pb2
from maestro.scanner.v1 import scanner_pb2
from maestro.validator.v1 import validator_pb2
from maestro.workflow.v1 import workflow_pb2
from mesh.fault import Fault
from services.orchestrator.run import issue_of
from tests.services.orchestrator.conftest import Staging
from tests.services.orchestrator.definitions import CANCELLED, CHAIN, FAILED, HEAD, RETURNED, SUCCEEDED, states
from tests.services.orchestrator.toys import forever, giving, raising, until


async def test_values_flow_from_step_to_step(staging: Staging):
    async with staging(demo=CHAIN) as stage:
        admitted = coordinator_pb2.AdmitResponse(admission_id="a")
        admitted.context.source = "frete"
        catalog, model = scanner_pb2.GetCatalogResponse(), mapper_pb2.GetModelResponse()
        catalog.catalog.source, model.model.source = "from left", "from right"
        stage.toys.on = {
            "coordinator.Admit": giving(admitted),
            "scanner.GetCatalog": giving(catalog),
            "mapper.GetModel": giving(model),
            "memorizer.ApplyCommand": giving(memorizer_pb2.ApplyCommandResponse(text="done")),
        }
        response = await stage.run("demo")
        assert response.run.state == SUCCEEDED
        assert states(response.run) == dict.fromkeys(("first", "left", "right", "last"), "succeeded")
        assert dict(response.output)["text"] == "done"
        assert [dict(each) for each in response.output["facts"]] == [{"id": "demo"}, {"text": "scanner.GetCatalog"}]
        assert stage.toys.requests["scanner.GetCatalog"][0].context.source == "frete"
        last = stage.toys.requests["memorizer.ApplyCommand"][0]
        assert (last.action, last.text, last.locale) == ("from left", "from right", response.run.id)
        assert stage.toys.begun[0] == "coordinator.Admit"
        assert stage.toys.begun[3] == "memorizer.ApplyCommand"


async def test_independent_steps_run_side_by_side(staging: Staging):
    async with staging(demo=CHAIN) as stage:
        met = asyncio.Barrier(2)

        async def meet(_):
            async with asyncio.timeout(5):
                await met.wait()

        stage.toys.on = {"scanner.GetCatalog": meet, "mapper.GetModel": meet}
        assert (await stage.run("demo")).run.state == SUCCEEDED


async def test_each_step_is_a_span_around_its_call(staging: Staging):
    async with staging(demo=CHAIN) as stage:
        await stage.run("demo")
        spans = stage.mesh.spans()
        by_id = {span.span_id: span for span in spans}
        steps = [span for span in spans if span.name.startswith("step ")]
        assert {span.name for span in steps} == {"step first", "step left", "step right", "step last"}
        root = next(span for span in spans if span.name.endswith("Orchestrator/RunWorkflow") and span.kind == "server")
        assert {span.parent_id for span in steps} == {root.span_id}
        assert steps[0].attributes["maestro.workflow"] == "demo"
        assert {span.attributes["maestro.step.outcome"] for span in steps} == {"done"}
        calls = [span for span in spans if span.kind == "client" and span.module == "orchestrator"]
        assert {by_id[span.parent_id].name for span in calls} == {span.name for span in steps}


WHEN = (
    HEAD
    + """
steps:
  ask: { call: validator.CheckQuestion, when: "${input.question}", request: { question: "${input.question}" } }
  good:
    call: scanner.GetCatalog
    when: [ "${ask}", "not ${ask.rejected}" ]
  bad: { call: mapper.GetModel, when: "${ask.rejected}" }
  either: { call: learner.Learn, when: "${good | bad}" }
  after_all: { call: memorizer.ApplyCommand, after: [ either ], request: { text: "${run.steps.bad.reason}" } }
result: { text: "${input.question}" }
"""
)


@pytest.mark.parametrize(
    ("question", "rejected", "ran"),
    [
        ("", False, {"memorizer.ApplyCommand"}),
        ("q", False, {"validator.CheckQuestion", "scanner.GetCatalog", "learner.Learn", "memorizer.ApplyCommand"}),
        ("q", True, {"validator.CheckQuestion", "mapper.GetModel", "learner.Learn", "memorizer.ApplyCommand"}),
    ],
)
async def test_conditions_decide_and_skips_are_told(staging: Staging, question: str, rejected: bool, ran: set[str]):
    async with staging(demo=WHEN) as stage:
        stage.toys.on["validator.CheckQuestion"] = giving(validator_pb2.CheckQuestionResponse(rejected=rejected))
        response = await stage.run("demo", input={"question": question})
        assert set(stage.toys.begun) == ran
        by_name = {step.name: step for step in response.run.steps}
        skipped = {name for name, step in by_name.items() if step.state == workflow_pb2.STEP_STATE_SKIPPED}
        assert {by_name[name].call for name in by_name.keys() - skipped} == ran
        for name in skipped:
            assert by_name[name].reason.startswith("condition not met: ")
        if "mapper.GetModel" not in ran:
            told = stage.toys.requests["memorizer.ApplyCommand"][0].text
            assert told == "condition not met: ${ask.rejected}"


RETURN = (
    HEAD
    + """
steps:
  ask: { call: validator.CheckQuestion }
  slow: { call: scanner.Scan }
  enough: { when: "${ask.rejected}", return: { text: early } }
  later: { call: mapper.GetModel, after: [ slow ] }
result: { text: late }
"""
)


async def test_a_return_ends_the_run_and_what_still_runs(staging: Staging):
    async with staging(demo=RETURN) as stage:
        begun = asyncio.Event()

        async def slow(request):
            begun.set()
            return await forever(request)

        async def ask(_):
            await begun.wait()
            return validator_pb2.CheckQuestionResponse(rejected=True)

        stage.toys.on = {"validator.CheckQuestion": ask, "scanner.Scan": slow}
        response = await stage.run("demo")
        assert response.run.state == RETURNED
        assert dict(response.output) == {"text": "early"}
        assert states(response.run) == {
            "ask": "succeeded",
            "slow": "cancelled",
            "enough": "succeeded",
            "later": "skipped",
        }
        await until(lambda: stage.toys.cancelled == ["scanner.Scan"])
        assert not stage.toys.active


FAILING = (
    HEAD
    + """
steps:
  first: { call: coordinator.Admit }
  side: { call: scanner.Scan }
  broken: { call: mapper.GetModel, after: [ first ], optional: OPTIONAL }
  last: { call: learner.Learn, after: [ broken ] }
result: { text: done }
"""
)


async def test_a_failure_ends_the_run_with_the_same_fault(staging: Staging):
    async with staging(demo=FAILING.replace("OPTIONAL", "false")) as stage:
        stage.toys.on["mapper.GetModel"] = raising(
            Fault("SOURCE_UNKNOWN", "There is no such source.", metadata={"source": "x"})
        )
        stage.toys.on["scanner.Scan"] = forever
        run = (await stage.run("demo")).run
        assert run.state == FAILED
        assert (run.error.code, run.error.message, run.error.module) == (
            "SOURCE_UNKNOWN",
            "There is no such source.",
            "mapper",
        )
        assert dict(run.error.params) == {"source": "x", "step": "broken"}
        assert states(run) == {"first": "succeeded", "side": "cancelled", "broken": "failed", "last": "skipped"}
        await until(lambda: stage.toys.cancelled == ["scanner.Scan"])
        assert "learner.Learn" not in stage.toys.begun


async def test_an_optional_step_may_fail(staging: Staging):
    async with staging(demo=FAILING.replace("OPTIONAL", "true")) as stage:
        stage.toys.on["mapper.GetModel"] = raising(Fault("SOURCE_UNAVAILABLE", "It is down."))
        run = (await stage.run("demo")).run
        assert run.state == SUCCEEDED
        assert states(run)["broken"] == "failed"
        assert next(step for step in run.steps if step.name == "broken").reason == "It is down."
        assert "learner.Learn" in stage.toys.begun


RETRY = (
    HEAD
    + """
steps:
  only: { call: scanner.Scan, timeout: 5s, retry: { max_attempts: 3, initial_backoff: 0.01s, max_backoff: 0.02s } }
result: { text: done }
"""
)


@pytest.mark.parametrize(
    ("reason", "failures", "attempts", "state"),
    [
        ("SOURCE_UNAVAILABLE", 2, 3, SUCCEEDED),
        ("SOURCE_UNAVAILABLE", 9, 3, FAILED),
        ("STATE_UNAVAILABLE", 1, 2, SUCCEEDED),
        ("SOURCE_UNKNOWN", 1, 1, FAILED),
        ("INTERNAL", 1, 1, FAILED),
    ],
)
async def test_only_unavailable_is_tried_again(staging: Staging, reason: str, failures: int, attempts: int, state: int):
    async with staging(demo=RETRY) as stage:

        async def scan(_):
            if len(stage.toys.begun) <= failures:
                raise Fault(reason, "Not now.")

        stage.toys.on["scanner.Scan"] = scan
        run = (await stage.run("demo")).run
        assert (run.state, run.steps[0].attempts, len(stage.toys.begun)) == (state, attempts, attempts)


async def test_a_repeat_waits_as_long_as_it_was_asked_to_but_never_past_the_deadline(staging: Staging):
    async with staging(demo=RETRY + "timeout: 0.5s\n") as stage:
        stage.toys.on["scanner.Scan"] = raising(Fault("SOURCE_UNAVAILABLE", "Not now.", retry_after=5.0))
        begun = time.monotonic()
        run = (await stage.run("demo")).run
        assert (run.state, run.steps[0].attempts, run.error.code) == (FAILED, 1, "SOURCE_UNAVAILABLE")
        assert time.monotonic() - begun < 4


async def test_a_step_has_its_own_time(staging: Staging):
    async with staging(demo=RETRY.replace("timeout: 5s", "timeout: 0.05s")) as stage:
        stage.toys.on["scanner.Scan"] = forever
        run = (await stage.run("demo")).run
        assert (run.state, run.error.code) == (FAILED, "DEADLINE_EXCEEDED")
        assert run.error.params["timed_out"] == "scanner.Scan"
        assert run.error.params["step"] == "only"
        await until(lambda: not stage.toys.active)
        assert stage.toys.cancelled == ["scanner.Scan"]


async def test_the_run_has_its_time_too(staging: Staging):
    async with staging(demo=RETRY.replace("timeout: 5s, ", "") + "timeout: 0.1s\n") as stage:
        stage.toys.on["scanner.Scan"] = forever
        run = (await stage.run("demo")).run
        assert (run.state, run.error.code) == (CANCELLED, "DEADLINE_EXCEEDED")
        await until(lambda: stage.toys.cancelled == ["scanner.Scan"])


async def test_a_module_that_is_gone_is_named(staging: Staging):
    async with staging(demo=CHAIN) as stage:
        await stage.mesh.stop("scanner")
        run = (await stage.run("demo")).run
        assert run.state == FAILED
        assert (run.error.code, run.error.params["module"], run.error.params["step"]) == (
            "MODULE_UNAVAILABLE",
            "scanner",
            "left",
        )
        assert (await stage.run("demo")).run.state == FAILED


async def test_what_is_wrong_with_a_definition_keeps_the_process_from_starting(staging: Staging):
    with pytest.raises(Fault) as caught:
        async with staging(demo=CHAIN.replace("scanner.GetCatalog", "scanner.GetCatalogue")):
            pass
    assert caught.value.reason == "WORKFLOW_INVALID"
    assert "demo.yaml:7:17: steps.left.call" in caught.value.message


async def test_issues_as_errors_have_a_severity():
    issue = issue_of(Fault("SOURCE_UNKNOWN", "No.", violations=[("a.b", "bad")], origin="scanner"))
    assert (issue.severity, issue.path, issue.module) == (error_pb2.SEVERITY_ERROR, "a.b", "scanner")


async def test_a_folder_that_is_not_there_is_a_bad_setting(staging: Staging):
    with pytest.raises(Fault, match="MAESTRO_WORKFLOWS: there is no folder"):
        async with staging(env={"MAESTRO_WORKFLOWS": "/nowhere/at/all"}):
            pass
