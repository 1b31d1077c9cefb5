"""An orchestrator among toy modules."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from maestro.orchestrator.v1 import orchestrator_pb2, orchestrator_pb2_grpc
from mesh.modules import MODULES
from mesh.testing import Mesh, start
from services.orchestrator.__main__ import build
from tests.services.orchestrator.answering import WORKFLOWS, everything_is_fine
from tests.services.orchestrator.toys import Toys


@dataclass
class Stage:
    """The mesh, the toys behind it, and the orchestrator's stub."""

    mesh: Mesh
    toys: Toys
    stub: Any

    async def run(self, name: str, **fields: Any) -> orchestrator_pb2.RunWorkflowResponse:
        """RunWorkflow."""
        request = orchestrator_pb2.RunWorkflowRequest(workflow=name, **fields)
        response: orchestrator_pb2.RunWorkflowResponse = await self.stub.RunWorkflow(request)
        return response


Staging = Callable[..., AbstractAsyncContextManager[Stage]]


@pytest.fixture
def staging(tmp_path: Path) -> Staging:
    """`async with staging(one="…yaml…", state=url) as stage`: an orchestrator with these definitions."""

    @asynccontextmanager
    async def made(state: str = "", env: dict[str, str] | None = None, **texts: str) -> AsyncIterator[Stage]:
        folder = tmp_path / "workflows"
        folder.mkdir(exist_ok=True)
        for name, text in texts.items():
            (folder / f"{name}.yaml").write_text(text)
        toys = Toys()
        builds = {name: toys.module(name) for name in MODULES if name != "orchestrator"}
        told = {"MAESTRO_WORKFLOWS": str(folder), "MAESTRO_STATE": state, **(env or {})}
        async with start({**builds, "orchestrator": build}, env=told) as mesh:
            yield Stage(mesh, toys, mesh.stub(orchestrator_pb2_grpc.OrchestratorStub, "orchestrator"))

    return made


@pytest.fixture
async def stage(staging: Staging) -> AsyncIterator[Stage]:
    """The real query.yaml among toys that answer."""
    async with staging(env={"MAESTRO_WORKFLOWS": str(WORKFLOWS)}) as made:
        everything_is_fine(made.toys)
        yield made
