"""Whether a node serves, asked through grpc.health.v1.

`python -m mesh.probe ADDRESS` ends with exit code 0 where the node at ADDRESS serves, 1 where not: for the health
checks of containers, whose images hold no other client.
"""

import asyncio
import sys
import time
from typing import Literal

import grpc
from grpc_health.v1 import health_pb2, health_pb2_grpc

State = Literal["serving", "not serving", "unreachable"]


class Probe:
    """A connection to one address, kept for the next question. Asking makes no spans and no retries."""

    def __init__(self, address: str) -> None:
        options = [
            ("grpc.use_local_subchannel_pool", 1),  # what other channels found out about the address is not asked
            ("grpc.enable_retries", 0),
            ("grpc.initial_reconnect_backoff_ms", 100),
            ("grpc.max_reconnect_backoff_ms", 1_000),
        ]
        self._channel = grpc.aio.insecure_channel(address, options=options)
        self._check = health_pb2_grpc.HealthStub(self._channel).Check

    async def ask(self, seconds: float = 2.0) -> tuple[State, float]:
        """How the node is, and the seconds that it took to say so. Never raises but for cancellation."""
        begun = time.monotonic()
        try:
            response = await self._check(health_pb2.HealthCheckRequest(), timeout=seconds)
        except grpc.aio.AioRpcError:
            return "unreachable", time.monotonic() - begun
        serving = response.status == health_pb2.HealthCheckResponse.SERVING
        return "serving" if serving else "not serving", time.monotonic() - begun

    async def close(self) -> None:
        """Disconnects."""
        await self._channel.close()


async def probe(address: str, seconds: float = 2.0) -> tuple[State, float]:
    """As Probe.ask, over a connection for this once."""
    once = Probe(address)
    try:
        return await once.ask(seconds)
    finally:
        await once.close()


def main(arguments: list[str]) -> int:
    """Asks for the whole server."""
    if len(arguments) != 1:
        sys.stderr.write("usage: python -m mesh.probe ADDRESS\n")
        return 2
    state, _ = asyncio.run(probe(arguments[0]))
    if state != "serving":
        sys.stderr.write(f"{arguments[0]}: {state}\n")
    return 0 if state == "serving" else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
