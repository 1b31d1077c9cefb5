"""Starts the validator."""

from maestro.validator.v1 import validator_pb2, validator_pb2_grpc
from mesh.node import Node, run
from services.validator.servicer import ValidatorServicer
from services.validator.settings import ValidatorSettings


async def build(node: Node) -> None:
    """Wires the validator."""
    settings = node.settings(ValidatorSettings)
    servicer = ValidatorServicer(settings.question_limit)
    node.serve(validator_pb2_grpc.add_ValidatorServicer_to_server, servicer, validator_pb2.DESCRIPTOR)


if __name__ == "__main__":
    run("validator", build)
