"""The definitions that ship: they fit the contracts, and do in order what they say."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from deploy.state.migrate import migrate
from maestro.coordinator.v1 import coordinator_pb2
from maestro.learner.v1 import learner_pb2
from maestro.mapper.v1 import mapper_pb2
from maestro.orchestrator.v1 import orchestrator_pb2
from maestro.scanner.v1 import scanner_pb2
from maestro.validator.v1 import validator_pb2
from maestro.workflow.v1 import workflow_pb2
from mesh.fault import Fault
from mesh.modules import EDGES
from services.orchestrator import library
from services.orchestrator.contracts import Contracts
from services.orchestrator.definition import Definition
from tests.services.orchestrator.conftest import Stage, Staging, staging  # noqa: F401  # a fixture
from tests.services.orchestrator.toys import giving, raising, until

ROOT = Path(__file__).resolve().parents[2]
FOLDER = ROOT / "workflows"


@pytest.fixture(scope="module")
def definitions() -> dict[str, Definition]:
    return library.load(FOLDER, Contracts())


def test_the_four_of_the_plan_are_there(definitions: dict[str, Definition]):
    assert {name: each.durable for name, each in definitions.items()} == {
        "data": True,
        "learning": True,
        "query": False,
        "validation": True,
    }


def test_every_call_is_an_edge_of_the_mesh(definitions: dict[str, Definition]):
    called = {step.method.module for each in definitions.values() for step in each.steps if step.method is not None}
    known = {callee for caller, callee in EDGES if caller == "orchestrator"}
    assert called - known <= {"orchestrator"}


def test_the_graph_of_a_question(definitions: dict[str, Definition]):
    """What each step waits for, as a literal: a change of the flow is seen here."""
    query = definitions["query"]
    names = [step.name for step in query.steps]
    context = {"admit", "analyze"}
    assert {step.name: {names[index] for index in step.after} for step in query.steps} == {
        "admit": set(),
        "check_question": {"admit"},
        "recall": {"admit"},
        "analyze": {"admit", "check_question", "recall"},
        "catalog": {*context, "check_question", "mappings"},
        "mappings": {*context, "check_question"},
        "check_plan": {*context, "check_question", "catalog", "mappings"},
        "fetch": {*context, "check_question", "catalog", "mappings", "check_plan"},
        "check_result": {*context, "catalog", "mappings", "fetch"},
        "enrich": {*context, "catalog", "mappings", "fetch"},
        "compose": {
            *context,
            "recall",
            "check_question",
            "check_plan",
            "mappings",
            "fetch",
            "check_result",
            "enrich",
        },
        "check_answer": {*context, "compose"},
        "reply": context,
        "apply": context,
        "acknowledge": {*context, "apply"},
        "refuse": {*context, "check_question", "check_plan", "check_result", "check_answer"},
        "without_data": {"reply", "acknowledge", "refuse"},
        "remember": {*context, "fetch"},
        "observe": {*context, "fetch"},
        "release": set(),
    }
    assert [step.name for step in query.steps if step.detached] == ["remember", "observe", "release"]
    assert [step.name for step in query.steps if step.optional] == ["recall", "enrich"]


def command(*arguments: str) -> subprocess.CompletedProcess[str]:
    env = {**os.environ, "PYTHONPATH": os.pathsep.join([str(ROOT), str(ROOT / "gen")])}
    return subprocess.run(
        [sys.executable, "-m", "services.orchestrator.check", *arguments],
        env=env,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def test_the_check_names_each_mistake_and_its_exit_code_tells(tmp_path: Path):
    done = command()
    assert (done.returncode, done.stdout) == (0, "4 definitions, no problems\n")
    bad = tmp_path / "query.yaml"
    text = (FOLDER / "query.yaml").read_text()
    line = 1 + text[: text.index("validator.CheckPlan")].count("\n")
    bad.write_text(text.replace("validator.CheckPlan", "validator.CheckPlans"))
    done = command(str(bad))
    assert done.returncode == 1
    assert f"query.yaml:{line}:11: steps.check_plan.call: module validator has no method 'CheckPlans'" in done.stdout
    assert done.stdout.endswith("1 definitions, 1 problems\n")
    done = command(str(tmp_path / "missing.yaml"))
    assert (done.returncode, "cannot be read" in done.stdout) == (1, True)


@pytest.fixture
async def stage(staging: Staging, database: str) -> AsyncIterator[Stage]:  # noqa: F811  # the fixture
    migrate(database)
    env = {"MAESTRO_WORKFLOWS": str(FOLDER)}
    async with staging(state=database, env=env) as made:

        async def admit(request: Any) -> coordinator_pb2.AdmitResponse:
            response = coordinator_pb2.AdmitResponse(admission_id="a", context=request.context)
            response.context.source = "frete"
            return response

        made.toys.on["coordinator.Admit"] = admit
        yield made


async def test_data_looks_anew_and_forgets_what_was_cached(stage: Stage):
    stage.toys.on["scanner.Scan"] = giving(scanner_pb2.ScanResponse(version="c-2", changed_tables=["entregas"]))
    response = await stage.run("data")
    assert response.run.state == workflow_pb2.RUN_STATE_SUCCEEDED
    assert dict(response.output)["version"] == "c-2"
    assert stage.toys.begun == [
        "coordinator.Admit",
        "scanner.Scan",
        "mapper.GetModel",
        "provider.Purge",
        "coordinator.Release",
    ]
    assert stage.toys.requests["provider.Purge"][0].context.source == "frete"


async def test_learning_is_judged_against_the_meaning_of_today(stage: Stage):
    model = mapper_pb2.GetModelResponse()
    model.model.version = "m-1"
    stage.toys.on |= {
        "mapper.GetModel": giving(model),
        "learner.Learn": giving(learner_pb2.LearnResponse(version="p-2")),
    }
    response = await stage.run("learning")
    assert dict(response.output) == {"version": "p-2"}
    context = stage.toys.requests["learner.Learn"][0].context
    assert (context.source, context.versions.semantics) == ("frete", "m-1")


def probes() -> validator_pb2.PlanProbesResponse:
    planned = validator_pb2.PlanProbesResponse(faulty_model="bad", unknown_question="xyz?")
    planned.taught_plan.question = "xyz?"
    planned.probes.add(connection="scanner → loader").plan.question = "q"
    planned.probes.add(connection="learner → analyzer", question="xyz?")
    return planned


async def validated(stage: Stage) -> orchestrator_pb2.RunWorkflowResponse:
    catalog, model = scanner_pb2.GetCatalogResponse(), mapper_pb2.GetModelResponse(catalog_live=True)
    catalog.catalog.version = model.model.catalog_version = "c-1"
    learned = learner_pb2.LearnResponse(version="p-2")
    learned.activated.add(id="pattern-1")

    async def learn(_: Any) -> learner_pb2.LearnResponse:
        return learned if stage.toys.begun.count("learner.Learn") > 1 else learner_pb2.LearnResponse(version="p-1")

    stage.toys.on |= {
        "scanner.GetCatalog": giving(catalog),
        "mapper.GetModel": giving(model),
        "validator.PlanProbes": giving(probes()),
        "learner.GiveFeedback": giving(learner_pb2.GiveFeedbackResponse(recorded=True)),
        "learner.Learn": learn,
    }
    return await stage.run("validation")


async def test_validation_teaches_probes_judges_and_forgets(stage: Stage):
    judged = validator_pb2.JudgeProbesResponse(all_proven=True)
    stage.toys.on["validator.JudgeProbes"] = giving(judged)
    response = await validated(stage)
    assert response.run.state == workflow_pb2.RUN_STATE_SUCCEEDED
    assert dict(response.output) == {"allProven": True}
    judge = stage.toys.requests["validator.JudgeProbes"][0]
    assert [outcome.probe.connection for outcome in judge.outcomes] == ["scanner → loader", "learner → analyzer"]
    assert (judge.catalog_version, judge.model_catalog_version, judge.catalog_live) == ("c-1", "c-1", True)
    # The toys answer nothing, which is a failure of the probe and not of the check.
    assert {outcome.whole_error.code for outcome in judge.outcomes} == {"INTERNAL"}
    feedback = stage.toys.requests["learner.GiveFeedback"][0]
    assert (feedback.question, feedback.corrected_plan.question, feedback.verdict) == (
        "xyz?",
        "xyz?",
        learner_pb2.VERDICT_RIGHT,
    )
    analyzed = stage.toys.requests["analyzer.Analyze"]
    assert {request.context.versions.patterns for request in analyzed} == {"p-2"}
    assert stage.toys.requests["mapper.CheckModel"][0].text == "bad"
    assert [request.pattern_id for request in stage.toys.requests["learner.RetirePattern"]] == ["pattern-1"]


async def test_what_was_taught_is_forgotten_also_when_judging_fails(stage: Stage):
    stage.toys.on["validator.JudgeProbes"] = raising(Fault("INTERNAL", "Bad."))
    response = await validated(stage)
    assert response.run.state == workflow_pb2.RUN_STATE_FAILED
    await until(lambda: "learner.RetirePattern" in stage.toys.ended)
