"""Durable runs go on where they were when the process that ran them is killed."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from deploy.state.migrate import migrate
from maestro.coordinator.v1 import coordinator_pb2
from maestro.memorizer.v1 import memorizer_pb2
from maestro.orchestrator.v1 import orchestrator_pb2, orchestrator_pb2_grpc
from maestro.validator.v1 import validator_pb2
from maestro.workflow.v1 import workflow_pb2
from mesh.fault import Fault
from mesh.modules import MODULES
from mesh.testing import Mesh, start
from tests.services.orchestrator.definitions import states
from tests.services.orchestrator.toys import Toys, forever, giving, raising, until

pytestmark = pytest.mark.slow
ROOT = Path(__file__).resolve().parents[3]

LONG = """
input: maestro.context.v1.RequestContext
output: maestro.memorizer.v1.ApplyCommandResponse
durable: true
steps:
  admit: { call: coordinator.Admit, request: { context: "${input}" } }
  side: { call: learner.Learn, request: { context: "${admit.context}" }, optional: true }
  scan: { call: scanner.Scan, request: { context: "${admit.context}" } }
  plan: { call: validator.PlanProbes, after: [ scan ] }
  each:
    call: memorizer.ApplyCommand
    for_each: ${plan.probes}
    concurrency: 2
    request: { text: "${item.connection}", locale: "${run.id}" }
  gather: { call: mapper.LookUpValues, request: { texts: "${each.text}", datasets: [ "${run.steps.side.reason}" ] } }
  release: { call: coordinator.Release, detached: true, when: "${admit.admission_id}" }
