"""Modules as processes of their own, on unix sockets, for as long as a benchmark lasts."""

import asyncio
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import grpc
from grpc_health.v1 import health_pb2, health_pb2_grpc


@dataclass(frozen=True)
class Process:
    """One module."""

    name: str
    pid: int


@asynccontextmanager
async def started(modules: Sequence[str], env: Mapping[str, str]) -> AsyncIterator[tuple[list[Process], dict[str, str]]]:
    """(processes, the environment in which others find them), once all of them serve; ended afterwards."""
    folder = Path(tempfile.mkdtemp(prefix="mesh-"))
    targets = {f"MAESTRO_{each.upper()}_TARGET": f"unix:{folder}/{each}.sock" for each in modules}
    running = [
        subprocess.Popen(
            [sys.executable, "-m", f"services.{each}"],
            env={**os.environ, **env, **targets, "MAESTRO_LISTEN": f"unix:{folder}/{each}.sock", "MAESTRO_LOG_LEVEL": "ERROR"},
        )
        for each in modules
    ]
    try:
        for each in modules:
            await _serving(f"unix:{folder}/{each}.sock")
        yield [Process(name, each.pid) for name, each in zip(modules, running, strict=True)], targets
    finally:
        for each in running:
            each.terminate()
        for each in running:
            await asyncio.to_thread(each.wait, 20)
        shutil.rmtree(folder, ignore_errors=True)


async def _serving(target: str) -> None:
    """Returns when the health check says so; fails after half a minute."""
    async with asyncio.timeout(30), grpc.aio.insecure_channel(target) as channel:
        stub = health_pb2_grpc.HealthStub(channel)
        while True:
            try:
                answer = await stub.Check(health_pb2.HealthCheckRequest(), wait_for_ready=True, timeout=5)
                if answer.status == health_pb2.HealthCheckResponse.SERVING:
                    return
            except grpc.aio.AioRpcError:
                pass
            await asyncio.sleep(0.05)
