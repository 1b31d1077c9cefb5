"""Starts the orchestrator."""

from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

from maestro.learner.v1 import learner_pb2_grpc
from maestro.loader.v1 import loader_pb2
from maestro.memorizer.v1 import memorizer_pb2_grpc
from maestro.monitor.v1 import monitor_pb2_grpc
from maestro.orchestrator.v1 import orchestrator_pb2, orchestrator_pb2_grpc
from maestro.provider.v1 import provider_pb2_grpc
from mesh.node import Node, run
from mesh.passing import passing
from services.orchestrator import library
from services.orchestrator.contracts import Contracts, Method
from services.orchestrator.durable import Durable
from services.orchestrator.engine import Engine
from services.orchestrator.history import History
from services.orchestrator.journal import Journal
from services.orchestrator.postgres import Runs
from services.orchestrator.probes import Probes
from services.orchestrator.queries import Queries
from services.orchestrator.servicer import OrchestratorServicer
from services.orchestrator.settings import OrchestratorSettings
from services.orchestrator.streaming import Streaming
from services.orchestrator.tails import Tails
from services.orchestrator.workflows import Workflows


async def build(node: Node) -> None:
    """Wires the orchestrator: definitions, engine, journal, durable runs, and the public interface."""
    settings = node.settings(OrchestratorSettings)
    contracts = Contracts()
    definitions = library.load(Path(settings.workflows), contracts)

    def call(method: Method) -> Any:
        # No serializers: requests and responses are bytes here.
        return node.channel(method.module).unary_unary(method.path)

    engine = Engine(definitions, call, tails=Tails(settings.orchestrator_tails), kept=settings.orchestrator_runs_kept)
    store = Runs(settings.state) if settings.state else None
    durable: Durable | None = None
    flush: Callable[[], Awaitable[None]] | None = None
    if store is not None:
        journal = Journal(
            store,
            interval=settings.orchestrator_journal_interval,
            most=settings.orchestrator_journal_queue,
            retention=settings.orchestrator_runs_retention,
            cancel=engine.cancel,
        )
        durable = Durable(engine, contracts, store, settings.state)
        engine.journal, flush = journal, journal.flush
        node.on_stop(store.close)
        node.on_stop(journal.flush)
        node.on_stop(durable.close)
        node.background("journal", journal.keep_writing)
        node.background("take over", durable.keep_taking_over)
    queries = Queries(engine)
    rows = node.channel("loader").unary_stream(
        "/maestro.loader.v1.Loader/Stream", loader_pb2.StreamRequest.SerializeToString, None
    )
    count = node.stub(provider_pb2_grpc.ProviderStub, "provider").Count
    monitor = node.stub(monitor_pb2_grpc.MonitorStub, "monitor")
    workflows = Workflows(engine, store, durable, most=settings.orchestrator_background_runs)
    forget = node.stub(memorizer_pb2_grpc.MemorizerStub, "memorizer").ForgetConversation
    servicer = OrchestratorServicer(
        engine=engine,
        contracts=contracts,
        queries=queries,
        streaming=Streaming(queries, rows, count, monitor.RecordPlans),
        workflows=workflows,
        history=History(engine, store, flush),
        probes=Probes(queries, forget, monitor.GetTrace),
        learner=node.stub(learner_pb2_grpc.LearnerStub, "learner"),
    )
    node.serve(passing(orchestrator_pb2_grpc.add_OrchestratorServicer_to_server), servicer, orchestrator_pb2.DESCRIPTOR)
    drain = node.mesh.drain
    node.on_stop(lambda: engine.tails.drain(drain))
    node.on_stop(lambda: workflows.stop(drain))


if __name__ == "__main__":
    run("orchestrator", build)
