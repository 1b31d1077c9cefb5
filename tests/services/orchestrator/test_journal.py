"""Runs are written down off the critical path, and found again."""

from __future__ import annotations

import asyncio
from typing import Any

import psycopg
import pytest

from deploy.state.migrate import migrate
from maestro.orchestrator.v1 import orchestrator_pb2
from maestro.workflow.v1 import workflow_pb2
from mesh.fault import Fault
from services.orchestrator.ids import first_since, uuid7
from services.orchestrator.journal import Journal
from services.orchestrator.postgres import Runs
from services.orchestrator.run import Run
from tests.services.orchestrator.conftest import Stage, Staging
from tests.services.orchestrator.test_compile import compiled
from tests.services.orchestrator.toys import forever, until

DEMO = """
input: maestro.analyzer.v1.AnalyzeRequest
output: maestro.memorizer.v1.ApplyCommandResponse
steps:
  scan: { call: scanner.Scan, request: { context: "${input.context}" } }
result: { text: done }
"""
RUNNING, SUCCEEDED = workflow_pb2.RUN_STATE_RUNNING, workflow_pb2.RUN_STATE_SUCCEEDED
CANCELLED, INTERRUPTED = workflow_pb2.RUN_STATE_CANCELLED, workflow_pb2.RUN_STATE_INTERRUPTED


@pytest.fixture
def state(database: str) -> str:
    migrate(database)
    return database


def some_run() -> Run:
    return Run(uuid7(), compiled(DEMO, "demo.yaml"))


async def listed(stage: Stage, **fields: Any) -> list[workflow_pb2.Run]:
    response = await stage.stub.ListRuns(orchestrator_pb2.ListRunsRequest(**fields))
    return list(response.runs)


async def test_runs_are_listed_newest_first_in_pages(staging: Staging, state: str):
    async with staging(state=state, demo=DEMO, other=DEMO) as stage:
        ids = [(await stage.run(name)).run.id for name in ("demo", "other", "demo", "demo", "other")]
        assert ids == sorted(ids)
        assert [run.id for run in await listed(stage)] == ids[::-1]
        assert [run.id for run in await listed(stage, workflow="other")] == [ids[4], ids[1]]
        assert await listed(stage, state=workflow_pb2.RUN_STATE_FAILED) == []
        page = await stage.stub.ListRuns(orchestrator_pb2.ListRunsRequest(page_size=2))
        assert [run.id for run in page.runs] == ids[:2:-1]
        seen = list(page.runs)
        while page.next_page_token:
            page = await stage.stub.ListRuns(
                orchestrator_pb2.ListRunsRequest(page_size=2, page_token=page.next_page_token)
            )
            seen += page.runs
        assert [run.id for run in seen] == ids[::-1]
        assert {run.state for run in seen} == {SUCCEEDED}
        for bad, reason in (({"page_size": 501}, "INVALID_ARGUMENT"), ({"page_token": "x"}, "PAGE_TOKEN_INVALID")):
            with pytest.raises(Fault) as caught:
                await listed(stage, **bad)
            assert caught.value.reason == reason


async def test_without_a_database_the_runs_of_this_process_are_known(staging: Staging):
    async with staging(demo=DEMO) as stage:
        ids = [(await stage.run("demo")).run.id for _ in range(3)]
        assert [run.id for run in await listed(stage)] == ids[::-1]
        assert [run.id for run in await listed(stage, page_size=1)] == ids[2:]
        with pytest.raises(Fault) as caught:
            await stage.run("demo", idempotency_key="k")
        assert caught.value.reason == "STATE_UNAVAILABLE"


async def test_runs_outlive_their_orchestrator(staging: Staging, state: str):
    async with staging(state=state, demo=DEMO) as stage:
        run = (await stage.run("demo")).run
    async with staging(state=state, demo=DEMO) as stage:
        found = await stage.stub.GetRun(orchestrator_pb2.GetRunRequest(run_id=run.id))
        assert found.run == run
        with pytest.raises(Fault) as caught:
            await stage.stub.GetRun(orchestrator_pb2.GetRunRequest(run_id=uuid7()))
        assert caught.value.reason == "RUN_UNKNOWN"
        for bad in ("", "x", "0"):
            with pytest.raises(Fault) as caught:
                await stage.stub.GetRun(orchestrator_pb2.GetRunRequest(run_id=bad))
            assert caught.value.reason == "RUN_UNKNOWN"
            with pytest.raises(Fault) as caught:
                await stage.stub.CancelRun(orchestrator_pb2.CancelRunRequest(run_id=bad))
            assert caught.value.reason == "RUN_UNKNOWN"


