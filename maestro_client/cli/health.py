"""Whether the modules of a mesh serve, asked of each through grpc.health.v1."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from mesh.probe import probe


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
    return Report(*await probe(target, timeout))
