"""Runs one workflow once.

Each step starts as soon as what it waits for has ended. A chain of steps runs in one task: the first step
that becomes ready goes on in the task of the one that it waited for, further ones get tasks of their own.

A run has two phases: the one that yields the output, and the detached steps afterwards, which run however the
first phase ended.
"""

import asyncio
import logging
import secrets
import time
from collections.abc import Callable

from google.protobuf.message import Message

from maestro.workflow.v1 import workflow_pb2
from mesh import telemetry
from mesh.ambient import Ambient, current
from mesh.fault import Fault
from services.orchestrator import run as runs
from services.orchestrator.calling import Calling
from services.orchestrator.calls import AbandonedError, Calls, Observer, Recorder
from services.orchestrator.cuts import NONE, Cuts
from services.orchestrator.definition import Step
from services.orchestrator.run import Run, StepRecord
from services.orchestrator.scope import OUTPUT, STEPS, WIRE, Frame
from services.orchestrator.tails import Tails

_log = logging.getLogger(__name__)
_OUTCOMES = {
    runs.SUCCEEDED: "done",
    runs.FAILED: "failed",
    runs.CANCELLED: "cancelled",
    runs.COMPENSATED: "compensated",
    runs.SKIPPED: "skipped",
}


class Execution:
    """One run under way.

    output() runs it and gives its output; release() has to be called afterwards, also where output() raised:
    it lets the detached steps run. on_change is called when the run has ended, and again when its detached
    steps have.
    """

    def __init__(
        self,
        run: Run,
        message: Message,
        calls: Calls,
        tails: Tails,
        *,
        cuts: Cuts = NONE,
        observer: Observer | None = None,
        recorder: Recorder | None = None,
        on_change: Callable[[Run], None] = lambda _: None,
    ) -> None:
        self.run = run
        self._calling = Calling(calls, recorder)
        self._tails, self.cuts = tails, cuts
        self._observer, self._recorder, self._on_change = observer, recorder, on_change
        self._steps = run.definition.steps
        self._frame: Frame = [message, run, None, None, {}, *([None] * len(self._steps))]
        self._tasks: set[asyncio.Task[None]] = set()
        self._succeeded: list[int] = []
        self._around = current.get()
        self._done: asyncio.Future[None] | None = None
        self._output: Message | None = None
        self._detached = False
        self._is_ending = False
        self._phase = run.definition.attached
        self._waits, self._left = list(self._phase.waits), self._phase.size

    # The whole run.

    async def output(self) -> Message:
        """Runs the steps until the output is there. Raises Fault, with the step in its metadata, where one
        fails; CancelledError where the caller is cancelled: then every step is as well before it is
        raised."""
        self._around = self._surroundings()
        span = self._around.span
        self.run.trace_id = span.trace_id if span is not None and span.sampled else ""
        self._done = asyncio.get_running_loop().create_future()
        self._begin()
        try:
            await self._done
            await self._stop()
        except asyncio.CancelledError:
            self._is_ending = True
            await self._stop()
            self._abandon()
            if self._recorder is None and self._output is None and self._to_undo():
                self._tails.add(self._undo())
            raise
        self._close()
        if self.run.error is None:
            assert self._output is not None
            return self._output
        if self._to_undo():
            # The caller's time may be up, and then it cancels this task; undoing goes on all the same.
            await asyncio.shield(self._tails.add(self._undo()))
        raise self.run.error

    def cancel(self) -> None:
        """Ends the run and its steps; output() raises Fault CANCELLED. Nothing happens where it has ended."""
        self._end(workflow_pb2.RUN_STATE_CANCELLED, Fault("CANCELLED", "The run was cancelled."))

    def release(self) -> asyncio.Task[None] | None:
        """Lets the detached steps run. Gives the task in which they do, where there is one to run."""
        self._abandon()
        self._on_change(self.run)
        self._detached, self._is_ending = True, False
        self._phase = self.run.definition.detached
        self._waits, self._left = list(self._phase.waits), self._phase.size
        self._frame[OUTPUT] = self._output
        if not self._left:
            return None
        self._around = Ambient(self._around.module, self._around.span, None)
        self._done = asyncio.get_running_loop().create_future()
        ready = self._ready()
        if not ready:
            return None
        return self._tails.add(self._finish(ready))

    async def _finish(self, ready: list[int]) -> None:
        # Lets the answer leave first: what follows is nothing that anybody waits for.
        await asyncio.sleep(0)
        assert self._done is not None
        for index in ready:
            self._spawn(index)
        try:
            await self._done
        finally:
            await self._stop()
            self._on_change(self.run)

    def _surroundings(self) -> Ambient:
        around = current.get()
        limit = self.run.definition.timeout
        deadline = around.deadline
        if limit is not None:
            own = time.monotonic() + limit
            deadline = own if deadline is None else min(own, deadline)
        return Ambient(around.module, around.span, deadline)

    def _begin(self) -> None:
        if not self._left:
            self._succeed()
        for index in self._ready():
            self._spawn(index)

    def _spawn(self, index: int) -> None:
        task = asyncio.get_running_loop().create_task(self._work(index))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _stop(self) -> None:
        """Ends what still runs: nothing does but after an early return, a failure or a cancellation."""
        while left := [task for task in self._tasks if not task.done()]:
            for task in left:
                task.cancel()
            await asyncio.gather(*left, return_exceptions=True)

    def _end(self, state: int, error: Fault | None = None) -> None:
        """Decides how the run ends; the first who does so wins."""
        if self._is_ending or self._done is None or self._done.done():
            return
        self._is_ending = True
        self.run.end(state, error)
        self._done.set_result(None)

    def _abandon(self) -> None:
        """The caller went away, maybe before the run began. A durable run goes on in another process."""
        if self._recorder is None and not self.run.is_over:
            gone = Fault("CANCELLED", "The caller went away or its time was up.")
            self.run.end(workflow_pb2.RUN_STATE_CANCELLED, gone)
            self._close()

    def _close(self) -> None:
        for record in self.run.steps:
            if not record.is_over and not record.step.detached:
                record.state = runs.SKIPPED
                record.reason = "the run ended before it could start"

    def _succeed(self) -> None:
        try:
            self._output = self.run.definition.result(self._frame)
        except Exception as error:
            self._end(workflow_pb2.RUN_STATE_FAILED, _broken("the result", error))
            return
        self._end(workflow_pb2.RUN_STATE_SUCCEEDED)

    # Which step is next.

    def _ready(self) -> list[int]:
        """The steps that wait for nothing; the ones among them that are skipped let others become ready."""
        ready: list[int] = []
        for index in self._phase.first:
            if self._settle(self._steps[index]):
                ready += self._advance(index)
            else:
                ready.append(index)
        return [] if self._is_ending else ready

    def _advance(self, index: int) -> list[int]:
        """A step has ended: the steps that may start now."""
        ready: list[int] = []
        ended = [index]
        while ended:
            self._left -= 1
            for following in self._steps[ended.pop()].before:
                step = self._steps[following]
                if step.detached != self._detached:
                    continue
                self._waits[following] -= 1
                if self._waits[following] == 0:
                    if self._settle(step):
                        ended.append(following)
                    else:
                        ready.append(following)
        if self._is_ending:
            return []
        if not self._left:
            if self._detached:
                self._end(self.run.state)
            else:
                self._succeed()
        return ready

    def _settle(self, step: Step) -> bool:
        """Whether a step whose turn has come is over at once: it is skipped, or it returns."""
        record = self.run.steps[step.index]
        frame = self._view(step)
        try:
            reason = self._skipped(step, frame)
            if not reason and step.early is None:
                return False
            output = None if reason or step.early is None else step.early(frame)
        except Exception as error:
            self._failed(step, record, _broken(f"step {step.name}", error))
            return True
        record.state, record.reason = (runs.SKIPPED, reason) if reason else (runs.SUCCEEDED, "")
        if output is not None:
            record.start_ns = time.time_ns()
            self._return(output)
        self._tell(record)
        return True

    def _return(self, output: Message) -> None:
        if not self._is_ending:
            self._output = output
            self._end(workflow_pb2.RUN_STATE_RETURNED)

    def _skipped(self, step: Step, frame: Frame) -> str:
        """Why a step is not run; empty where it is."""
        if step.index in self.cuts.steps:
            return "left out on request"
        for guard in step.guards:
            if not guard.holds(frame):
                return f"condition not met: {guard.text}"
        if step.items is not None and not step.items(frame):
            self._frame[STEPS + step.index] = []
            return "there was nothing to run over"
        return ""

    def _view(self, step: Step) -> Frame:
        """What a step gets to see: everything, but for what is cut off from it."""
        cut = self.cuts.edges.get(step.index)
        if cut is None:
            return self._frame
        frame = list(self._frame)
        frame[WIRE] = {}
        for index in cut:
            frame[STEPS + index] = None
        return frame

    # One step.

    async def _work(self, index: int) -> None:
        """Runs a step, and then the first of those that it made ready, and so on."""
        while True:
            if not await self._run_step(self._steps[index]):
                return
            ready = self._advance(index)
            if not ready:
                return
            index = ready[0]
            for other in ready[1:]:
                self._spawn(other)

    async def _run_step(self, step: Step) -> bool:
        """Runs a step to its end. Gives False where the run is over with it."""
        record = self.run.steps[step.index]
        record.state, record.start_ns = runs.RUNNING, time.time_ns()
        self._tell(record)
        around = self._around
        span = telemetry.begin(f"step {step.name}", "internal", around)
        current.set(Ambient(around.module, span, around.deadline))
        try:
            self._frame[STEPS + step.index] = await self._calling.result(
                step, record, self._view(step), around.deadline
            )
            record.state = runs.SUCCEEDED
            self._succeeded.append(step.index)
            return True
        except asyncio.CancelledError:
            record.state, record.reason = runs.CANCELLED, "the run ended while it was at work"
            raise
        except AbandonedError:
            record.state = runs.CANCELLED
            if self._done is not None:
                self._done.cancel()
            return False
        except Exception as error:
            fault = error if isinstance(error, Fault) else _broken(f"step {step.name}", error)
            span.fail(fault.reason, fault.message)
            return self._failed(step, record, fault)
        finally:
            record.elapsed_ns = record.elapsed_ns or time.time_ns() - record.start_ns
            span.set("maestro.workflow", self.run.definition.name)
            span.set("maestro.step", step.name)
            span.set("maestro.step.outcome", _OUTCOMES[record.state])
            span.end()
            self._tell(record)

    def _failed(self, step: Step, record: StepRecord, fault: Fault) -> bool:
        """Notes that a step failed. Gives False where the run is over with it."""
        fault.metadata.setdefault("step", step.name)
        record.state, record.reason = runs.FAILED, fault.message
        if step.detached:
            _log.warning("detached step %s failed: %s", step.name, fault.message)
            return True
        if step.optional:
            return True
        state = workflow_pb2.RUN_STATE_FAILED
        if fault.reason == "DEADLINE_EXCEEDED" and self._is_late(step):
            state = workflow_pb2.RUN_STATE_CANCELLED
        self._end(state, fault)
        return False

    def _is_late(self, step: Step) -> bool:
        """Whether it was the run's time that ended, not the step's own."""
        deadline = self._around.deadline
        return deadline is not None and (step.timeout is None or deadline - time.monotonic() < 0.1 * step.timeout)

    # Undoing.

    def _to_undo(self) -> list[int]:
        return [index for index in reversed(self._succeeded) if self._steps[index].undo is not None]

    async def _undo(self) -> None:
        """Undoes the steps that succeeded, the last first. The caller's time does not bound it."""
        current.set(Ambient(self._around.module, self._around.span, None))
        for index in self._to_undo():
            step, record = self._steps[index], self.run.steps[index]
            try:
                await self._calling.undo(step, record, self._view(step))
                record.state, record.reason = runs.COMPENSATED, "undone after a later step failed"
            except Exception as error:
                _log.exception("step %s could not be undone", step.name)
                record.reason = f"it could not be undone: {error}"
        self._on_change(self.run)

    def _tell(self, record: StepRecord) -> None:
        if self._observer is not None and not self._detached:
            steps = [each for each in self.run.steps if not each.step.detached]
            self._observer(record, sum(each.is_over for each in steps), len(steps))


def _broken(what: str, error: Exception) -> Fault:
    """A failure of the engine's own: a definition that compiled and yet cannot be run."""
    if isinstance(error, Fault):
        return error
    reference = secrets.token_hex(4)
    _log.error("%s failed", what, exc_info=error, extra={"reference": reference})
    message = f"orchestrator failed at {what}; its log holds the reason under id {reference}."
    return Fault("INTERNAL", message, metadata={"reference": reference})
