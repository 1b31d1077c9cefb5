"""A generator that blocks, read from a coroutine: one step in a thread while the step before is being used."""

import asyncio
from collections.abc import AsyncGenerator, Callable, Iterator
from concurrent.futures import Executor
from typing import Any, TypeVar

T = TypeVar("T")
_END: Any = object()


async def threaded(
    executor: Executor, begin: Callable[[], Iterator[T]], stop: Callable[[], None]
) -> AsyncGenerator[T, None]:
    """The generator's items; the next one is being made while the last one is used, and no further.

    begin: makes the generator, in the thread. stop: makes a step that is under way end soon; called where the reader
    goes away, who then waits for that step.
    """
    loop = asyncio.get_running_loop()
    state: list[Iterator[T]] = []

    def step() -> T:
        if not state:
            state.append(begin())
        return next(state[0], _END)

    coming = loop.run_in_executor(executor, step)
    try:
        while True:
            item = await asyncio.shield(coming)
            if item is _END:
                return
            coming = loop.run_in_executor(executor, step)
            yield item
    finally:
        while not coming.done():
            stop()
            await asyncio.wait([coming], timeout=0.05)
        if not coming.cancelled():
            coming.exception()
