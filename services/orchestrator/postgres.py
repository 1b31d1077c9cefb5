"""The database of runs: schema `orchestrator` of the state database.

One connection, used by one at a time: writes are few and batched. For as long as the process lives it holds
an advisory lock, the run's `owner`; a lock that is free tells that the process which took it has died.
"""

import asyncio
import secrets
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import psycopg

from maestro.workflow.v1 import workflow_pb2
from mesh.fault import Fault
from services.orchestrator.ids import first_since

_RUNNING = workflow_pb2.RUN_STATE_RUNNING
_CANCELLED = workflow_pb2.RUN_STATE_CANCELLED
_INTERRUPTED = workflow_pb2.RUN_STATE_INTERRUPTED
# A server that vanishes without a word is noticed within a minute, not after two hours.
_KEEPALIVE: dict[str, Any] = {"keepalives_idle": 30, "keepalives_interval": 10, "keepalives_count": 3}

_WRITE = """
INSERT INTO orchestrator.runs (id, workflow, state, start_time, owner, durable, run)
SELECT id, workflow, state, start_time, %(owner)s, false, run
FROM unnest(%(ids)s::uuid[], %(workflows)s::text[], %(states)s::smallint[], %(starts)s::timestamptz[],
            %(runs)s::bytea[]) AS new (id, workflow, state, start_time, run)
ON CONFLICT (id) DO UPDATE SET run = excluded.run,
    -- A run that was asked to stop stays so until it has.
    state = CASE WHEN runs.state = %(cancelled)s AND excluded.state = %(running)s
        THEN runs.state ELSE excluded.state END
"""
_PAGE = """
SELECT run, state FROM orchestrator.runs
WHERE (%(workflow)s = '' OR workflow = %(workflow)s) AND (%(state)s = 0 OR state = %(state)s)
  AND (%(before)s::uuid IS NULL OR id < %(before)s) ORDER BY id DESC LIMIT %(count)s
"""
_OWNERS = "SELECT DISTINCT owner FROM orchestrator.runs WHERE state = %s AND owner <> %s"
_INTERRUPT = "UPDATE orchestrator.runs SET state = %s WHERE state = %s AND owner = %s AND NOT durable"
# So many at once that it takes no time that anybody notices.
_EXPIRE = """
DELETE FROM orchestrator.runs
WHERE id IN (SELECT id FROM orchestrator.runs WHERE id < %s AND state <> %s LIMIT 10000)
"""


