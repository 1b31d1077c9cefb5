"""Spans in the state database: schema monitor, a partition an hour."""

from __future__ import annotations

import json
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import psycopg
from psycopg import sql

from services.monitor.spans import SpanRecord
from services.monitor.state import State

_SIGN = 1 << 63
_COPY = (
    "COPY monitor.spans (received, trace, span, parent, root, module, name, kind, start_ns, elapsed_ns, ok, message,"
    " measure, statement, attributes) FROM STDIN"
)
_COLUMNS = "trace, span, parent, module, name, kind, start_ns, elapsed_ns, ok, message, attributes"
_TRACE = (
    f"SELECT {_COLUMNS} FROM monitor.spans WHERE trace BETWEEN %s AND %s ORDER BY start_ns, elapsed_ns DESC LIMIT 20000"  # noqa: S608
)
_TRACES = f"SELECT {_COLUMNS} FROM monitor.spans WHERE trace = ANY(%s) LIMIT 100000"  # noqa: S608
_ROOTS = f"""
SELECT {_COLUMNS} FROM monitor.spans
WHERE root AND start_ns < %s AND elapsed_ns >= %s ORDER BY start_ns DESC LIMIT %s
"""  # noqa: S608
_TIMES = """
SELECT measure, count(*), avg((NOT ok)::int)::float8,
       percentile_cont(ARRAY[0.5, 0.95, 0.99]) WITHIN GROUP (ORDER BY elapsed_ns), sum(elapsed_ns)::float8
FROM monitor.spans WHERE received >= %s AND measure IS NOT NULL
GROUP BY measure ORDER BY sum(elapsed_ns) DESC LIMIT 1000
"""
_PARTITIONS = "SELECT inhrelid::regclass::text FROM pg_inherits WHERE inhparent = 'monitor.spans'::regclass"
# Plans that were not run for a month say nothing of what is asked.
_DROP_PLANS = "DELETE FROM monitor.plans WHERE last_time < now() - interval '30 days'"


@dataclass(frozen=True, slots=True)
class MeasuredTimes:
    """How long one kind of work took: nanoseconds, and the share that failed, 0 to 1."""

    measure: str
    count: int
    failure_rate: float
    percentiles: tuple[float, float, float]
    total: float


class SpanStore:
    """Writes and reads spans. Raises Fault STATE_UNAVAILABLE where the database cannot be reached."""

    def __init__(self, state: State, retention_hours: int) -> None:
        self._connection = state.connection
        self._retention = timedelta(hours=retention_hours)
        self._partition: datetime | None = None

    async def ready(self) -> bool:
        """Whether the database answers and has the schema."""
        async with self._connection() as connection:
            await connection.execute("SELECT FROM monitor.spans LIMIT 0")
        return True

    async def write(self, spans: Sequence[SpanRecord]) -> None:
        """Writes spans as received now."""
        now = datetime.now(UTC)
        async with self._connection() as connection:
            await self._prepare_partition(connection, now)
            async with connection.cursor() as cursor, cursor.copy(_COPY) as copy:
                for span in spans:
                    await copy.write_row(
                        (
                            now,
                            uuid.UUID(hex=span.trace_id),
                            _signed(span.span_id),
                            _signed(span.parent_id) if span.parent_id else None,
                            span.root,
                            span.module,
                            _clean(span.name),
                            span.kind,
                            span.start_ns,
                            span.elapsed_ns,
                            span.ok,
                            _clean(span.message),
                            _clean(span.measure) if span.measure else None,
                            span.statement,
                            json.dumps(span.attributes),
                        )
                    )

    async def trace(self, prefix: str) -> list[SpanRecord]:
        """Spans of the traces whose id begins with `prefix`, by start."""
        low, high = uuid.UUID(hex=prefix.ljust(32, "0")), uuid.UUID(hex=prefix.ljust(32, "f"))
        return await self._spans(_TRACE, (low, high))

    async def roots(self, before_ns: int, min_elapsed_ns: int, count: int) -> list[SpanRecord]:
        """Root spans that began before a moment and took at least so long, newest first."""
        return await self._spans(_ROOTS, (before_ns, min_elapsed_ns, count))

    async def times(self, since: datetime) -> list[MeasuredTimes]:
        """How long each kind of work took, most time first."""
        async with self._connection() as connection:
            cursor = await connection.execute(_TIMES, (since,))
            return [MeasuredTimes(m, c, f, tuple(p), t) for m, c, f, p, t in await cursor.fetchall()]

    async def traces(self, traces: Sequence[uuid.UUID]) -> list[SpanRecord]:
        """Spans of these traces."""
        return await self._spans(_TRACES, (list(traces),))

    async def _spans(self, query: str, parameters: tuple[Any, ...]) -> list[SpanRecord]:
        async with self._connection() as connection:
            cursor = await connection.execute(query, parameters)
            return [_read(row) for row in await cursor.fetchall()]

    async def _prepare_partition(self, connection: psycopg.AsyncConnection[Any], now: datetime) -> None:
        """Makes the partition of this hour and the next, and drops the ones past the retention, once an hour."""
        hour = now.replace(minute=0, second=0, microsecond=0)
        if self._partition == hour:
            return
        async with connection.transaction():
            # Replicas do it one after the other.
            await connection.execute("SELECT pg_advisory_xact_lock(hashtext('monitor.spans'))")
            for begin in (hour, hour + timedelta(hours=1)):
                statement = sql.SQL(
                    "CREATE TABLE IF NOT EXISTS monitor.{} PARTITION OF monitor.spans FOR VALUES FROM ({}) TO ({})"
                ).format(sql.Identifier(_partition(begin)), begin.isoformat(), (begin + timedelta(hours=1)).isoformat())
                await connection.execute(statement)
            cursor = await connection.execute(_PARTITIONS)
            oldest = f"monitor.{_partition(hour - self._retention)}"
            for (name,) in await cursor.fetchall():
                if name < oldest:
                    await connection.execute(sql.SQL("DROP TABLE {}").format(sql.Identifier(*name.split("."))))
            await connection.execute(_DROP_PLANS)
        self._partition = hour


def _partition(hour: datetime) -> str:
    return f"spans_{hour:%Y%m%d%H}"


def _signed(hexadecimal: str) -> int:
    """A 64-bit id as PostgreSQL's bigint."""
    return (int(hexadecimal, 16) ^ _SIGN) - _SIGN


def _clean(text: str) -> str:
    """PostgreSQL keeps no NUL in texts, and a sender may send one."""
    return text.replace("\x00", "")


def _read(row: tuple[Any, ...]) -> SpanRecord:
    trace, span, parent, module, name, kind, start, elapsed, ok, message, attributes = row
    return SpanRecord(
        trace_id=trace.hex,
        span_id=f"{span & (2 * _SIGN - 1):016x}",
        parent_id="" if parent is None else f"{parent & (2 * _SIGN - 1):016x}",
        module=module,
        name=name,
        kind=kind,
        start_ns=start,
        elapsed_ns=elapsed,
        ok=ok,
        message=message,
        attributes=json.loads(attributes),
    )
