"""Finished spans on their way out of the process, as OTLP over gRPC.

Nothing ever waits for an exporter: a span is appended to a bounded queue and a background task sends batches. While
the receiver is away the queue fills up; what then finds no place is dropped and counted.
"""

import asyncio
import logging
import os
import socket
import time
from collections import deque
from collections.abc import Awaitable, Callable, Iterable, Mapping
from typing import Any, Final

import grpc
from opentelemetry.proto.collector.trace.v1 import trace_service_pb2
from opentelemetry.proto.trace.v1 import trace_pb2

from mesh import telemetry
from mesh.ambient import Ambient, current
from mesh.attributes import Value

_log = logging.getLogger(__name__)

EXPORT: Final = "/opentelemetry.proto.collector.trace.v1.TraceService/Export"
Request = trace_service_pb2.ExportTraceServiceRequest
Response = trace_service_pb2.ExportTraceServiceResponse
Send = Callable[[trace_service_pb2.ExportTraceServiceRequest], Awaitable[Any]]

# Spans of one message: encoding them keeps the event loop busy for a millisecond or two.
_BATCH: Final = 256
_LONGEST_PAUSE: Final = 5.0
_SEND_TIMEOUT: Final = 10.0
# Sampled, and whether the parent is in another process: known, and so or not so.
_LOCAL, _REMOTE = 0x101, 0x301
_KINDS: Final[dict[str, Any]] = {
    "internal": trace_pb2.Span.SPAN_KIND_INTERNAL,
    "server": trace_pb2.Span.SPAN_KIND_SERVER,
    "client": trace_pb2.Span.SPAN_KIND_CLIENT,
    "producer": trace_pb2.Span.SPAN_KIND_PRODUCER,
    "consumer": trace_pb2.Span.SPAN_KIND_CONSUMER,
}


def encode(spans: Iterable[telemetry.Span]) -> trace_service_pb2.ExportTraceServiceRequest:
    """Spans as an OTLP request, grouped by the module that made them, which is their service.name."""
    request = Request()
    scopes: dict[str, Any] = {}
    for span in spans:
        scope = scopes.get(span.module)
        if scope is None:
            group = request.resource_spans.add()
            _put(group.resource.attributes, resource(span.module))
            scope = scopes[span.module] = group.scope_spans.add()
            scope.scope.name = "maestro.mesh"
        made = scope.spans.add(
            trace_id=bytes.fromhex(span.trace_id),
            span_id=bytes.fromhex(span.span_id),
            parent_span_id=bytes.fromhex(span.parent_id),
            name=span.name,
            kind=_KINDS[span.kind],
            start_time_unix_nano=span.start_ns,
            end_time_unix_nano=span.end_ns,
            flags=_REMOTE if span.kind == "server" else _LOCAL,
        )
        _put(made.attributes, span.attributes)
        if span.error:
            made.status.code = trace_pb2.Status.STATUS_CODE_ERROR
            made.status.message = span.error
    return request


def resource(module: str) -> dict[str, Value]:
    """What says which process a span or a metric comes from; OTEL_RESOURCE_ATTRIBUTES adds to it."""
    attributes: dict[str, Value] = {
        "service.name": module or "maestro",
        "service.namespace": "maestro",
        "service.instance.id": f"{socket.gethostname()}:{os.getpid()}",
    }
    for pair in os.environ.get("OTEL_RESOURCE_ATTRIBUTES", "").split(","):
        key, separator, value = pair.partition("=")
        if separator:
            attributes[key.strip()] = value.strip()
    return attributes


def _put(target: Any, attributes: Mapping[str, Value]) -> None:
    for key, value in attributes.items():
        kept = target.add(key=key).value
        if isinstance(value, str):
            kept.string_value = value
        elif isinstance(value, bool):
            kept.bool_value = value
        elif isinstance(value, int):
            kept.int_value = value
        elif isinstance(value, float):
            kept.double_value = value
        else:
            # Setting a field of the list makes the value a list, even an empty one.
            kept.array_value.SetInParent()
            for each in value:
                kept.array_value.values.add(string_value=each)


