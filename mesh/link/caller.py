"""The calling side of one link."""

import asyncio
from collections.abc import Callable, Iterable
from typing import Any, Final

import grpc

from maestro.mesh.v1 import link_pb2
from mesh.timers import Deadlines

# Frames that wait travel together up to this many bytes; larger messages would only delay the first among
# them.
BATCH_BYTES: Final = 256 * 1024
# What a message of the link may have beyond the largest payload: a batch and its frames.
LINK_SLACK: Final = 1024 * 1024


class LinkError(Exception):
    """The link cannot carry the call.

    LinkError
    ├── LinkBroken   it broke while the call was on it
    └── LinkRefused  it could not be opened
    """


class LinkBroken(LinkError):  # LinkError is what it is
    """The stream ended under a call. sent: whether the callee may have seen it."""

    def __init__(self, why: str, *, sent: bool) -> None:
        super().__init__(why)
        self.sent = sent


class LinkRefused(LinkError):  # as above
    """No stream could be opened. unknown: the server is there, but does not know links."""

    def __init__(self, why: str, *, unknown: bool = False) -> None:
        super().__init__(why)
        self.unknown = unknown


class Waiting:
    """A call that is under way: await `reply`, and `Link.abandon` it when nobody waits any more."""

    __slots__ = ("number", "reply")

    def __init__(self, number: int, reply: asyncio.Future[link_pb2.Reply]) -> None:
        self.number = number
        self.reply = reply


