"""The monitor over its socket, with real PostgreSQL: what goes in by OTLP comes out as traces and times."""

from __future__ import annotations

import secrets
import time
from collections.abc import AsyncIterator

import pytest
from opentelemetry.proto.collector.trace.v1 import trace_service_pb2, trace_service_pb2_grpc
from opentelemetry.proto.common.v1.common_pb2 import AnyValue, KeyValue
from opentelemetry.proto.resource.v1.resource_pb2 import Resource
from opentelemetry.proto.trace.v1 import trace_pb2

from deploy.state.migrate import migrate
from maestro.monitor.v1 import monitor_pb2 as pb
from maestro.monitor.v1 import monitor_pb2_grpc
from mesh.fault import Fault
from mesh.testing import Mesh, start
from services.monitor.__main__ import build

INTERNAL, SERVER, CLIENT = 1, 2, 3


@pytest.fixture
async def mesh(database: str) -> AsyncIterator[Mesh]:
    migrate(database)
    async with start({"monitor": build}, env={"MAESTRO_STATE": database, "MAESTRO_MONITOR_INTERVAL": "60"}) as mesh:
        yield mesh


def a_span(trace: bytes, name: str, kind: int, parent: bytes = b"", ms: int = 5, **attributes: str) -> trace_pb2.Span:
    now = time.time_ns()
    return trace_pb2.Span(
        trace_id=trace,
        span_id=secrets.token_bytes(8),
        parent_span_id=parent,
        name=name,
        kind=kind,
        start_time_unix_nano=now,
        end_time_unix_nano=now + ms * 1_000_000,
        attributes=[
            KeyValue(key=key.replace("__", "."), value=AnyValue(string_value=value))
            for key, value in attributes.items()
        ],
    )


async def send(mesh: Mesh, module: str, *spans: trace_pb2.Span) -> None:
    resource = Resource(attributes=[KeyValue(key="service.name", value=AnyValue(string_value=module))])
    scope = trace_pb2.ScopeSpans(spans=spans)
    request = trace_service_pb2.ExportTraceServiceRequest(
        resource_spans=[trace_pb2.ResourceSpans(resource=resource, scope_spans=[scope])]
    )
    await mesh.stub(trace_service_pb2_grpc.TraceServiceStub, "monitor").Export(request)


async def test_a_trace_comes_back_whole_by_its_first_digits(mesh: Mesh) -> None:
    trace = secrets.token_bytes(16)
    root = a_span(trace, "maestro.orchestrator.v1.Orchestrator/RunQuery", SERVER, ms=50)
    step = a_span(trace, "step fetch", INTERNAL, root.span_id, ms=20, maestro__step="fetch", maestro__workflow="query")
    await send(mesh, "orchestrator", root, step)
    stub = mesh.stub(monitor_pb2_grpc.MonitorStub, "monitor")
    found = await stub.GetTrace(pb.GetTraceRequest(trace_id=trace.hex()[:8]))
    assert [span.name for span in found.spans] == [root.name, "step fetch"]
    assert found.spans[1].parent_span_id == found.spans[0].span_id
    assert found.spans[1].attributes["maestro.step"] == "fetch"
    assert found.spans[1].elapsed.ToMilliseconds() == 20
    assert list(found.critical_path) == [root.span_id.hex(), step.span_id.hex()]


async def test_times_are_counted_by_step_connection_and_statement(mesh: Mesh) -> None:
    trace = secrets.token_bytes(16)
    for ms in (10, 20, 30):
        await send(
            mesh,
            "orchestrator",
            a_span(trace, "step x", INTERNAL, b"", ms, maestro__step="x", maestro__workflow="query"),
        )
    await send(mesh, "orchestrator", a_span(trace, "maestro.scanner.v1.Scanner/GetSlice", CLIENT, ms=4))
    failed = a_span(trace, "SELECT t", CLIENT, ms=7, db__query__text="SELECT  a\nFROM t")
    failed.status.code = trace_pb2.Status.STATUS_CODE_ERROR
    await send(mesh, "loader", failed)
    times = await mesh.stub(monitor_pb2_grpc.MonitorStub, "monitor").GetTimes(pb.GetTimesRequest())
    (step,) = times.steps
    assert (step.name, step.count, step.p50.ToMilliseconds(), step.total.ToMilliseconds()) == ("query.x", 3, 20, 60)
    assert [each.name for each in times.connections] == ["orchestrator → scanner GetSlice"]
    assert [(each.name, each.failure_rate) for each in times.statements] == [("SELECT a FROM t", 1.0)]


async def test_traces_are_listed_newest_first_in_pages(mesh: Mesh) -> None:
    for number in range(5):
        await send(mesh, "orchestrator", a_span(secrets.token_bytes(16), f"root {number}", SERVER))
    stub = mesh.stub(monitor_pb2_grpc.MonitorStub, "monitor")
    first = await stub.ListTraces(pb.ListTracesRequest(page_size=3))
    second = await stub.ListTraces(pb.ListTracesRequest(page_size=3, page_token=first.next_page_token))
    names = [root.name for root in (*first.roots, *second.roots)]
    assert names == [f"root {number}" for number in (4, 3, 2, 1, 0)]
    assert not second.next_page_token


@pytest.mark.parametrize("wrong", ["", "zz", "abc", "'; drop table", "a" * 33, "0123456789ab"])
async def test_an_unknown_trace_has_a_reason(mesh: Mesh, wrong: str) -> None:
    with pytest.raises(Fault) as raised:
        await mesh.stub(monitor_pb2_grpc.MonitorStub, "monitor").GetTrace(pb.GetTraceRequest(trace_id=wrong))
    assert raised.value.reason == "TRACE_UNKNOWN"


async def test_ids_of_wrong_length_and_nul_characters_do_no_harm(mesh: Mesh) -> None:
    trace = secrets.token_bytes(16)
    bad = a_span(b"short", "bad", SERVER)
    await send(mesh, "x", bad, a_span(trace, "with\x00nul", SERVER, note="a\x00b"))
    found = await mesh.stub(monitor_pb2_grpc.MonitorStub, "monitor").GetTrace(pb.GetTraceRequest(trace_id=trace.hex()))
    assert [span.name for span in found.spans] == ["withnul"]


async def test_receiving_makes_no_spans_of_its_own(mesh: Mesh) -> None:
    mesh.clear_spans()
    await send(mesh, "x", a_span(secrets.token_bytes(16), "one", SERVER))
    assert not [span for span in mesh.spans() if span.module == "monitor"]


async def test_nothing_is_lost_while_the_database_is_away(postgres: object) -> None:
    """The writer keeps what it could not write, up to its capacity, and counts the rest."""
    from services.monitor.spans import read_export  # used here only
    from services.monitor.writer import SpanWriter

    written: list[int] = []
    away = True

    async def write(spans: object) -> None:
        if away:
            raise Fault("STATE_UNAVAILABLE", "away")
        written.append(len(spans))  # type: ignore[arg-type]

    writer = SpanWriter(write, capacity=3, interval=60)
    scope = trace_pb2.ScopeSpans(spans=[a_span(secrets.token_bytes(16), "s", SERVER) for _ in range(5)])
    request = trace_service_pb2.ExportTraceServiceRequest(resource_spans=[trace_pb2.ResourceSpans(scope_spans=[scope])])
    writer.put(read_export(request))
    with pytest.raises(Fault):
        await writer.flush()
    away = False
    await writer.flush()
    assert (written, writer.dropped) == ([3], 2)
