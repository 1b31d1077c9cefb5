"""Spans and metrics, for every module.

    with telemetry.span("SELECT entregas", kind="client", attributes={"db.namespace": "frete"}) as span:
        ...
        span.set("db.response.returned_rows", 3)

Spans are OpenTelemetry's in all that leaves the process (ids, W3C trace context, parent-based head sampling,
OTLP), but are recorded by a class of our own: a span of the SDK takes ten times as long to make and six times
as long to encode, loading the SDK takes 7 MB of each process, and a question makes some forty spans.
"""

import os
import random
import re
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Final, Literal

from mesh.ambient import Ambient, SpanContext, current
from mesh.attributes import Value, accepts
from mesh.metrics import Counter, Histogram, counter, histogram

__all__ = [
    "UNTRACED",
    "Counter",
    "Histogram",
    "Kind",
    "Span",
    "Unrecorded",
    "begin",
    "begin_rpc",
    "counter",
    "enter",
    "header",
    "histogram",
    "remote",
    "settings",
    "span",
    "span_id",
    "trace_id",
    "traceparent",
]

Kind = Literal["internal", "server", "client", "producer", "consumer"]

# Ids need to be distinct, not secret; asking the kernel for each would cost more than the rest of a span.
_ids: Final = random.Random()  # noqa: S311
os.register_at_fork(after_in_child=_ids.seed)


class Span:
    """One timed piece of work.

    trace_id, span_id, parent_id: lower-case hex ("" for no parent). start_ns, end_ns: nanoseconds since 1970,
    0 while it runs. error: what went wrong, or "". attributes: by declared name.
    """

    __slots__ = (
        "attributes",
        "end_ns",
        "error",
        "kind",
        "module",
        "name",
        "parent_id",
        "sampled",
        "span_id",
        "start_ns",
        "trace_id",
    )

    def __init__(self, name: str, kind: Kind, module: str, trace_id: str, parent_id: str) -> None:
        self.name = name
        self.kind = kind
        self.module = module
        self.trace_id = trace_id
        self.parent_id = parent_id
        self.span_id = f"{_bits(64):016x}"
        self.sampled = True
        self.error = ""
        self.attributes: dict[str, Value] = {}
        self.end_ns = 0
        self.start_ns = time.time_ns()

    def set(self, name: str, value: Value) -> None:
        """Adds an attribute, which mesh/attributes.py must declare."""
        if accepts(name, value):
            self.attributes[name] = value

    def fail(self, error_type: str, message: str = "") -> None:
        """Marks the span as failed."""
        self.error = message or error_type
        self.attributes["error.type"] = error_type

    def end(self) -> None:
        """Ends the span and hands it to the exporters; a second time does nothing."""
        if self.end_ns:
            return
        self.end_ns = time.time_ns()
        for sink in settings.sinks:
            sink(self)

    def __repr__(self) -> str:
        return f"Span({self.module}: {self.name}, {self.kind}, {(self.end_ns - self.start_ns) / 1e6:.3f} ms)"


class Unrecorded:
    """A span of a trace that is not sampled, or one of another process: it only passes the trace on."""

    __slots__ = ("sampled", "span_id", "trace_id")

    def __init__(self, trace_id: str, span_id: str, sampled: bool) -> None:
        self.trace_id = trace_id
        self.span_id = span_id
        self.sampled = sampled

    def set(self, name: str, value: Value) -> None:
        """Nothing is recorded."""

    def fail(self, error_type: str, message: str = "") -> None:
        """Nothing is recorded."""

    def end(self) -> None:
        """Nothing is recorded."""


# Services whose calls are no spans: the one that receives spans, and health, which is asked for all the time.
UNTRACED: Final = ("opentelemetry.", "grpc.health.")

Sink = Callable[[Span], None]


class _Settings:
    """How this process records: who gets finished spans, and what share of new traces."""

    def __init__(self) -> None:
        self.sinks: tuple[Sink, ...] = ()
        self.ratio = 1.0


