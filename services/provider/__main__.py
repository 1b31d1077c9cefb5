"""`python -m services.provider`: serving data to consumers."""

from maestro.loader.v1 import loader_pb2_grpc
from maestro.provider.v1 import provider_pb2, provider_pb2_grpc
from mesh.node import Node, run
from services.provider.cache import Cache
from services.provider.servicer import ProviderServicer
from services.provider.settings import ProviderSettings


async def build(node: Node) -> None:
    """Wires the provider."""
    settings = node.settings(ProviderSettings)
    loader = node.stub(loader_pb2_grpc.LoaderStub, "loader")
    servicer = ProviderServicer(loader, Cache(settings.cache_bytes, settings.cache_seconds))
    node.serve(provider_pb2_grpc.add_ProviderServicer_to_server, servicer, provider_pb2.DESCRIPTOR)


if __name__ == "__main__":
    run("provider", build)
