"""A mesh in one process, for tests: real servers on unix sockets, real channels, nothing mocked.

async with start({"scanner": build_scanner, "mapper": build_mapper}, env={"MAESTRO_STATE": url}) as mesh:
    stub = mesh.stub(mapper_pb2_grpc.MapperStub, "mapper")
    await stub.Resolve(request)
    assert [span.name for span in mesh.spans()] == [...]
"""

import shutil
import tempfile
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, TypeVar

from mesh import telemetry
from mesh.attributes import schema
from mesh.channel import MeshChannel
from mesh.modules import MODULES
from mesh.node import Build, Node
from mesh.settings import environment

S = TypeVar("S")


class Mesh:
    """The nodes that run, and what tests ask of them."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._client = Node("client")
        self._finished: list[telemetry.Span] = []
        self.nodes: dict[str, Node] = {}

    def address(self, module: str) -> str:
        """Where a module listens, or would if it ran."""
        return f"unix:{self._folder}/{module}.sock"

    def channel(self, module: str) -> MeshChannel:
        """A channel to that module, from a caller outside of every module."""
        return self._client.channel(module)

    def stub(self, stub: Callable[[Any], S], module: str) -> S:
        """A generated stub for that module."""
        return self._client.stub(stub, module)

    def spans(self) -> list[telemetry.Span]:
        """Every span that has ended since the start or the last `clear_spans`, in the order of ending."""
        return list(self._finished)

    def clear_spans(self) -> None:
        """Forgets the spans that have ended."""
        self._finished.clear()

    async def start(self, module: str, build: Build) -> Node:
        """Starts a module, or starts it again after `stop`."""
        node = Node(module)
        await build(node)
        await node.start([self.address(module)])
        self.nodes[module] = node
        return node

    async def stop(self, module: str) -> None:
        """Drains and stops a module; its address then refuses connections."""
        await self.nodes.pop(module).stop()

    async def export(self) -> None:
        """Sends the spans of all nodes, which share this process, to the monitor."""
        self._client.export_spans()
        await self._client.start([])

    async def close(self) -> None:
        """Stops everything, the last started first."""
        for module in reversed(list(self.nodes)):
            await self.stop(module)
        await self._client.stop()


@asynccontextmanager
async def start(
    builds: Mapping[str, Build], env: Mapping[str, str] | None = None, *, export: bool | None = None
) -> AsyncIterator[Mesh]:
    """Starts modules in this process, in the order given; the environment is changed until the end.

    export: whether spans are sent to the monitor; None: where it is among the modules.

    Undeclared attributes raise, every trace is recorded, and the drain is short unless `env` says otherwise.
    """
    folder = Path(tempfile.mkdtemp(prefix="mesh-"))
    addresses = {f"MAESTRO_{module.upper()}_TARGET": f"unix:{folder}/{module}.sock" for module in {*MODULES, *builds}}
    before = (telemetry.settings.sinks, telemetry.settings.ratio, schema.strict)
    with environment({"MAESTRO_DRAIN": "2", **addresses, **(env or {})}):
        mesh = Mesh(folder)
        telemetry.settings.sinks = (*before[0], mesh._finished.append)
        telemetry.settings.ratio = 1.0
        schema.strict = True
        try:
            for module, build in builds.items():
                await mesh.start(module, build)
            if export or (export is None and "monitor" in builds):
                await mesh.export()
            yield mesh
        finally:
            await mesh.close()
            telemetry.settings.sinks, telemetry.settings.ratio, schema.strict = before
            shutil.rmtree(folder, ignore_errors=True)
