"""Which plan became which statement, told to the monitor: spans hold statements, but neither plans nor values."""

from __future__ import annotations

import asyncio
import time
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Iterable
from typing import Any

from maestro.monitor.v1 import monitor_pb2
from maestro.provider.v1 import provider_pb2
from mesh.fault import Fault

Request = provider_pb2.FetchRequest | provider_pb2.CountRequest | provider_pb2.StreamRequest
Record = Callable[[monitor_pb2.RecordPlansRequest], Awaitable[Any]]

_KEPT = 5_000
_AGAIN = 6 * 3600.0
_WAITING = 500
_AT_ONCE = 50
_PAUSE = 1.0


class Plans:
    """Remembers what it has told, so that a statement costs a look into a table, and a message every six hours.

    record: the monitor's. Nobody waits for it; what cannot be told is told when the statement is run again.
    """

    def __init__(self, record: Record, clock: Callable[[], float] = time.monotonic) -> None:
        self._record = record
        self._clock = clock
        self._told: OrderedDict[tuple[str, str], float] = OrderedDict()
        self._waiting: list[monitor_pb2.RecordedPlan] = []
        self._some = asyncio.Event()

    def ran(self, request: Request, statements: Iterable[Any]) -> None:
        """Notes the statements that a plan became."""
        source = request.context.source.lower()
        now = self._clock()
        for statement in statements:
            key = (source, statement.sql)
            told = self._told.get(key)
            if (told is not None and now - told < _AGAIN) or len(self._waiting) >= _WAITING:
                continue
            self._told[key] = now
            self._told.move_to_end(key)
            if len(self._told) > _KEPT:
                self._told.popitem(last=False)
            plan = monitor_pb2.RecordedPlan(source=source, sql=statement.sql, plan=request.plan)
            plan.time_zone = request.context.time_zone
            if request.context.HasField("as_of_time"):
                plan.as_of_time.CopyFrom(request.context.as_of_time)
            self._waiting.append(plan)
            self._some.set()

    async def run(self) -> None:
        """Tells what waits, for ever."""
        while True:
            await self._some.wait()
            # What comes together goes together.
            await asyncio.sleep(_PAUSE)
            await self.tell()

    async def tell(self) -> None:
        """Tells what waits now."""
        self._some.clear()
        while self._waiting:
            some, self._waiting = self._waiting[:_AT_ONCE], self._waiting[_AT_ONCE:]
            try:
                await self._record(monitor_pb2.RecordPlansRequest(plans=some))
            except Fault:
                for each in some:
                    self._told.pop((each.source, each.sql), None)
