"""What every incoming call passes through: deadline, tracing, errors, cancellation.

Handlers are wrapped once, when they are registered, instead of being met by gRPC interceptors at every call:
the wrapped handler is the same for a plain unary call and for one that came over a link, and costs a tenth of
an interceptor.
"""

import asyncio
import inspect
import logging
import secrets
import time
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable, Iterable
from typing import Any

import grpc
from google.protobuf.message import DecodeError
from google.rpc import status_pb2

from mesh import metrics, telemetry
from mesh.ambient import Ambient, current
from mesh.fault import Fault
from mesh.timers import Deadlines
from mesh.wire import to_status

_log = logging.getLogger(__name__)
_CODES = {code.value[0]: code for code in grpc.StatusCode}
# Tells gRPC's retry policy not to make the call again: only a server that was never reached may be tried once
# more. A fault of UNAVAILABLE's code (a database that is down) would otherwise be retried by every caller on
# the way.
_NO_RETRY = ("grpc-retry-pushback-ms", "-1")
_DURATION = metrics.histogram("rpc.server.call.duration", "s", "How long this module took to answer a call.")


class Running:
    """The tasks of this node that serve calls, and the deadlines that cancel them."""

    def __init__(self) -> None:
        self._deadlines: Deadlines[asyncio.Task[Any]] | None = None
        self._expired: set[asyncio.Task[Any]] = set()

    def __len__(self) -> int:
        return 0 if self._deadlines is None else len(self._deadlines)

    def enter(self, task: asyncio.Task[Any], deadline: float) -> None:
        """Watches a task until `leave`; at the deadline (clock of time.monotonic()) it is cancelled."""
        if self._deadlines is None:
            self._deadlines = Deadlines(asyncio.get_running_loop(), self._expire)
        self._deadlines.add(task, deadline)

    def leave(self, task: asyncio.Task[Any]) -> bool:
        """Watches it no longer. Whether its deadline has come and nobody else has cancelled it."""
        assert self._deadlines is not None
        self._deadlines.remove(task)
        if task not in self._expired:
            return False
        self._expired.discard(task)
        return task.uncancel() == 0

    def _expire(self, task: asyncio.Task[Any]) -> None:
        self._expired.add(task)
        task.cancel()


class Method:
    """One unary-unary method of this server, ready to be called by any transport."""

    __slots__ = ("deserialize", "handler", "module", "name", "running", "serialize", "short", "timeout")

    def __init__(
        self,
        path: str,
        *,
        module: str,
        timeout: float,
        running: Running,
        handler: Callable[[Any, Any], Awaitable[Any]],
        deserialize: Callable[[bytes], Any],
        serialize: Callable[[Any], bytes],
    ) -> None:
        self.name = path[1:]
        self.short = f"{module}.{path.rpartition('/')[2]}"
        self.module = module
        self.timeout = timeout
        self.running = running
        self.handler = handler
        self.deserialize = deserialize
        self.serialize = serialize

    async def call(self, request: Any, context: Any, traceparent: str | None, limit: float | None) -> Any:
        """Runs the handler in the current task, which must serve this call alone. Raises Fault for whatever
        went wrong, CancelledError when the caller went away."""
        seconds = self.timeout if limit is None else limit
        deadline = time.monotonic() + seconds
        around = Ambient(self.module, telemetry.remote(traceparent), deadline)
        around.span = span = telemetry.begin_rpc(self.name, "server", around)
        current.set(around)
        task = asyncio.current_task()
        assert task is not None
        self.running.enter(task, deadline)
        expired = False
        try:
            try:
                return await self.handler(request, context)
            finally:
                expired = self.running.leave(task)
        except BaseException as error:
            fault = as_fault(error, self.module, self.short, seconds if expired else None)
            if fault is None and not task.cancelling():
                # Something inside the handler was cancelled, not the handler: its caller still waits.
                fault = Fault("CANCELLED", f"{self.short} was cancelled.", origin=self.module)
            mark(span, fault)
            if fault is None:
                raise
            raise fault from None
        finally:
            span.end()
            if _DURATION.on:
                _DURATION.record(time.monotonic() - deadline + seconds, {"rpc.method": self.name})


