"""Writes runs down, off the critical path."""

import asyncio
import logging
import time
from collections.abc import Callable, Sequence
from typing import Protocol

from maestro.workflow.v1 import workflow_pb2
from mesh import telemetry
from mesh.fault import Fault
from services.orchestrator.run import Run

_log = logging.getLogger(__name__)
_dropped = telemetry.counter("maestro.journal.dropped", "{run}", "Runs that were not written down.")


class Store(Protocol):
    """The database of runs. Every method may raise Fault STATE_UNAVAILABLE."""

    async def write(self, runs: Sequence[workflow_pb2.Run]) -> None:
        """Writes runs; a later state of one that is there replaces it."""

    async def read(self, run_id: str) -> workflow_pb2.Run | None:
        """One run."""

    async def page(self, workflow: str, state: int, before: str, count: int) -> list[workflow_pb2.Run]:
        """Runs, newest first. workflow: only of this one; empty: all. state: only these; 0: all. before: only
        ids below this one; empty: all."""

    async def asked_to_stop(self, run_ids: Sequence[str]) -> list[str]:
        """Those of the runs of this process that another one was asked to cancel."""

    async def stop(self, run_id: str) -> None:
        """Asks the process that runs it to cancel a run."""

    async def interrupt(self) -> int:
        """Marks the runs of processes that died as interrupted; durable ones are left. Gives how many."""

    async def expire(self, days: float) -> int:
        """Removes runs that ended longer ago. Gives how many."""


class Journal:
    """Collects what became of runs and writes it in batches.

    interval: seconds between two writes. most: runs that may wait; further ones are dropped and counted.
    cancel: ends a run of this process. retention: days.
    """

    def __init__(
        self,
        store: Store,
        *,
        interval: float,
        most: int,
        retention: float,
        cancel: Callable[[str], bool],
    ) -> None:
        self._store, self._interval, self._most, self._retention = store, interval, most, retention
        self._cancel = cancel
        self._waiting: dict[str, Run] = {}
        self._long: dict[str, Run] = {}
        self._lock = asyncio.Lock()
        self.dropped = 0

    def note(self, run: Run) -> None:
        """Writes a run as it is now, soon. Never waits and never fails."""
        if len(self._waiting) >= self._most and run.id not in self._waiting:
            if not self.dropped:
                _log.warning("the journal is full: runs are not written down")
            self.dropped += 1
            _dropped.add()
            return
        self._waiting[run.id] = run

    async def keep_writing(self) -> None:
        """Writes for ever; what cannot be written waits for the next time."""
        upkeep = 0.0
        while True:
            try:
                if time.monotonic() >= upkeep:
                    await self._keep_up()
                    upkeep = time.monotonic() + 60.0
                await self.flush()
                await self._stop_asked()
            except Fault as fault:
                _log.warning("runs are not written down: %s", fault)
                await asyncio.sleep(1.0)
            await asyncio.sleep(self._interval)

    async def flush(self) -> None:
        """Writes what waits. Raises Fault STATE_UNAVAILABLE, and then it waits on."""
        async with self._lock:
            taken, self._waiting = self._waiting, {}
            if not taken:
                return
            try:
                told = []
                for run in taken.values():
                    # How a durable run ended is written with its output, by whoever ran it.
                    if not (run.is_over and run.definition.durable):
                        told.append(run.proto())
                    # Questions come first: telling many runs at once would hold them up.
                    await asyncio.sleep(0)
                if told:
                    await self._store.write(told)
            except BaseException:
                # What came meanwhile is newer.
                self._waiting = {**taken, **self._waiting}
                raise
            self.dropped = 0
            for run in taken.values():
                if run.is_over:
                    self._long.pop(run.id, None)
                else:
                    self._long[run.id] = run

    async def _stop_asked(self) -> None:
        """Cancels runs that another process was asked to cancel."""
        if self._long:
            for run_id in await self._store.asked_to_stop(list(self._long)):
                self._cancel(run_id)

    async def _keep_up(self) -> None:
        interrupted = await self._store.interrupt()
        if interrupted:
            _log.warning("%d runs were interrupted: the orchestrator that ran them died", interrupted)
        await self._store.expire(self._retention)
