"""Single flight: identical calls under way are one call.

The work runs in a task of its own, so that whoever began it may go away without failing those who wait with it. It ends
when nobody waits any more.
"""

import asyncio
from collections.abc import Callable, Coroutine
from functools import partial
from typing import Any, Generic, TypeVar

V = TypeVar("V")


class _Flight(Generic[V]):
    __slots__ = ("task", "waiting")

    def __init__(self, task: asyncio.Task[V]) -> None:
        self.task = task
        self.waiting = 0


class Flights(Generic[V]):
    """Calls under way, by key."""

    def __init__(self) -> None:
        self._flights: dict[bytes, _Flight[V]] = {}

    def __len__(self) -> int:
        return len(self._flights)

    async def join(self, key: bytes, work: Callable[[], Coroutine[Any, Any, V]]) -> tuple[V, bool]:
        """(the result, whether somebody else had begun the work). Raises what the work raised."""
        flight = self._flights.get(key)
        shared = flight is not None
        if flight is None:
            flight = _Flight(asyncio.get_running_loop().create_task(work()))
            self._flights[key] = flight
            flight.task.add_done_callback(partial(self._done, key, flight))
        flight.waiting += 1
        try:
            return await asyncio.shield(flight.task), shared
        finally:
            flight.waiting -= 1
            if not flight.waiting and not flight.task.done():
                self._landed(key, flight)
                flight.task.cancel()

    def _done(self, key: bytes, flight: _Flight[V], task: asyncio.Task[V]) -> None:
        self._landed(key, flight)

    def _landed(self, key: bytes, flight: _Flight[V]) -> None:
        if self._flights.get(key) is flight:
            del self._flights[key]
        if flight.task.done() and not flight.task.cancelled():
            # Read once, so that a failure that nobody waited for is not reported as forgotten.
            flight.task.exception()
