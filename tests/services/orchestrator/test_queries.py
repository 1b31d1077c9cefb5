"""Questions through the real query.yaml, among toy modules."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from maestro.analyzer.v1 import analyzer_pb2
from maestro.enricher.v1 import enricher_pb2
from maestro.memorizer.v1 import memorizer_pb2
from maestro.orchestrator.v1 import orchestrator_pb2
from maestro.provider.v1 import provider_pb2
from maestro.result.v1 import result_pb2
from maestro.validator.v1 import validator_pb2
from maestro.workflow.v1 import workflow_pb2
from mesh.fault import Fault
from tests.services.orchestrator.answering import ANSWERED, REFUSED
from tests.services.orchestrator.conftest import Stage
from tests.services.orchestrator.toys import forever, giving, raising, until


async def ask(stage: Stage, question: str = "quantas entregas?", **fields: Any) -> orchestrator_pb2.RunQueryResponse:
    request = orchestrator_pb2.RunQueryRequest(question=question, **fields)
    response: orchestrator_pb2.RunQueryResponse = await stage.stub.RunQuery(request)
    return response


def planned() -> orchestrator_pb2.RunQueryRequest:
    request = orchestrator_pb2.RunQueryRequest()
    request.plan.question = "a plan"
    return request


async def test_a_question_goes_through_the_mesh(stage: Stage):
    response = await ask(stage)
    answer = response.answer
    assert (answer.status, answer.text) == (ANSWERED, "Uma entrega.")
    provenance = answer.provenance
    assert provenance.run_id == response.run_id
    assert provenance.elapsed.ToNanoseconds() > 0
    assert provenance.source == "frete"
    server = next(span for span in stage.mesh.spans() if span.name.endswith("/RunQuery") and span.kind == "server")
    assert provenance.trace_id == server.trace_id
    run = (await stage.stub.GetRun(orchestrator_pb2.GetRunRequest(run_id=response.run_id))).run
    assert provenance.versions.workflow == run.workflow_version
    assert run.subject == "quantas entregas?"
    assert {step.name for step in run.steps if step.state == workflow_pb2.STEP_STATE_FAILED} == set()
    fetched = stage.toys.requests["provider.Fetch"][0]
    assert fetched.catalog.version == "c-1"
    assert fetched.semantics.version == "m-1"
    assert fetched.context.versions.semantics == "m-1"
    assert fetched.context.as_of_time.ToJsonString() == "2025-06-18T15:00:00Z"
    assert fetched.context.request_id == response.run_id
    await until(lambda: {"learner.Observe", "coordinator.Release"} <= set(stage.toys.ended))
    assert stage.toys.requests["coordinator.Release"][0].admission_id == response.run_id
    assert stage.toys.requests["learner.Observe"][0].row_count == 1
    assert "memorizer.Remember" not in stage.toys.begun


async def test_what_did_not_run_is_told(stage: Stage):
    stage.toys.on["memorizer.Recall"] = raising(Fault("STATE_UNAVAILABLE", "The state database is down."))
    notes = {note.step: note for note in (await ask(stage)).answer.provenance.step_notes}
    assert (notes["recall"].state, notes["recall"].reason) == ("failed", "The state database is down.")
    assert notes["enrich"].state == "skipped"
    assert notes["enrich"].reason == "condition not met: ${fetch.enrichable}"
    assert "compose" not in notes
    assert "release" not in notes


async def test_only_what_could_have_been_in_the_answer_is_noted(stage: Stage):
    async def noted(request: orchestrator_pb2.RunQueryRequest) -> set[str]:
        return {note.step for note in (await stage.stub.RunQuery(request)).answer.provenance.step_notes}

    assert await noted(orchestrator_pb2.RunQueryRequest(question="q")) == {"enrich"}
    assert await noted(planned()) == {"check_question", "recall", "analyze", "enrich"}
    stage.toys.on["analyzer.Analyze"] = giving(analyzer_pb2.AnalyzeResponse(outcome=analyzer_pb2.OUTCOME_REFUSAL))
    assert {"catalog", "mappings", "fetch", "compose"} <= await noted(orchestrator_pb2.RunQueryRequest(question="q"))


async def test_a_ready_plan_is_run_as_it_is(stage: Stage):
    response = await stage.stub.RunQuery(planned())
    assert response.answer.status == ANSWERED
    assert not {"analyzer.Analyze", "memorizer.Recall", "validator.CheckQuestion"} & set(stage.toys.begun)
    assert stage.toys.requests["provider.Fetch"][0].plan.question == "a plan"
    await until(lambda: "coordinator.Release" in stage.toys.ended)
    assert "learner.Observe" not in stage.toys.begun


async def test_a_question_with_its_plan_is_checked_but_not_analyzed(stage: Stage):
    request = planned()
    request.question = "quantas entregas?"
    assert (await stage.stub.RunQuery(request)).answer.status == ANSWERED
    assert "analyzer.Analyze" not in stage.toys.begun
    assert stage.toys.requests["validator.CheckPlan"][0].question == "quantas entregas?"


async def test_a_question_back_ends_the_run_early(stage: Stage):
    refusal = analyzer_pb2.AnalyzeResponse(outcome=analyzer_pb2.OUTCOME_REFUSAL)
    stage.toys.on["analyzer.Analyze"] = giving(refusal)
    response = await ask(stage)
    assert response.answer.status == REFUSED
    assert response.run_id
    run = (await stage.stub.GetRun(orchestrator_pb2.GetRunRequest(run_id=response.run_id))).run
    assert run.state == workflow_pb2.RUN_STATE_RETURNED
    assert not {"scanner.GetSlice", "provider.Fetch", "processor.Compose"} & set(stage.toys.begun)


async def test_a_wish_is_carried_out(stage: Stage):
    wish = analyzer_pb2.AnalyzeResponse(outcome=analyzer_pb2.OUTCOME_COMMAND, has_command=True)
    wish.command.action, wish.command.text = analyzer_pb2.MEMORY_ACTION_REMEMBER, "Aurora é prioridade"
    stage.toys.on["analyzer.Analyze"] = giving(wish)
    stage.toys.on["memorizer.ApplyCommand"] = giving(memorizer_pb2.ApplyCommandResponse(text="Anotado."))
    answer = (await ask(stage, "lembre que Aurora é prioridade")).answer
    assert (answer.status, answer.text) == (result_pb2.ANSWER_STATUS_ACKNOWLEDGED, "Anotado.")
    assert stage.toys.requests["memorizer.ApplyCommand"][0].action == "remember"


@pytest.mark.parametrize(
    ("check", "response"),
    [
        ("CheckQuestion", validator_pb2.CheckQuestionResponse),
        ("CheckPlan", validator_pb2.CheckPlanResponse),
        ("CheckResult", validator_pb2.CheckResultResponse),
        ("CheckAnswer", validator_pb2.CheckAnswerResponse),
    ],
)
async def test_each_check_can_refuse(stage: Stage, check: str, response: Any):
    found = response(rejected=True)
    found.issues.add(code=f"planted.{check}")
    stage.toys.on[f"validator.{check}"] = giving(found)
    answer = (await ask(stage)).answer
    assert answer.status == REFUSED
    assert [issue.code for issue in answer.issues] == [f"planted.{check}"]
    if check in ("CheckQuestion", "CheckPlan"):
        assert "provider.Fetch" not in stage.toys.begun


async def test_what_checks_find_without_rejecting_is_in_the_answer(stage: Stage):
    for check, kind in (
        ("CheckQuestion", validator_pb2.CheckQuestionResponse),
        ("CheckPlan", validator_pb2.CheckPlanResponse),
        ("CheckResult", validator_pb2.CheckResultResponse),
        ("CheckAnswer", validator_pb2.CheckAnswerResponse),
    ):
        found = kind()
        found.issues.add(code=f"noted.{check}")
        stage.toys.on[f"validator.{check}"] = giving(found)
    answer = (await ask(stage)).answer
    assert [issue.code for issue in answer.issues] == [
        "noted.CheckQuestion",
        "noted.CheckPlan",
        "noted.CheckResult",
        "noted.CheckAnswer",
    ]


async def test_facts_are_added_where_they_make_sense(stage: Stage):
    async def fetch(_: Any) -> provider_pb2.FetchResponse:
        return provider_pb2.FetchResponse(enrichable=True)

    found = enricher_pb2.EnrichResponse()
    found.enrichments.add(kind="share")
    stage.toys.on |= {"provider.Fetch": fetch, "enricher.Enrich": giving(found)}
    await ask(stage)
    assert stage.toys.requests["processor.Compose"][0].enrichments[0].kind == "share"
    stage.toys.on["enricher.Enrich"] = raising(Fault("INTERNAL", "Bad."))
    answer = (await ask(stage)).answer
    assert answer.status == ANSWERED
    assert {note.step: note.state for note in answer.provenance.step_notes}["enrich"] == "failed"


@pytest.mark.parametrize(
    ("question", "reason"),
    [
        ("", "QUESTION_EMPTY"),
        (" \n\t", "QUESTION_EMPTY"),
        ("x" * 10_001, "QUESTION_TOO_LONG"),
        ("x" * 1_048_576, "QUESTION_TOO_LONG"),
        ("quantas\x00entregas", "QUESTION_NOT_TEXT"),
        ("\x1b[31mquantas", "QUESTION_NOT_TEXT"),
        ("quantas\u0085entregas", "QUESTION_NOT_TEXT"),
        ("???", "QUESTION_NOT_TEXT"),
        ("\ufffe a", "QUESTION_NOT_TEXT"),
    ],
)
async def test_bad_questions_are_refused_at_the_edge(stage: Stage, question: str, reason: str):
    with pytest.raises(Fault) as caught:
        await ask(stage, question)
    assert (caught.value.reason, caught.value.origin) == (reason, "orchestrator")
    assert not stage.toys.begun
    assert (await ask(stage)).answer.status == ANSWERED


@pytest.mark.parametrize("question", ["Olá\nquantas entregas\thoje?", "quantas 🚚 entregas?", "x" * 10_000, "42"])
async def test_good_questions_are_not(stage: Stage, question: str):
    assert (await ask(stage, question)).answer.status == ANSWERED


async def test_fields_out_of_range_are_named(stage: Stage):
    request = orchestrator_pb2.RunQueryRequest(question="q", page_size=1_001)
    request.context.conversation_id = "c" * 129
    request.context.source = "s" * 64
    request.context.caller.id = "i" * 257
    request.context.caller.roles.extend(["r"] * 65)
    with pytest.raises(Fault) as caught:
        await stage.stub.RunQuery(request)
    assert caught.value.reason == "INVALID_ARGUMENT"
    assert {field for field, _ in caught.value.violations} == {
        "page_size",
        "context.conversation_id",
        "context.source",
        "context.caller.id",
        "context.caller.roles",
    }


async def test_a_fault_of_a_module_is_the_run_s(stage: Stage):
    stage.toys.on["coordinator.Admit"] = raising(
        Fault("SOURCE_UNKNOWN", "There is no source 'x'; known: frete.", metadata={"known": "frete"})
    )
    with pytest.raises(Fault) as caught:
        await ask(stage)
    assert (caught.value.reason, caught.value.origin) == ("SOURCE_UNKNOWN", "coordinator")
    assert caught.value.metadata == {"known": "frete", "step": "admit"}


async def test_a_deadline_names_who_was_still_at_work(stage: Stage):
    stage.toys.on["provider.Fetch"] = forever
    with pytest.raises(Fault) as caught:
        await stage.stub.RunQuery(orchestrator_pb2.RunQueryRequest(question="q"), timeout=0.5)
    assert caught.value.reason == "DEADLINE_EXCEEDED"
    assert caught.value.metadata["timed_out"] == "provider.Fetch"
    await until(lambda: "provider.Fetch" in stage.toys.cancelled)
    await until(lambda: "coordinator.Release" in stage.toys.ended)


async def test_every_admission_is_given_back_whenever_the_caller_goes_away(stage: Stage):
    held: set[str] = set()
    healthy = stage.toys.on["coordinator.Admit"]

    async def admit(request: Any) -> Any:
        held.add(request.admission_id)
        return await healthy(request)

    async def release(request: Any) -> None:
        held.discard(request.admission_id)

    stage.toys.on |= {"coordinator.Admit": admit, "coordinator.Release": release}
    for turns in range(40):
        asking = asyncio.ensure_future(stage.stub.RunQuery(planned()))
        for _ in range(turns * 3):
            await asyncio.sleep(0)
        asking.cancel()
        await asyncio.gather(asking, return_exceptions=True)
    assert stage.toys.begun
    await until(lambda: not held)


async def test_another_version_of_the_workflow_is_not_held(stage: Stage):
    request = orchestrator_pb2.RunQueryRequest(question="q")
    request.context.versions.workflow = "0123456789abcdef"
    with pytest.raises(Fault) as caught:
        await stage.stub.RunQuery(request)
    assert caught.value.reason == "VERSION_UNKNOWN"


# ---------------------------------------------------------------------------------------------------- ablations


async def test_a_step_can_be_left_out(stage: Stage):
    answer = (await ask(stage, ablations=["recall", "check_plan"])).answer
    assert answer.status == ANSWERED
    assert not {"memorizer.Recall", "validator.CheckPlan"} & set(stage.toys.begun)
    notes = {note.step: note.reason for note in answer.provenance.step_notes}
    assert notes["recall"] == notes["check_plan"] == "left out on request"


async def test_a_connection_can_be_cut(stage: Stage):
    answer = (await ask(stage, ablations=["catalog>fetch", " mappings > fetch "])).answer
    assert "scanner.GetSlice" in stage.toys.begun
    fetched = stage.toys.requests["provider.Fetch"][0]
    assert not fetched.HasField("catalog")
    assert not fetched.HasField("semantics")
    assert stage.toys.requests["validator.CheckPlan"][0].catalog.version == "c-1"
    notes = {note.step: note.reason for note in answer.provenance.step_notes}
    assert notes["fetch"] == "got nothing of catalog, mappings: left out on request"


async def test_without_what_answers_there_is_no_answer(stage: Stage):
    with pytest.raises(Fault) as caught:
        await ask(stage, ablations=["fetch"])
    assert (caught.value.reason, caught.value.message) == ("INVALID_ARGUMENT", "Without fetch there is no answer.")


@pytest.mark.parametrize(
    ("ablations", "said"),
    [
        (["fetchh"], "no step 'fetchh'; the nearest is 'fetch'"),
        (["catalog>nowhere"], "no step 'nowhere'"),
        (["a>b>c"], "no step 'a'"),
        (["catalog>fetch>compose"], "it is step or from>to"),
        (["fetch"] * 17, "at most 16"),
        ([""], "no step ''"),
    ],
)
async def test_ablations_of_what_does_not_exist_are_refused(stage: Stage, ablations: list[str], said: str):
    with pytest.raises(Fault) as caught:
        await ask(stage, ablations=ablations)
    assert caught.value.reason == "INVALID_ARGUMENT"
    assert said in caught.value.message


# ------------------------------------------------------------------------------------------------ conversations


async def test_a_follow_up_waits_for_what_is_being_remembered(stage: Stage):
    go = asyncio.Event()

    async def remember(_: Any) -> None:
        await go.wait()

    stage.toys.on["memorizer.Remember"] = remember
    request = orchestrator_pb2.RunQueryRequest(question="quantas?")
    request.context.conversation_id = "c-1"
    await stage.stub.RunQuery(request)
    await until(lambda: "memorizer.Remember" in stage.toys.active)
    turn = stage.toys.requests["memorizer.Remember"][0].turn
    assert (turn.question, turn.answer, turn.row_count, turn.source) == ("quantas?", "Uma entrega.", 1, "frete")
    assert turn.HasField("time")
    request.question = "e de SP?"
    following = asyncio.ensure_future(stage.stub.RunQuery(request))
    other = orchestrator_pb2.RunQueryRequest(question="outra")
    other.context.conversation_id = "c-2"
    stage.toys.on["memorizer.Remember"] = remember
    await stage.stub.RunQuery(other)
    assert len(stage.toys.requests["coordinator.Admit"]) == 2
    go.set()
    await following
    assert stage.toys.requests["memorizer.Recall"][-1].question == "e de SP?"
