"""`python -m services.enricher`: what makes the numbers tell."""

from maestro.enricher.v1 import enricher_pb2, enricher_pb2_grpc
from maestro.provider.v1 import provider_pb2_grpc
from mesh.node import Node, run
from services.enricher.servicer import EnricherServicer
from services.enricher.settings import EnricherSettings


async def build(node: Node) -> None:
    """Wires the enricher."""
    settings = node.settings(EnricherSettings)
    provider = node.stub(provider_pb2_grpc.ProviderStub, "provider")
    servicer = EnricherServicer(provider, settings.enrich_seconds, settings.enrich_cost)
    node.serve(enricher_pb2_grpc.add_EnricherServicer_to_server, servicer, enricher_pb2.DESCRIPTOR)


if __name__ == "__main__":
    run("enricher", build)
