"""The durable workflows on a whole mesh."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from maestro.learner.v1 import learner_pb2, learner_pb2_grpc
from maestro.orchestrator.v1 import orchestrator_pb2, orchestrator_pb2_grpc
from maestro.workflow.v1 import workflow_pb2
from mesh.testing import Mesh

pytestmark = [pytest.mark.slow, pytest.mark.asyncio(loop_scope="module")]

CONNECTIONS = [
    "scanner → loader",
    "mapper → loader",
    "loader → provider",
    "enricher → processor",
    "memorizer → processor",
    "learner → analyzer",
    "analyzer → mapper",
    "scanner → mapper",
    "every step → validator",
    "orchestrator → coordinator",
    "orchestrator → monitor",
    "provider → monitor",
]


async def run(mesh: Mesh, name: str) -> Mapping[str, Any]:
    stub = mesh.stub(orchestrator_pb2_grpc.OrchestratorStub, "orchestrator")
    response = await stub.RunWorkflow(orchestrator_pb2.RunWorkflowRequest(workflow=name), timeout=120)
    assert response.run.state == workflow_pb2.RUN_STATE_SUCCEEDED, response.run.error
    found: Mapping[str, Any] = response.output
    return found


async def test_data_and_learning_say_which_versions_hold_now(mesh: Mesh) -> None:
    scanned = await run(mesh, "data")
    assert scanned["version"] == scanned["previousVersion"]
    assert (await run(mesh, "learning"))["version"]


async def test_validation_judges_every_connection_and_leaves_nothing_behind(mesh: Mesh) -> None:
    judged = await run(mesh, "validation")
    proofs = {proof["connection"]: dict(proof) for proof in judged["proofs"]}
    assert list(proofs) == CONNECTIONS
    assert all(proof["evidence"] and proof["carries"] for proof in proofs.values())
    assert [proof["evidence"] for proof in proofs.values() if not proof.get("hasEffect")] == []
    assert judged["allProven"] is True
    learner = mesh.stub(learner_pb2_grpc.LearnerStub, "learner")
    request = learner_pb2.ListPatternsRequest(state=learner_pb2.PATTERN_STATE_ACTIVE)
    request.context.source = "frete"
    assert not (await learner.ListPatterns(request)).patterns
