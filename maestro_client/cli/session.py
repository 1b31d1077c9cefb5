"""How commands reach a mesh: the one that the environment names, else the one that runs on this machine."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Awaitable, Callable
from typing import TypeVar

from deploy.local.home import Home
from maestro_client.client import Maestro
from mesh.channel import MeshChannel
from mesh.settings import MeshSettings, target

T = TypeVar("T")


def module_target(module: str) -> str:
    """gRPC target of a module: MAESTRO_<MODULE>_TARGET, else the local mesh's socket, else its default port."""
    if os.environ.get(f"MAESTRO_{module.upper()}_TARGET", "").strip():
        return target(module)
    record = Home().read()
    return record.targets[module] if record else target(module)


def with_maestro(work: Callable[[Maestro], Awaitable[T]], timeout: float = 30.0) -> T:
    """Runs `work` with a client and gives its result."""

    async def run() -> T:
        async with Maestro(module_target("orchestrator"), caller=_user(), timeout=timeout) as maestro:
            return await work(maestro)

    return asyncio.run(run())


def with_channel(module: str, work: Callable[[MeshChannel], Awaitable[T]]) -> T:
    """Runs `work` with a channel to a module and gives its result."""

    async def run() -> T:
        channel = MeshChannel(module, module_target(module), MeshSettings())
        try:
            return await work(channel)
        finally:
            await channel.close()

    return asyncio.run(run())


def _user() -> str:
    return os.environ.get("MAESTRO_CALLER", "").strip() or os.environ.get("USER", "").strip()
