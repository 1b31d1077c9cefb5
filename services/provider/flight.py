"""Equal calls at the same time become one."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Generic, TypeVar

T = TypeVar("T")


@dataclass(slots=True)
class _Flight(Generic[T]):
    task: asyncio.Task[T]
    waiting: int = 0


class SingleFlight(Generic[T]):
    """Runs the work of equal keys once for all who ask while it runs.

    The work belongs to none of them: it goes on when the one who began it is cancelled, and is cancelled itself when
    nobody waits for it any more.
    """

    def __init__(self) -> None:
        self._flights: dict[bytes, _Flight[T]] = {}

    def __len__(self) -> int:
        return len(self._flights)

    async def do(self, key: bytes, work: Callable[[], Awaitable[T]]) -> tuple[T, bool]:
        """The result, and whether another's work gave it. Raises what the work raises, to all who wait."""
        flight = self._flights.get(key)
        shared = flight is not None
        if flight is None:
            flight = _Flight(asyncio.ensure_future(_run(work)))
            self._flights[key] = flight
            flight.task.add_done_callback(lambda _: self._flights.pop(key, None))
        flight.waiting += 1
        try:
            return await asyncio.shield(flight.task), shared
        finally:
            flight.waiting -= 1
            if flight.waiting == 0 and not flight.task.done():
                # Out at once, so that who comes now does not join work that is being cancelled.
                self._flights.pop(key, None)
                flight.task.cancel()


async def _run(work: Callable[[], Awaitable[T]]) -> T:
    return await work()
