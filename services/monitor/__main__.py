"""`python -m services.monitor`: where the time goes."""

from opentelemetry.proto.collector.trace.v1 import trace_service_pb2

from maestro.loader.v1 import loader_pb2_grpc
from maestro.mapper.v1 import mapper_pb2_grpc
from maestro.monitor.v1 import monitor_pb2, monitor_pb2_grpc
from maestro.scanner.v1 import scanner_pb2_grpc
from mesh.node import Node, run
from services.monitor.advice.advisor import Advisor
from services.monitor.advice.applied import Applied
from services.monitor.advice.eyes import MeshEyes
from services.monitor.advice.postgres import AdviceStore
from services.monitor.advice.watch import watching
from services.monitor.postgres import SpanStore
from services.monitor.servicer import MonitorServicer, TraceReceiver, add_trace_receiver
from services.monitor.settings import MonitorSettings
from services.monitor.state import State
from services.monitor.writer import SpanWriter


async def build(node: Node) -> None:
    """Wires the monitor."""
    settings = node.settings(MonitorSettings)
    state = State(settings.state)
    await state.open()
    node.on_stop(state.close)
    store = SpanStore(state, settings.monitor_retention)
    writer = SpanWriter(store.write, settings.monitor_queue, settings.monitor_interval)
    node.on_stop(writer.flush)
    node.background("write", writer.run)
    node.ready_when(store.ready)
    eyes = MeshEyes(
        node.stub(scanner_pb2_grpc.ScannerStub, "scanner"),
        node.stub(mapper_pb2_grpc.MapperStub, "mapper"),
        node.stub(loader_pb2_grpc.LoaderStub, "loader"),
    )
    advice = AdviceStore(state)
    applied = Applied(advice, eyes.tables)
    node.background("applied", watching(applied, settings.advice_interval))
    servicer = MonitorServicer(store, writer, advice, Advisor(advice, store, eyes), applied)
    node.serve(monitor_pb2_grpc.add_MonitorServicer_to_server, servicer, monitor_pb2.DESCRIPTOR)
    node.serve(add_trace_receiver, TraceReceiver(writer), trace_service_pb2.DESCRIPTOR)


if __name__ == "__main__":
    run("monitor", build)
