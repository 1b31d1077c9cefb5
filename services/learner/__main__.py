"""Starts the learner."""

from maestro.learner.v1 import learner_pb2, learner_pb2_grpc
from mesh.fault import Fault
from mesh.node import Node, run
from services.learner.board import Board
from services.learner.lessons import ACTIVE
from services.learner.postgres import Experience
from services.learner.rounds import Rounds
from services.learner.servicer import LearnerServicer
from services.learner.settings import LearnerSettings

_MOST_ACTIVE = 5_000


async def build(node: Node) -> None:
    """Wires the learner."""
    settings = node.settings(LearnerSettings)
    if not settings.state:
        raise Fault(
            "SETTINGS_INVALID",
            "MAESTRO_STATE: it names the database that patterns are kept in, and is not set.",
            metadata={"setting": "MAESTRO_STATE"},
        )
    experience = Experience(settings.state, settings.learn_connections)
    await experience.open()
    node.on_stop(experience.close)
    node.ready_when(experience.ready)
    board = Board(lambda source: experience.patterns(source, ACTIVE, _MOST_ACTIVE))
    rounds = Rounds(experience, board, settings)
    node.background("listen", rounds.listen)
    node.background("learn", rounds.learn)
    node.background("sweep", rounds.sweep)
    servicer = LearnerServicer(experience, board)
    node.serve(learner_pb2_grpc.add_LearnerServicer_to_server, servicer, learner_pb2.DESCRIPTOR)


if __name__ == "__main__":
    run("learner", build)