result: { text: "${admit.context.source}" }
"""
SUCCEEDED, RUNNING = workflow_pb2.RUN_STATE_SUCCEEDED, workflow_pb2.RUN_STATE_RUNNING


class Process:
    """An orchestrator in a process of its own, among the toys of this one."""

    def __init__(self, mesh: Mesh, env: dict[str, str]) -> None:
        self._mesh, self._env = mesh, env
        self._process: asyncio.subprocess.Process | None = None

    async def start(self) -> None:
        """Starts it and waits until it serves."""
        self._process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "services.orchestrator", env=self._env, stderr=asyncio.subprocess.DEVNULL
        )
        stub = self._mesh.stub(orchestrator_pb2_grpc.OrchestratorStub, "orchestrator")
        async with asyncio.timeout(30):
            while True:
                try:
                    await stub.ListWorkflows(orchestrator_pb2.ListWorkflowsRequest(), timeout=1)
                    return
                except Fault:
                    await asyncio.sleep(0.05)

    async def end(self, number: signal.Signals) -> None:
        """Sends it a signal and waits until it is gone."""
        assert self._process is not None
        self._process.send_signal(number)
        async with asyncio.timeout(20):
            await self._process.wait()

    async def clean(self) -> None:
        """Leaves none behind."""
        if self._process is not None and self._process.returncode is None:
            await self.end(signal.SIGKILL)


@pytest.fixture
def stage(database: str, tmp_path: Path) -> Callable[..., Any]:
    migrate(database)

    @asynccontextmanager
    async def made(text: str) -> AsyncIterator[tuple[Process, Toys, Any]]:
        (tmp_path / "long.yaml").write_text(text)
        toys = Toys()
        builds = {name: toys.module(name) for name in MODULES if name != "orchestrator"}
        env = {"MAESTRO_WORKFLOWS": str(tmp_path), "MAESTRO_STATE": database}
        async with start(builds, env=env) as mesh:
            told = {
                **os.environ,
                "MAESTRO_LISTEN": mesh.address("orchestrator"),
                "PYTHONPATH": os.pathsep.join([str(ROOT), str(ROOT / "gen")]),
            }
            process = Process(mesh, told)
            try:
                yield process, toys, mesh.stub(orchestrator_pb2_grpc.OrchestratorStub, "orchestrator")
            finally:
                await process.clean()

    return made


def everything_is_fine(toys: Toys, probes: int = 5) -> None:
    admitted = coordinator_pb2.AdmitResponse(admission_id="a")
    admitted.context.source = "frete"

    async def apply(request: Any) -> memorizer_pb2.ApplyCommandResponse:
        return memorizer_pb2.ApplyCommandResponse(text=f"{request.text}!")

    toys.on = {
        "coordinator.Admit": giving(admitted),
        "learner.Learn": raising(Fault("PLAN_INVALID", "Nothing to learn.")),
        "validator.PlanProbes": giving(
            validator_pb2.PlanProbesResponse(
                probes=[validator_pb2.Probe(connection=f"c{number}") for number in range(probes)]
            )
        ),
        "memorizer.ApplyCommand": apply,
    }


async def begun(stub: Any, key: str = "k") -> workflow_pb2.Run:
    request = orchestrator_pb2.RunWorkflowRequest(workflow="long", idempotency_key=key, detach=True)
    return (await stub.RunWorkflow(request)).run


async def ended(stub: Any, run_id: str) -> orchestrator_pb2.GetRunResponse:
    async with asyncio.timeout(30):
        while True:
            try:
                found: orchestrator_pb2.GetRunResponse = await stub.GetRun(
                    orchestrator_pb2.GetRunRequest(run_id=run_id)
                )
                if found.run.state != RUNNING:
                    return found
            except Fault as fault:
                if fault.reason != "MODULE_UNAVAILABLE":
                    raise
            await asyncio.sleep(0.05)


async def test_a_durable_run_that_nobody_disturbs(stage: Callable[..., Any]):
    async with stage(LONG) as (process, toys, stub):
        everything_is_fine(toys)
        await process.start()
        request = orchestrator_pb2.RunWorkflowRequest(workflow="long")
        response = await stub.RunWorkflow(request)
        assert response.run.state == SUCCEEDED
        assert dict(response.output) == {"text": "frete"}
        assert states(response.run)["side"] == "failed"
        assert states(response.run)["release"] == "succeeded"
        gathered = toys.requests["mapper.LookUpValues"][0]
        assert list(gathered.texts) == [f"c{number}!" for number in range(5)]
        assert list(gathered.datasets) == ["Nothing to learn."]
        toys.on["scanner.Scan"] = raising(Fault("SOURCE_UNAVAILABLE", "It is down.", metadata={"source": "x"}))
        failed = (await stub.RunWorkflow(request)).run
        assert (failed.state, failed.error.code) == (workflow_pb2.RUN_STATE_FAILED, "SOURCE_UNAVAILABLE")
        assert dict(failed.error.params) == {"source": "x", "step": "scan"}


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGTERM])
async def test_only_the_interrupted_call_is_made_again(stage: Callable[..., Any], how: signal.Signals):
    async with stage(LONG) as (process, toys, stub):
        everything_is_fine(toys)
        toys.on["scanner.Scan"] = forever
        await process.start()
        run = await begun(stub)
        assert run.state == RUNNING
        await until(lambda: "scanner.Scan" in toys.active and "learner.Learn" in toys.begun)
        await asyncio.sleep(0.3)  # until what failed is written down
        await process.end(how)
        await until(lambda: not toys.active)
        del toys.on["scanner.Scan"]
        await process.start()
        found = await ended(stub, run.id)
        assert found.run.state == SUCCEEDED
        assert dict(found.output) == {"text": "frete"}
        counts = {call: toys.begun.count(call) for call in set(toys.begun)}
        assert counts == {
            "coordinator.Admit": 1,
            "learner.Learn": 1,
            "scanner.Scan": 2,
            "validator.PlanProbes": 1,
            "memorizer.ApplyCommand": 5,
            "mapper.LookUpValues": 1,
            "coordinator.Release": 1,
        }
        assert {request.locale for request in toys.requests["memorizer.ApplyCommand"]} == {run.id}
        assert list(toys.requests["mapper.LookUpValues"][0].datasets) == ["Nothing to learn."]
        assert found.run.steps[0].start_time.ToNanoseconds() < found.run.steps[3].start_time.ToNanoseconds()
        # Asking again with the same key is asking for the same run.
        again = await begun(stub)
        assert (again.id, again.state) == (run.id, SUCCEEDED)


async def test_of_a_list_only_the_interrupted_items_are_done_again(stage: Callable[..., Any]):
    async with stage(LONG) as (process, toys, stub):
        everything_is_fine(toys)
        healthy = toys.on["memorizer.ApplyCommand"]

        async def apply(request: Any) -> Any:
            return await (forever(request) if request.text in ("c2", "c3") else healthy(request))

        toys.on["memorizer.ApplyCommand"] = apply
        await process.start()
        run = await begun(stub)
        await until(lambda: toys.active.count("memorizer.ApplyCommand") == 2 and len(toys.ended) >= 5)
        await asyncio.sleep(0.3)
        await process.end(signal.SIGKILL)
        toys.on["memorizer.ApplyCommand"] = healthy
        await process.start()
        found = await ended(stub, run.id)
        assert found.run.state == SUCCEEDED
        asked = [request.text for request in toys.requests["memorizer.ApplyCommand"]]
        assert sorted(asked) == ["c0", "c1", "c2", "c2", "c3", "c3", "c4"]
        assert list(toys.requests["mapper.LookUpValues"][0].texts) == [f"c{number}!" for number in range(5)]


async def test_a_run_goes_on_by_the_definition_that_it_began_with(stage: Callable[..., Any], tmp_path: Path):
    async with stage(LONG) as (process, toys, stub):
        everything_is_fine(toys)
        toys.on["scanner.Scan"] = forever
        await process.start()
        run = await begun(stub)
        await until(lambda: "scanner.Scan" in toys.active)
        await process.end(signal.SIGKILL)
        (tmp_path / "long.yaml").write_text(LONG.replace("scanner.Scan", "scanner.GetCatalog"))
        del toys.on["scanner.Scan"]
        await process.start()
        found = await ended(stub, run.id)
        assert (found.run.state, found.run.workflow_version) == (SUCCEEDED, run.workflow_version)
        assert "scanner.GetCatalog" not in toys.begun


async def test_a_cancelled_durable_run_stays_cancelled(stage: Callable[..., Any]):
    async with stage(LONG) as (process, toys, stub):
        everything_is_fine(toys)
        toys.on["scanner.Scan"] = forever
        await process.start()
        run = await begun(stub)
        await until(lambda: "scanner.Scan" in toys.active)
        await stub.CancelRun(orchestrator_pb2.CancelRunRequest(run_id=run.id))
        found = await ended(stub, run.id)
        assert (found.run.state, found.run.error.code) == (workflow_pb2.RUN_STATE_CANCELLED, "CANCELLED")
        await until(lambda: toys.cancelled == ["scanner.Scan"])
        await process.end(signal.SIGKILL)
        await process.start()
        await asyncio.sleep(1.0)
        assert toys.begun.count("scanner.Scan") == 1
        assert (await ended(stub, run.id)).run.state == workflow_pb2.RUN_STATE_CANCELLED


async def test_an_idle_orchestrator_has_not_loaded_the_engine_of_durable_runs(stage: Callable[..., Any]):
    async with stage(LONG) as (process, toys, stub):
        everything_is_fine(toys)
        await process.start()
        assert process._process is not None
        maps = Path(f"/proc/{process._process.pid}/maps")

        def loaded() -> bool:
            return "sqlalchemy" in maps.read_text()

        assert not loaded()
        await stub.RunWorkflow(orchestrator_pb2.RunWorkflowRequest(workflow="long"))
        assert loaded()
