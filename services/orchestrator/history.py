"""Runs of this process and of all others: to look at, and to cancel."""

from collections.abc import Awaitable, Callable

from maestro.workflow.v1 import workflow_pb2
from mesh.fault import Fault
from services.orchestrator.engine import Engine
from services.orchestrator.ids import is_id
from services.orchestrator.journal import Store
from services.orchestrator.question import invalid

_PAGE = 20
_LARGEST_PAGE = 500


class History:
    """store: the database of runs; None: only this process's are known. flush: writes what waits to be
    written."""

    def __init__(
        self, engine: Engine, store: Store | None = None, flush: Callable[[], Awaitable[None]] | None = None
    ) -> None:
        self._engine, self._store, self._flush = engine, store, flush

    async def page(self, workflow: str, state: int, size: int, token: str) -> tuple[list[workflow_pb2.Run], str]:
        """Runs, newest first, and the token of the next page. Raises Fault INVALID_ARGUMENT,
        PAGE_TOKEN_INVALID."""
        if not 0 <= size <= _LARGEST_PAGE:
            raise invalid([("page_size", f"must be between 0 and {_LARGEST_PAGE}")])
        if token and not is_id(token):
            raise Fault("PAGE_TOKEN_INVALID", "The page token does not belong to this list: begin again without one.")
        count = size or _PAGE
        found = await self._read(workflow, state, token, count + 1)
        return found[:count], found[count - 1].id if len(found) > count else ""

    async def cancel(self, run_id: str) -> workflow_pb2.Run:
        """Cancels a run, wherever it runs. Raises Fault RUN_UNKNOWN."""
        here = self._engine.run(run_id)
        if here is not None:
            if here.definition.durable and self._store is not None:
                # Written down before it is done, or whoever took the run over would go on with it.
                await self._store.stop(run_id)
            self._engine.cancel(run_id)
            return here.proto()
        if self._store is not None and is_id(run_id):
            await self._store.stop(run_id)
            run = await self._store.read(run_id)
            if run is not None:
                return run
        raise Fault("RUN_UNKNOWN", f"There is no run {run_id}.", metadata={"run": run_id})

    async def _read(self, workflow: str, state: int, before: str, count: int) -> list[workflow_pb2.Run]:
        if self._store is not None:
            if self._flush is not None:
                await self._flush()
            return await self._store.page(workflow, state, before, count)
        return [
            run.proto()
            for run in self._engine.runs()
            if (not workflow or run.workflow == workflow)
            and (not state or run.state == state)
            and (not before or run.id < before)
        ][:count]
