"""The connections of a whole mesh, cut one by one: over a source in PostgreSQL and one in SQLite, of which nobody told
the mesh anything but the address."""

import asyncio
import importlib
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from deploy.state.migrate import migrate
from maestro.context.v1 import context_pb2
from maestro.learner.v1 import learner_pb2, learner_pb2_grpc
from maestro.mapper.v1 import mapper_pb2, mapper_pb2_grpc
from maestro.orchestrator.v1 import orchestrator_pb2, orchestrator_pb2_grpc
from maestro.scanner.v1 import scanner_pb2, scanner_pb2_grpc
from maestro.validator.v1 import validator_pb2, validator_pb2_grpc
from mesh.modules import MODULES
from mesh.probe import probe
from mesh.testing import Mesh, start
from services.validator.probes import connections as at
from tests.fixtures.postgres import TestServer

pytestmark = pytest.mark.slow
V = validator_pb2
CATALOGS = scanner_pb2_grpc.ScannerStub
MODELS = mapper_pb2_grpc.MapperStub


@pytest_asyncio.fixture
async def mesh(postgres: TestServer, shop_postgresql: str, shop_sqlite: Path) -> AsyncIterator[Mesh]:
    state = postgres.fresh()
    migrate(state)
    environment = {
        "MAESTRO_STATE": state,
        "MAESTRO_SOURCE_PG": postgres.reader(shop_postgresql),
        "MAESTRO_SOURCE_LITE": f"sqlite:///{shop_sqlite}",
        "MAESTRO_LEARN_INTERVAL": "0",
    }
    builds = {name: importlib.import_module(f"services.{name}.__main__").build for name in MODULES}
    async with start(builds, env=environment) as running:
        async with asyncio.timeout(60):
            await asyncio.gather(*(serving(running.address(name)) for name in MODULES))
        yield running


async def serving(address: str) -> None:
    """Returns when a module serves."""
    while True:
        if (await probe(address))[0] == "serving":
            return
        await asyncio.sleep(0.05)


async def proven(mesh: Mesh, source: str) -> dict[str, validator_pb2.ConnectionProof]:
    """What workflows/validation.yaml does, by hand."""
    context = context_pb2.RequestContext(source=source)
    scanned = await mesh.stub(CATALOGS, "scanner").GetCatalog(scanner_pb2.GetCatalogRequest(context=context))
    mapper = mesh.stub(MODELS, "mapper")
    modelled = await mapper.GetModel(mapper_pb2.GetModelRequest(context=context))
    validator = mesh.stub(validator_pb2_grpc.ValidatorStub, "validator")
    plan = V.PlanProbesRequest(context=context, catalog=scanned.catalog, model=modelled.model)
    probes = await validator.PlanProbes(plan)
    learner = mesh.stub(learner_pb2_grpc.LearnerStub, "learner")
    taught = learner_pb2.GiveFeedbackRequest(
        context=context,
        answered_request_id=f"check-{source}",
        verdict=learner_pb2.VERDICT_RIGHT,
        corrected_plan=probes.taught_plan,
        question=probes.unknown_question,
    )
    await learner.GiveFeedback(taught)
    learned = await learner.Learn(learner_pb2.LearnRequest(context=context))
    assert [each.state for each in learned.activated] == [learner_pb2.PATTERN_STATE_ACTIVE]
    context.versions.patterns = learned.version
    orchestrator = mesh.stub(orchestrator_pb2_grpc.OrchestratorStub, "orchestrator")
    outcomes = [
        (await orchestrator.RunProbe(orchestrator_pb2.RunProbeRequest(context=context, probe=each))).outcome
        for each in probes.probes
    ]
    faulty = mapper_pb2.CheckModelRequest(context=context, text=probes.faulty_model, file_name="faulty.yaml")
    objections = (await mapper.CheckModel(faulty)).issues
    judged = await validator.JudgeProbes(
        V.JudgeProbesRequest(
            context=context,
            outcomes=outcomes,
            catalog_version=scanned.catalog.version,
            model_catalog_version=modelled.model.catalog_version,
            catalog_live=modelled.catalog_live,
            faulty_model_issues=objections,
        )
    )
    assert judged.all_proven == all(each.has_effect for each in judged.proofs)
    return {each.connection: each for each in judged.proofs}


async def test_every_connection_has_an_effect(mesh: Mesh) -> None:
    for source in ("pg", "lite"):
        proofs = await proven(mesh, source)
        assert list(proofs) == list(at.CONNECTIONS)
        assert {name: each.evidence for name, each in proofs.items() if not each.has_effect} == {}
        assert len(proofs[at.LOADER_PROVIDER].trace_id) == 32