def mark(span: telemetry.Span | telemetry.Unrecorded, fault: Fault | None) -> None:
    """Writes on a span how its call failed; None stands for a cancelled one."""
    if fault is None:
        span.fail("CANCELLED")
        return
    span.fail(fault.reason, fault.message)
    span.set("rpc.response.status_code", _CODES[fault.code].name)


def as_fault(error: BaseException, module: str, short: str, expired: float | None = None) -> Fault | None:
    """The fault that a handler's exception becomes; None for a cancellation, which passes as it is.

    expired: the seconds that it had, where it was cancelled because they were over.
    """
    if isinstance(error, Fault):
        error.origin = error.origin or module
        return error
    if isinstance(error, TimeoutError) or (expired is not None and isinstance(error, asyncio.CancelledError)):
        within = "in time" if expired is None else f"within {expired:.3g} s"
        return Fault(
            "DEADLINE_EXCEEDED",
            f"{short} did not finish {within}.",
            metadata={"timed_out": short},
            origin=module,
        )
    if not isinstance(error, Exception):
        return None
    reference = secrets.token_hex(4)
    _log.error("%s failed", short, exc_info=error, extra={"reference": reference})
    return Fault(
        "INTERNAL",
        f"{module} failed; its log holds the reason under id {reference}.",
        metadata={"reference": reference},
        origin=module,
    )


async def abort(context: Any, fault: Fault, module: str) -> None:
    """Ends a gRPC call with a fault."""
    status: status_pb2.Status = to_status(fault, module)
    trailers = (("grpc-status-details-bin", status.SerializeToString()), _NO_RETRY)
    await context.abort(_CODES[fault.code], fault.message, trailers)


def _traceparent(context: Any) -> str | None:
    for key, value in context.invocation_metadata() or ():
        if key == "traceparent":
            return str(value)
    return None


def _limit(context: Any) -> float | None:
    left: float | None = context.time_remaining()
    # grpc.aio reports a call without deadline as one of centuries.
    return None if left is None or left > 1e8 else left


class _Details(grpc.HandlerCallDetails):  # type: ignore[misc]  # untyped
    """What a generic handler is asked for a method with."""

    def __init__(self, method: str) -> None:
        self.method = method
        self.invocation_metadata = ()


class Registry:
    """Stands in for the server when generated code registers a servicer, and wraps every handler on its way
    there."""

    def __init__(self, module: str, timeout: float) -> None:
        self._module = module
        self._timeout = timeout
        self.running = Running()
        self.unary: dict[str, Method] = {}
        self.services: dict[str, dict[str, grpc.RpcMethodHandler]] = {}
        self._registered: dict[str, grpc.RpcMethodHandler] = {}
        self._generic: list[grpc.GenericRpcHandler] = []

    def add_generic_rpc_handlers(self, handlers: Iterable[grpc.GenericRpcHandler]) -> None:
        """Called by generated code with the servicer's bound methods, and by older such code only this."""
        self._generic.extend(handlers)

    def add_registered_method_handlers(self, service: str, handlers: dict[str, Any]) -> None:
        """Called by generated code with the servicer's bound methods."""
        self._registered.update({f"/{service}/{name}": handler for name, handler in handlers.items()})

    def take(self, add: Callable[[Any, Any], None], servicer: object, descriptor: Any) -> list[str]:
        """Registers a servicer for the services of a proto file; gives the names of those that it serves."""
        add(servicer, self)
        served = []
        for service in descriptor.services_by_name.values():
            found = {method.name: self._handler(f"/{service.full_name}/{method.name}") for method in service.methods}
            handlers = {name: handler for name, handler in found.items() if handler is not None}
            if handlers:
                self.services[service.full_name] = handlers
                served.append(service.full_name)
        if not served:
            raise TypeError(f"{type(servicer).__name__} serves nothing that {descriptor.name} declares")
        self._registered.clear()
        self._generic.clear()
        return served

    def _handler(self, path: str) -> grpc.RpcMethodHandler | None:
        """The wrapped handler of a method; None where the servicer left it as it was generated, so that gRPC
        answers UNIMPLEMENTED by itself."""
        handler = self._registered.get(path)
        for generic in self._generic:
            handler = handler or generic.service(_Details(path))
        return None if handler is None or _inherited(handler) else self._wrapped(path, handler)

    def install(self, server: grpc.aio.Server) -> None:
        """Gives everything that was registered to the real server."""
        for service, handlers in self.services.items():
            server.add_generic_rpc_handlers((grpc.method_handlers_generic_handler(service, handlers),))
            server.add_registered_method_handlers(service, handlers)

    def _wrapped(self, path: str, handler: Any) -> grpc.RpcMethodHandler:
        if handler.request_streaming:
            raise TypeError(f"{path}: methods that take a stream are not served by the mesh")
        if handler.response_streaming:
            if not inspect.isasyncgenfunction(handler.unary_stream):
                raise TypeError(f"{path}: a server-streaming handler must be an async generator")
            return grpc.unary_stream_rpc_method_handler(
                _streaming(path, self._module, self.running, handler.unary_stream),
                _reading(handler.request_deserializer),
                handler.response_serializer,
            )
        if not inspect.iscoroutinefunction(handler.unary_unary):
            raise TypeError(f"{path}: a handler must be a coroutine function")
        method = Method(
            path,
            module=self._module,
            timeout=self._timeout,
            running=self.running,
            handler=handler.unary_unary,
            deserialize=handler.request_deserializer or bytes,
            serialize=handler.response_serializer or bytes,
        )
        self.unary[path] = method
        return grpc.unary_unary_rpc_method_handler(
            _plain(method), _reading(handler.request_deserializer), handler.response_serializer
        )


