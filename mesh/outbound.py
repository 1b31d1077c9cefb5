"""What every outgoing call passes through: deadline, tracing, errors, cancellation, retries."""

import asyncio
from collections.abc import AsyncIterator, Callable
from typing import Any, Final

import grpc

from mesh import telemetry
from mesh.ambient import current
from mesh.callee import Callee
from mesh.deadline import budget
from mesh.fault import Fault
from mesh.inbound import mark
from mesh.link.caller import LinkRefused
from mesh.link.sender import Frame, Metadata, Sender

# A request larger than this has a stream of its own, since on the link everybody else would wait for it.
_LARGE: Final = 1024 * 1024


class UnaryCall:
    """A unary method of another module. Awaiting a call gives the response, or raises Fault or
    CancelledError.

    plain: makes the ordinary gRPC multi-callable. sender: the way over links, or None.
    """

    __slots__ = ("_callee", "_deserialize", "_name", "_path", "_plain", "_sender", "_serialize")

    def __init__(
        self,
        callee: Callee,
        path: str,
        *,
        plain: Callable[[], Any],
        sender: Sender | None,
        serialize: Callable[[Any], bytes] | None,
        deserialize: Callable[[bytes], Any] | None,
    ) -> None:
        self._callee = callee
        self._path = path
        self._name = path[1:]
        self._plain = plain
        self._sender = sender
        self._serialize = serialize or bytes
        self._deserialize = deserialize or bytes

    async def __call__(
        self,
        request: Any,
        *,
        timeout: float | None = None,  # gRPC's
        metadata: Metadata | None = None,
        **_: Any,
    ) -> Any:
        """timeout: seconds; shortens the time that the call inherits, never lengthens it. metadata: sent
        along."""
        callee = self._callee
        seconds = budget(timeout, callee.default, callee.reserve)
        span = telemetry.begin_rpc(self._name, "client", current.get())
        try:
            if seconds <= 0:
                raise callee.timed_out(self._path, seconds)
            header = telemetry.header(span)
            sender = self._sender
            if sender is None or sender.links.unknown:
                return await self._unary(request, seconds, header, metadata or ())
            payload = self._serialize(request)
            if len(payload) > _LARGE:
                return await self._unary(request, seconds, header, metadata or ())
            try:
                frame = Frame(payload, seconds, header, metadata or ())
                return self._deserialize(await sender.send(frame))
            except LinkRefused:
                return await self._unary(request, seconds, header, metadata or ())
        except Fault as fault:
            mark(span, fault)
            raise
        except asyncio.CancelledError:
            span.fail("CANCELLED")
            raise
        finally:
            span.end()

    async def _unary(self, request: Any, seconds: float, header: str, metadata: Metadata) -> Any:
        """The plain way, one HTTP/2 stream for the call; gRPC itself retries it by the channel's service
        config."""
        call = self._plain()(request, timeout=seconds, metadata=(("traceparent", header), *metadata))
        try:
            return await call
        except grpc.aio.AioRpcError as error:
            raise self._callee.from_error(error, self._path, seconds) from None
        except asyncio.CancelledError:
            # grpc.aio does not always do it itself, and the callee would work on for nobody.
            call.cancel()
            raise


class StreamCall:
    """A server-streaming method of another module. Iterating gives the responses or raises Fault.

    Without a deadline around it and without `timeout`, a stream lasts until either side ends it. Whoever
    leaves the iteration early closes it (`contextlib.aclosing`), which cancels the call.
    """

    __slots__ = ("_callee", "_name", "_path", "_plain")

    def __init__(self, callee: Callee, path: str, plain: Callable[[], Any]) -> None:
        self._callee = callee
        self._path = path
        self._name = path[1:]
        self._plain = plain

    async def __call__(
        self,
        request: Any,
        *,
        timeout: float | None = None,  # gRPC's
        metadata: Metadata | None = None,
        **_: Any,
    ) -> AsyncIterator[Any]:
        """timeout: seconds for the whole stream; shortens the time that it inherits, never lengthens it."""
        callee = self._callee
        limit = budget(timeout, float("inf"), callee.reserve)
        seconds = None if limit == float("inf") else limit
        span = telemetry.begin_rpc(self._name, "client", current.get())
        call = None
        try:
            if limit <= 0:
                raise callee.timed_out(self._path, limit)
            sent = (("traceparent", telemetry.header(span)), *(metadata or ()))
            call = self._plain()(request, timeout=seconds, metadata=sent)
            async for response in call:
                yield response
        except grpc.aio.AioRpcError as error:
            fault = callee.from_error(error, self._path, seconds)
            mark(span, fault)
            raise fault from None
        except Fault as fault:
            mark(span, fault)
            raise
        except asyncio.CancelledError:
            span.fail("CANCELLED")
            raise
        finally:
            if call is not None:
                call.cancel()
            span.end()
