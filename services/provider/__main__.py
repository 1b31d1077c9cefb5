"""Wires the provider."""

from maestro.loader.v1 import loader_pb2_grpc
from maestro.provider.v1 import provider_pb2
from mesh.node import Node, run
from services.provider.servicer import ProviderServicer, add_to_server
from services.provider.serving import Serving
from services.provider.settings import ProviderSettings


async def build(node: Node) -> None:
    """Registers what the module serves."""
    settings = node.settings(ProviderSettings)
    loader = node.stub(loader_pb2_grpc.LoaderStub, "loader")
    serving = Serving(loader.Execute, settings.cache_bytes, settings.cache_seconds)
    servicer = ProviderServicer(serving, node.channel("loader"))
    node.serve(add_to_server, servicer, provider_pb2.DESCRIPTOR)


if __name__ == "__main__":
    run("provider", build)
