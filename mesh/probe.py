"""`python -m mesh.probe ADDRESS`: exit code 0 where the node at ADDRESS serves, 1 where it does not.

For the health checks of containers, whose images hold no other client.
"""

import sys

import grpc
from grpc_health.v1 import health_pb2, health_pb2_grpc


def main(arguments: list[str]) -> int:
    """Asks grpc.health.v1 for the whole server."""
    if len(arguments) != 1:
        sys.stderr.write("usage: python -m mesh.probe ADDRESS\n")
        return 2
    with grpc.insecure_channel(arguments[0]) as channel:
        try:
            response = health_pb2_grpc.HealthStub(channel).Check(health_pb2.HealthCheckRequest(), timeout=2)
        except grpc.RpcError as error:
            sys.stderr.write(f"{arguments[0]}: {error.code().name}\n")
            return 1
    return 0 if response.status == health_pb2.HealthCheckResponse.SERVING else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
