"""The asyncio client: one typed call for a question, one for a plan.

async with Maestro() as maestro:
    answer = await maestro.ask("Quantas entregas do Aurora estão atrasadas em SP?")
    print(answer.text, answer.rows)
"""

from __future__ import annotations

import datetime
import os
from collections.abc import AsyncGenerator, Callable
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING

from maestro.context.v1 import context_pb2
from maestro.orchestrator.v1 import orchestrator_pb2 as pb
from maestro.orchestrator.v1 import orchestrator_pb2_grpc
from maestro.plan.v1 import plan_pb2
from maestro.result.v1 import result_pb2
from maestro_client.answer import Answer
from mesh.channel import MeshChannel
from mesh.settings import MeshSettings, target

if TYPE_CHECKING:
    from maestro_client.files.saving import Saved

Progress = Callable[[pb.Progress], None]
Event = pb.Progress | result_pb2.ResultHead | bytes | Answer
"""What a stream yields: progress, before the rows their head, an Arrow IPC stream of rows, and last the answer."""

_PAGE = 1_000


class Maestro:
    """A connection to a mesh.

    target: gRPC target of the orchestrator. Default: MAESTRO_ORCHESTRATOR_TARGET, else 127.0.0.1:50051.
    caller: name of the person or program on whose behalf is asked. Default: anonymous.
    timeout: seconds that a question may take.

    Every call raises mesh.fault.Fault, whose `reason` is one of docs/reference/errors.md. A question that cannot be
    answered is an Answer that says so, not a Fault.
    """

    def __init__(self, target_: str = "", *, caller: str = "", timeout: float = 30.0) -> None:
        self.target = target_ or target("orchestrator", os.environ)
        self._caller = caller
        self._timeout = timeout
        self.channel = MeshChannel("orchestrator", self.target, MeshSettings())
        self.stub = orchestrator_pb2_grpc.OrchestratorStub(self.channel)

    async def __aenter__(self) -> Maestro:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    async def close(self) -> None:
        """Disconnects; what is in flight is cancelled."""
        await self.channel.close()

    def context(
        self,
        source: str = "",
        *,
        as_of: datetime.date | datetime.datetime | None = None,
        locale: str = "",
        time_zone: str = "",
        conversation: str = "",
        request_id: str = "",
    ) -> context_pb2.RequestContext:
        """The context of a request; see maestro.context.v1.RequestContext for what empty means.

        as_of: the moment that "today" means. A date, or a datetime without a zone, is taken in UTC: a date as its
        noon, so that it is the same day wherever the source is.
        """
        context = context_pb2.RequestContext(
            source=source,
            locale=locale,
            time_zone=time_zone,
            conversation_id=conversation,
            request_id=request_id,
            caller=context_pb2.Caller(id=self._caller),
        )
        if as_of is not None:
            context.as_of_time.FromDatetime(_moment(as_of))
        return context

    async def ask(
        self,
        question: str,
        *,
        source: str = "",
        as_of: datetime.date | datetime.datetime | None = None,
        locale: str = "",
        time_zone: str = "",
        conversation: str = "",
        explain: bool = False,
        fresh: bool = False,
        all_rows: bool = True,
    ) -> Answer:
        """Answers a question. With `all_rows` false, at most 1,000 rows come and `complete` says whether more exist."""
        context = self.context(source, as_of=as_of, locale=locale, time_zone=time_zone, conversation=conversation)
        request = pb.RunQueryRequest(context=context, question=question, page_size=_PAGE, explain=explain, fresh=fresh)
        return await self.run(request, all_rows=all_rows)

    async def ask_plan(
        self,
        plan: plan_pb2.QueryPlan,
        *,
        source: str = "",
        as_of: datetime.date | datetime.datetime | None = None,
        locale: str = "",
        all_rows: bool = True,
    ) -> Answer:
        """Runs a plan that is already known, such as that of an earlier answer or of a choice."""
        context = self.context(source, as_of=as_of, locale=locale)
        return await self.run(pb.RunQueryRequest(context=context, plan=plan, page_size=_PAGE), all_rows=all_rows)

    async def run(self, request: pb.RunQueryRequest, *, all_rows: bool = True) -> Answer:
        """Runs a request as it is."""
        response = await self.stub.RunQuery(request, timeout=self._timeout)
        answer = Answer(response.answer, response.run_id)
        if all_rows and answer.status == "answered" and response.answer.result.next_page_token:
            # One more run of the same plan, streamed: pages one by one would each cost a round through the mesh.
            again = pb.RunQueryRequest(context=request.context, plan=response.answer.plan, fresh=request.fresh)
            async for event in self.stream(again):
                if isinstance(event, bytes):
                    answer.batches.append(event)
                elif isinstance(event, Answer):
                    _conclude(answer, event)
        return answer

    async def save(
        self, request: pb.RunQueryRequest, path: str | Path, *, tell: Callable[[Event], None] = lambda _: None
    ) -> Saved:
        """Runs a request and writes all rows to a file, batch by batch, in the form that its suffix names: .parquet,
        .csv, .xlsx or .arrow. The file is there when it is whole, or not at all. Needs the extra `client`.

        tell: hears of every event of the stream, each batch once it is written. Raises Fault, and
        maestro_client.files.NotAFileError or OSError where the file cannot be written.
        """
        from maestro_client.files import ResultFile  # noqa: PLC0415  # callers who save nothing do not need it
        from maestro_client.files.saving import save  # noqa: PLC0415  # as above

        file = ResultFile(Path(path))
        return await save(self.stream(request), file, tell)

    async def stream(self, request: pb.RunQueryRequest, *, batch_rows: int = 0) -> AsyncGenerator[Event, None]:
        """Yields progress while the request runs, the head as soon as it is there (its total may be unknown then), the
        rows batch by batch, and the Answer last (without rows): it has the total. One that is not "answered" takes back
        the rows that came."""
        wanted = pb.StreamQueryRequest(query=request, batch_rows=batch_rows)
        async for response in self.stub.StreamQuery(wanted, timeout=self._timeout):
            kind = response.WhichOneof("event")
            if kind == "progress":
                yield response.progress
            elif kind == "head":
                yield response.head
            elif kind == "batch":
                yield response.batch.arrow_ipc
            elif kind == "answer":
                yield Answer(response.answer, response.answer.provenance.run_id)


def _conclude(answer: Answer, streamed: Answer) -> None:
    """What the end of its rows says of an answer: that a ceiling cut them, or that they must not be used."""
    if streamed.status != "answered":
        answer.batches.clear()
        return
    result = streamed.message.result
    answer.message.result.total_rows = result.total_rows
    answer.message.result.truncated = result.truncated
    answer.message.result.truncation_reason = result.truncation_reason


async def ask(question: str, **options: object) -> Answer:
    """Answers one question over a connection of its own; options as of Maestro.ask. For more than one, use Maestro."""
    async with Maestro() as maestro:
        return await maestro.ask(question, **options)  # type: ignore[arg-type]  # checked by Maestro.ask


def _moment(as_of: datetime.date | datetime.datetime) -> datetime.datetime:
    if not isinstance(as_of, datetime.datetime):
        return datetime.datetime.combine(as_of, datetime.time(12), datetime.UTC)
    return as_of if as_of.tzinfo else as_of.replace(tzinfo=datetime.UTC)
