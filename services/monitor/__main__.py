"""`python -m services.monitor`: where the time goes."""

from opentelemetry.proto.collector.trace.v1 import trace_service_pb2

from maestro.monitor.v1 import monitor_pb2, monitor_pb2_grpc
from mesh.node import Node, run
from services.monitor.postgres import SpanStore
from services.monitor.servicer import MonitorServicer, TraceReceiver, add_trace_receiver
from services.monitor.settings import MonitorSettings
from services.monitor.writer import SpanWriter


async def build(node: Node) -> None:
    """Wires the monitor."""
    settings = node.settings(MonitorSettings)
    store = SpanStore(settings.state, settings.monitor_retention)
    await store.open()
    node.on_stop(store.close)
    writer = SpanWriter(store.write, settings.monitor_queue, settings.monitor_interval)
    node.on_stop(writer.flush)
    node.background("write", writer.run)
    node.ready_when(store.ready)
    node.serve(monitor_pb2_grpc.add_MonitorServicer_to_server, MonitorServicer(store, writer), monitor_pb2.DESCRIPTOR)
    node.serve(add_trace_receiver, TraceReceiver(writer), trace_service_pb2.DESCRIPTOR)


if __name__ == "__main__":
    run("monitor", build)
