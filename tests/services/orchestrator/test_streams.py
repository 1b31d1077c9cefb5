"""Streams: progress, rows as soon as they may leave, then the answer."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest

from maestro.analyzer.v1 import analyzer_pb2
from maestro.loader.v1 import loader_pb2, loader_pb2_grpc
from maestro.orchestrator.v1 import orchestrator_pb2
from maestro.provider.v1 import provider_pb2
from maestro.result.v1 import result_pb2
from maestro.validator.v1 import validator_pb2
from maestro.workflow.v1 import workflow_pb2
from mesh.fault import Fault
from mesh.node import Node
from tests.services.orchestrator.answering import ANSWERED, REFUSED
from tests.services.orchestrator.conftest import Stage
from tests.services.orchestrator.toys import forever, giving, raising, until


class Rows(loader_pb2_grpc.LoaderServicer):
    """A loader whose rows come in three batches. truncated: whether it says that a ceiling cut them. go: what the second
    batch waits for."""

    def __init__(self) -> None:
        self.request: loader_pb2.StreamRequest | None = None
        self.closed = asyncio.Event()
        self.endless = self.truncated = False
        self.go: asyncio.Event | None = None
        self.fault: Fault | None = None

    async def Stream(self, request: Any, context: Any) -> AsyncIterator[loader_pb2.StreamResponse]:
        self.request = request
        try:
            schema = loader_pb2.StreamSchema(statement=result_pb2.Statement(sql="SELECT all", purpose="main"))
            yield loader_pb2.StreamResponse(schema=schema)
            number = 0
            while number < 3 or self.endless:
                batch = result_pb2.RowBatch(arrow_ipc=bytes([number % 256]) * 10, first_row=10 * number, row_count=10)
                yield loader_pb2.StreamResponse(batch=batch)
                number += 1
                await asyncio.sleep(0)
                if self.go is not None:
                    await self.go.wait()
                if self.fault is not None:
                    raise self.fault
            summary = loader_pb2.StreamSummary(row_count=30)
            if self.truncated:
                summary.truncated, summary.truncation_reason = True, "ROW_CEILING"
            yield loader_pb2.StreamResponse(summary=summary)
        finally:
            self.closed.set()


def uncounted(response: provider_pb2.FetchResponse) -> provider_pb2.FetchResponse:
    """The first row of several, not counted."""
    response.head.rows.add()
    response.head.total_rows, response.head.next_page_token = -1, "t"
    response.statements.add(sql="SELECT 1", purpose="main")
    return response


async def with_rows(stage: Stage) -> Rows:
    """A loader with rows, and a provider that has not counted them."""
    rows = Rows()

    async def build(node: Node) -> None:
        node.serve(loader_pb2_grpc.add_LoaderServicer_to_server, rows, loader_pb2.DESCRIPTOR)

    await stage.mesh.stop("loader")
    await stage.mesh.start("loader", build)
    stage.toys.on["provider.Fetch"] = giving(uncounted(provider_pb2.FetchResponse()))
    return rows


def asking(batch_rows: int = 0) -> orchestrator_pb2.StreamQueryRequest:
    request = orchestrator_pb2.StreamQueryRequest(batch_rows=batch_rows)
    request.query.question = "quantas entregas?"
    return request


async def test_a_stream_tells_progress_rows_and_the_answer(stage: Stage):
    rows = await with_rows(stage)
    events = [event async for event in stage.stub.StreamQuery(asking(10))]
    kinds = [event.WhichOneof("event") for event in events]
    assert [each for each in kinds if each != "progress"] == ["head"] + ["batch"] * 3 + ["answer"]
    assert kinds[-1] == "answer"
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
    head = next(event.head for event in events if event.WhichOneof("event") == "head")
    assert (len(head.rows), head.total_rows) == (1, -1)
    answer = events[-1].answer
    assert (answer.result.total_rows, answer.result.truncated) == (30, False)
    assert [each.purpose for each in answer.provenance.statements] == ["main"]
    assert stage.toys.requests["provider.Fetch"][0].without_total
    assert "provider.Count" not in stage.toys.begun
    assert rows.request is not None
    assert (rows.request.batch_rows, rows.request.catalog.version, rows.request.semantics.version) == (10, "c-1", "m-1")
    await until(lambda: {"learner.Observe", "coordinator.Release"} <= set(stage.toys.ended))
    assert stage.toys.requests["learner.Observe"][0].row_count == 30


async def test_rows_do_not_wait_for_the_answer(stage: Stage):
    """The answer is composed when the rows have been counted, and they leave before."""
    rows = await with_rows(stage)
    rows.go = asyncio.Event()
    seen = []
    async for event in stage.stub.StreamQuery(asking()):
        seen.append(event.WhichOneof("event"))
        if seen[-1] == "batch" and not rows.go.is_set():
            assert "validator.CheckResult" in stage.toys.ended
            assert "processor.Compose" not in stage.toys.begun
            rows.go.set()
    assert seen.count("batch") == 3
    assert stage.toys.requests["processor.Compose"][0].head.total_rows == 30


async def test_rows_that_a_ceiling_cut_are_counted(stage: Stage):
    rows = await with_rows(stage)
    rows.truncated = True
    counted = provider_pb2.CountResponse(total_rows=1_000)
    counted.statements.add(sql="SELECT count(*)", purpose="count")
    stage.toys.on["provider.Count"] = giving(counted)
    answer = [event async for event in stage.stub.StreamQuery(asking())][-1].answer
    assert (answer.result.truncated, answer.result.truncation_reason) == (True, "ROW_CEILING")
    assert answer.result.total_rows == 1_000
    assert [each.purpose for each in answer.provenance.statements] == ["main", "count"]
    asked = stage.toys.requests["provider.Count"][0]
    assert (asked.catalog.version, asked.semantics.version, asked.context.source) == ("c-1", "m-1", "frete")


async def test_a_counted_head_keeps_the_answer_from_waiting(stage: Stage):
    rows = await with_rows(stage)
    whole = provider_pb2.FetchResponse()
    whole.head.total_rows, whole.head.complete = 30, True
    stage.toys.on["provider.Fetch"] = giving(whole)
    rows.go = asyncio.Event()
    stream = stage.stub.StreamQuery(asking())
    async for event in stream:
        if event.WhichOneof("event") == "batch" and not rows.go.is_set():
            await until(lambda: "validator.CheckAnswer" in stage.toys.ended)
            rows.go.set()
    assert event.answer.result.total_rows == 30


async def test_no_row_leaves_before_its_head_is_checked(stage: Stage):
    await with_rows(stage)
    stage.toys.on["validator.CheckResult"] = giving(validator_pb2.CheckResultResponse(rejected=True))
    events = [event async for event in stage.stub.StreamQuery(asking())]
    assert {event.WhichOneof("event") for event in events} == {"progress", "answer"}
    assert events[-1].answer.status == REFUSED


async def test_an_answer_that_is_refused_takes_the_rows_back(stage: Stage):
    await with_rows(stage)
    stage.toys.on["validator.CheckAnswer"] = giving(validator_pb2.CheckAnswerResponse(rejected=True))
    events = [event async for event in stage.stub.StreamQuery(asking())]
    assert [event.WhichOneof("event") for event in events].count("batch") == 3
    assert events[-1].answer.status == REFUSED


async def test_rows_that_break_off_fail_the_stream(stage: Stage):
    rows = await with_rows(stage)
    rows.fault = Fault("SOURCE_UNAVAILABLE", "Gone.")
    with pytest.raises(Fault, match="Gone"):
        [event async for event in stage.stub.StreamQuery(asking())]
    await until(lambda: "coordinator.Release" in stage.toys.ended)


async def test_a_run_that_fails_ends_the_rows(stage: Stage):
    rows = await with_rows(stage)
    rows.endless = True
    whole = provider_pb2.FetchResponse()
    whole.head.total_rows, whole.head.complete = 30, True
    stage.toys.on["provider.Fetch"] = giving(whole)
    stage.toys.on["processor.Compose"] = raising(Fault("INTERNAL", "Bad."))
    with pytest.raises(Fault, match="Bad"):
        [event async for event in stage.stub.StreamQuery(asking())]
    async with asyncio.timeout(5):
        await rows.closed.wait()


async def test_the_monitor_is_told_which_statement_a_plan_became(stage: Stage):
    await with_rows(stage)
    assert [event async for event in stage.stub.StreamQuery(asking())][-1].answer.status == ANSWERED
    await until(lambda: "monitor.RecordPlans" in stage.toys.ended)
    (told,) = stage.toys.requests["monitor.RecordPlans"][0].plans
    assert (told.source, told.sql, told.plan.question) == ("frete", "SELECT all", "quantas entregas?")


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