async def test_a_key_makes_repeating_safe(staging: Staging, state: str):
    async with staging(state=state, demo=DEMO, other=DEMO) as stage:
        first = await stage.run("demo", idempotency_key="k")
        again = await stage.run("demo", idempotency_key="k")
        assert again == first
        assert dict(again.output) == {"text": "done"}
        assert len(stage.toys.begun) == 1
        assert (await stage.run("demo", idempotency_key="l")).run.id != first.run.id
        assert (await stage.run("other", idempotency_key="k")).run.id != first.run.id
        other = orchestrator_pb2.RunWorkflowRequest(workflow="demo", idempotency_key="k")
        other.context.caller.id = "ana"
        assert (await stage.stub.RunWorkflow(other)).run.id != first.run.id
    async with staging(state=state, demo=DEMO) as stage:
        assert await stage.run("demo", idempotency_key="k") == first
        assert not stage.toys.begun


async def test_a_run_with_a_key_goes_on_without_its_caller(staging: Staging, state: str):
    async with staging(state=state, demo=DEMO) as stage:
        go = asyncio.Event()

        async def scan(_: Any) -> None:
            await go.wait()

        stage.toys.on["scanner.Scan"] = scan
        asking = asyncio.ensure_future(stage.run("demo", idempotency_key="k"))
        await until(lambda: bool(stage.toys.active))
        asking.cancel()
        again = asyncio.ensure_future(stage.run("demo", idempotency_key="k"))
        await asyncio.sleep(0.1)
        assert stage.toys.active
        go.set()
        assert (await again).run.state == SUCCEEDED
        assert len(stage.toys.begun) == 1


async def test_a_detached_run_is_looked_after_by_its_id(staging: Staging, state: str):
    async with staging(state=state, demo=DEMO) as stage:
        stage.toys.on["scanner.Scan"] = forever
        run = (await stage.run("demo", detach=True)).run
        assert run.state == RUNNING
        await until(lambda: bool(stage.toys.active))
        stopped = (await stage.stub.CancelRun(orchestrator_pb2.CancelRunRequest(run_id=run.id))).run
        assert stopped.id == run.id
        await until(lambda: not stage.toys.active)
        for _ in range(100):
            found = (await stage.stub.GetRun(orchestrator_pb2.GetRunRequest(run_id=run.id))).run
            if found.state != RUNNING:
                break
            await asyncio.sleep(0.01)
        assert (found.state, found.error.code) == (CANCELLED, "CANCELLED")


async def test_another_orchestrator_can_cancel_a_run(staging: Staging, state: str):
    env = {"MAESTRO_ORCHESTRATOR_JOURNAL_INTERVAL": "0.05"}
    async with staging(state=state, demo=DEMO, env=env) as stage:
        stage.toys.on["scanner.Scan"] = forever
        run = (await stage.run("demo", detach=True)).run
        await until(lambda: bool(stage.toys.active))
        other = Runs(state)
        for _ in range(200):
            if await other.read(run.id) is not None:
                break
            await asyncio.sleep(0.01)
        await other.stop(run.id)
        await until(lambda: not stage.toys.active)
        await other.close()


async def test_runs_of_a_dead_orchestrator_are_interrupted(staging: Staging, state: str):
    dead, alive = Runs(state), Runs(state)
    lost, kept = some_run(), some_run()
    durable = some_run()
    await dead.write([lost.proto()])
    await dead.claim(durable.proto(), durable=True, key="")
    await alive.write([kept.proto()])
    await dead.close()
    async with staging(state=state, demo=DEMO) as stage:

        async def state_of(run: Run) -> int:
            return (await stage.stub.GetRun(orchestrator_pb2.GetRunRequest(run_id=run.id))).run.state

        for _ in range(200):
            if await state_of(lost) != RUNNING:
                break
            await asyncio.sleep(0.02)
        assert await state_of(lost) == INTERRUPTED
        assert await state_of(kept) == RUNNING
    await alive.close()


async def test_a_full_journal_drops_and_counts(state: str):
    store = Runs(state)
    journal = Journal(store, interval=60, most=3, retention=30, cancel=lambda _: False)
    runs = [some_run() for _ in range(5)]
    for run in runs:
        journal.note(run)
    assert journal.dropped == 2
    runs[0].end(SUCCEEDED)
    journal.note(runs[0])
    assert journal.dropped == 2
    await journal.flush()
    assert {run.id: run.state for run in await store.page("", 0, "", 10)} == {
        runs[0].id: SUCCEEDED,
        runs[1].id: RUNNING,
        runs[2].id: RUNNING,
    }
    await store.close()


async def test_what_cannot_be_written_waits(postgres: Any, state: str):
    store = Runs(state)
    journal = Journal(store, interval=60, most=100, retention=30, cancel=lambda _: False)
    with psycopg.connect(state, autocommit=True) as admin:
        await store.page("", 0, "", 1)
        admin.execute("ALTER TABLE orchestrator.runs RENAME TO gone")
        run = some_run()
        journal.note(run)
        with pytest.raises(Fault) as caught:
            await journal.flush()
        assert caught.value.reason == "STATE_UNAVAILABLE"
        run.end(SUCCEEDED)
        journal.note(run)
        admin.execute("ALTER TABLE orchestrator.gone RENAME TO runs")
    await journal.flush()
    found = await store.read(run.id)
    assert found is not None
    assert found.state == SUCCEEDED
    await store.close()


