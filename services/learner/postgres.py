"""Observations, feedback and patterns in the state database: schema learner."""

import logging
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, fields
from datetime import datetime, timedelta
from typing import Any

import psycopg
from psycopg_pool import AsyncConnectionPool, PoolTimeout

from maestro.plan.v1 import plan_pb2
from mesh.fault import Fault
from services.learner.evidence import Said
from services.learner.lessons import ACTIVE, RETIRED, Lesson, lessons

_log = logging.getLogger(__name__)
_WAIT = 3.0  # seconds for a connection
_CHANNEL = "maestro_learner_patterns"
_LOCK = 0x6C6561726E6572

_OBSERVE = """
INSERT INTO learner.observations
    (caller_id, request_id, source, question, plan, status, confidence, row_count, semantics_version)
VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s) ON CONFLICT (caller_id, request_id) DO NOTHING
"""
_FEEDBACK = """
INSERT INTO learner.feedback AS kept
    (caller_id, answered_request_id, source, question, observed_plan, corrected_plan, verdict, comment,
     semantics_version)
SELECT %(caller)s, %(answered)s, coalesce(seen.source, %(source)s), coalesce(seen.question, %(question)s),
       seen.plan, %(corrected)s, %(verdict)s, %(comment)s, coalesce(seen.semantics_version, %(version)s)
FROM (SELECT 1) AS one
LEFT JOIN learner.observations AS seen ON seen.caller_id = %(caller)s AND seen.request_id = %(answered)s
ON CONFLICT (caller_id, answered_request_id) DO UPDATE SET
    source = excluded.source, question = excluded.question,
    observed_plan = coalesce(excluded.observed_plan, kept.observed_plan),
    corrected_plan = excluded.corrected_plan, verdict = excluded.verdict, comment = excluded.comment,
    semantics_version = excluded.semantics_version, given_time = clock_timestamp()
WHERE (kept.verdict, kept.corrected_plan, kept.comment, kept.question)
    IS DISTINCT FROM (excluded.verdict, excluded.corrected_plan, excluded.comment, excluded.question)
   OR (kept.observed_plan IS NULL AND excluded.observed_plan IS NOT NULL)
"""
_SAID = """
SELECT given.caller_id, coalesce(nullif(given.question, ''), seen.question, ''), given.verdict,
       coalesce(given.observed_plan, seen.plan), given.corrected_plan, given.semantics_version,
       given.given_time
FROM learner.feedback AS given
LEFT JOIN learner.observations AS seen
    ON seen.caller_id = given.caller_id AND seen.request_id = given.answered_request_id
WHERE given.source = %s ORDER BY given.given_time
"""
_COLUMNS = "id, kind, source, phrase, plan, target, confirmations, contradictions, state, semantics_version, reason"
_SAVE = f"""
INSERT INTO learner.patterns ({_COLUMNS}, update_time)
VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, clock_timestamp())
ON CONFLICT (id) DO UPDATE SET
    plan = excluded.plan, confirmations = excluded.confirmations, contradictions = excluded.contradictions,
    state = excluded.state, semantics_version = excluded.semantics_version, reason = excluded.reason,
    update_time = excluded.update_time
"""  # noqa: S608  # a literal
_LIST = f"""
SELECT {_COLUMNS}, update_time FROM learner.patterns
WHERE (%(source)s = '' OR source = %(source)s) AND (%(state)s = 0 OR state = %(state)s)
  AND (%(time)s::timestamptz IS NULL OR (update_time, id) < (%(time)s::timestamptz, %(id)s))
ORDER BY update_time DESC, id DESC LIMIT %(most)s
"""  # noqa: S608  # a literal


@dataclass(frozen=True, slots=True)
class Kept:
    """A pattern as it is kept, and when it was last changed."""

    lesson: Lesson
    update_time: datetime


