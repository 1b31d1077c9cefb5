"""Runs of real definitions over a real mesh of toy modules."""

from __future__ import annotations

import asyncio
import time

import pytest

from maestro.analyzer.v1 import analyzer_pb2
from maestro.coordinator.v1 import coordinator_pb2
from maestro.error.v1 import error_pb2
from maestro.learner.v1 import learner_pb2
from maestro.mapper.v1 import mapper_pb2
from maestro.memorizer.v1 import memorizer_pb2
from maestro.orchestrator.v1 import orchestrator_pb2
from maestro.provider.v1 import provider_pb2
from maestro.scanner.v1 import scanner_pb2
from maestro.validator.v1 import validator_pb2
from maestro.workflow.v1 import workflow_pb2
from mesh.fault import Fault
from services.orchestrator.run import issue_of
from tests.services.orchestrator.conftest import Staging
from tests.services.orchestrator.toys import forever, giving, raising, until

HEAD = """
input: maestro.analyzer.v1.AnalyzeRequest
output: maestro.memorizer.v1.ApplyCommandResponse
"""
SUCCEEDED, RETURNED = workflow_pb2.RUN_STATE_SUCCEEDED, workflow_pb2.RUN_STATE_RETURNED
FAILED, CANCELLED = workflow_pb2.RUN_STATE_FAILED, workflow_pb2.RUN_STATE_CANCELLED


def states(run: workflow_pb2.Run) -> dict[str, str]:
    names = {value: name.removeprefix("STEP_STATE_").lower() for name, value in workflow_pb2.StepState.items()}
    return {step.name: names[step.state] for step in run.steps}


CHAIN = (
    HEAD
    + """
steps:
  first: { call: coordinator.Admit, request: { context: "${input.context}", workflow: demo } }
  left: { call: scanner.GetCatalog, request: { context: "${first.context}" } }
  right: { call: mapper.GetModel, request: { context: "${first.context}" } }
  last:
    call: memorizer.ApplyCommand
    request: { action: "${left.catalog.source}", text: "${right.model.source}", locale: "${run.id}" }
result: { text: "${last.text}", facts: [ { id: "${run.workflow}" }, { text: "${run.steps.left.call}" } ] }
"""
)


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
        after = await stage.stub.GetRun(orchestrator_pb2.GetRunRequest(run_id=response.run.id))
        assert states(after.run) == dict.fromkeys(("first", "work", "release", "note"), "succeeded")


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


async def test_an_enum_becomes_a_word(staging: Staging):
    text = (
        HEAD
        + """
steps:
  read: { call: analyzer.Analyze }
  apply: { call: memorizer.ApplyCommand, request: { action: "${read.command.action}", locale: "${read.outcome}" } }
  many: { call: mapper.LookUpValues, request: { texts: [ "${read.outcome}", b ] } }
result: {}
"""
    )
    async with staging(demo=text) as stage:
        read = analyzer_pb2.AnalyzeResponse(outcome=analyzer_pb2.OUTCOME_COMMAND)
        read.command.action = analyzer_pb2.MEMORY_ACTION_FORGET
        stage.toys.on["analyzer.Analyze"] = giving(read)
        await stage.run("demo")
        request = stage.toys.requests["memorizer.ApplyCommand"][0]
        assert (request.action, request.locale) == ("forget", "command")
        assert list(stage.toys.requests["mapper.LookUpValues"][0].texts) == ["command", "b"]


async def test_parts_of_a_message_are_merged_and_numbers_have_defaults(staging: Staging):
    text = (
        HEAD
        + """
steps:
  admit: { call: coordinator.Admit }
  scan:
    call: scanner.Scan
    request:
      context: [ "${admit.context}", { versions: { patterns: p }, caller: { attributes: { a: b } } } ]
  fetch: { call: provider.Fetch, when: "${input.explain}" }
  observe: { call: learner.Observe, request: { row_count: "${fetch.head.total_rows | -1}" } }
result: {}
"""
    )
    async with staging(demo=text) as stage:
        admitted = coordinator_pb2.AdmitResponse()
        admitted.context.source, admitted.context.versions.catalog = "frete", "c"
        stage.toys.on["coordinator.Admit"] = giving(admitted)
        await stage.run("demo", input={"question": "q"})
        context = stage.toys.requests["scanner.Scan"][0].context
        assert (context.source, context.versions.catalog, context.versions.patterns) == ("frete", "c", "p")
        assert dict(context.caller.attributes) == {"a": "b"}
        assert stage.toys.requests["learner.Observe"][0].row_count == -1


async def test_a_count_of_zero_is_a_number(staging: Staging):
    text = (
        HEAD
        + """
steps:
  fetch: { call: provider.Fetch }
  observe: { call: learner.Observe, request: { row_count: "${fetch.head.total_rows | -1}" } }
result: {}
"""
    )
    async with staging(demo=text) as stage:
        fetched = provider_pb2.FetchResponse()
        fetched.head.complete = True
        stage.toys.on["provider.Fetch"] = giving(fetched)
        await stage.run("demo", input={"question": "q"})
        assert stage.toys.requests["learner.Observe"][0].row_count == 0


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