class Exporter:
    """Sends spans to one receiver.

    name: of the receiver, for logs. send: delivers one request or raises. size: spans that wait at most.
    interval: seconds between two deliveries.
    """

    def __init__(self, name: str, send: Send, *, size: int, interval: float) -> None:
        self._name = name
        self._send = send
        self._size = size
        self._interval = interval
        self._queue: deque[telemetry.Span] = deque()
        self._away = False
        self._unreported = 0
        self._reported_at = 0.0
        self.dropped = 0
        """Spans that found no place in the queue, since the start."""
        self.sent = 0
        """Spans that were delivered, since the start."""

    def take(self, span: telemetry.Span) -> None:
        """A sink for finished spans; never waits."""
        if len(self._queue) < self._size:
            self._queue.append(span)
        else:
            self.dropped += 1
            self._unreported += 1

    async def run(self) -> None:
        """Delivers until cancelled."""
        quiet = telemetry.Unrecorded("0" * 32, "0" * 16, sampled=False)
        # Sending spans makes none, or there would be no end of them.
        current.set(Ambient(current.get().module, quiet, None))
        pause = self._interval
        while True:
            await asyncio.sleep(pause)
            pause = self._interval if await self.flush() else min(pause * 2, _LONGEST_PAUSE)
            self._report()

    async def flush(self) -> bool:
        """Delivers what waits; whether all of it arrived. What did not waits on."""
        while self._queue:
            batch = [self._queue.popleft() for _ in range(min(_BATCH, len(self._queue)))]
            try:
                await self._send(encode(batch))
            except Exception as error:
                self._put_back(batch)
                if not self._away:
                    _log.info("spans cannot be delivered to %s: %s", self._name, error)
                self._away = True
                return False
            except asyncio.CancelledError:
                self._put_back(batch)
                raise
            self._away = False
            self.sent += len(batch)
            await asyncio.sleep(0)
        return True

    def _put_back(self, batch: list[telemetry.Span]) -> None:
        """Keeps the newest of a batch that was not delivered, as far as there is room for it."""
        room = max(0, self._size - len(self._queue))
        lost = max(0, len(batch) - room)
        self.dropped += lost
        self._unreported += lost
        self._queue.extendleft(reversed(batch[lost:]))

    def _report(self) -> None:
        if self._unreported and time.monotonic() - self._reported_at > 60:
            _log.warning("%d spans for %s were dropped", self._unreported, self._name)
            self._unreported = 0
            self._reported_at = time.monotonic()


def otlp_endpoint(signal: str) -> str:
    """The endpoint that OpenTelemetry's own variables name for "TRACES" or "METRICS", or ""."""
    told = os.environ.get(f"OTEL_EXPORTER_OTLP_{signal}_ENDPOINT") or os.environ.get("OTEL_EXPORTER_OTLP_ENDPOINT", "")
    return told.strip()


def otlp_sender(endpoint: str) -> tuple[Send, Callable[[], Awaitable[None]]]:
    """How to deliver spans to an OTLP endpoint, `http://host:4317` or `https://…`, and how to let go of
    it."""
    secure = endpoint.startswith("https://")
    address = endpoint.partition("://")[2].rstrip("/") or endpoint
    if secure:
        channel = grpc.aio.secure_channel(address, grpc.ssl_channel_credentials())
    else:
        channel = grpc.aio.insecure_channel(address)
    call = channel.unary_unary(EXPORT, Request.SerializeToString, Response.FromString)
    metadata = otlp_headers()

    async def send(request: trace_service_pb2.ExportTraceServiceRequest) -> Any:
        return await call(request, timeout=_SEND_TIMEOUT, metadata=metadata)

    async def close() -> None:
        await channel.close()

    return send, close


def otlp_headers() -> tuple[tuple[str, str], ...]:
    """OTEL_EXPORTER_OTLP_HEADERS, `key=value` pairs separated by commas."""
    pairs = (each.partition("=") for each in os.environ.get("OTEL_EXPORTER_OTLP_HEADERS", "").split(","))
    return tuple((key.strip().lower(), value.strip()) for key, separator, value in pairs if separator)