class Experience:
    """All that the learner keeps. Raises Fault STATE_UNAVAILABLE where the database does not answer."""

    def __init__(self, url: str, connections: int) -> None:
        self._url = url
        self._pool = AsyncConnectionPool(
            url,
            min_size=1,
            max_size=connections,
            open=False,
            timeout=_WAIT,
            kwargs={"autocommit": True, "prepare_threshold": 0, "application_name": "maestro-learner"},
        )

    async def open(self) -> None:
        """Begins to connect; does not wait, because the database may come up later."""
        await self._pool.open(wait=False)

    async def close(self) -> None:
        """Gives all connections back."""
        await self._pool.close()

    async def ready(self) -> bool:
        """Whether the database answers and was migrated."""
        async with self._connection() as connection:
            await connection.execute("SELECT 1 FROM learner.patterns LIMIT 1")
        return True

    @asynccontextmanager
    async def _connection(self) -> AsyncIterator[psycopg.AsyncConnection[tuple[Any, ...]]]:
        try:
            async with self._pool.connection() as connection:
                yield connection
        except (psycopg.OperationalError, PoolTimeout) as error:
            raise Fault("STATE_UNAVAILABLE", "The state database does not answer.") from error
        except psycopg.errors.UndefinedTable as error:
            raise Fault("STATE_UNAVAILABLE", "The state database has not been migrated.") from error

    async def observe(self, *values: object) -> bool:
        """Records a question, in the order of the table's columns; False where its request was recorded
        before."""
        async with self._connection() as connection:
            return (await connection.execute(_OBSERVE, values)).rowcount == 1

    async def feedback(self, values: dict[str, object]) -> bool:
        """Records what was said of an answer; the last word counts. True where the question is known."""
        async with self._connection() as connection:
            await connection.execute(_FEEDBACK, values)
            cursor = await connection.execute(
                "SELECT question <> '' FROM learner.feedback WHERE caller_id = %s AND answered_request_id = %s",
                (values["caller"], values["answered"]),
            )
            row = await cursor.fetchone()
        return row is not None and bool(row[0])

    async def learn(self, source: str) -> tuple[list[Kept], list[Kept]]:
        """A round of learning over all that was said of a source's answers: patterns that became active, and
        those that ceased to be. One round of a source at a time, whichever process runs it."""
        async with self._connection() as connection, connection.transaction():
            await connection.execute("SELECT pg_advisory_xact_lock(%s, hashtext(%s))", (_LOCK % 2**31, source))
            said = [_said(row) for row in await (await connection.execute(_SAID, (source,))).fetchall()]
            before, withdrawn = await self._before(connection, source)
            made = lessons(source, said, withdrawn)
            changed = [lesson for lesson in made if before.get(lesson.id) != lesson]
            gone = [before[old] for old in before.keys() - {lesson.id for lesson in made}]
            changed.extend(_without_evidence(lesson) for lesson in gone if lesson.state == ACTIVE)
            for lesson in changed:
                await connection.execute(_SAVE, _values(lesson))
            activated = [each.id for each in changed if _becomes(each, before, ACTIVE)]
            retired = [each.id for each in changed if _ceases(each, before)]
            if activated or retired:
                await connection.execute("SELECT pg_notify(%s, %s)", (_CHANNEL, source))
            kept = await self._of_ids(connection, activated + retired)
        return [kept[each] for each in activated], [kept[each] for each in retired]

    async def _before(
        self, connection: psycopg.AsyncConnection[tuple[Any, ...]], source: str
    ) -> tuple[dict[str, Lesson], dict[str, datetime]]:
        cursor = await connection.execute(
            f"SELECT {_COLUMNS}, withdrawn_time FROM learner.patterns WHERE source = %s",  # noqa: S608  # a literal
            (source,),
        )
        rows = await cursor.fetchall()
        return (
            {row[0]: Lesson(*row[:-1]) for row in rows},
            {row[0]: row[-1] for row in rows if row[-1] is not None},
        )

    async def _of_ids(self, connection: psycopg.AsyncConnection[tuple[Any, ...]], ids: list[str]) -> dict[str, Kept]:
        cursor = await connection.execute(
            f"SELECT {_COLUMNS}, update_time FROM learner.patterns WHERE id = ANY(%s)",  # noqa: S608  # a literal
            (ids,),
        )
        return {row[0]: Kept(Lesson(*row[:-1]), row[-1]) for row in await cursor.fetchall()}

    async def patterns(
        self, source: str, state: int, most: int, before: tuple[datetime, str] | None = None
    ) -> list[Kept]:
        """Patterns, last changed first; state 0 and source "" mean all."""
        time, made = before or (None, "")
        async with self._connection() as connection:
            cursor = await connection.execute(
                _LIST, {"source": source, "state": state, "time": time, "id": made, "most": most}
            )
            return [Kept(Lesson(*row[:-1]), row[-1]) for row in await cursor.fetchall()]

    async def retire(self, pattern: str) -> Kept | None:
        """Takes a pattern out of use until somebody confirms it anew; None where there is no such pattern."""
        async with self._connection() as connection, connection.transaction():
            cursor = await connection.execute(
                "UPDATE learner.patterns SET state = %s, reason = 'taken out of use by request', "
                "withdrawn_time = clock_timestamp(), update_time = clock_timestamp() "
                "WHERE id = %s AND state <> %s RETURNING source",
                (RETIRED, pattern, RETIRED),
            )
            row = await cursor.fetchone()
            if row is not None:
                await connection.execute("SELECT pg_notify(%s, %s)", (_CHANNEL, row[0]))
            return (await self._of_ids(connection, [pattern])).get(pattern)

    async def new_feedback(self, since: datetime | None) -> tuple[list[str], datetime | None]:
        """Sources with feedback given after a moment, and the moment of the last."""
        async with self._connection() as connection:
            cursor = await connection.execute(
                "SELECT source, max(given_time) FROM learner.feedback "
                "WHERE %s::timestamptz IS NULL OR given_time > %s GROUP BY source",
                (since, since),
            )
            rows = await cursor.fetchall()
        return [row[0] for row in rows], max((row[1] for row in rows), default=since)

    async def sweep(self, feedback_days: float, observation_days: float) -> int:
        """Removes what is too old; how much."""
        async with self._connection() as connection:
            old = await connection.execute(
                "DELETE FROM learner.feedback WHERE given_time < now() - %s", (timedelta(days=feedback_days),)
            )
            seen = await connection.execute(
                "DELETE FROM learner.observations WHERE observed_time < now() - %s",
                (timedelta(days=observation_days),),
            )
            return old.rowcount + seen.rowcount

    async def listen(self, heard: Callable[[str], None]) -> None:
        """Tells of changes that any process makes, by source, for ever; "" at the beginning, because
        changes may have been missed before. Raises when the connection is lost."""
        async with await psycopg.AsyncConnection.connect(self._url, autocommit=True) as connection:
            await connection.execute(f"LISTEN {_CHANNEL}")
            heard("")
            async for notice in connection.notifies():
                heard(notice.payload)


def _said(row: tuple[Any, ...]) -> Said:
    return Said(row[0], row[1], row[2], _plan(row[3]), _plan(row[4]), row[5], row[6])


def _plan(data: bytes | None) -> plan_pb2.QueryPlan | None:
    return None if data is None else plan_pb2.QueryPlan.FromString(data)


def _values(lesson: Lesson) -> tuple[object, ...]:
    return tuple(getattr(lesson, field.name) for field in fields(lesson))


def _without_evidence(lesson: Lesson) -> Lesson:
    """Feedback that was taken back or has grown too old no longer carries a pattern."""
    values = {field.name: getattr(lesson, field.name) for field in fields(lesson)}
    return Lesson(**{**values, "state": RETIRED, "reason": "what was said for it no longer counts"})


def _becomes(lesson: Lesson, before: dict[str, Lesson], state: int) -> bool:
    old = before.get(lesson.id)
    return lesson.state == state and (old is None or old.state != state)


def _ceases(lesson: Lesson, before: dict[str, Lesson]) -> bool:
    old = before.get(lesson.id)
    return old is not None and old.state == ACTIVE and lesson.state != ACTIVE
