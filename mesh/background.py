"""Work that runs beside a server, for as long as the node does."""

import asyncio
import logging
import random
from collections.abc import Callable, Coroutine
from typing import Any

from mesh import telemetry
from mesh.fault import Fault

_log = logging.getLogger(__name__)
Work = Callable[[], Coroutine[Any, Any, None]]

_FIRST_PAUSE = 0.2
_LONGEST_PAUSE = 30.0
# Work that ran this long, in seconds, has recovered: its next failure begins with the first pause again.
_RECOVERED = 60.0


class Backgrounds:
    """Supervises coroutine functions: begun again after a growing pause when they fail, not when they
    return."""

    def __init__(self, module: str) -> None:
        self._module = module
        self._works: list[tuple[str, Work]] = []
        self._tasks: set[asyncio.Task[None]] = set()
        self._started = False

    def add(self, name: str, work: Work) -> None:
        """Takes work on; it begins with `start`, or at once after it."""
        if self._started:
            self._begin(name, work)
        else:
            self._works.append((name, work))

    def start(self) -> None:
        """Begins everything."""
        self._started = True
        for name, work in self._works:
            self._begin(name, work)
        self._works.clear()

    async def stop(self) -> None:
        """Cancels everything and waits until it has ended."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def _begin(self, name: str, work: Work) -> None:
        loop = asyncio.get_running_loop()
        task = loop.create_task(self._supervise(name, work), name=f"{self._module}.{name}")
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _supervise(self, name: str, work: Work) -> None:
        telemetry.enter(self._module)
        loop = asyncio.get_running_loop()
        pause = _FIRST_PAUSE
        while True:
            begun = loop.time()
            try:
                await work()
                return
            except Exception as error:
                if loop.time() - begun > _RECOVERED:
                    pause = _FIRST_PAUSE
                # A fault says it all in one sentence; anything else is a bug, whose place must be found.
                trace = None if isinstance(error, Fault) else error
                _log.warning("%s failed, again in %.1f s: %s", name, pause, error, exc_info=trace)
            await asyncio.sleep(pause * random.uniform(0.5, 1.5))  # noqa: S311  # jitter, no secret
            pause = min(pause * 2, _LONGEST_PAUSE)