def _inherited(handler: Any) -> bool:
    """Whether a handler is what the generated servicer base class has."""
    function = handler.unary_unary or handler.unary_stream or handler.stream_unary or handler.stream_stream
    return str(getattr(function, "__module__", "")).endswith("_pb2_grpc")


class _Unreadable:
    """Stands for a request whose bytes are no message: gRPC itself would answer with the library's words, as UNKNOWN."""


_UNREADABLE = _Unreadable()


def _reading(deserialize: Callable[[bytes], Any] | None) -> Callable[[bytes], Any]:
    """Reads requests; what cannot be read is left to the handler to refuse."""

    def read(payload: bytes) -> Any:
        try:
            return payload if deserialize is None else deserialize(payload)
        except DecodeError:
            return _UNREADABLE

    return read


def unreadable(short: str) -> Fault:
    """The fault of a request whose bytes are no message."""
    return Fault("INVALID_ARGUMENT", f"{short}: the request cannot be read.")


def _plain(method: Method) -> Callable[[Any, Any], Awaitable[Any]]:
    async def handle(request: Any, context: Any) -> Any:
        if request is _UNREADABLE:
            await abort(context, unreadable(method.short), method.module)
        try:
            return await method.call(request, context, _traceparent(context), _limit(context))
        except Fault as fault:
            await abort(context, fault, method.module)

    return handle


def _streaming(
    path: str, module: str, running: Running, handler: Callable[[Any, Any], AsyncGenerator[Any, None]]
) -> Callable[[Any, Any], AsyncIterator[Any]]:
    """Streams have no default deadline: a watch lasts as long as its watcher. One that has a deadline is work
    like a unary call, which a drain waits for."""
    name, short = path[1:], f"{module}.{path.rpartition('/')[2]}"

    async def handle(request: Any, context: Any) -> AsyncIterator[Any]:
        if request is _UNREADABLE:
            await abort(context, unreadable(short), module)
        seconds = _limit(context)
        deadline = None if seconds is None else time.monotonic() + seconds
        around = Ambient(module, telemetry.remote(_traceparent(context)), deadline)
        around.span = span = telemetry.begin_rpc(name, "server", around)
        current.set(around)
        task = asyncio.current_task()
        assert task is not None
        if deadline is not None:
            running.enter(task, deadline)
        expired = False
        responses = handler(request, context)
        try:
            try:
                async for response in responses:
                    yield response
            finally:
                expired = deadline is not None and running.leave(task)
                await responses.aclose()
        except GeneratorExit:
            raise
        except BaseException as error:
            fault = as_fault(error, module, short, seconds if expired else None)
            mark(span, fault)
            if fault is None:
                raise
            await abort(context, fault, module)
        finally:
            span.end()

    return handle
