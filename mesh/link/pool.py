"""The links to one target: one per address, used in turn."""

import asyncio
import logging
import random
import time
from collections.abc import Callable
from typing import Any

from maestro.mesh.v1 import link_pb2_grpc
from mesh.link.addresses import Target
from mesh.link.caller import Link, LinkRefused, open_link

_log = logging.getLogger(__name__)

# For how long after the last call broken links are opened again unasked, in seconds.
_KEEP = 60.0


class _Place:
    """One address, with its link or the attempt to open one."""

    __slots__ = ("address", "channel", "link", "opening")

    def __init__(self, address: str, channel: Any) -> None:
        self.address = address
        self.channel = channel
        self.link: Link | None = None
        self.opening: asyncio.Task[None] | None = None


class LinkPool:
    """Opens links when first asked, keeps them, opens broken ones again, follows the target's addresses.

    connect: makes a grpc.aio channel to one address. in_flight: calls per link. refresh: seconds after which
    a name is resolved again.
    """

    def __init__(self, target: str, connect: Callable[[str, str], Any], *, in_flight: int, refresh: float) -> None:
        self._target = Target(target)
        self._connect = connect
        self._in_flight = in_flight
        self._refresh = refresh
        self._places: dict[str, _Place] = {}
        self._ready: list[Link] = []
        self._turn = 0
        self._used = 0.0
        self._resolved = 0.0
        self._resolving: asyncio.Task[None] | None = None
        self._leaving: set[asyncio.Task[None]] = set()
        self._closed = False
        self.unknown = False
        """Whether a server said that it does not know links; calls then go the plain way for good."""

    def pick(self) -> Link | None:
        """The next link in turn, or None where none is open."""
        self._used = now = time.monotonic()
        if not self._target.fixed and now - self._resolved > self._refresh:
            self._resolve_soon()
        ready = self._ready
        if len(ready) == 1:
            return ready[0] if ready[0].usable else None
        for _ in ready:
            self._turn = (self._turn + 1) % len(ready)
            if ready[self._turn].usable:
                return ready[self._turn]
        return None

    async def open(self) -> Link:
        """A link, opened if need be. Raises LinkRefused once no address lets itself be connected."""
        if self._closed:
            raise LinkRefused("the channel is closed")
        if not self._places:
            self._resolve_soon()
        if self._resolving is not None and not self._places:
            await asyncio.shield(self._resolving)
        for place in self._places.values():
            self._open_soon(place)
        why: LinkRefused | None = None
        attempts = {place.opening for place in self._places.values() if place.opening is not None}
        while attempts:
            link = self.pick()
            if link is not None:
                return link
            done, attempts = await asyncio.wait(attempts, return_when=asyncio.FIRST_COMPLETED)
            for attempt in done:
                error = None if attempt.cancelled() else attempt.exception()
                if isinstance(error, LinkRefused):
                    why = error
        link = self.pick()
        if link is not None:
            return link
        raise why or LinkRefused(f"{self._target.target} has no address")

    async def close(self) -> None:
        """Ends every link at once."""
        self._closed = True
        tasks = [*self._leaving]
        if self._resolving is not None:
            tasks.append(self._resolving)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        for place in list(self._places.values()):
            await self._leave(place)
        self._places.clear()

    def _resolve_soon(self) -> None:
        if self._resolving is None and not self._closed:
            self._resolved = time.monotonic()
            self._resolving = asyncio.get_running_loop().create_task(self._resolve(), name="link.resolve")

    async def _resolve(self) -> None:
        try:
            addresses = await self._target.resolve()
        except (OSError, UnicodeError) as error:
            # What was found before may still be there.
            _log.debug("%s cannot be resolved: %s", self._target.target, error)
            return
        finally:
            self._resolving = None
        for address in addresses:
            if address not in self._places:
                place = _Place(address, self._connect(address, self._target.authority))
                self._places[address] = place
                self._open_soon(place)
        for address in self._places.keys() - set(addresses):
            place = self._places.pop(address)
            task = asyncio.get_running_loop().create_task(self._leave(place, gently=True))
            self._leaving.add(task)
            task.add_done_callback(self._leaving.discard)

    def _open_soon(self, place: _Place) -> None:
        if place.opening is None and (place.link is None or not place.link.usable) and not self._closed:
            place.opening = asyncio.get_running_loop().create_task(self._open(place), name="link.open")
            place.opening.add_done_callback(_seen)

    async def _open(self, place: _Place) -> None:
        exchange = link_pb2_grpc.LinkStub(place.channel).Exchange
        try:
            place.link = await open_link(exchange, self._in_flight, lambda link: self._ended(place, link))
        except LinkRefused as error:
            self.unknown = self.unknown or error.unknown
            raise
        finally:
            place.opening = None
        self._ready = [*self._ready, place.link]

    def _ended(self, place: _Place, link: Link) -> None:
        self._ready = [each for each in self._ready if each is not link]
        if place.link is link:
            place.link = None
        if not self._closed and self._places.get(place.address) is place:
            self._resolve_soon()
            task = asyncio.get_running_loop().create_task(self._reopen(place), name="link.reopen")
            self._leaving.add(task)
            task.add_done_callback(self._leaving.discard)

    async def _reopen(self, place: _Place) -> None:
        """Tries until the address lets itself be connected again, leaves the target, or nobody calls any
        more."""
        delay = 0.05
        while place.link is None and self._places.get(place.address) is place:
            self._open_soon(place)
            if place.opening is not None:
                await asyncio.wait({place.opening})
            if time.monotonic() - self._used > _KEEP:
                return
            await asyncio.sleep(delay * (0.5 + random.random()))  # noqa: S311  # jitter, no secret
            delay = min(delay * 2, 1.0)

    async def _leave(self, place: _Place, *, gently: bool = False) -> None:
        if place.opening is not None:
            place.opening.cancel()
            await asyncio.gather(place.opening, return_exceptions=True)
        if place.link is not None:
            link = place.link
            link.close()
            if gently:
                await link.finished()
            await link.abort()
        await place.channel.close()


def _seen(attempt: asyncio.Task[None]) -> None:
    """An attempt that nobody waits for may fail: asyncio would complain of an exception never retrieved."""
    if not attempt.cancelled():
        attempt.exception()