settings: Final = _Settings()
_TRACEPARENT: Final = re.compile(r"00-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})\Z").match
# Later versions may append fields, and no version is ff.
_LATER: Final = re.compile(r"(?!00|ff)[0-9a-f]{2}-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})(?:-.*)?\Z").match
_NO_TRACE: Final = "0" * 32
_NO_SPAN: Final = "0" * 16
_MASK: Final = (1 << 64) - 1


def _bits(count: int) -> int:
    """Never 0, which W3C reserves for no id."""
    return _ids.getrandbits(count) or 1


def begin(name: str, kind: Kind, around: Ambient, module: str = "") -> Span | Unrecorded:
    """Starts a span under the given surroundings without making it current. Whoever calls it must end it."""
    parent = around.span
    if parent is None:
        trace = _bits(128)
        # The same rule as the SDK's TraceIdRatioBased, so that other samplers on the way decide alike.
        if (trace & _MASK) >= settings.ratio * (1 << 64):
            return Unrecorded(f"{trace:032x}", f"{_bits(64):016x}", False)
        return Span(name, kind, module or around.module, f"{trace:032x}", "")
    if not parent.sampled:
        return Unrecorded(parent.trace_id, parent.span_id, False)
    return Span(name, kind, module or around.module, parent.trace_id, parent.span_id)


def begin_rpc(name: str, kind: Kind, around: Ambient) -> Span | Unrecorded:
    """Starts the span of a call, `maestro.scanner.v1.Scanner/GetCatalog`."""
    if name.startswith(UNTRACED):
        return Unrecorded("0" * 32, "0" * 16, sampled=False)
    made = begin(name, kind, around)
    if isinstance(made, Span):
        made.attributes = {"rpc.system.name": "grpc", "rpc.method": name}
    return made


@contextmanager
def span(
    name: str, kind: Kind = "internal", attributes: Mapping[str, Value] | None = None
) -> Iterator[Span | Unrecorded]:
    """A span around a block, a child of the current one. An exception that leaves it marks it as failed."""
    around = current.get()
    made = begin(name, kind, around)
    for key, value in (attributes or {}).items():
        made.set(key, value)
    token = current.set(Ambient(around.module, made, around.deadline))
    try:
        yield made
    except BaseException as error:
        made.fail(getattr(error, "reason", "") or type(error).__name__, str(error))
        raise
    finally:
        current.reset(token)
        made.end()


def annotate(name: str, value: Value) -> None:
    """Adds an attribute to the current span, where one of this process is recorded."""
    here = current.get().span
    if isinstance(here, Span):
        here.set(name, value)


def enter(module: str) -> None:
    """Says whose code runs from here on in this task."""
    around = current.get()
    current.set(Ambient(module, around.span, around.deadline))


def trace_id() -> str:
    """The current trace's id, 32 lower-case hex digits, or ""."""
    here = current.get().span
    return "" if here is None else here.trace_id


def span_id() -> str:
    """The current span's id, 16 lower-case hex digits, or ""."""
    here = current.get().span
    return "" if here is None else here.span_id


def header(here: SpanContext) -> str:
    """A span as a W3C traceparent."""
    return f"00-{here.trace_id}-{here.span_id}-{'01' if here.sampled else '00'}"


def traceparent() -> str:
    """The current span as a W3C traceparent, or ""."""
    here = current.get().span
    return "" if here is None else header(here)


def remote(header: str | None) -> Unrecorded | None:
    """The span that a W3C traceparent names, or None where it is absent or malformed."""
    found = (_TRACEPARENT(header) or _LATER(header)) if header else None
    if found is None:
        return None
    trace, parent, flags = found.groups()
    if trace == _NO_TRACE or parent == _NO_SPAN:
        return None
    return Unrecorded(trace, parent, bool(int(flags, 16) & 1))
