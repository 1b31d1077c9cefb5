"""Runs any workflow by name, waits for it or not, and does nothing twice where it is asked twice."""

import asyncio
import contextlib
from collections import OrderedDict
from typing import Protocol

from google.protobuf import json_format, struct_pb2
from google.protobuf.message import Message

from maestro.context.v1 import context_pb2
from maestro.orchestrator.v1 import orchestrator_pb2
from maestro.workflow.v1 import workflow_pb2
from mesh import telemetry
from mesh.ambient import Ambient, current
from mesh.fault import Fault
from services.orchestrator import question
from services.orchestrator.definition import Definition
from services.orchestrator.engine import Engine
from services.orchestrator.ids import is_id, uuid7
from services.orchestrator.run import Run

_KEPT = 100
_WITH_OUTPUT = (workflow_pb2.RUN_STATE_SUCCEEDED, workflow_pb2.RUN_STATE_RETURNED)


class Ledger(Protocol):
    """The part of the database of runs that repeating needs. Every method may raise Fault STATE_UNAVAILABLE."""

    async def claim(self, run: workflow_pb2.Run, *, durable: bool, key: str) -> str:
        """Writes a run that begins. Gives its id, or the id of the one that the key already stands for."""

    async def finish(self, run: workflow_pb2.Run, output: bytes | None) -> None:
        """Writes a run that has ended, with its output."""

    async def read(self, run_id: str) -> workflow_pb2.Run | None:
        """One run."""

    async def output(self, run_id: str) -> bytes | None:
        """What a run yielded, where it was kept."""


class Durable(Protocol):
    """What runs durable workflows."""

    async def start(self, run: Run, message: Message) -> None:
        """Begins a run that was claimed."""

    async def ended(self, run_id: str) -> None:
        """Waits until a run has ended, here or in another process."""


