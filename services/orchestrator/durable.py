"""Durable runs: they go on where they were when their orchestrator dies. The engine behind them is DBOS, on
the state database; it is loaded when the first such run begins or has to be taken over, and not before.

Each call of a step is a DBOS step, so after a crash only the calls that were under way are made again. A run
carries its own definition: what it does stays the same when the workflow is changed meanwhile.
"""

import asyncio
import base64
import importlib
import logging
from collections.abc import Awaitable, Callable
from typing import Any, Protocol

from google.protobuf.message import Message

from maestro.workflow.v1 import workflow_pb2
from mesh import telemetry
from mesh.ambient import Ambient, current
from mesh.fault import Fault
from services.orchestrator import compiler
from services.orchestrator.contracts import Contracts
from services.orchestrator.engine import Engine
from services.orchestrator.problems import InvalidWorkflowError
from services.orchestrator.recorder import Recorder
from services.orchestrator.run import Run, issue_of

_log = logging.getLogger(__name__)
SCHEMA = "orchestrator_durable"
# Pinned, so that runs of an older build are taken over by a newer one. To be counted up when recorder.py
# numbers calls in another way.
_VERSION = "1"
_LOOK_INTERVAL = 10.0


class Ledger(Protocol):
    """The part of the database of runs that durable runs need."""

    owner: int

    async def claim(self, run: workflow_pb2.Run, *, durable: bool, key: str) -> str: ...

    async def finish(self, run: workflow_pb2.Run, output: bytes | None) -> None: ...

    async def read(self, run_id: str) -> workflow_pb2.Run | None: ...

    async def take_over(self) -> list[str]: ...