class Runs:
    """url: libpq URL of the state database. owner: number of the advisory lock that stands for this process."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._lock = asyncio.Lock()
        self._connection: psycopg.AsyncConnection[Any] | None = None
        self.owner = secrets.randbits(62) + 1

    async def close(self) -> None:
        """Disconnects, which frees the lock."""
        async with self._lock:
            if self._connection is not None:
                await self._connection.close()
                self._connection = None

    async def write(self, runs: Sequence[workflow_pb2.Run]) -> None:
        """As journal.Store."""
        values = {
            "owner": self.owner,
            "ids": [UUID(run.id) for run in runs],
            "workflows": [run.workflow for run in runs],
            "states": [int(run.state) for run in runs],
            "starts": [_time(run) for run in runs],
            "runs": [run.SerializeToString() for run in runs],
            "running": _RUNNING,
            "cancelled": _CANCELLED,
        }
        async with self._connected() as connection:
            await connection.execute(_WRITE, values)

    async def claim(self, run: workflow_pb2.Run, *, durable: bool, key: str) -> str:
        """Writes a run that begins, at once. Gives its id, or the id of the one that the key already stands
        for."""
        async with self._connected() as connection:
            cursor = await connection.execute(
                "INSERT INTO orchestrator.runs (id, workflow, state, start_time, owner, durable, key, run)"
                " VALUES (%s, %s, %s, %s, %s, %s, %s, %s) ON CONFLICT (key) DO NOTHING RETURNING id",
                (
                    UUID(run.id),
                    run.workflow,
                    run.state,
                    _time(run),
                    self.owner,
                    durable,
                    key or None,
                    run.SerializeToString(),
                ),
            )
            if await cursor.fetchone() is not None:
                return run.id
            cursor = await connection.execute("SELECT id FROM orchestrator.runs WHERE key = %s", (key,))
            row = await cursor.fetchone()
            return str(row[0]) if row is not None else run.id

    async def finish(self, run: workflow_pb2.Run, output: bytes | None) -> None:
        """Writes a run that has ended, with its output, at once."""
        async with self._connected() as connection:
            await connection.execute(
                "UPDATE orchestrator.runs SET state = %s, run = %s, output = %s WHERE id = %s",
                (run.state, run.SerializeToString(), output, UUID(run.id)),
            )

    async def take_over(self) -> list[str]:
        """Makes the durable runs of processes that died this one's. Gives their ids."""
        taken: list[str] = []
        async with self._connected() as connection:
            for owner in await self._dead(connection):
                cursor = await connection.execute(
                    "UPDATE orchestrator.runs SET owner = %s WHERE state = %s AND owner = %s AND durable RETURNING id",
                    (self.owner, _RUNNING, owner),
                )
                taken += [str(row[0]) for row in await cursor.fetchall()]
        return taken

    async def read(self, run_id: str) -> workflow_pb2.Run | None:
        """As journal.Store."""
        async with self._connected() as connection:
            cursor = await connection.execute("SELECT run, state FROM orchestrator.runs WHERE id = %s", (UUID(run_id),))
            row = await cursor.fetchone()
        return None if row is None else _run(row)

    async def output(self, run_id: str) -> bytes | None:
        """The output of a run, where it was kept."""
        async with self._connected() as connection:
            cursor = await connection.execute("SELECT output FROM orchestrator.runs WHERE id = %s", (UUID(run_id),))
            row = await cursor.fetchone()
        return None if row is None else row[0]

    async def page(self, workflow: str, state: int, before: str, count: int) -> list[workflow_pb2.Run]:
        """As journal.Store."""
        values = {
            "workflow": workflow,
            "state": state,
            "before": UUID(before) if before else None,
            "count": count,
        }
        async with self._connected() as connection:
            cursor = await connection.execute(_PAGE, values)
            return [_run(row) for row in await cursor.fetchall()]

    async def asked_to_stop(self, run_ids: Sequence[str]) -> list[str]:
        """As journal.Store."""
        async with self._connected() as connection:
            cursor = await connection.execute(
                "SELECT id FROM orchestrator.runs WHERE id = ANY(%s) AND state = %s",
                ([UUID(each) for each in run_ids], _CANCELLED),
            )
            return [str(row[0]) for row in await cursor.fetchall()]

    async def stop(self, run_id: str) -> None:
        """As journal.Store."""
        async with self._connected() as connection:
            await connection.execute(
                "UPDATE orchestrator.runs SET state = %s WHERE id = %s AND state = %s",
                (_CANCELLED, UUID(run_id), _RUNNING),
            )

    async def interrupt(self) -> int:
        """As journal.Store."""
        count = 0
        async with self._connected() as connection:
            for owner in await self._dead(connection):
                cursor = await connection.execute(_INTERRUPT, (_INTERRUPTED, _RUNNING, owner))
                count += cursor.rowcount
        return count

    async def expire(self, days: float) -> int:
        """As journal.Store."""
        async with self._connected() as connection:
            oldest = first_since(time.time() - days * 86_400)
            cursor = await connection.execute(_EXPIRE, (oldest, _RUNNING))
            return cursor.rowcount

    async def _dead(self, connection: psycopg.AsyncConnection[Any]) -> list[int]:
        """Owners of runs under way whose lock nobody holds."""
        cursor = await connection.execute(_OWNERS, (_RUNNING, self.owner))
        dead = []
        for (owner,) in await cursor.fetchall():
            cursor = await connection.execute("SELECT pg_try_advisory_lock(%s)", (owner,))
            row = await cursor.fetchone()
            if row is not None and row[0]:
                await connection.execute("SELECT pg_advisory_unlock(%s)", (owner,))
                dead.append(int(owner))
        return dead

    @asynccontextmanager
    async def _connected(self) -> AsyncIterator[psycopg.AsyncConnection[Any]]:
        async with self._lock:
            try:
                if self._connection is None or self._connection.closed:
                    self._connection = await self._connect()
                yield self._connection
            except psycopg.Error as error:
                if self._connection is not None:
                    await self._connection.close()
                reason = str(error).strip().partition("\n")[0]
                raise Fault("STATE_UNAVAILABLE", f"The state database failed: {reason}") from error
            except asyncio.CancelledError:
                # The statement may still be under way: what it would answer must not meet the next one.
                if self._connection is not None:
                    await self._connection.close()
                raise

    async def _connect(self) -> psycopg.AsyncConnection[Any]:
        connection = await psycopg.AsyncConnection.connect(self._url, autocommit=True, connect_timeout=5, **_KEEPALIVE)
        try:
            # The server may take a moment to notice that the connection before, which held the lock, is gone.
            await connection.execute("SET lock_timeout = '5s'")
            await connection.execute("SELECT pg_advisory_lock(%s)", (self.owner,))
        except BaseException:
            # Left open, it might hold the lock for ever.
            await connection.close()
            raise
        return connection


def _time(run: workflow_pb2.Run) -> datetime:
    return run.start_time.ToDatetime(UTC)


def _run(row: tuple[Any, ...]) -> workflow_pb2.Run:
    """A run as written, in the state that its row says: another process may have changed that."""
    run = workflow_pb2.Run.FromString(row[0])
    run.state = row[1]
    return run