class Workflows:
    """ledger, durable: None where there is no state database. most: runs that go on without their caller, at
    once."""

    def __init__(self, engine: Engine, ledger: Ledger | None, durable: Durable | None, *, most: int = 64) -> None:
        self._engine, self._ledger, self._durable, self._most = engine, ledger, durable, most
        self._tasks: dict[str, asyncio.Task[None]] = {}
        self._outputs: OrderedDict[str, bytes] = OrderedDict()

    async def run(self, request: orchestrator_pb2.RunWorkflowRequest) -> orchestrator_pb2.RunWorkflowResponse:
        """Runs a workflow; that it failed is told in the run. Raises Fault WORKFLOW_UNKNOWN,
        INVALID_ARGUMENT, ADMISSION_REJECTED or STATE_UNAVAILABLE where it cannot be begun.

        A run that nobody can come back for ends when its caller goes away: one that is not durable, was not
        detached and has no key.
        """
        definition = self._engine.definition(request.workflow)
        message = read_input(request, definition)
        run = Run(uuid7(), definition, subject=_subject(message), caller_id=request.context.caller.id)
        if not (definition.durable or request.detach or request.idempotency_key):
            await self._complete(run, message)
            return await self.told(run.id)
        run_id = await self._claimed(run, request.idempotency_key)
        if run_id == run.id:
            await self._start(run, message)
        if not request.detach:
            await self._ended(run_id)
        return await self.told(run_id)

    async def told(self, run_id: str) -> orchestrator_pb2.RunWorkflowResponse:
        """A run and, where it was kept, its output. Raises Fault RUN_UNKNOWN."""
        here = self._engine.run(run_id)
        run = here.proto() if here is not None else None
        # A durable run is over once that is written down, with its output, after its detached steps.
        written = here is None or (here.is_over and here.definition.durable)
        if written and self._ledger is not None and is_id(run_id):
            found = await self._ledger.read(run_id)
            # Where both say the same, the one of this process may know more by a moment.
            run = run if found is None or (run is not None and run.state == found.state) else found
        if run is None:
            raise Fault("RUN_UNKNOWN", f"There is no run {run_id[:64]}.", metadata={"run": run_id[:64]})
        response = orchestrator_pb2.RunWorkflowResponse(run=run)
        definition = self._engine.definitions.get(run.workflow)
        if definition is not None and run.state in _WITH_OUTPUT:
            data = await self._output(run_id)
            if data is not None:
                response.output.CopyFrom(as_struct(definition.output.FromString(data)))
        return response

    async def _output(self, run_id: str) -> bytes | None:
        data = self._outputs.get(run_id)
        if data is None and self._ledger is not None:
            data = await self._ledger.output(run_id)
        return data

    async def stop(self, seconds: float) -> None:
        """Waits for the runs that go on without their caller, at most so long, and then cancels them."""
        left = list(self._tasks.values())
        if left:
            await asyncio.wait(left, timeout=seconds)
        for task in left:
            task.cancel()
        await asyncio.gather(*left, return_exceptions=True)

    async def _claimed(self, run: Run, key: str) -> str:
        """The id of the run that this request means: the new one, or one that was begun with the same key."""
        durable = run.definition.durable
        if self._ledger is None:
            if durable or key:
                raise Fault(
                    "STATE_UNAVAILABLE",
                    f"Workflow {run.workflow} has to be written down for this: set MAESTRO_STATE.",
                )
            return run.id
        if not durable and len(self._tasks) >= self._most:
            raise Fault(
                "ADMISSION_REJECTED",
                f"{self._most} workflows are running, which is the limit; try again in a second.",
                metadata={"limit": str(self._most)},
                retry_after=1.0,
            )
        # A key belongs to the workflow and to the caller who chose it.
        scoped = f"{run.workflow}/{run.caller_id}/{key}" if key else ""
        return await self._ledger.claim(run.proto(), durable=durable, key=scoped)

    async def _start(self, run: Run, message: Message) -> None:
        if run.definition.durable:
            assert self._durable is not None
            await self._durable.start(run, message)
            return
        task = asyncio.get_running_loop().create_task(self._alone(run, message))
        self._tasks[run.id] = task
        task.add_done_callback(lambda _: self._tasks.pop(run.id, None))

    async def _alone(self, run: Run, message: Message) -> None:
        """A run that goes on when its caller goes away; so it has no deadline, and a trace of its own."""
        span = telemetry.begin(f"run {run.workflow}", "internal", Ambient("orchestrator", None, None))
        span.set("maestro.workflow", run.workflow)
        span.set("maestro.run", run.id)
        current.set(Ambient("orchestrator", span, None))
        try:
            await self._complete(run, message)
        finally:
            span.end()

    async def _complete(self, run: Run, message: Message) -> None:
        execution = self._engine.begin(
            run.definition, message, run_id=run.id, subject=run.subject, caller_id=run.caller_id
        )
        output: bytes | None = None
        with contextlib.suppress(Fault):  # the run tells it
            output = (await self._engine.complete(execution)).SerializeToString()
        if output is not None:
            self._outputs[run.id] = output
            if len(self._outputs) > _KEPT:
                self._outputs.popitem(last=False)
        if self._ledger is not None and run.id in self._tasks:
            await self._ledger.finish(execution.run.proto(), output)

    async def _ended(self, run_id: str) -> None:
        task = self._tasks.get(run_id)
        if task is not None:
            await asyncio.shield(asyncio.wait([task]))
        elif self._durable is not None:
            await self._durable.ended(run_id)


def read_input(request: orchestrator_pb2.RunWorkflowRequest, definition: Definition) -> Message:
    """The workflow's input, with the context of the request. Raises Fault INVALID_ARGUMENT."""
    message = definition.input()
    try:
        json_format.ParseDict(json_format.MessageToDict(request.input), message)
    except json_format.ParseError as error:
        raise question.invalid([("input", f"does not fit {message.DESCRIPTOR.full_name}: {error}")]) from None
    context = _context(message)
    if context is not None:
        given = context_pb2.RequestContext()
        given.CopyFrom(request.context)
        given.MergeFrom(context)
        context.CopyFrom(given)
        if not context.request_id:
            context.request_id = request.idempotency_key or uuid7()
    if isinstance(message, orchestrator_pb2.RunQueryRequest):
        question.check(message)
    return message


def as_struct(message: Message) -> struct_pb2.Struct:
    """A message in its JSON form."""
    return json_format.ParseDict(json_format.MessageToDict(message), struct_pb2.Struct())


def _context(message: Message) -> context_pb2.RequestContext | None:
    if isinstance(message, context_pb2.RequestContext):
        return message
    field = message.DESCRIPTOR.fields_by_name.get("context")
    if field is None or field.message_type is not context_pb2.RequestContext.DESCRIPTOR:
        return None
    found: context_pb2.RequestContext = message.context  # type: ignore[attr-defined]  # as its descriptor says
    return found


def _subject(message: Message) -> str:
    return message.question if isinstance(message, orchestrator_pb2.RunQueryRequest) else ""
