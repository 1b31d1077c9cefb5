"""Answers a question step by step: progress while it runs, all rows as soon as they may leave, then the answer."""

import asyncio
import contextlib
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable, Iterable
from typing import Any

from maestro.loader.v1 import loader_pb2
from maestro.monitor.v1 import monitor_pb2
from maestro.orchestrator.v1 import orchestrator_pb2
from maestro.provider.v1 import provider_pb2
from maestro.result.v1 import result_pb2
from mesh.fault import Fault
from services.orchestrator import question
from services.orchestrator.execution import Execution
from services.orchestrator.queries import Queries
from services.orchestrator.run import StepRecord
from services.orchestrator.tapped import Counted, Tap

Rows = Callable[[loader_pb2.StreamRequest], AsyncIterator[bytes]]
Count = Callable[[provider_pb2.CountRequest], Awaitable[provider_pb2.CountResponse]]
Record = Callable[[monitor_pb2.RecordPlansRequest], Awaitable[Any]]
Event = orchestrator_pb2.StreamQueryResponse | bytes
# The tag of field 2, length-delimited: the batch, in StreamResponse as in StreamQueryResponse.
_BATCH = b"\x12"


class Streaming:
    """rows: gives the loader's stream as serialized loader.v1.StreamResponse messages. count: the provider's, for
    results that a ceiling cut. record: the monitor's; is told which statement a plan became.

    Rows come from the loader itself, not through the provider, and a batch is the same bytes on the way in and on the
    way out, because both messages give it the same field number: it is passed on as it came, never parsed.
    """

    def __init__(self, queries: Queries, rows: Rows, count: Count, record: Record) -> None:
        self._queries = queries
        self._rows, self._count, self._record = rows, count, record
        self._recording: set[asyncio.Task[None]] = set()

    async def events(self, request: orchestrator_pb2.StreamQueryRequest) -> AsyncGenerator[Event, None]:
        """All that happens, in order; batches as serialized StreamQueryResponse. Raises Fault. Closing it
        early cancels what is under way."""
        question.check_batch(request.batch_rows)
        query = request.query
        # A slow reader holds up nothing: progress that it did not take yet waits here, and there is never
        # much. The tap stands for its rows, None for the end of the run.
        waiting: asyncio.Queue[orchestrator_pb2.StreamQueryResponse | Tap | None] = asyncio.Queue()
        started: list[Execution] = []

        def observe(record: StepRecord, done: int, total: int) -> None:
            told = orchestrator_pb2.Progress(run_id=started[0].run.id, step=record.proto(), done=done, total=total)
            waiting.put_nowait(orchestrator_pb2.StreamQueryResponse(progress=told))

        tap = Tap(lambda: waiting.put_nowait(tap))
        execution = await self._queries.begin(query, observer=observe, around=tap.around)
        started.append(execution)
        running = asyncio.ensure_future(execution.output())
        running.add_done_callback(lambda _: waiting.put_nowait(None))
        summary = loader_pb2.StreamSummary()
        try:
            while (event := await waiting.get()) is not None:
                if not isinstance(event, Tap):
                    yield event
                    continue
                async with contextlib.aclosing(self._flowing(tap, request.batch_rows, summary, running)) as flow:
                    async for part in flow:
                        yield part
            answer = self._queries.completed(execution, await running).answer
            if answer.status == result_pb2.ANSWER_STATUS_ANSWERED:
                if tap.head is not None and not tap.open:
                    # A workflow that neither checks nor composes.
                    async with contextlib.aclosing(self._flowing(tap, request.batch_rows, summary, None)) as flow:
                        async for part in flow:
                            yield part
                _summarise(answer, summary)
                if answer.result.total_rows < 0 and tap.counted.done():
                    answer.result.total_rows = tap.counted.result().total
            yield orchestrator_pb2.StreamQueryResponse(answer=answer)
        finally:
            running.cancel()
            with contextlib.suppress(asyncio.CancelledError, Exception):
                await running
            self._queries.release(execution, query)

    async def _flowing(
        self, tap: Tap, batch_rows: int, summary: loader_pb2.StreamSummary, running: asyncio.Future[Any] | None
    ) -> AsyncGenerator[Event, None]:
        """The head and the rows; their number goes to the run, which waits for it. summary: is filled in. running: the
        run, whose failure ends the rows."""
        assert tap.head is not None
        yield orchestrator_pb2.StreamQueryResponse(head=tap.head)
        async with contextlib.aclosing(self._batches(tap.fetched, batch_rows, summary)) as batches:
            async for batch in batches:
                yield batch
                if running is not None and running.done() and (running.cancelled() or running.exception()):
                    return
        if tap.uncounted:
            tap.counted.set_result(await self._counted(tap.fetched, summary))

    async def _batches(
        self, fetched: provider_pb2.FetchRequest, batch_rows: int, summary: loader_pb2.StreamSummary
    ) -> AsyncGenerator[bytes, None]:
        """The rows of the plan that was run."""
        wanted = loader_pb2.StreamRequest(
            context=fetched.context,
            plan=fetched.plan,
            catalog=fetched.catalog if fetched.HasField("catalog") else None,
            semantics=fetched.semantics if fetched.HasField("semantics") else None,
            batch_rows=batch_rows,
        )
        stream: Any = self._rows(wanted)
        try:
            async for raw in stream:
                if raw.startswith(_BATCH):
                    yield raw
                    continue
                part = loader_pb2.StreamResponse.FromString(raw)
                if part.HasField("summary"):
                    summary.CopyFrom(part.summary)
                elif part.HasField("schema"):
                    self._tell(fetched, [part.schema.statement])
        finally:
            await stream.aclose()

    async def _counted(self, fetched: provider_pb2.FetchRequest, summary: loader_pb2.StreamSummary) -> Counted:
        """How many rows there are in all: those that came, where none was left out."""
        if not summary.truncated:
            return Counted(summary.row_count, ())
        counted = await self._count(
            provider_pb2.CountRequest(
                context=fetched.context,
                plan=fetched.plan,
                catalog=fetched.catalog if fetched.HasField("catalog") else None,
                semantics=fetched.semantics if fetched.HasField("semantics") else None,
            )
        )
        return Counted(counted.total_rows, tuple(counted.statements))

    def _tell(self, fetched: provider_pb2.FetchRequest, statements: Iterable[result_pb2.Statement]) -> None:
        """Tells the monitor which statement the plan became; nobody waits for it."""
        made = monitor_pb2.RecordPlansRequest()
        for each in statements:
            told = made.plans.add(source=fetched.context.source.lower(), sql=each.sql, plan=fetched.plan)
            told.time_zone = fetched.context.time_zone
            if fetched.context.HasField("as_of_time"):
                told.as_of_time.CopyFrom(fetched.context.as_of_time)

        async def record() -> None:
            with contextlib.suppress(Fault):
                await self._record(made)

        task = asyncio.get_running_loop().create_task(record())
        self._recording.add(task)
        task.add_done_callback(self._recording.discard)


def _summarise(answer: result_pb2.Answer, summary: loader_pb2.StreamSummary) -> None:
    """Notes in the answer what only the end of the stream tells."""
    if summary.truncated:
        answer.result.truncated = True
        answer.result.truncation_reason = summary.truncation_reason
    for statement in summary.statements:
        if statement.purpose != "main" or not answer.provenance.statements:
            answer.provenance.statements.append(statement)
