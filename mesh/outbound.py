"""What every outgoing call passes through: deadline, tracing, errors, cancellation, retries."""

import asyncio
import random
import time
from collections.abc import AsyncIterator, Callable, Sequence
from typing import Any, Final

import grpc

from mesh import telemetry
from mesh.ambient import current
from mesh.deadline import budget
from mesh.fault import Fault
from mesh.inbound import mark
from mesh.link.caller import LinkBroken, LinkRefused
from mesh.link.pool import LinkPool
from mesh.wire import from_status

Metadata = Sequence[tuple[str, str | bytes]]

# Attempts of a call that may be made twice, and the pause before the second; each further pause is three times as long.
ATTEMPTS: Final = 4
FIRST_PAUSE: Final = 0.05
# A request larger than this has a stream of its own, since on the link everybody else would wait for it.
_LARGE: Final = 1024 * 1024
_CODES: Final = {code.value[0]: code for code in grpc.StatusCode}


class Callee:
    """Whom a channel reaches, and how its calls are bounded.

    default: seconds for a call without deadline. reserve: seconds kept back from calls made within a call. max_message:
    bytes of the largest request. links: the links to it, or None where calls go the plain way.
    """

    __slots__ = ("default", "links", "max_message", "module", "reserve", "target", "throttle")

    def __init__(
        self,
        module: str,
        target: str,
        *,
        default: float,
        reserve: float,
        max_message: int,
        links: LinkPool | None,
    ) -> None:
        self.module = module
        self.target = target
        self.default = default
        self.reserve = reserve
        self.max_message = max_message
        self.links = links
        self.throttle = Throttle()


class Throttle:
    """Stops retrying where half of the calls fail: retries must not be what keeps a module down.

    The same rule as gRPC's retryThrottling with maxTokens 20 and tokenRatio 0.5.
    """

    __slots__ = ("_tokens",)

    def __init__(self) -> None:
        self._tokens = 20.0

    def succeeded(self) -> None:
        """A call went through."""
        if self._tokens < 20:
            self._tokens += 0.5

    def failed(self) -> bool:
        """A call did not; whether it may be made again."""
        self._tokens = max(0.0, self._tokens - 1)
        return self._tokens > 10


def transport_fault(
    code: grpc.StatusCode, details: str, callee: Callee, short: str, seconds: float | None
) -> Fault:
    """The fault that stands for a status that no module of the mesh raised."""
    where = {"module": callee.module, "method": short}
    if code is grpc.StatusCode.UNAVAILABLE:
        message = f"{callee.module} cannot be reached at {callee.target}."
        return Fault("MODULE_UNAVAILABLE", message, metadata=where)
    if code is grpc.StatusCode.DEADLINE_EXCEEDED:
        return timed_out(short, seconds)
    if code is grpc.StatusCode.CANCELLED:
        return Fault("CANCELLED", f"{short} was cancelled.", metadata=where)
    if code is grpc.StatusCode.UNIMPLEMENTED:
        return Fault("METHOD_UNKNOWN", f"{callee.module} does not have the method {short}.", metadata=where)
    if code is grpc.StatusCode.RESOURCE_EXHAUSTED:
        return Fault("MESSAGE_TOO_LARGE", f"{short}: {details or 'the message is too large'}.", metadata=where)
    return Fault("INTERNAL", f"{short} failed: {code.name} {details}".rstrip(), metadata=where)


def timed_out(short: str, seconds: float | None) -> Fault:
    """The fault of a call that did not answer in time."""
    within = "in time" if seconds is None else f"within {max(seconds, 0):.3g} s"
    return Fault("DEADLINE_EXCEEDED", f"{short} did not answer {within}.", metadata={"timed_out": short})


def _fault_from(error: grpc.aio.AioRpcError, callee: Callee, short: str, seconds: float | None) -> Fault:
    """The fault that a failed call brought, or the one that stands for a failure of the transport itself."""
    for key, value in error.trailing_metadata() or ():
        if key == "grpc-status-details-bin":
            fault, _, _ = from_status(value)
            if fault is not None:
                return fault
    return transport_fault(error.code(), error.details() or "", callee, short, seconds)


