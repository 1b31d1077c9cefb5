"""Whether the modules of a mesh serve, asked of each through grpc.health.v1."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import grpc
from grpc_health.v1 import health_pb2, health_pb2_grpc


@dataclass(frozen=True, slots=True)
class Report:
    """What one module said."""

    state: str
    """ "serving", "not serving" or "unreachable"."""
    seconds: float
    """Time that the check took."""

    @property
    def healthy(self) -> bool:
        """Whether it serves."""
        return self.state == "serving"


async def serving(targets: Mapping[str, str], timeout: float = 2.0) -> dict[str, Report]:
    """Asks every module at once; module → report, in the order given."""
    reports = await asyncio.gather(*(_ask(target, timeout) for target in targets.values()))
    return dict(zip(targets, reports, strict=True))


async def wait_healthy(
    targets: Mapping[str, str], seconds: float, told: Callable[[dict[str, Report]], bool]
) -> dict[str, Report]:
    """Asks until all serve or `seconds` have passed; `told` hears each round and ends the wait by true."""
    end = time.monotonic() + seconds
    while True:
        reports = await serving(targets, timeout=1.0)
        if told(reports) or all(r.healthy for r in reports.values()) or time.monotonic() > end:
            return reports
        await asyncio.sleep(0.05)


async def _ask(target: str, timeout: float) -> Report:
    begun = time.monotonic()
    # A channel of its own: one that was refused before would wait before it tries again.
    async with grpc.aio.insecure_channel(target, options=[("grpc.use_local_subchannel_pool", 1)]) as channel:
        stub = health_pb2_grpc.HealthStub(channel)
        try:
            response = await stub.Check(health_pb2.HealthCheckRequest(), timeout=timeout)
        except grpc.aio.AioRpcError:
            return Report("unreachable", time.monotonic() - begun)
    healthy = response.status == health_pb2.HealthCheckResponse.SERVING
    return Report("serving" if healthy else "not serving", time.monotonic() - begun)
