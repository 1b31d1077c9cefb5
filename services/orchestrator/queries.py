"""Answers questions: the workflow "query", and what is true of questions only."""

import asyncio
import contextlib
import time
from collections.abc import Callable

from google.protobuf.message import Message

from maestro.orchestrator.v1 import orchestrator_pb2
from maestro.result.v1 import result_pb2
from maestro.workflow.v1 import workflow_pb2
from mesh.fault import Fault
from services.orchestrator import cuts as cut
from services.orchestrator import question
from services.orchestrator import run as runs
from services.orchestrator.calls import Calls, Observer
from services.orchestrator.cuts import Cuts
from services.orchestrator.definition import Definition
from services.orchestrator.engine import Engine
from services.orchestrator.execution import Execution
from services.orchestrator.ids import uuid7
from services.orchestrator.run import Run

WORKFLOW = "query"
_STATES: dict[int, str] = {runs.SKIPPED: "skipped", runs.FAILED: "failed"}
_PATIENCE = 2.0


class Queries:
    """Runs the workflow "query" for one question after the other.

    Questions of one conversation that follow each other see what was remembered of the ones before, as long
    as they come to the same orchestrator: remembering goes on after the answer was given, and the next
    question waits for it.
    """

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._remembering: dict[tuple[str, str], asyncio.Task[None]] = {}

    @property
    def definition(self) -> Definition:
        """The workflow that answers. Raises Fault WORKFLOW_UNKNOWN where none is loaded."""
        return self._engine.definition(WORKFLOW)

    async def answer(self, request: orchestrator_pb2.RunQueryRequest) -> orchestrator_pb2.RunQueryResponse:
        """Runs a request to its answer. Raises Fault."""
        execution = await self.begin(request)
        try:
            return self.completed(execution, await execution.output())
        finally:
            tail = self.release(execution, request)
            if tail is not None and self._engine.tails.is_full:
                await tail

    async def begin(
        self,
        request: orchestrator_pb2.RunQueryRequest,
        *,
        observer: Observer | None = None,
        around: Callable[[Calls], Calls] | None = None,
    ) -> Execution:
        """A run of a request, checked and completed. Raises Fault where it cannot be run."""
        question.check(request)
        definition = self.definition
        cuts = cut.read(request.ablations, definition) if request.ablations else cut.NONE
        run_id = uuid7()
        _complete(request, definition, run_id)
        await self._remembered(request)
        return self._engine.begin(
            definition,
            request,
            run_id=run_id,
            subject=request.question,
            caller_id=request.context.caller.id,
            cuts=cuts,
            observer=observer,
            around=around,
        )

    def completed(self, execution: Execution, output: Message) -> orchestrator_pb2.RunQueryResponse:
        """The answer of a run, with what only the orchestrator knows of how it was got."""
        assert isinstance(output, orchestrator_pb2.RunQueryResponse)
        run = execution.run
        if not output.HasField("answer"):
            raise _no_answer(execution)
        output.run_id = run.id
        provenance = output.answer.provenance
        provenance.run_id = run.id
        provenance.trace_id = run.trace_id
        provenance.versions.workflow = run.definition.version
        provenance.elapsed.FromNanoseconds(time.time_ns() - run.start_ns)
        provenance.step_notes.extend(_notes(run, execution.cuts))
        return output

    def release(self, execution: Execution, request: orchestrator_pb2.RunQueryRequest) -> asyncio.Task[None] | None:
        """Lets the steps after the answer run; has to be called for every run that was begun."""
        tail = execution.release()
        key = (request.context.caller.id, request.context.conversation_id)
        if tail is not None and key[1]:
            self._remembering[key] = tail
            tail.add_done_callback(lambda done: self._forget(key, done))
        return tail

    async def _remembered(self, request: orchestrator_pb2.RunQueryRequest) -> None:
        conversation = request.context.conversation_id
        if not conversation:
            return
        tail = self._remembering.get((request.context.caller.id, conversation))
        if tail is not None:
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(asyncio.shield(tail), _PATIENCE)

    def _forget(self, key: tuple[str, str], tail: asyncio.Task[None]) -> None:
        if self._remembering.get(key) is tail:
            del self._remembering[key]


def _complete(request: orchestrator_pb2.RunQueryRequest, definition: Definition, run_id: str) -> None:
    context = request.context
    if not context.request_id:
        context.request_id = run_id
    wanted = context.versions.workflow
    if wanted and wanted != definition.version:
        raise Fault(
            "VERSION_UNKNOWN",
            f"Version {wanted} of workflow {definition.name} is not held; {definition.version} is.",
            metadata={"kind": "workflow", "version": wanted},
        )
    context.versions.workflow = definition.version


def _notes(run: Run, cuts: Cuts) -> list[result_pb2.StepNote]:
    """What could have been in the answer and is not: of the steps that lead to it, those that did not run or failed."""
    leading = run.definition.contributors
    if run.state == workflow_pb2.RUN_STATE_RETURNED:
        leading = next(
            run.definition.behind(record.step.index)
            for record in run.steps
            if record.step.early is not None and record.state == runs.SUCCEEDED
        )
    notes = [
        result_pb2.StepNote(step=record.step.name, state=_STATES[record.state], reason=record.reason)
        for record in run.steps
        if record.state in _STATES and record.step.method is not None and record.step.index in leading
    ]
    names = [step.name for step in run.definition.steps]
    for to, froms in cuts.edges.items():
        told = ", ".join(sorted(names[index] for index in froms))
        notes.append(
            result_pb2.StepNote(step=names[to], state="skipped", reason=f"got nothing of {told}: left out on request")
        )
    return notes


def _no_answer(execution: Execution) -> Fault:
    run = execution.run
    steps = [run.definition.steps[index] for index in sorted(execution.cuts.steps)]
    left_out = ", ".join(step.name for step in steps if not step.detached)
    if left_out:
        return Fault(
            "INVALID_ARGUMENT",
            f"Without {left_out} there is no answer.",
            violations=[("ablations", f"without {left_out} there is no answer")],
        )
    return Fault("INTERNAL", f"Run {run.id} of workflow {run.workflow} ended without an answer.")
