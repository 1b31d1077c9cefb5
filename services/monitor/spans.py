"""Spans as the monitor keeps them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.common.v1.common_pb2 import AnyValue
from opentelemetry.proto.trace.v1 import trace_pb2

from services.monitor.shapes import statement_digest

_LONGEST_STATEMENT = 500
_PUBLIC = "maestro.orchestrator.v1.Orchestrator/"


@dataclass(frozen=True, slots=True)
class SpanRecord:
    """One span. Ids are lower-case hex, 32 and 16 digits; parent_id is "" for a root; times are nanoseconds."""

    trace_id: str
    span_id: str
    parent_id: str
    module: str
    name: str
    kind: int
    start_ns: int
    elapsed_ns: int
    ok: bool
    message: str
    attributes: Mapping[str, str]

    @property
    def end_ns(self) -> int:
        """When it ended."""
        return self.start_ns + self.elapsed_ns

    @property
    def root(self) -> bool:
        """Whether a trace begins with it for those who list traces: without parent, or a call of the public interface,
        whose parent is the caller's own span and may never arrive here."""
        return not self.parent_id or (self.kind == trace_pb2.Span.SPAN_KIND_SERVER and self.name.startswith(_PUBLIC))

    @property
    def measure(self) -> str | None:
        """What its time is counted under: "step <workflow>.<step>", "call <caller> → <callee> <method>",
        "sql <statement>"; None: under nothing."""
        step = self.attributes.get("maestro.step")
        if step and self.kind == trace_pb2.Span.SPAN_KIND_INTERNAL:
            return f"step {self.attributes.get('maestro.workflow', '')}.{step}"
        if self.kind != trace_pb2.Span.SPAN_KIND_CLIENT:
            return None
        statement = self.attributes.get("db.query.text")
        if statement:
            return f"sql {' '.join(statement.split())[:_LONGEST_STATEMENT]}"
        service, slash, method = self.name.partition("/")
        if slash:
            return f"call {self.module} → {service.rpartition('.')[2].lower()} {method}"
        return None

    @property
    def statement(self) -> str | None:
        """The statement that it ran, as shapes.statement_digest; None where it ran none."""
        sql = self.attributes.get("db.query.text")
        if not sql or self.kind != trace_pb2.Span.SPAN_KIND_CLIENT:
            return None
        return statement_digest(self.attributes.get("maestro.source", ""), sql)


def read_export(request: ExportTraceServiceRequest) -> Iterator[SpanRecord]:
    """The spans of an OTLP export; ones without ids of the right length are left out."""
    for resource in request.resource_spans:
        module = next((a.value.string_value for a in resource.resource.attributes if a.key == "service.name"), "")
        for scope in resource.scope_spans:
            for span in scope.spans:
                if len(span.trace_id) == 16 and len(span.span_id) == 8:
                    yield _record(span, module)


def _record(span: trace_pb2.Span, module: str) -> SpanRecord:
    attributes = {each.key: _text(each.value) for each in span.attributes}
    return SpanRecord(
        trace_id=span.trace_id.hex(),
        span_id=span.span_id.hex(),
        parent_id=span.parent_span_id.hex(),
        module=attributes.get("maestro.module", module),
        name=span.name,
        kind=span.kind,
        start_ns=span.start_time_unix_nano,
        elapsed_ns=max(0, span.end_time_unix_nano - span.start_time_unix_nano),
        ok=span.status.code != trace_pb2.Status.STATUS_CODE_ERROR,
        message=span.status.message,
        attributes=attributes,
    )


def _text(value: AnyValue) -> str:
    kind = value.WhichOneof("value")
    if kind is None:
        return ""
    if kind == "array_value":
        return ", ".join(_text(each) for each in value.array_value.values)
    if kind == "bool_value":
        return "true" if value.bool_value else "false"
    plain = getattr(value, kind)
    return plain.hex() if isinstance(plain, bytes) else str(plain)
