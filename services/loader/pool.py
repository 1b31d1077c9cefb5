"""A bounded pool of connections: opened when they are needed, closed when they are not, the warmest used first."""

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Generic, TypeVar

from mesh.fault import Fault

C = TypeVar("C")


class Pool(Generic[C]):
    """Connections to one source.

    connect: opens one; raises Fault SOURCE_UNAVAILABLE. close: closes one. usable: whether one that was given back may
    be used again.
    """

    def __init__(
        self,
        source: str,
        size: int,
        wait: float,
        connect: Callable[[], Awaitable[C]],
        close: Callable[[C], Awaitable[None]],
        usable: Callable[[C], bool],
    ) -> None:
        self._source = source
        self._size = size
        self._wait = wait
        self._connect = connect
        self._close = close
        self._usable = usable
        self._places = asyncio.Semaphore(size)
        self._free: list[tuple[C, float]] = []

    @asynccontextmanager
    async def lease(self) -> AsyncIterator[C]:
        """A connection for the time of a block. Raises Fault SOURCE_BUSY where none comes free in time."""
        await self._place()
        try:
            connection = self._free.pop()[0] if self._free else await self._connect()
            try:
                yield connection
            finally:
                if self._usable(connection):
                    self._free.append((connection, time.monotonic()))
                else:
                    await asyncio.shield(self._close(connection))
        finally:
            self._places.release()

    async def _place(self) -> None:
        if not self._places.locked():
            # Never waits: spares the timer in the common case.
            await self._places.acquire()
            return
        try:
            async with asyncio.timeout(self._wait):
                await self._places.acquire()
        except TimeoutError:
            raise Fault(
                "SOURCE_BUSY",
                f"All {self._size} connections to source {self._source!r} are busy; try again in a second.",
                metadata={"source": self._source, "connections": str(self._size)},
                retry_after=1.0,
            ) from None

    async def discard_free(self) -> None:
        """Closes every connection that is not in use: after the database was restarted none of them is worth a try."""
        free, self._free = self._free, []
        for connection, _ in free:
            await self._close(connection)

    async def close_idle(self, seconds: float) -> None:
        """Closes connections that were not used for so long."""
        before = time.monotonic() - seconds
        idle = [each for each, since in self._free if since < before]
        self._free = [(each, since) for each, since in self._free if since >= before]
        for connection in idle:
            await self._close(connection)
