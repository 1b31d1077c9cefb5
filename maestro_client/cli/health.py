"""Whether the modules of a mesh serve, asked of each through grpc.health.v1."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from mesh.probe import Probe, probe


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
    answers = await asyncio.gather(*(probe(target, timeout) for target in targets.values()))
    return {module: Report(*answer) for module, answer in zip(targets, answers, strict=True)}


async def wait_healthy(
    targets: Mapping[str, str], seconds: float, told: Callable[[dict[str, Report]], bool]
) -> dict[str, Report]:
    """Asks until all serve or `seconds` have passed; `told` hears each round and ends the wait by true."""
    end = time.monotonic() + seconds
    probes = {module: Probe(target) for module, target in targets.items()}
    reports: dict[str, Report] = {}
    try:
        while True:
            # One that serves is asked no more: where there are few cores, it is better left to help the others.
            waiting = [module for module in targets if module not in reports or not reports[module].healthy]
            answers = await asyncio.gather(*(probes[module].ask(1.0) for module in waiting))
            reports |= {module: Report(*answer) for module, answer in zip(waiting, answers, strict=True)}
            if told(reports) or all(r.healthy for r in reports.values()) or time.monotonic() > end:
                return reports
            await asyncio.sleep(0.05)
    finally:
        await asyncio.gather(*(each.close() for each in probes.values()))
