# gRPC's names
"""Spans and metrics on their way out."""

import asyncio
import logging
from typing import Any

import grpc
import pytest
from opentelemetry.proto.collector.metrics.v1 import metrics_service_pb2, metrics_service_pb2_grpc
from opentelemetry.proto.collector.trace.v1 import trace_service_pb2, trace_service_pb2_grpc
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import InMemoryMetricReader

from maestro.mesh.v1 import link_pb2_grpc
from mesh import export, metrics, telemetry
from mesh.ambient import Ambient
from mesh.node import Node
from mesh.testing import start
from tests.mesh.echo import Service, say, until


class Receiver(trace_service_pb2_grpc.TraceServiceServicer):
    """What the monitor and a collector are to the mesh."""

    def __init__(self, *, traced: bool = False) -> None:
        self.requests: list[Any] = []
        self.traced = traced

    async def Export(self, request: Any, context: Any) -> Any:
        self.requests.append(request)
        if self.traced:
            # A receiver that makes spans of its own must not be flooded by them.
            with telemetry.span("INSERT spans"):
                pass
        return trace_service_pb2.ExportTraceServiceResponse()

    def spans(self) -> list[tuple[str, str]]:
        return [
            (attribute.value.string_value, span.name)
            for request in self.requests
            for group in request.resource_spans
            for attribute in group.resource.attributes
            if attribute.key == "service.name"
            for scope in group.scope_spans
            for span in scope.spans
        ]

    async def build(self, node: Node) -> None:
        node.serve(
            trace_service_pb2_grpc.add_TraceServiceServicer_to_server,
            self,
            trace_service_pb2.DESCRIPTOR,
        )


def made(name: str = "work") -> telemetry.Span:
    span = telemetry.begin(name, "server", Ambient("scanner", None, None))
    assert isinstance(span, telemetry.Span)
    span.end_ns = span.start_ns + 5
    return span


