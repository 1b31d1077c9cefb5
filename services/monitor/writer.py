"""Spans wait here for the next write, so that receiving them never waits for the database."""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from collections.abc import Awaitable, Callable, Iterable, Sequence

from mesh.fault import Fault
from services.monitor.spans import SpanRecord

_log = logging.getLogger(__name__)
_BATCH = 5_000


class SpanWriter:
    """A bounded queue in front of `write`. What does not fit is dropped and counted in `dropped`."""

    def __init__(
        self, write: Callable[[Sequence[SpanRecord]], Awaitable[None]], capacity: int, interval: float
    ) -> None:
        self._write = write
        self._capacity = capacity
        self._interval = interval
        self._waiting: deque[SpanRecord] = deque()
        self._writing = asyncio.Lock()
        self.dropped = 0

    def put(self, spans: Iterable[SpanRecord]) -> None:
        """Takes spans; the newest are dropped where the queue is full."""
        for span in spans:
            if len(self._waiting) < self._capacity:
                self._waiting.append(span)
            else:
                self.dropped += 1

    async def run(self) -> None:
        """Writes what has come in, every interval, for ever; what cannot be written waits for the next time."""
        told = 0
        while True:
            await asyncio.sleep(self._interval)
            try:
                await self.flush()
            except Fault as fault:
                _log.warning("%d spans wait: %s", len(self._waiting), fault.message)
            if self.dropped > told:
                _log.warning("%d spans dropped: the queue was full", self.dropped - told)
                told = self.dropped

    async def flush(self) -> None:
        """Writes all that has come in until now. Raises what `write` raises; nothing is lost by it."""
        async with self._writing:
            for _ in range(len(self._waiting) // _BATCH + 1):
                batch = [self._waiting.popleft() for _ in range(min(_BATCH, len(self._waiting)))]
                if not batch:
                    return
                try:
                    await self._write(batch)
                except BaseException:
                    self._waiting.extendleft(reversed(batch))
                    raise
