"""Starts the enricher."""

from maestro.enricher.v1 import enricher_pb2, enricher_pb2_grpc
from maestro.provider.v1 import provider_pb2_grpc

from mesh.node import Node, run
from services.enricher.provider import Provider
from services.enricher.servicer import EnricherServicer
from services.enricher.settings import EnricherSettings


async def build(node: Node) -> None:
    """Wires the enricher."""
    settings = node.settings(EnricherSettings)
    provider = Provider(node.stub(provider_pb2_grpc.ProviderStub, "provider"), settings.enrich_timeout)
    node.serve(
        enricher_pb2_grpc.add_EnricherServicer_to_server, EnricherServicer(provider), enricher_pb2.DESCRIPTOR
    )


if __name__ == "__main__":
    run("enricher", build)