async def test_a_lost_connection_comes_back(state: str):
    store = Runs(state)
    await store.write([some_run().proto()])
    with psycopg.connect(state, autocommit=True) as admin:
        admin.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database()"
            " AND pid <> pg_backend_pid()"
        )
    with pytest.raises(Fault):
        await store.page("", 0, "", 1)
    assert len(await store.page("", 0, "", 1)) == 1
    await store.close()


async def test_old_runs_are_removed(state: str):
    store = Runs(state)
    old, new = some_run(), some_run()
    old.start_ns -= 40 * 86_400 * 10**9
    old.id = str(first_since(old.start_ns / 1e9))
    for run in (old, new):
        run.end(SUCCEEDED)
    await store.write([old.proto(), new.proto()])
    assert await store.expire(30) == 1
    assert [run.id for run in await store.page("", 0, "", 10)] == [new.id]
    await store.close()


async def test_answers_do_not_wait_for_a_database_that_is_down(staging: Staging):
    async with staging(state="postgresql://nobody@127.0.0.1:1/none", demo=DEMO) as stage:
        run = (await stage.run("demo")).run
        assert run.state == SUCCEEDED
        found = await stage.stub.GetRun(orchestrator_pb2.GetRunRequest(run_id=run.id))
        assert found.run.id == run.id
        with pytest.raises(Fault) as caught:
            await listed(stage)
        assert caught.value.reason == "STATE_UNAVAILABLE"


async def test_too_many_runs_in_the_background_are_refused(staging: Staging, state: str):
    async with staging(state=state, demo=DEMO, env={"MAESTRO_ORCHESTRATOR_BACKGROUND_RUNS": "2"}) as stage:
        go = asyncio.Event()

        async def scan(_: Any) -> None:
            await go.wait()

        stage.toys.on["scanner.Scan"] = scan
        for _ in range(2):
            await stage.run("demo", detach=True)
        with pytest.raises(Fault) as caught:
            await stage.run("demo", detach=True)
        assert (caught.value.reason, caught.value.retry_after) == ("ADMISSION_REJECTED", 1.0)
        go.set()


async def test_workflows_are_listed_and_checked(staging: Staging):
    async with staging(demo=DEMO) as stage:
        (loaded,) = (await stage.stub.ListWorkflows(orchestrator_pb2.ListWorkflowsRequest())).workflows
        assert (loaded.workflow.name, list(loaded.order)) == ("demo", ["scan"])
        assert loaded.workflow.steps["scan"].call == "scanner.Scan"
        request = orchestrator_pb2.ValidateWorkflowRequest(text=DEMO, file_name="demo.yaml")
        assert not (await stage.stub.ValidateWorkflow(request)).issues
        request.text = DEMO.replace("scanner.Scan", "scanner.Scann")
        (issue,) = (await stage.stub.ValidateWorkflow(request)).issues
        assert issue.path == "demo.yaml:5:17: steps.scan.call"
        assert issue.message == "module scanner has no method 'Scann'; the nearest is 'Scan'"
        assert issue.code == "WORKFLOW_INVALID"
        request.text = ":"
        assert (await stage.stub.ValidateWorkflow(request)).issues
        request.text = "x" * (1024 * 1024 + 1)
        with pytest.raises(Fault) as caught:
            await stage.stub.ValidateWorkflow(request)
        assert caught.value.reason == "INVALID_ARGUMENT"


async def test_unknown_workflows_and_bad_input_are_named(staging: Staging):
    async with staging(demo=DEMO) as stage:
        with pytest.raises(Fault) as caught:
            await stage.run("demoo")
        assert caught.value.reason == "WORKFLOW_UNKNOWN"
        assert caught.value.message == "There is no workflow 'demoo'; the nearest is 'demo'."
        with pytest.raises(Fault) as caught:
            await stage.run("demo", input={"questoin": "x"})
        assert caught.value.reason == "INVALID_ARGUMENT"
        assert "questoin" in caught.value.message


async def test_the_context_comes_from_the_request(staging: Staging):
    async with staging(demo=DEMO) as stage:
        request = orchestrator_pb2.RunWorkflowRequest(workflow="demo")
        request.context.source, request.context.caller.id = "frete", "ana"
        request.input.update({"context": {"source": "other"}})
        await stage.stub.RunWorkflow(request)
        context = stage.toys.requests["scanner.Scan"][0].context
        assert (context.source, context.caller.id) == ("other", "ana")
        assert context.request_id
