"""Wires the provider."""

from maestro.loader.v1 import loader_pb2_grpc
from maestro.monitor.v1 import monitor_pb2_grpc
from maestro.provider.v1 import provider_pb2, provider_pb2_grpc
from mesh.node import Node, run
from mesh.passing import passing
from services.provider.plans import Plans
from services.provider.servicer import ProviderServicer
from services.provider.serving import Serving
from services.provider.settings import ProviderSettings


async def build(node: Node) -> None:
    """Registers what the module serves."""
    settings = node.settings(ProviderSettings)
    loader = node.stub(loader_pb2_grpc.LoaderStub, "loader")
    plans = Plans(node.stub(monitor_pb2_grpc.MonitorStub, "monitor").RecordPlans)
    node.background("plans", plans.run)
    serving = Serving(loader.Execute, settings.cache_bytes, settings.cache_seconds, plans.ran)
    servicer = ProviderServicer(serving, node.channel("loader"), plans)
    node.serve(passing(provider_pb2_grpc.add_ProviderServicer_to_server), servicer, provider_pb2.DESCRIPTOR)


if __name__ == "__main__":
    run("provider", build)
