"""The calling side of one link."""

import asyncio
import logging
from collections.abc import Callable, Iterable
from typing import Any

import grpc
from maestro.mesh.v1 import link_pb2

_log = logging.getLogger(__name__)

# Frames that wait travel together up to this many bytes; larger messages would only delay the first among them.
BATCH_BYTES = 256 * 1024
# What a message of the link may have beyond the largest payload: a batch and its frames.
LINK_SLACK = 1024 * 1024


class LinkError(Exception):
    """The link cannot carry the call.

    LinkError
    ├── LinkBroken   it broke while the call was on it
    └── LinkRefused  it could not be opened
    """


class LinkBroken(LinkError):
    """The stream ended under a call. sent: whether the callee may have seen it."""

    def __init__(self, why: str, *, sent: bool) -> None:
        super().__init__(why)
        self.sent = sent


class LinkRefused(LinkError):
    """No stream could be opened. unknown: the server is there, but does not know links."""

    def __init__(self, why: str, *, unknown: bool = False) -> None:
        super().__init__(why)
        self.unknown = unknown


class Link:
    """One open stream to one address, shared by every call that is made over it.

    Made by `open_link`. `closing` turns true when the server says goaway or the pool lets go: calls in flight finish,
    new ones go elsewhere. `on_end` is called once when the link is of no more use.
    """

    def __init__(self, stream: Any, in_flight: int, on_end: Callable[["Link"], None]) -> None:
        self._stream = stream
        self._limit = asyncio.Semaphore(in_flight)
        self._on_end = on_end
        self._next = 0
        self._open: dict[int, asyncio.Future[link_pb2.Reply]] = {}
        self._calls: list[link_pb2.Call] = []
        self._cancels: list[int] = []
        self._kick: asyncio.Future[None] | None = None
        self._ended = False
        self.closing = False
        loop = asyncio.get_running_loop()
        self._loop = loop
        self._reader = loop.create_task(self._read(), name="link.read")
        self._writer = loop.create_task(self._write(), name="link.write")

    @property
    def usable(self) -> bool:
        """Whether a call may begin on it."""
        return not (self.closing or self._ended)

    @property
    def in_flight(self) -> int:
        """Calls that wait for their reply."""
        return len(self._open)

    async def call(
        self, method: str, payload: bytes, deadline: float, traceparent: str, metadata: Iterable[tuple[str, Any]]
    ) -> link_pb2.Reply:
        """Makes one call and gives its reply, which may be that it failed.

        Raises LinkBroken, TimeoutError at the deadline (seconds on the loop's clock), and CancelledError; after the
        latter two the callee is told to stop. Waits while as many calls are in flight as the link may carry.
        """
        if self._limit.locked():
            async with asyncio.timeout_at(deadline):
                await self._limit.acquire()
        else:
            await self._limit.acquire()
        try:
            if self._ended:
                raise LinkBroken("the link ended", sent=False)
            return await self._exchange(method, payload, deadline, traceparent, metadata)
        finally:
            self._limit.release()

    async def _exchange(
        self, method: str, payload: bytes, deadline: float, traceparent: str, metadata: Iterable[tuple[str, Any]]
    ) -> link_pb2.Reply:
        self._next += 1
        number = self._next
        frame = link_pb2.Call(
            id=number,
            method=method,
            payload=payload,
            timeout_micros=max(1, int((deadline - self._loop.time()) * 1e6)),
            traceparent=traceparent,
        )
        for key, value in metadata:
            frame.metadata[key] = value.encode() if isinstance(value, str) else value
        reply: asyncio.Future[link_pb2.Reply] = self._loop.create_future()
        self._open[number] = reply
        self._calls.append(frame)
        self._wake()
        timer = self._loop.call_at(deadline, _expire, reply)
        try:
            return await reply
        except (TimeoutError, asyncio.CancelledError):
            self._abandon(number, frame)
            raise
        finally:
            timer.cancel()
            self._open.pop(number, None)
            if self.closing and not self._open:
                self._wake()

    def _abandon(self, number: int, frame: link_pb2.Call) -> None:
        """Tells the callee that nobody waits any more, unless it never heard of the call or has answered it."""
        if self._open.pop(number, None) is None or self._ended:
            return
        for index, waiting in enumerate(self._calls):
            if waiting is frame:
                del self._calls[index]
                return
        self._cancels.append(number)
        self._wake()

    def close(self) -> None:
        """Takes no new calls; ends the stream once those in flight are answered."""
        self.closing = True
        self._wake()

    async def abort(self) -> None:
        """Ends the stream now; calls in flight fail."""
        self._end("the link was closed")
        await asyncio.gather(self._reader, self._writer, return_exceptions=True)

    def _wake(self) -> None:
        if self._kick is not None and not self._kick.done():
            self._kick.set_result(None)

    async def _write(self) -> None:
        """Sends what has been collected; the only task that writes, since a cancelled write would end the stream."""
        try:
            while True:
                if self._calls or self._cancels:
                    await self._stream.write(self._collect())
                elif self.closing and not self._open:
                    await self._stream.done_writing()
                    return
                else:
                    self._kick = self._loop.create_future()
                    await self._kick
        except asyncio.CancelledError:
            raise
        except Exception as error:
            self._end(_why(error))

    def _collect(self) -> link_pb2.ExchangeRequest:
        calls, self._calls = self._calls, []
        if len(calls) > 1:
            size = 0
            for index, frame in enumerate(calls):
                size += len(frame.payload)
                if size > BATCH_BYTES and index:
                    calls, self._calls = calls[:index], calls[index:]
                    break
        cancels, self._cancels = self._cancels, []
        return link_pb2.ExchangeRequest(calls=calls, cancels=cancels)

    async def _read(self) -> None:
        """Hands out replies until the stream ends."""
        why = "the server ended the link"
        try:
            while True:
                message = await self._stream.read()
                if message is grpc.aio.EOF:
                    break
                for reply in message.replies:
                    waiting = self._open.pop(reply.id, None)
                    if waiting is not None and not waiting.done():
                        waiting.set_result(reply)
                if message.goaway:
                    self.close()
        except asyncio.CancelledError:
            why = "the link was closed"
            raise
        except Exception as error:
            why = _why(error)
        finally:
            self._end(why)

    def _end(self, why: str) -> None:
        if self._ended:
            return
        self._ended = True
        unsent = {frame.id for frame in self._calls}
        for number, waiting in list(self._open.items()):
            if not waiting.done():
                waiting.set_exception(LinkBroken(why, sent=number not in unsent))
        self._open.clear()
        self._calls.clear()
        self._stream.cancel()
        self._reader.cancel()
        self._writer.cancel()
        self._on_end(self)


async def open_link(exchange: Any, in_flight: int, on_end: Callable[[Link], None]) -> Link:
    """Opens a stream by the given multi-callable. Raises LinkRefused where there is none to be had."""
    stream = exchange()
    try:
        first = await stream.read()
    except asyncio.CancelledError:
        stream.cancel()
        raise
    except Exception as error:
        unknown = isinstance(error, grpc.aio.AioRpcError) and error.code() is grpc.StatusCode.UNIMPLEMENTED
        raise LinkRefused(_why(error), unknown=unknown) from None
    if first is grpc.aio.EOF:
        raise LinkRefused("the server ended the link at once")
    return Link(stream, in_flight, on_end)


def _expire(reply: asyncio.Future[link_pb2.Reply]) -> None:
    if not reply.done():
        reply.set_exception(TimeoutError())


def _why(error: Exception) -> str:
    if isinstance(error, grpc.aio.AioRpcError):
        return error.details() or error.code().name
    return str(error) or type(error).__name__
