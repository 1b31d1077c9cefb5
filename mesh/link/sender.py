"""Unary calls of one method over whatever link is there."""

import asyncio
import random
import time
from collections.abc import Sequence
from typing import Final

import grpc

from maestro.mesh.v1 import link_pb2
from mesh.callee import Callee
from mesh.link.caller import Link, LinkBroken, LinkError, LinkRefused
from mesh.link.pool import LinkPool

Metadata = Sequence[tuple[str, str | bytes]]

# Attempts of a call that may be made twice, and the pause in seconds before the second; each further one is
# three times as long. A channel's gRPC service config says the same of plain calls.
ATTEMPTS: Final = 4
FIRST_PAUSE: Final = 0.05


class Frame:
    """One call: what is sent, and until when (clock of time.monotonic()) its caller waits."""

    __slots__ = ("begun", "deadline", "header", "metadata", "payload")

    def __init__(self, payload: bytes, seconds: float, header: str, metadata: Metadata) -> None:
        self.begun = time.monotonic()
        self.deadline = self.begun + seconds
        self.payload = payload
        self.header = header
        self.metadata = metadata

    @property
    def seconds(self) -> float:
        """How long its caller waits in all."""
        return self.deadline - self.begun


class Sender:
    """repeatable: whether the method may be made twice, so that it is made again after a link broke under
    it."""

    __slots__ = ("_callee", "_path", "_repeatable", "links")

    def __init__(self, callee: Callee, links: LinkPool, path: str, *, repeatable: bool) -> None:
        self._callee = callee
        self._path = path
        self._repeatable = repeatable
        self.links = links

    async def send(self, frame: Frame) -> bytes:
        """The serialized response. Raises Fault or CancelledError, and LinkRefused where the server knows no
        links."""
        link = self.links.pick()
        if link is None or link.full:
            return await self._persist(frame, None)
        try:
            reply = await self._over(link, frame)
        except LinkBroken as broken:
            return await self._persist(frame, broken)
        except TimeoutError:
            raise self._callee.timed_out(self._path, frame.seconds) from None
        return self._response(reply, frame)

    async def _over(self, link: Link, frame: Frame) -> link_pb2.Reply:
        waiting = link.begin(self._path, frame.payload, frame.deadline, frame.header, frame.metadata)
        try:
            return await waiting.reply
        except (TimeoutError, asyncio.CancelledError):
            link.abandon(waiting)
            raise

    def _response(self, reply: link_pb2.Reply, frame: Frame) -> bytes:
        self._callee.throttle.succeeded()
        if reply.status:
            raise self._callee.from_reply(reply.status, self._path, frame.seconds)
        return reply.payload

    async def _persist(self, frame: Frame, failure: LinkError | None) -> bytes:
        """A call whose link is not there, is full, or broke: waits for one, and retries what may be
        retried."""
        attempt = 1
        while True:
            if failure is not None:
                await self._pause(failure, attempt, frame.deadline)
                attempt += 1
            try:
                async with asyncio.timeout_at(frame.deadline):
                    link = await self._link()
                    reply = await self._over(link, frame)
            except TimeoutError:
                raise self._callee.timed_out(self._path, frame.seconds) from None
            except LinkError as error:
                if self.links.unknown:
                    raise
                failure = error
            else:
                return self._response(reply, frame)

    async def _link(self) -> Link:
        while True:
            link = self.links.pick() or await self.links.open()
            if not link.full:
                return link
            await link.room()

    async def _pause(self, failure: LinkError, attempt: int, deadline: float) -> None:
        """Waits before the next attempt. Raises the fault of the failure where there may be none: a call that
        the callee may have seen is only made again where its method says so."""
        sent = isinstance(failure, LinkBroken) and failure.sent
        throttled = sent and not self._callee.throttle.failed()
        wait = FIRST_PAUSE * 3 ** (attempt - 1) * random.uniform(0.8, 1.2)  # noqa: S311  # jitter, no secret
        late = time.monotonic() + wait >= deadline
        if throttled or late or attempt >= ATTEMPTS or (sent and not self._repeatable):
            raise self._callee.fault(grpc.StatusCode.UNAVAILABLE, "", self._path, None) from failure
        await asyncio.sleep(wait)


__all__ = ["ATTEMPTS", "FIRST_PAUSE", "Frame", "LinkRefused", "Metadata", "Sender"]
