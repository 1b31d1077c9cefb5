"""What every outgoing call passes through: deadline, tracing, errors, cancellation."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from typing import Any

import grpc

from mesh import telemetry
from mesh.ambient import current
from mesh.deadline import budget
from mesh.fault import Fault
from mesh.inbound import mark
from mesh.wire import from_status

Metadata = Sequence[tuple[str, str | bytes]]


class Callee:
    """Whom a channel reaches, and how its calls are bounded."""

    __slots__ = ("default", "module", "reserve", "target")

    def __init__(self, module: str, target: str, default: float, reserve: float) -> None:
        self.module = module
        self.target = target
        self.default = default
        self.reserve = reserve


def fault_from(error: grpc.aio.AioRpcError, callee: Callee, short: str, seconds: float | None) -> Fault:
    """The fault that a failed call brought, or the one that stands for a failure of the transport itself."""
    for key, value in error.trailing_metadata() or ():
        if key == "grpc-status-details-bin":
            fault = from_status(value)
            if fault is not None:
                return fault
    return transport_fault(error.code(), error.details() or "", callee, short, seconds)


def transport_fault(
    code: grpc.StatusCode, details: str, callee: Callee, short: str, seconds: float | None
) -> Fault:
    """The fault that stands for a status that no module of the mesh raised."""
    where = {"module": callee.module, "method": short}
    if code is grpc.StatusCode.UNAVAILABLE:
        return Fault(
            "MODULE_UNAVAILABLE", f"{callee.module} cannot be reached at {callee.target}.", metadata=where
        )
    if code is grpc.StatusCode.DEADLINE_EXCEEDED:
        return timed_out(short, seconds)
    if code is grpc.StatusCode.CANCELLED:
        return Fault("CANCELLED", f"{short} was cancelled.", metadata=where)
    if code is grpc.StatusCode.UNIMPLEMENTED:
        return Fault("METHOD_UNKNOWN", f"{callee.module} does not have the method {short}.", metadata=where)
    if code is grpc.StatusCode.RESOURCE_EXHAUSTED:
        return Fault("MESSAGE_TOO_LARGE", f"{short}: {details or 'too large'}.", metadata=where)
    return Fault("INTERNAL", f"{short} failed: {code.name} {details}".rstrip(), metadata=where)


def timed_out(short: str, seconds: float | None) -> Fault:
    """The fault of a call that did not answer in time."""
    within = "in time" if seconds is None else f"within {max(seconds, 0):.3g} s"
    return Fault("DEADLINE_EXCEEDED", f"{short} did not answer {within}.", metadata={"timed_out": short})


class UnaryCall:
    """A unary method of another module. Awaiting a call gives the response or raises Fault."""

    __slots__ = ("_callee", "_name", "_raw", "_short")

    def __init__(self, callee: Callee, path: str, raw: Any) -> None:
        self._callee = callee
        self._name = path[1:]
        self._short = f"{callee.module}.{path.rpartition('/')[2]}"
        self._raw = raw

    async def __call__(
        self, request: Any, *, timeout: float | None = None, metadata: Metadata = (), **_: Any
    ) -> Any:
        callee = self._callee
        seconds = budget(timeout, callee.default, callee.reserve)
        if seconds <= 0:
            raise timed_out(self._short, seconds)
        around = current.get()
        span = telemetry.begin(self._name, "client", around)
        flags = "01" if span.sampled else "00"
        sent = (("traceparent", f"00-{span.trace_id}-{span.span_id}-{flags}"), *metadata)
        call = self._raw(request, timeout=seconds, metadata=sent)
        try:
            return await call
        except grpc.aio.AioRpcError as error:
            fault = fault_from(error, callee, self._short, seconds)
            mark(span, fault)
            raise fault from None
        except asyncio.CancelledError:
            # grpc.aio does not always do it itself, and the callee would work on for nobody.
            call.cancel()
            span.fail("CANCELLED")
            raise
        finally:
            span.end()


class StreamCall:
    """A server-streaming method of another module. Iterating gives the responses or raises Fault.

    Without a deadline around it and without `timeout`, a stream lasts until either side ends it. Leaving the iteration
    early must be followed by `aclose()` (or done by `contextlib.aclosing`), which cancels the call.
    """

    __slots__ = ("_callee", "_name", "_raw", "_short")

    def __init__(self, callee: Callee, path: str, raw: Any) -> None:
        self._callee = callee
        self._name = path[1:]
        self._short = f"{callee.module}.{path.rpartition('/')[2]}"
        self._raw = raw

    async def __call__(
        self, request: Any, *, timeout: float | None = None, metadata: Metadata = (), **_: Any
    ) -> AsyncIterator[Any]:
        callee = self._callee
        seconds: float | None = budget(timeout, float("inf"), callee.reserve)
        if seconds == float("inf"):
            seconds = None
        elif seconds is not None and seconds <= 0:
            raise timed_out(self._short, seconds)
        around = current.get()
        span = telemetry.begin(self._name, "client", around)
        flags = "01" if span.sampled else "00"
        sent = (("traceparent", f"00-{span.trace_id}-{span.span_id}-{flags}"), *metadata)
        call = self._raw(request, timeout=seconds, metadata=sent)
        try:
            async for response in call:
                yield response
        except grpc.aio.AioRpcError as error:
            fault = fault_from(error, callee, self._short, seconds)
            mark(span, fault)
            raise fault from None
        finally:
            call.cancel()
            span.end()
