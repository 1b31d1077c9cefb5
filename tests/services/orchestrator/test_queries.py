"""Questions through the real query.yaml, among toy modules."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from maestro.analyzer.v1 import analyzer_pb2
from maestro.coordinator.v1 import coordinator_pb2
from maestro.enricher.v1 import enricher_pb2
from maestro.learner.v1 import learner_pb2
from maestro.mapper.v1 import mapper_pb2
from maestro.memorizer.v1 import memorizer_pb2
from maestro.orchestrator.v1 import orchestrator_pb2
from maestro.processor.v1 import processor_pb2
from maestro.provider.v1 import provider_pb2, provider_pb2_grpc
from maestro.result.v1 import result_pb2
from maestro.scanner.v1 import scanner_pb2
from maestro.validator.v1 import validator_pb2
from maestro.workflow.v1 import workflow_pb2
from mesh.fault import Fault
from mesh.node import Node
from tests.services.orchestrator.conftest import Stage, Staging
from tests.services.orchestrator.toys import Toys, forever, giving, raising, until

WORKFLOWS = Path(__file__).resolve().parents[3] / "workflows"
ANSWERED, REFUSED = result_pb2.ANSWER_STATUS_ANSWERED, result_pb2.ANSWER_STATUS_REFUSED


def everything_is_fine(toys: Toys) -> None:
    """Makes the toys a mesh that answers each question with one number."""

    async def admit(request: Any) -> coordinator_pb2.AdmitResponse:
        response = coordinator_pb2.AdmitResponse(admission_id="a-1", workflow="query", context=request.context)
        response.context.source = response.context.source or "frete"
        response.context.as_of_time.FromJsonString("2025-06-18T15:00:00Z")
        return response

    async def analyze(request: Any) -> analyzer_pb2.AnalyzeResponse:
        response = analyzer_pb2.AnalyzeResponse(has_plan=True, confidence=0.9, context=request.context, locale="pt-BR")
        response.context.versions.semantics = "m-1"
        response.plan.question = request.question
        return response

    async def fetch(request: Any) -> provider_pb2.FetchResponse:
        response = provider_pb2.FetchResponse()
        response.head.total_rows = 1
        response.head.complete = True
        response.statements.add(sql="SELECT 1", purpose="main")
        return response

    async def compose(request: Any) -> processor_pb2.ComposeResponse:
        response = processor_pb2.ComposeResponse()
        response.answer.status = ANSWERED
        response.answer.text = "Uma entrega."
        response.answer.result.CopyFrom(request.head)
        response.answer.issues.extend(request.issues)
        response.answer.provenance.source = request.context.source
        response.answer.provenance.statements.extend(request.statements)
        return response

    async def reply(request: Any) -> processor_pb2.ComposeReplyResponse:
        response = processor_pb2.ComposeReplyResponse()
        response.answer.status = result_pb2.ANSWER_STATUS_ACKNOWLEDGED if request.acknowledgement else REFUSED
        response.answer.text = request.acknowledgement or "Não sei."
        response.answer.issues.extend(request.issues)
        return response

    catalog, mappings = scanner_pb2.GetSliceResponse(), mapper_pb2.GetSliceResponse()
    catalog.slice.version, mappings.slice.version = "c-1", "m-1"
    toys.on = {
        "coordinator.Admit": admit,
        "analyzer.Analyze": analyze,
        "scanner.GetSlice": giving(catalog),
        "mapper.GetSlice": giving(mappings),
        "provider.Fetch": fetch,
        "processor.Compose": compose,
        "processor.ComposeReply": reply,
    }


@pytest.fixture
async def stage(staging: Staging) -> AsyncIterator[Stage]:
    async with staging(env={"MAESTRO_WORKFLOWS": str(WORKFLOWS)}) as made:
        everything_is_fine(made.toys)
        yield made


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


# ------------------------------------------------------------------------------------------------------ streams


class Rows(provider_pb2_grpc.ProviderServicer):
    """A provider whose rows come in three batches."""

    def __init__(self) -> None:
        self.request: provider_pb2.StreamRequest | None = None
        self.closed = asyncio.Event()
        self.endless = False

    async def Fetch(self, request: Any, context: Any) -> provider_pb2.FetchResponse:
        response = provider_pb2.FetchResponse()
        response.head.total_rows = 25
        response.statements.add(sql="SELECT 1", purpose="main")
        return response

    async def Stream(self, request: Any, context: Any) -> AsyncIterator[provider_pb2.StreamResponse]:
        self.request = request
        try:
            yield provider_pb2.StreamResponse(schema=provider_pb2.StreamSchema())
            number = 0
            while number < 3 or self.endless:
                batch = result_pb2.RowBatch(arrow_ipc=bytes([number % 256]) * 10, first_row=10 * number, row_count=10)
                yield provider_pb2.StreamResponse(batch=batch)
                number += 1
                await asyncio.sleep(0)
            summary = provider_pb2.StreamSummary(row_count=30, truncated=True, truncation_reason="ROW_CEILING")
            summary.statements.add(sql="SELECT count(*)", purpose="count")
            yield provider_pb2.StreamResponse(summary=summary)
        finally:
            self.closed.set()


async def with_rows(stage: Stage) -> Rows:
    rows = Rows()

    async def build(node: Node) -> None:
        from maestro.provider.v1 import provider_pb2 as provider

        node.serve(provider_pb2_grpc.add_ProviderServicer_to_server, rows, provider.DESCRIPTOR)

    await stage.mesh.stop("provider")
    await stage.mesh.start("provider", build)
    return rows


async def test_a_stream_tells_progress_then_rows_then_the_answer(stage: Stage):
    rows = await with_rows(stage)
    request = orchestrator_pb2.StreamQueryRequest(batch_rows=10)
    request.query.question = "quantas entregas?"
    events = [event async for event in stage.stub.StreamQuery(request)]
    kinds = [event.WhichOneof("event") for event in events]
    assert kinds == ["progress"] * kinds.count("progress") + ["batch"] * 3 + ["answer"]
    progress = [event.progress for event in events if event.WhichOneof("event") == "progress"]
    begun = [each.step.name for each in progress if each.step.state == workflow_pb2.STEP_STATE_RUNNING]
    assert begun[0] == "admit"
    assert begun[-1] == "check_answer"
    assert progress[-1].done == progress[-1].total
    assert [each.done for each in progress] == sorted(each.done for each in progress)
    batches = [event.batch for event in events if event.WhichOneof("event") == "batch"]
    assert [(batch.first_row, batch.row_count, batch.arrow_ipc[0]) for batch in batches] == [
        (0, 10, 0),
        (10, 10, 1),
        (20, 10, 2),
    ]
    answer = events[-1].answer
    assert (answer.result.truncated, answer.result.truncation_reason) == (True, "ROW_CEILING")
    assert [each.purpose for each in answer.provenance.statements] == ["main", "count"]
    assert rows.request is not None
    assert (rows.request.batch_rows, rows.request.catalog.version, rows.request.semantics.version) == (10, "c-1", "m-1")
    await until(lambda: "coordinator.Release" in stage.toys.ended)


async def test_a_stream_without_a_plan_has_no_rows(stage: Stage):
    stage.toys.on["analyzer.Analyze"] = giving(analyzer_pb2.AnalyzeResponse(outcome=analyzer_pb2.OUTCOME_REFUSAL))
    request = orchestrator_pb2.StreamQueryRequest()
    request.query.question = "quantas entregas?"
    kinds = [event.WhichOneof("event") async for event in stage.stub.StreamQuery(request)]
    assert set(kinds) == {"progress", "answer"}


async def test_a_stream_fails_like_a_query(stage: Stage):
    request = orchestrator_pb2.StreamQueryRequest()
    with pytest.raises(Fault, match="empty"):
        [event async for event in stage.stub.StreamQuery(request)]
    request.query.question, request.batch_rows = "q", 100_001
    with pytest.raises(Fault, match="batch_rows"):
        [event async for event in stage.stub.StreamQuery(request)]
    request.batch_rows = 0
    stage.toys.on["analyzer.Analyze"] = raising(Fault("INTERNAL", "Bad."))
    with pytest.raises(Fault, match="Bad"):
        [event async for event in stage.stub.StreamQuery(request)]


@pytest.mark.parametrize("when", ["while it runs", "while rows come"])
async def test_a_reader_who_goes_away_ends_it_all(stage: Stage, when: str):
    rows = await with_rows(stage)
    rows.endless = True
    wanted = "progress" if when == "while it runs" else "batch"
    if wanted == "progress":
        stage.toys.on["scanner.GetSlice"] = forever
    request = orchestrator_pb2.StreamQueryRequest()
    request.query.question = "quantas entregas?"
    stream = stage.stub.StreamQuery(request)
    async for event in stream:
        if event.WhichOneof("event") == wanted and (wanted == "batch" or event.progress.step.name == "catalog"):
            break
    if wanted == "progress":
        await until(lambda: "scanner.GetSlice" in stage.toys.active)
    await stream.aclose()
    await until(lambda: not stage.toys.active)
    if wanted == "batch":
        async with asyncio.timeout(5):
            await rows.closed.wait()
    await until(lambda: "coordinator.Release" in stage.toys.ended)


# ------------------------------------------------------------------------------------------------------- probes


async def probe(stage: Stage, **fields: Any) -> validator_pb2.ProbeOutcome:
    request = orchestrator_pb2.RunProbeRequest(probe=validator_pb2.Probe(connection="a → b", **fields))
    request.context.source = "frete"
    outcome: validator_pb2.ProbeOutcome = (await stage.stub.RunProbe(request)).outcome
    return outcome


async def test_a_probe_runs_whole_and_cut_each_in_its_own_trace(stage: Stage):
    outcome = await probe(stage, question="quantas?", ablations=["catalog>fetch"])
    assert outcome.whole.status == outcome.cut.status == ANSWERED
    whole, cut = stage.toys.requests["provider.Fetch"]
    assert (whole.HasField("catalog"), cut.HasField("catalog")) == (True, False)
    assert whole.fresh
    assert whole.explain
    traces = {outcome.whole.provenance.trace_id, outcome.cut.provenance.trace_id}
    assert len(traces) == 2
    outer = {span.trace_id for span in stage.mesh.spans() if span.name.endswith("/RunProbe")}
    assert not traces & outer
    assert outcome.probe.question == "quantas?"
    assert "learner.Observe" not in stage.toys.begun


async def test_a_probe_s_prelude_is_asked_in_each_conversation_and_forgotten(stage: Stage):
    await probe(stage, prelude=["quantas do Aurora?"], question="e de SP?", ablations=["recall"])
    asked = [(each.question, each.context.conversation_id) for each in stage.toys.requests["analyzer.Analyze"]]
    assert [question for question, _ in asked] == ["quantas do Aurora?", "e de SP?"] * 2
    assert asked[0][1] == asked[1][1] != asked[2][1] == asked[3][1]
    order = [call for call in stage.toys.begun if call in ("memorizer.Remember", "memorizer.Recall")]
    assert order == ["memorizer.Recall", "memorizer.Remember"] + ["memorizer.Recall"] * 2 + ["memorizer.Remember"]
    forgotten = [each.context.conversation_id for each in stage.toys.requests["memorizer.ForgetConversation"]]
    assert forgotten == [asked[0][1], asked[2][1]]


async def test_versions_can_be_cut(stage: Stage):
    probing = validator_pb2.Probe(question="q")
    probing.cut_versions.patterns = "none"
    await stage.stub.RunProbe(orchestrator_pb2.RunProbeRequest(probe=probing))
    assert [each.context.versions.patterns for each in stage.toys.requests["analyzer.Analyze"]] == ["", "none"]


async def test_failures_of_a_probe_are_values(stage: Stage):
    async def fetch(request: Any) -> provider_pb2.FetchResponse:
        if not request.HasField("semantics"):
            raise Fault("TERM_UNRESOLVED", "Nothing is called x.", metadata={"term": "x"}, origin="loader")
        return provider_pb2.FetchResponse()

    stage.toys.on["provider.Fetch"] = fetch
    outcome = await probe(stage, question="q", ablations=["mappings>fetch"])
    assert outcome.whole.status == ANSWERED
    assert not outcome.HasField("cut")
    assert (outcome.cut_error.code, outcome.cut_error.module, outcome.cut_error.params["term"]) == (
        "TERM_UNRESOLVED",
        "loader",
        "x",
    )
    stage.toys.on["provider.Fetch"] = raising(Fault("SOURCE_UNAVAILABLE", "Down."))
    outcome = await probe(stage, question="q")
    assert (outcome.whole_error.code, outcome.cut_error.code) == ("SOURCE_UNAVAILABLE", "SOURCE_UNAVAILABLE")


async def test_feedback_goes_to_the_learner(stage: Stage):
    stage.toys.on["learner.GiveFeedback"] = giving(learner_pb2.GiveFeedbackResponse(recorded=True))
    request = orchestrator_pb2.GiveFeedbackRequest()
    request.feedback.answered_request_id = "r-1"
    assert (await stage.stub.GiveFeedback(request)).recorded
    assert stage.toys.requests["learner.GiveFeedback"][0].answered_request_id == "r-1"
