"""The analyzer: what was asked."""

from maestro.analyzer.v1 import analyzer_pb2, analyzer_pb2_grpc
from maestro.learner.v1 import learner_pb2_grpc
from maestro.mapper.v1 import mapper_pb2_grpc
from mesh.node import Node, run
from mesh.sources import sources
from services.analyzer.knowledge import Knowledge
from services.analyzer.mesh_knowledge import Follower
from services.analyzer.proposer_open import proposer
from services.analyzer.servicer import AnalyzerServicer
from services.analyzer.settings import AnalyzerSettings, LlmSettings


async def build(node: Node) -> None:
    """Wires the analyzer into a node."""
    settings = node.settings(AnalyzerSettings)
    mapper = node.stub(mapper_pb2_grpc.MapperStub, "mapper")
    learner = node.stub(learner_pb2_grpc.LearnerStub, "learner")
    follower = Follower(mapper, learner, Knowledge(), sources(), settings.first_models)
    servicer = AnalyzerServicer(follower, mapper, settings, proposer(node.settings(LlmSettings)))
    node.serve(analyzer_pb2_grpc.add_AnalyzerServicer_to_server, servicer, analyzer_pb2.DESCRIPTOR)
    node.background("knowledge", follower.run)
    node.ready_when(follower.ready)


if __name__ == "__main__":
    run("analyzer", build)