class Durable:
    """url: libpq URL of the state database."""

    def __init__(self, engine: Engine, contracts: Contracts, ledger: Ledger, url: str) -> None:
        self._engine, self._contracts, self._ledger, self._url = engine, contracts, ledger, url
        self._loading = asyncio.Lock()
        self._dbos: Any = None
        self._function: Callable[[dict[str, Any]], Awaitable[None]] | None = None
        self._ends: dict[str, asyncio.Future[None]] = {}
        self._running: set[asyncio.Task[Any]] = set()

    async def start(self, run: Run, message: Message) -> None:
        """Begins a run that was claimed. When this returns, it will run to its end whatever happens."""
        dbos = await self._loaded()
        payload = {
            "id": run.id,
            "file": f"{run.workflow}.yaml",
            "text": run.definition.text,
            "input": base64.b64encode(message.SerializeToString()).decode(),
            "subject": run.subject,
            "caller_id": run.caller_id,
        }
        assert self._function is not None
        self._ends[run.id] = asyncio.get_running_loop().create_future()
        with dbos.SetWorkflowID(run.id):
            await dbos.DBOS.start_workflow_async(self._function, payload)

    async def ended(self, run_id: str) -> None:
        """Waits until a run has ended, here or in another process."""
        here = self._ends.get(run_id)
        if here is not None:
            await asyncio.shield(here)
            return
        while True:
            run = await self._ledger.read(run_id)
            if run is None or run.state != workflow_pb2.RUN_STATE_RUNNING:
                return
            await asyncio.sleep(0.5)

    async def keep_taking_over(self) -> None:
        """Looks for such runs for ever."""
        while True:
            try:
                await self.take_over()
            except Fault as fault:
                _log.warning("durable runs are not taken over: %s", fault)
            await asyncio.sleep(_LOOK_INTERVAL)

    async def take_over(self) -> int:
        """Goes on with the durable runs of processes that died. Gives how many."""
        taken = await self._ledger.take_over()
        if not taken:
            return 0
        dbos = await self._loaded()
        for run_id in taken:
            self._ends[run_id] = asyncio.get_running_loop().create_future()
            try:
                await dbos.DBOS.resume_workflow_async(run_id)
            except dbos.error.DBOSNonExistentWorkflowError:
                # Its process died between writing it down and beginning it.
                await self._lost(run_id, "Its orchestrator died before it began.")
        _log.warning("taking over %d durable runs of an orchestrator that died", len(taken))
        return len(taken)

    async def close(self) -> None:
        """Stops; runs under way are left as they are, for the next process to take over."""
        if self._dbos is None:
            return
        running = list(self._running)
        for task in running:
            task.cancel()
        await asyncio.gather(*running, return_exceptions=True)
        await asyncio.to_thread(self._dbos.DBOS.destroy, destroy_registry=True)

    async def _loaded(self) -> Any:
        async with self._loading:
            if self._dbos is None:
                dbos: Any = await asyncio.to_thread(importlib.import_module, "dbos")
                url = self._url.replace("postgres://", "postgresql://", 1)
                url = url.replace("postgresql://", "postgresql+psycopg://", 1)
                await asyncio.to_thread(dbos.DBOS.migrate, url, schema=SCHEMA)
                self._launch(dbos, url)
                self._dbos = dbos
            return self._dbos

    def _launch(self, dbos: Any, url: str) -> None:
        """In the loop's own thread, because DBOS runs what it resumes on the loop that it is launched from."""
        serializer = importlib.import_module("services.orchestrator.dbos_json").JsonSerializer()
        dbos.DBOS(
            config={
                "name": "maestro",
                "system_database_url": url,
                "sys_db_pool_size": 4,
                "dbos_system_schema": SCHEMA,
                "application_version": _VERSION,
                # Of its own for each process: which runs are taken over is decided here, not by DBOS.
                "executor_id": str(self._ledger.owner),
                "run_migrations": False,
                "log_level": "WARNING",
                "serializer": serializer,
            }
        )

        # What it has to say goes where everything goes, and nowhere else.
        logging.getLogger("dbos").handlers.clear()

        async def run(payload: dict[str, Any]) -> None:
            # A task of its own, which can be cancelled: DBOS shields the ones that it makes.
            task = asyncio.ensure_future(self._run(payload))
            self._running.add(task)
            try:
                await task
            finally:
                self._running.discard(task)

        self._function = dbos.DBOS.workflow(name="maestro.run", max_recovery_attempts=None)(run)
        dbos.DBOS.launch()

    async def _run(self, payload: dict[str, Any]) -> None:
        """One run, from its beginning or from where it was. What comes of it goes to the ledger."""
        run_id = str(payload["id"])
        held = await self._ledger.read(run_id)
        if held is not None and held.state != workflow_pb2.RUN_STATE_RUNNING:
            self._tell(run_id)
            return
        try:
            definition = compiler.compile_text(payload["text"], payload["file"], self._contracts)
        except InvalidWorkflowError as error:
            await self._lost(run_id, f"Its definition does not fit the contracts of today: {error}")
            return
        # None of what surrounded the caller holds any more: not its deadline, and not its trace.
        around = Ambient("orchestrator", None, None)
        span = telemetry.begin(f"run {definition.name}", "internal", around)
        span.set("maestro.workflow", definition.name)
        span.set("maestro.run", run_id)
        current.set(Ambient("orchestrator", span, None))
        execution = self._engine.begin(
            definition,
            definition.input.FromString(base64.b64decode(payload["input"])),
            run_id=run_id,
            subject=str(payload["subject"]),
            caller_id=str(payload["caller_id"]),
            recorder=Recorder(self._dbos, definition),
        )
        output: bytes | None = None
        try:
            output = (await execution.output()).SerializeToString()
        except Fault as fault:
            span.fail(fault.reason, fault.message)
        finally:
            span.end()
        tail = execution.release()
        if tail is not None:
            await tail
        await self._ledger.finish(execution.run.proto(), output)
        self._tell(run_id)

    async def _lost(self, run_id: str, why: str) -> None:
        run = await self._ledger.read(run_id)
        if run is not None:
            run.state = workflow_pb2.RUN_STATE_FAILED
            run.error.CopyFrom(issue_of(Fault("WORKFLOW_INVALID", why, origin="orchestrator")))
            await self._ledger.finish(run, None)
        self._tell(run_id)

    def _tell(self, run_id: str) -> None:
        future = self._ends.pop(run_id, None)
        if future is not None and not future.done():
            future.set_result(None)
