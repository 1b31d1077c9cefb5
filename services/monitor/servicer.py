"""Translates between messages and spans."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import Any

import grpc
from opentelemetry.proto.collector.trace.v1 import trace_service_pb2

from maestro.monitor.v1 import monitor_pb2 as pb
from mesh.fault import Fault
from services.monitor.advice.advisor import Advisor
from services.monitor.advice.applied import Applied
from services.monitor.advice.postgres import AdviceStore
from services.monitor.critical_path import critical_path
from services.monitor.postgres import MeasuredTimes, SpanStore
from services.monitor.shapes import bare, shape_digest, statement_digest
from services.monitor.spans import SpanRecord, read_export
from services.monitor.writer import SpanWriter

_KINDS = {1: "internal", 2: "server", 3: "client", 4: "producer", 5: "consumer"}
_PREFIX = re.compile(r"[0-9a-f]{6,32}")
_TRACE_SERVICE = trace_service_pb2.DESCRIPTOR.services_by_name["TraceService"].full_name
_END_OF_TIME = 2**63 - 1
_BEGINNING = datetime(1970, 1, 1, tzinfo=UTC)
_MOST_PLANS, _LARGEST_PLAN = 100, 262_144  # plans in a request, bytes of one


class TraceReceiver:
    """opentelemetry.proto.collector.trace.v1.TraceService."""

    def __init__(self, writer: SpanWriter) -> None:
        self._writer = writer

    async def Export(self, request: Any, context: Any) -> Any:
        """Takes spans and answers at once; writing them is not the sender's business."""
        self._writer.put(read_export(request))
        return trace_service_pb2.ExportTraceServiceResponse()


def add_trace_receiver(servicer: TraceReceiver, server: Any) -> None:
    """As generated code registers a servicer today; opentelemetry-proto's own is of an older form."""
    handler = grpc.unary_unary_rpc_method_handler(
        servicer.Export,
        request_deserializer=trace_service_pb2.ExportTraceServiceRequest.FromString,
        response_serializer=trace_service_pb2.ExportTraceServiceResponse.SerializeToString,
    )
    server.add_registered_method_handlers(_TRACE_SERVICE, {"Export": handler})


class MonitorServicer:
    """maestro.monitor.v1.Monitor."""

    def __init__(
        self, store: SpanStore, writer: SpanWriter, advice: AdviceStore, advisor: Advisor, applied: Applied
    ) -> None:
        self._store = store
        self._writer = writer
        self._advice = advice
        self._advisor = advisor
        self._applied = applied

    async def GetTrace(self, request: pb.GetTraceRequest, context: Any) -> pb.GetTraceResponse:
        """Spans of one trace, and the ones on its critical path."""
        prefix = request.trace_id.strip().lower()
        if not _PREFIX.fullmatch(prefix):
            raise Fault(
                "TRACE_UNKNOWN", f"{request.trace_id[:40]!r} is not the id of a trace, nor 6 first digits of one."
            )
        await self._writer.flush()
        spans = await self._store.trace(prefix)
        found = sorted({span.trace_id for span in spans})
        if not found:
            raise Fault("TRACE_UNKNOWN", f"No trace begins with {prefix}.")
        if len(found) > 1:
            raise Fault("TRACE_UNKNOWN", f"{len(found)} traces begin with {prefix}: {', '.join(found[:5])}.")
        return pb.GetTraceResponse(spans=[_span(span) for span in spans], critical_path=critical_path(spans))

    async def ListTraces(self, request: pb.ListTracesRequest, context: Any) -> pb.ListTracesResponse:
        """Root spans, newest first."""
        await self._writer.flush()
        size = min(request.page_size or 20, 500)
        before = _END_OF_TIME
        if request.page_token:
            try:
                before = int(request.page_token)
            except ValueError:
                raise Fault("PAGE_TOKEN_INVALID", "The page token is not one of ListTraces.") from None
        least = int(request.min_elapsed.ToTimedelta() / timedelta(microseconds=1)) * 1000
        roots = await self._store.roots(before, least, size)
        token = str(roots[-1].start_ns) if len(roots) == size else ""
        return pb.ListTracesResponse(roots=[_span(span) for span in roots], next_page_token=token)

    async def GetTimes(self, request: pb.GetTimesRequest, context: Any) -> pb.GetTimesResponse:
        """How long steps, connections and statements took."""
        await self._writer.flush()
        since = datetime.now(UTC) - timedelta(hours=1)
        if request.HasField("since_time"):
            since = request.since_time.ToDatetime(UTC)
        response = pb.GetTimesResponse()
        lists = {"step": response.steps, "call": response.connections, "sql": response.statements}
        for times in await self._store.times(since):
            kind, _, name = times.measure.partition(" ")
            lists[kind].append(_times(name, times))
        return response

    async def RecordPlans(self, request: pb.RecordPlansRequest, context: Any) -> pb.RecordPlansResponse:
        """Keeps which plan a statement was made of."""
        _within("plans", len(request.plans), _MOST_PLANS)
        rows = []
        for each in request.plans:
            plan = bare(each.plan)
            source = each.source.lower()
            if each.sql and plan.ByteSize() <= _LARGEST_PLAN:
                as_of = each.as_of_time.ToDatetime(UTC) if each.HasField("as_of_time") else None
                statement = statement_digest(source, each.sql)
                rows.append((statement, source, each.sql, shape_digest(plan), plan, each.time_zone, as_of))
        return pb.RecordPlansResponse(added=await self._advice.record(rows))

    async def Advise(self, request: pb.AdviseRequest, context: Any) -> pb.AdviseResponse:
        """Indexes that are missing, and what came of those that were made."""
        _within("max_suggestions", request.max_suggestions, 50)
        await self._writer.flush()
        source = request.context.source.lower()
        since = request.since_time.ToDatetime(UTC) if request.HasField("since_time") else _BEGINNING
        # First, so that what is there now is not suggested again as if it had never been.
        await self._applied.look(source)
        response = await self._advisor.advise(source, since, request.max_suggestions or 10)
        response.applied.extend(await self._applied.told(source))
        return response


def _within(field: str, number: int, most: int) -> None:
    if not 0 <= number <= most:
        why = f"must be between 0 and {most}"
        raise Fault("INVALID_ARGUMENT", f"{field} {why}.", violations=[(field, why)])


def _span(span: SpanRecord) -> pb.Span:
    message = pb.Span(
        trace_id=span.trace_id,
        span_id=span.span_id,
        parent_span_id=span.parent_id,
        name=span.name,
        module=span.module,
        kind=_KINDS.get(span.kind, "internal"),
        attributes=span.attributes,
        ok=span.ok,
        status_message=span.message,
    )
    message.start_time.FromNanoseconds(span.start_ns)
    message.elapsed.FromNanoseconds(span.elapsed_ns)
    return message


def _times(name: str, times: MeasuredTimes) -> pb.Times:
    message = pb.Times(name=name, count=times.count, failure_rate=times.failure_rate)
    for field, value in zip((message.p50, message.p95, message.p99), times.percentiles, strict=True):
        field.FromNanoseconds(round(value))
    message.total.FromNanoseconds(round(times.total))
    return message
