"""Work that goes on after an answer was given: bounded, and waited for when the process stops."""

import asyncio
from collections.abc import Coroutine
from typing import Any


class Tails:
    """most: how many may be under way; who would add one more waits for it instead, so that nothing is ever
    dropped and nothing piles up."""

    def __init__(self, most: int = 256) -> None:
        self._most = most
        self._tasks: set[asyncio.Task[Any]] = set()

    def __len__(self) -> int:
        return len(self._tasks)

    @property
    def is_full(self) -> bool:
        """Whether the next one should be waited for."""
        return len(self._tasks) >= self._most

    def add(self, work: Coroutine[Any, Any, Any]) -> asyncio.Task[Any]:
        """Begins a piece of work."""
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task

    async def drain(self, seconds: float) -> None:
        """Waits for what is under way, at most so long; what is not done by then is cancelled."""
        if self._tasks:
            await asyncio.wait(self._tasks, timeout=seconds)
        left = list(self._tasks)
        for task in left:
            task.cancel()
        await asyncio.gather(*left, return_exceptions=True)