class UnaryCall:
    """A unary method of another module. Awaiting a call gives the response, or raises Fault or CancelledError.

    timeout: seconds; shortens the time that the call inherits, never lengthens it. metadata: sent along.
    """

    __slots__ = ("_callee", "_deserialize", "_name", "_path", "_plain", "_repeatable", "_serialize", "_short")

    def __init__(
        self,
        callee: Callee,
        path: str,
        plain: Callable[[], Any],
        serialize: Callable[[Any], bytes] | None,
        deserialize: Callable[[bytes], Any] | None,
        *,
        repeatable: bool,
    ) -> None:
        self._callee = callee
        self._path = path
        self._name = path[1:]
        self._short = f"{callee.module}.{path.rpartition('/')[2]}"
        self._plain = plain
        self._serialize = serialize or bytes
        self._deserialize = deserialize or bytes
        self._repeatable = repeatable

    async def __call__(
        self, request: Any, *, timeout: float | None = None, metadata: Metadata | None = None, **_: Any
    ) -> Any:
        callee = self._callee
        seconds = budget(timeout, callee.default, callee.reserve)
        span = telemetry.begin(self._name, "client", current.get())
        try:
            if seconds <= 0:
                raise timed_out(self._short, seconds)
            header = telemetry.header(span)
            links = callee.links
            if links is None or links.unknown:
                return await self._unary(request, seconds, header, metadata or ())
            payload = self._serialize(request)
            if len(payload) > _LARGE:
                return await self._unary(request, seconds, header, metadata or ())
            # The way of nearly every call, without a coroutine in between; everything else is in _again.
            deadline = time.monotonic() + seconds
            link = links.pick()
            if link is not None and not link.full:
                waiting = link.begin(self._path, payload, deadline, header, metadata or ())
                try:
                    reply = await waiting.reply
                except LinkBroken as broken:
                    failure: Exception | None = broken
                except TimeoutError:
                    link.abandon(waiting)
                    raise timed_out(self._short, seconds) from None
                except asyncio.CancelledError:
                    link.abandon(waiting)
                    raise
                else:
                    callee.throttle.succeeded()
                    if not reply.status:
                        return self._deserialize(reply.payload)
                    raise self._reported(reply.status, seconds)
            else:
                failure = None
            return await self._again(links, request, payload, deadline, header, metadata or (), failure)
        except Fault as fault:
            mark(span, fault)
            raise
        except asyncio.CancelledError:
            span.fail("CANCELLED")
            raise
        finally:
            span.end()

    async def _unary(self, request: Any, seconds: float, header: str, metadata: Metadata) -> Any:
        """The plain way, one HTTP/2 stream for the call; gRPC itself retries it by the channel's service config."""
        call = self._plain()(request, timeout=seconds, metadata=(("traceparent", header), *metadata))
        try:
            return await call
        except grpc.aio.AioRpcError as error:
            raise _fault_from(error, self._callee, self._short, seconds) from None
        except asyncio.CancelledError:
            # grpc.aio does not always do it itself, and the callee would work on for nobody.
            call.cancel()
            raise

    async def _again(
        self,
        links: LinkPool,
        request: Any,
        payload: bytes,
        deadline: float,
        header: str,
        metadata: Metadata,
        failure: Exception | None,
    ) -> Any:
        """A call over a link that was not there, was full, or broke: waits for one, and retries what may be retried."""
        begun = time.monotonic()
        pause = FIRST_PAUSE
        attempt = 1
        while True:
            if failure is not None:
                await self._pause(failure, attempt, pause, deadline)
                attempt, pause, failure = attempt + 1, pause * 3, None
            waiting = None
            try:
                async with asyncio.timeout_at(deadline):
                    link = links.pick() or await links.open()
                    if link.full:
                        await link.room()
                        continue
                    waiting = link.begin(self._path, payload, deadline, header, metadata)
                    reply = await waiting.reply
            except TimeoutError:
                if waiting is not None:
                    link.abandon(waiting)
                raise timed_out(self._short, deadline - begun) from None
            except asyncio.CancelledError:
                if waiting is not None:
                    link.abandon(waiting)
                raise
            except LinkRefused as refused:
                if links.unknown:
                    return await self._unary(request, deadline - time.monotonic(), header, metadata)
                failure = refused
            except LinkBroken as broken:
                failure = broken
            else:
                self._callee.throttle.succeeded()
                if not reply.status:
                    return self._deserialize(reply.payload)
                raise self._reported(reply.status, deadline - begun)

    async def _pause(self, failure: Exception, attempt: int, pause: float, deadline: float) -> None:
        """Waits before the next attempt. Raises the fault of the failure where there may be none."""
        unsent = isinstance(failure, LinkBroken) and not failure.sent
        allowed = self._callee.throttle.failed()
        wait = pause * random.uniform(0.8, 1.2)  # noqa: S311  # jitter, no secret
        late = time.monotonic() + wait >= deadline
        if not (allowed and (self._repeatable or unsent)) or attempt >= ATTEMPTS or late:
            raise transport_fault(
                grpc.StatusCode.UNAVAILABLE, "", self._callee, self._short, None
            ) from failure
        await asyncio.sleep(wait)

    def _reported(self, data: bytes, seconds: float) -> Fault:
        """The fault that a reply carries."""
        fault, code, message = from_status(data)
        return fault or transport_fault(_CODES[code], message, self._callee, self._short, seconds)


class StreamCall:
    """A server-streaming method of another module. Iterating gives the responses or raises Fault.

    Without a deadline around it and without `timeout`, a stream lasts until either side ends it. Whoever leaves the
    iteration early closes it (`contextlib.aclosing`), which cancels the call.
    """

    __slots__ = ("_callee", "_name", "_plain", "_short")

    def __init__(self, callee: Callee, path: str, plain: Callable[[], Any]) -> None:
        self._callee = callee
        self._name = path[1:]
        self._short = f"{callee.module}.{path.rpartition('/')[2]}"
        self._plain = plain

    async def __call__(
        self, request: Any, *, timeout: float | None = None, metadata: Metadata | None = None, **_: Any
    ) -> AsyncIterator[Any]:
        callee = self._callee
        limit = budget(timeout, float("inf"), callee.reserve)
        seconds = None if limit == float("inf") else limit
        span = telemetry.begin(self._name, "client", current.get())
        call = None
        try:
            if limit <= 0:
                raise timed_out(self._short, limit)
            sent = (("traceparent", telemetry.header(span)), *(metadata or ()))
            call = self._plain()(request, timeout=seconds, metadata=sent)
            async for response in call:
                yield response
        except grpc.aio.AioRpcError as error:
            fault = _fault_from(error, callee, self._short, seconds)
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