class Link:
    """One open stream to one address, shared by every call that is made over it.

    Made by `open_link`. `closing` turns true when the server says goaway or the pool lets go: calls in flight
    finish, new ones go elsewhere. `on_end` is called once when the link is of no more use.
    """

    def __init__(self, stream: Any, in_flight: int, on_end: Callable[["Link"], None]) -> None:
        loop = asyncio.get_running_loop()
        self._loop = loop
        self._stream = stream
        self._limit = in_flight
        self._on_end = on_end
        self._last = 0
        self._open: dict[int, asyncio.Future[link_pb2.Reply]] = {}
        self._deadlines: Deadlines[int] = Deadlines(loop, self._expire)
        self._batches: list[link_pb2.ExchangeRequest] = []
        self._batch_bytes = 0
        self._first_unsent = 1
        self._kick: asyncio.Future[None] | None = None
        self._room: list[asyncio.Future[None]] = []
        self._ended = False
        self.closing = False
        self._reader = loop.create_task(self._read(), name="link.read")
        self._writer = loop.create_task(self._write(), name="link.write")

    @property
    def usable(self) -> bool:
        """Whether a call may begin on it."""
        return not (self.closing or self._ended)

    @property
    def full(self) -> bool:
        """Whether as many calls are in flight as it may carry; `room` waits until it is not."""
        return len(self._open) >= self._limit

    @property
    def in_flight(self) -> int:
        """Calls that wait for their reply."""
        return len(self._open)

    async def room(self) -> None:
        """Returns when another call may begin, or the link has ended."""
        while self.full and not self._ended:
            turn = self._loop.create_future()
            self._room.append(turn)
            try:
                await turn
            finally:
                if turn in self._room:
                    self._room.remove(turn)

    def begin(
        self,
        method: str,
        payload: bytes,
        deadline: float,
        traceparent: str,
        metadata: Iterable[tuple[str, Any]] = (),
    ) -> Waiting:
        """Begins one call. Its future gives the reply, which may be that it failed, or LinkBroken, or
        TimeoutError at the deadline (seconds on the loop's clock)."""
        loop = self._loop
        reply: asyncio.Future[link_pb2.Reply] = loop.create_future()
        self._last = number = self._last + 1
        if self._ended:
            reply.set_exception(LinkBroken("the link ended", sent=False))
            return Waiting(number, reply)
        self._open[number] = reply
        self._deadlines.add(number, deadline)
        batch = self._batch(len(payload))
        frame = batch.calls.add(
            id=number,
            method=method,
            payload=payload,
            timeout_micros=max(1, int((deadline - loop.time()) * 1e6)),
            traceparent=traceparent,
        )
        for key, value in metadata:
            frame.metadata[key] = value.encode() if isinstance(value, str) else value
        return Waiting(number, reply)

    def abandon(self, waiting: Waiting) -> None:
        """Tells the callee that nobody waits any more, unless it has answered."""
        self._deadlines.remove(waiting.number)
        if waiting.reply.done() and not waiting.reply.cancelled():
            # It failed in the moment in which its caller gave up; asyncio complains of exceptions that nobody saw.
            waiting.reply.exception()
        if self._open.pop(waiting.number, None) is not None and not self._ended:
            self._batch(0).cancels.append(waiting.number)
            self._make_room()

    def close(self) -> None:
        """Takes no new calls; ends the stream once those in flight are answered."""
        self.closing = True
        self._wake()

    async def finished(self) -> None:
        """Returns when the stream has ended, after `close`."""
        await asyncio.wait({self._reader})

    async def abort(self) -> None:
        """Ends the stream now; calls in flight fail."""
        self._end("the link was closed")
        await asyncio.gather(self._reader, self._writer, return_exceptions=True)

    def _batch(self, size: int) -> link_pb2.ExchangeRequest:
        """What the next frame is added to; it is sent as soon as the writer is free."""
        batches = self._batches
        if not batches:
            self._batch_bytes = size
            batches.append(link_pb2.ExchangeRequest())
            self._wake()
        elif self._batch_bytes + size > BATCH_BYTES:
            self._batch_bytes = size
            batches.append(link_pb2.ExchangeRequest())
        else:
            self._batch_bytes += size
        return batches[-1]

    def _wake(self) -> None:
        kick = self._kick
        if kick is not None:
            self._kick = None
            if not kick.done():
                kick.set_result(None)

    async def _write(self) -> None:
        """Sends what has been collected; the only task that writes, since a cancelled write would end the
        stream."""
        write, batches = self._stream.write, self._batches
        try:
            while True:
                if batches:
                    batch = batches.pop(0)
                    if batch.calls:
                        self._first_unsent = batch.calls[-1].id + 1
                    await write(batch)
                elif self.closing and not self._open:
                    await self._stream.done_writing()
                    return
                else:
                    self._kick = kick = self._loop.create_future()
                    await kick
        except asyncio.CancelledError:
            raise
        except Exception as error:
            self._end(_why(error))

    async def _read(self) -> None:
        """Hands out replies until the stream ends."""
        why = "the server ended the link"
        read, remove = self._stream.read, self._deadlines.remove
        try:
            while (message := await read()) is not grpc.aio.EOF:
                for reply in message.replies:
                    number = reply.id
                    waiting = self._open.pop(number, None)
                    if waiting is not None:
                        remove(number)
                        if not waiting.done():
                            waiting.set_result(reply)
                if self._room:
                    self._make_room()
                if message.goaway:
                    self.closing = True
                if self.closing:
                    self._wake()
        except asyncio.CancelledError:
            why = "the link was closed"
            raise
        except Exception as error:
            why = _why(error)
        finally:
            self._end(why)

    def _make_room(self) -> None:
        for turn in self._room[: self._limit - len(self._open)]:
            if not turn.done():
                turn.set_result(None)

    def _expire(self, number: int) -> None:
        waiting = self._open.get(number)
        if waiting is not None and not waiting.done():
            waiting.set_exception(TimeoutError())

    def _end(self, why: str) -> None:
        if self._ended:
            return
        self._ended = True
        self._deadlines.close()
        for number, waiting in self._open.items():
            if not waiting.done():
                waiting.set_exception(LinkBroken(why, sent=number < self._first_unsent))
        self._open.clear()
        self._batches.clear()
        for turn in self._room:
            if not turn.done():
                turn.set_result(None)
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
    link = Link(stream, in_flight, on_end)
    if first.goaway:
        link.close()
    return link


def _why(error: Exception) -> str:
    if isinstance(error, grpc.aio.AioRpcError):
        return str(error.details() or error.code().name)
    return str(error) or type(error).__name__