def test_a_span_as_otlp(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OTEL_RESOURCE_ATTRIBUTES", "deployment.environment.name=test, broken")
    span = made("SELECT entregas")
    span.parent_id = "00f067aa0ba902b7"
    for key, value in {
        "maestro.rows": 3,
        "maestro.step.optional": True,
        "maestro.query.cost": 1.5,
        "maestro.index": ("a", "b"),
        "maestro.issues.codes": (),
        "db.system.name": "postgresql",
    }.items():
        span.set(key, value)
    span.fail("STATEMENT_TIMEOUT", "cut")
    request = export.encode([span, made()])
    (group,) = request.resource_spans
    resource = {each.key: each.value.string_value for each in group.resource.attributes}
    assert resource["service.name"] == "scanner"
    assert resource["service.namespace"] == "maestro"
    assert resource["deployment.environment.name"] == "test"
    sent, other = group.scope_spans[0].spans
    assert (sent.trace_id.hex(), sent.span_id.hex()) == (span.trace_id, span.span_id)
    assert sent.parent_span_id.hex() == span.parent_id
    assert (sent.name, sent.kind) == ("SELECT entregas", 2)
    assert (sent.start_time_unix_nano, sent.end_time_unix_nano) == (span.start_ns, span.end_ns)
    assert (sent.status.code, sent.status.message) == (2, "cut")
    values = {each.key: each.value for each in sent.attributes}
    assert values["maestro.rows"].int_value == 3
    assert values["maestro.step.optional"].bool_value is True
    assert values["maestro.query.cost"].double_value == 1.5
    assert [each.string_value for each in values["maestro.index"].array_value.values] == ["a", "b"]
    assert values["maestro.issues.codes"].WhichOneof("value") == "array_value"
    assert values["db.system.name"].string_value == "postgresql"
    assert values["error.type"].string_value == "STATEMENT_TIMEOUT"
    assert other.parent_span_id == b""
    assert other.status.code == 0


async def test_spans_arrive_in_batches() -> None:
    requests: list[Any] = []

    async def send(request: Any) -> None:
        requests.append(request)

    exporter = export.Exporter("x", send, size=1000, interval=1)
    for _ in range(600):
        exporter.take(made())
    assert await exporter.flush()
    sizes = [len(each.resource_spans[0].scope_spans[0].spans) for each in requests]
    assert sizes == [256, 256, 88]
    assert (exporter.sent, exporter.dropped) == (600, 0)


async def test_spans_wait_while_the_receiver_is_away_and_the_oldest_are_dropped() -> None:
    away = True
    got: list[str] = []

    async def send(request: Any) -> None:
        if away:
            raise ConnectionError("away")
        got.extend(span.name for span in request.resource_spans[0].scope_spans[0].spans)

    exporter = export.Exporter("x", send, size=5, interval=1)
    for number in range(4):
        exporter.take(made(str(number)))
    assert not await exporter.flush()
    for number in range(4, 8):
        exporter.take(made(str(number)))
    assert not await exporter.flush()
    assert exporter.dropped == 3
    away = False
    assert await exporter.flush()
    assert got == ["0", "1", "2", "3", "4"]


async def test_a_delivery_that_is_cancelled_loses_nothing() -> None:
    async def send(request: Any) -> None:
        await asyncio.sleep(60)

    exporter = export.Exporter("x", send, size=5, interval=1)
    exporter.take(made())
    task = asyncio.create_task(exporter.flush())
    await asyncio.sleep(0.01)
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    assert len(exporter._queue) == 1


async def test_dropped_spans_are_told_in_the_log(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    async def send(request: Any) -> None:
        raise ConnectionError("away")

    exporter = export.Exporter("the monitor", send, size=2, interval=0.01)
    for _ in range(5):
        exporter.take(made())
    with caplog.at_level(logging.INFO):
        task = asyncio.create_task(exporter.run())
        await until(lambda: len(caplog.records) >= 2)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
    assert [each.message for each in caplog.records] == [
        "spans cannot be delivered to the monitor: away",
        "3 spans for the monitor were dropped",
    ]


async def test_every_node_sends_its_spans_to_the_monitor_and_to_the_endpoint(
    transport: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monitor, collector = Receiver(traced=True), Receiver()
    server = grpc.aio.server()
    trace_service_pb2_grpc.add_TraceServiceServicer_to_server(collector, server)
    port = server.add_insecure_port("127.0.0.1:0")
    await server.start()
    env = {
        "MAESTRO_TRACE_INTERVAL": "0.02",
        "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT": f"http://127.0.0.1:{port}",
        "OTEL_EXPORTER_OTLP_HEADERS": "Authorization=Bearer x",
    }
    services = {"monitor": monitor.build, "mapper": Service("mapper").build}
    async with start({**services, "scanner": Service("scanner", "mapper").build}, env=env, export=True) as mesh:
        await mesh.stub(link_pb2_grpc.EchoStub, "scanner").Say(say(b"mapper>span"))
        expected = sorted(
            [
                ("maestro", "maestro.mesh.v1.Echo/Say"),
                ("scanner", "maestro.mesh.v1.Echo/Say"),
                ("scanner", "maestro.mesh.v1.Echo/Say"),
                ("mapper", "maestro.mesh.v1.Echo/Say"),
                ("mapper", "work"),
            ]
        )
        await until(lambda: sorted(monitor.spans()) == expected)
        await until(lambda: sorted(collector.spans()) == expected)
        # The deliveries themselves, and what the receiver does with them, are nothing to deliver.
        await asyncio.sleep(0.1)
        assert len(monitor.spans()) == 5
    await server.stop(None)


async def test_a_node_works_without_a_monitor_and_stops_in_time() -> None:
    env = {"MAESTRO_TRACE_INTERVAL": "0.02"}
    async with start({"scanner": Service("scanner").build}, env=env, export=True) as mesh:
        for _ in range(20):
            await mesh.stub(link_pb2_grpc.EchoStub, "scanner").Say(say(b"oi"))
        async with asyncio.timeout(4):
            await mesh.close()


def test_instruments_cost_nothing_until_they_are_collected(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(metrics, "_instruments", {})
    monkeypatch.setattr(metrics, "_meter", None)
    early = telemetry.counter("maestro.questions", "{question}", "Questions that were asked.")
    early.add(1)
    assert telemetry.counter("maestro.questions", "{question}", "again") is early
    reader = InMemoryMetricReader()
    provider = MeterProvider([reader])
    metrics.collect(provider)
    late = telemetry.histogram("maestro.wait", "s", "How long they waited.")
    early.add(2, {"maestro.source": "frete"})
    late.record(0.5, {"no.such": "dropped"})
    data = reader.get_metrics_data()
    assert data is not None
    found = {
        metric.name: (metric.unit, metric.data.data_points[0])
        for scope in data.resource_metrics[0].scope_metrics
        for metric in scope.metrics
    }
    unit, point = found["maestro.questions"]
    assert (unit, point.value, dict(point.attributes)) == ("{question}", 2, {"maestro.source": "frete"})
    unit, point = found["maestro.wait"]
    assert (unit, point.sum, dict(point.attributes)) == ("s", 0.5, {})
    provider.shutdown()


class Metrics(metrics_service_pb2_grpc.MetricsServiceServicer):
    def __init__(self) -> None:
        self.names: set[str] = set()

    async def Export(self, request: Any, context: Any) -> Any:
        self.names |= {
            metric.name
            for group in request.resource_metrics
            for scope in group.scope_metrics
            for metric in scope.metrics
        }
        return metrics_service_pb2.ExportMetricsServiceResponse()


async def test_metrics_leave_for_the_endpoint(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(metrics, "_meter", None)
    receiver = Metrics()
    server = grpc.aio.server()
    metrics_service_pb2_grpc.add_MetricsServiceServicer_to_server(receiver, server)
    port = server.add_insecure_port("127.0.0.1:0")
    await server.start()
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", f"http://127.0.0.1:{port}")
    provider = await asyncio.to_thread(metrics.export, "scanner", export.resource("scanner"))
    try:
        async with start({"scanner": Service("scanner").build}) as mesh:
            await mesh.stub(link_pb2_grpc.EchoStub, "scanner").Say(say(b"oi"))
        await asyncio.to_thread(provider.force_flush)
        assert "rpc.server.call.duration" in receiver.names
    finally:
        await asyncio.to_thread(provider.shutdown)
        for each in metrics.instruments():
            each.on = False
        await server.stop(None)
