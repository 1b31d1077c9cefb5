"""The calls of one step: once or for each item of a list, again where a module was not there, and what undoes it."""

import asyncio
import random
import time
from functools import partial
from typing import Any, Final

from mesh.fault import Fault
from services.orchestrator.calls import Calls, Recorder, Work
from services.orchestrator.definition import Step
from services.orchestrator.run import StepRecord
from services.orchestrator.scope import ITEM, Frame
from services.orchestrator.wire import Received

_UNAVAILABLE: Final = 14
_ITSELF, _UNDOING = -1, -2


class Calling:
    """calls: how methods are called. recorder: of durable runs."""

    def __init__(self, calls: Calls, recorder: Recorder | None) -> None:
        self._calls, self._recorder = calls, recorder

    async def result(self, step: Step, record: StepRecord, frame: Frame, deadline: float | None) -> Any:
        """What the step gives: a response, or a list of them. frame: what it gets to see. deadline: of the run, on the
        clock of time.monotonic(). Raises Fault."""
        assert step.build is not None
        assert step.method is not None
        if step.items is not None:
            return await self._fan_out(step, record, frame, deadline)
        request = step.build(frame)
        if self._recorder is None:
            raw = await self._attempts(step, record, request, deadline)
        else:
            work = partial(self._attempts, step, record, request, deadline)
            raw = await self._recorder.once(step, _ITSELF, record, work)
        return Received(step.method.response, raw)

    async def undo(self, step: Step, record: StepRecord, frame: Frame) -> None:
        """Makes the call that undoes the step. Raises Fault."""
        undo = step.undo
        assert undo is not None
        request = undo.build(frame)

        async def work() -> bytes:
            return await self._calls(undo.method)(request)

        await self._once(step, _UNDOING, record, work)

    async def _once(self, step: Step, item: int, record: StepRecord, work: Work) -> bytes:
        return await work() if self._recorder is None else await self._recorder.once(step, item, record, work)

    async def _fan_out(self, step: Step, record: StepRecord, frame: Frame, deadline: float | None) -> list[Received]:
        """The step for each item, some at once. The first that fails ends the others."""
        assert step.method is not None
        assert step.items is not None
        items = list(step.items(frame))
        results: list[bytes] = [b""] * len(items)
        places = iter(range(len(items)))
        if self._recorder is not None:
            await self._recorder.items(step, len(items))

        async def one(place: int) -> bytes:
            own = list(frame)
            own[ITEM] = items[place]
            assert step.build is not None
            return await self._attempts(step, record, step.build(own), deadline)

        async def some() -> None:
            for place in places:
                try:
                    results[place] = await self._once(step, place, record, partial(one, place))
                except Fault as fault:
                    fault.metadata["item"] = str(place)
                    raise

        try:
            async with asyncio.TaskGroup() as group:
                for _ in range(min(step.concurrency, len(items))):
                    group.create_task(some())
        except BaseExceptionGroup as failures:
            raise failures.exceptions[0] from None
        return [Received(step.method.response, raw) for raw in results]

    async def _attempts(self, step: Step, record: StepRecord, request: bytes, deadline: float | None) -> bytes:
        """The call, repeated where the module was not there and there is time."""
        assert step.method is not None
        call = self._calls(step.method)
        attempt = 0
        while True:
            attempt += 1
            record.attempts += 1
            try:
                return await call(request, timeout=step.timeout)
            except Fault as fault:
                if fault.code != _UNAVAILABLE or attempt >= step.retry.attempts:
                    raise
                pause = _pause(step, attempt, fault, deadline)
                if pause is None:
                    raise
            await asyncio.sleep(pause)


def _pause(step: Step, attempt: int, fault: Fault, deadline: float | None) -> float | None:
    """Seconds until the next attempt: exponential, with full jitter; None where time does not suffice."""
    longest = min(step.retry.longest, step.retry.initial * 2.0 ** (attempt - 1))
    pause = max(random.uniform(0, longest), fault.retry_after or 0.0)  # noqa: S311  # jitter, no secret
    return None if deadline is not None and time.monotonic() + pause >= deadline else pause
