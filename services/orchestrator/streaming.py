"""Answers a question step by step: progress while it runs, then all rows, then the answer."""

import asyncio
import contextlib
from collections.abc import AsyncGenerator, AsyncIterator, Callable
from typing import Any

from maestro.orchestrator.v1 import orchestrator_pb2
from maestro.provider.v1 import provider_pb2
from maestro.result.v1 import result_pb2
from services.orchestrator import question
from services.orchestrator.execution import Execution
from services.orchestrator.queries import Queries
from services.orchestrator.run import StepRecord

FETCH = "provider.Fetch"
Rows = Callable[[provider_pb2.StreamRequest], AsyncIterator[bytes]]
Event = orchestrator_pb2.StreamQueryResponse | bytes
# The tag of field 2, length-delimited: the batch, in StreamResponse as in StreamQueryResponse.
_BATCH = b"\x12"


class Streaming:
    """rows: gives the provider's stream as serialized provider.v1.StreamResponse messages.

    A batch of rows is the same bytes on the way in and on the way out, because both messages give it the same
    field number: it is passed on as it came, never parsed.
    """

    def __init__(self, queries: Queries, rows: Rows) -> None:
        self._queries = queries
        self._rows = rows

    async def events(self, request: orchestrator_pb2.StreamQueryRequest) -> AsyncGenerator[Event, None]:
        """All that happens, in order; batches as serialized StreamQueryResponse. Raises Fault. Closing it
        early cancels what is under way."""
        question.check_batch(request.batch_rows)
        query = request.query
        # A slow reader holds up nothing: progress that it did not take yet waits here, and there is never
        # much.
        waiting: asyncio.Queue[orchestrator_pb2.StreamQueryResponse | None] = asyncio.Queue()
        started: list[Execution] = []

        def observe(record: StepRecord, done: int, total: int) -> None:
            told = orchestrator_pb2.Progress(run_id=started[0].run.id, step=record.proto(), done=done, total=total)
            waiting.put_nowait(orchestrator_pb2.StreamQueryResponse(progress=told))

        execution = await self._queries.begin(query, observer=observe, keep=frozenset({FETCH}))
        started.append(execution)
        running = asyncio.ensure_future(execution.output())
        running.add_done_callback(lambda _: waiting.put_nowait(None))
        try:
            while (event := await waiting.get()) is not None:
                yield event
            response = self._queries.completed(execution, await running)
            async with contextlib.aclosing(self._batches(execution, response.answer, request.batch_rows)) as rows:
                async for batch in rows:
                    yield batch
            yield orchestrator_pb2.StreamQueryResponse(answer=response.answer)
        finally:
            running.cancel()
            with contextlib.suppress(asyncio.CancelledError, Exception):
                await running
            self._queries.release(execution, query)

    async def _batches(
        self, execution: Execution, answer: result_pb2.Answer, batch_rows: int
    ) -> AsyncGenerator[bytes, None]:
        """The rows of the plan that was run, where one was."""
        fetched = execution.requests.get(FETCH)
        if answer.status != result_pb2.ANSWER_STATUS_ANSWERED or fetched is None:
            return
        assert isinstance(fetched, provider_pb2.FetchRequest)
        wanted = provider_pb2.StreamRequest(
            context=fetched.context,
            plan=fetched.plan,
            catalog=fetched.catalog if fetched.HasField("catalog") else None,
            semantics=fetched.semantics if fetched.HasField("semantics") else None,
            batch_rows=batch_rows,
        )
        stream: Any = self._rows(wanted)
        try:
            async for part in stream:
                if part.startswith(_BATCH):
                    yield part
                else:
                    _summarise(answer, provider_pb2.StreamResponse.FromString(part))
        finally:
            await stream.aclose()


def _summarise(answer: result_pb2.Answer, part: provider_pb2.StreamResponse) -> None:
    """Notes in the answer what only the end of the stream tells."""
    if not part.HasField("summary"):
        return
    summary = part.summary
    if summary.truncated:
        answer.result.truncated = True
        answer.result.truncation_reason = summary.truncation_reason
    for statement in summary.statements:
        if statement.purpose != "main" or not answer.provenance.statements:
            answer.provenance.statements.append(statement)
