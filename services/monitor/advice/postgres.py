"""What advice stands on, in the state database: plans behind statements, their times, and what was suggested."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from maestro.monitor.v1 import monitor_pb2 as pb
from maestro.plan.v1 import plan_pb2
from services.monitor.state import State

_RECORD = """
INSERT INTO monitor.plans AS kept (statement, source, sql, shape, plan, time_zone, as_of)
VALUES (%s, %s, %s, %s, %s, %s, %s)
ON CONFLICT (statement) DO UPDATE SET
    shape = excluded.shape, plan = excluded.plan, time_zone = excluded.time_zone, as_of = excluded.as_of,
    last_time = now()
RETURNING xmax = 0
"""
# A question may run several statements of one shape (its rows, and their number; a period, and the one before): what it
# waits for is all of them.
_USAGE = """
WITH asked AS (
    SELECT plans.shape, spans.trace, sum(spans.elapsed_ns) AS elapsed, max(spans.received) AS received,
           array_agg(DISTINCT spans.statement) AS statements
    FROM monitor.spans JOIN monitor.plans ON plans.statement = spans.statement
    WHERE plans.source = %(source)s AND spans.received >= %(since)s AND spans.ok
      AND (%(shapes)s::text[] IS NULL OR plans.shape = ANY(%(shapes)s))
    GROUP BY plans.shape, spans.trace
)
SELECT shape, count(*), percentile_cont(0.5) WITHIN GROUP (ORDER BY elapsed)::float8, sum(elapsed)::float8,
       (array_agg(trace ORDER BY received DESC))[1:%(traces)s]
FROM asked GROUP BY shape ORDER BY sum(elapsed) DESC LIMIT %(most)s
"""
_PLANS = """
SELECT DISTINCT ON (shape) shape, sql, plan, time_zone, as_of,
       (SELECT array_agg(each.statement) FROM monitor.plans AS each
        WHERE each.source = plans.source AND each.shape = plans.shape)
FROM monitor.plans WHERE source = %s AND shape = ANY(%s) ORDER BY shape, last_time DESC, length(sql) DESC
"""
_SUGGEST = """
INSERT INTO monitor.suggestions AS kept (source, id, suggestion) VALUES (%s, %s, %s)
ON CONFLICT (source, id) DO UPDATE SET suggestion = excluded.suggestion, applied_time = NULL, index_name = NULL
"""
_SUGGESTIONS = """
SELECT source, suggestion, suggested_time, applied_time, index_name FROM monitor.suggestions
WHERE source = %s ORDER BY suggested_time DESC
"""
_WAITING = "SELECT DISTINCT source FROM monitor.suggestions WHERE applied_time IS NULL"
_APPLIED = """
UPDATE monitor.suggestions SET applied_time = now(), index_name = %s
WHERE source = %s AND id = %s AND applied_time IS NULL
"""
_DROPPED = "UPDATE monitor.suggestions SET applied_time = NULL, index_name = NULL WHERE source = %s AND id = %s"


@dataclass(frozen=True, slots=True)
class Usage:
    """How often a shape of plan was asked and how long it took, nanoseconds. traces: some of the newest."""

    shape: str
    calls: int
    median: float
    total: float
    traces: tuple[uuid.UUID, ...]


@dataclass(frozen=True, slots=True)
class KeptPlan:
    """A plan of a shape as it was run last. statements: all that plans of the shape have become."""

    shape: str
    sql: str
    plan: plan_pb2.QueryPlan
    time_zone: str
    as_of: datetime | None
    statements: frozenset[str]


@dataclass(frozen=True, slots=True)
class Suggested:
    """A suggestion as it was made. applied: when its index was first seen; None: not yet."""

    suggestion: pb.IndexSuggestion
    suggested: datetime
    applied: datetime | None
    index: str


class AdviceStore:
    """Reads and writes. Raises Fault STATE_UNAVAILABLE."""

    def __init__(self, state: State) -> None:
        self._connection = state.connection

    async def record(self, rows: Sequence[tuple[str, str, str, str, plan_pb2.QueryPlan, str, datetime | None]]) -> int:
        """Keeps plans: (statement, source, sql, shape, plan, time zone, as of). Gives how many were new."""
        added = 0
        async with self._connection() as connection, connection.transaction():
            # In one order, so that two senders of the same plans do not wait for each other in a circle.
            for statement, source, sql, shape, plan, zone, as_of in sorted(rows, key=lambda row: row[0]):
                held = plan.SerializeToString(deterministic=True)
                cursor = await connection.execute(_RECORD, (statement, source, sql, shape, held, zone, as_of))
                row = await cursor.fetchone()
                added += bool(row and row[0])
        return added

    async def usage(
        self, source: str, since: datetime, most: int, traces: int, shapes: Sequence[str] | None = None
    ) -> list[Usage]:
        """The shapes that took the most time since then; or of these shapes alone."""
        wanted = {
            "source": source,
            "since": since,
            "most": most,
            "traces": traces,
            "shapes": None if shapes is None else list(shapes),
        }
        async with self._connection() as connection:
            cursor = await connection.execute(_USAGE, wanted)
            return [
                Usage(shape, calls, median, total, tuple(found))
                for shape, calls, median, total, found in await cursor.fetchall()
            ]

    async def plans(self, source: str, shapes: Sequence[str]) -> dict[str, KeptPlan]:
        """The last plan of each shape."""
        async with self._connection() as connection:
            cursor = await connection.execute(_PLANS, (source, list(shapes)))
            found = {}
            for shape, sql, plan, zone, as_of, statements in await cursor.fetchall():
                read = plan_pb2.QueryPlan.FromString(plan)
                found[shape] = KeptPlan(shape, sql, read, zone, as_of, frozenset(statements))
        return found

    async def suggest(self, source: str, suggestions: Sequence[pb.IndexSuggestion]) -> None:
        """Notes what was suggested. Of what was suggested before, the first moment stays."""
        async with self._connection() as connection, connection.transaction():
            for each in suggestions:
                await connection.execute(_SUGGEST, (source, each.id, each.SerializeToString(deterministic=True)))

    async def suggested(self, source: str) -> list[Suggested]:
        """What was suggested, newest first."""
        async with self._connection() as connection:
            cursor = await connection.execute(_SUGGESTIONS, (source,))
            return [
                Suggested(pb.IndexSuggestion.FromString(held), suggested, applied, index or "")
                for _, held, suggested, applied, index in await cursor.fetchall()
            ]

    async def waiting(self) -> list[str]:
        """Sources with suggestions that were not followed yet."""
        async with self._connection() as connection:
            cursor = await connection.execute(_WAITING)
            return [source for (source,) in await cursor.fetchall()]

    async def applied(self, source: str, suggestion: str, index: str) -> None:
        """Notes that the index of a suggestion is there now; "": that it is gone again."""
        async with self._connection() as connection:
            if index:
                await connection.execute(_APPLIED, (index, source, suggestion))
            else:
                await connection.execute(_DROPPED, (source, suggestion))
