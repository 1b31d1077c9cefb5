"""Memory in the state database: schema memorizer."""

import hashlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import psycopg
from psycopg_pool import AsyncConnectionPool, PoolTimeout

from mesh import telemetry
from mesh.fault import Fault
from services.memorizer.commands import KeptFact
from services.memorizer.fold import fold

_WAIT = 3.0  # seconds for a connection: memory must not hold a question up for longer

_RECALL = """
SELECT * FROM (
    SELECT 0 AS kind, request_id AS id, question AS text, '' AS subject, plan, answer, row_count, source,
           asked_time AS moment, number
    FROM memorizer.turns
    WHERE caller_id = %(caller)s AND conversation_id = %(conversation)s
    ORDER BY asked_time DESC, number DESC LIMIT %(turns)s
) AS turn
UNION ALL
SELECT * FROM (
    SELECT 1, id, text, subject, NULL::bytea, '', 0, '', said_time, number
    FROM memorizer.facts
    WHERE caller_id = %(caller)s AND (subject = '' OR position(' ' || subject || ' ' IN %(question)s) > 0)
    ORDER BY number DESC LIMIT %(facts)s
) AS fact
"""
_TURNS_ONLY = """
SELECT 0 AS kind, request_id AS id, question AS text, '' AS subject, plan, answer, row_count, source,
       asked_time AS moment, number
FROM memorizer.turns
WHERE caller_id = %(caller)s AND conversation_id = %(conversation)s
ORDER BY asked_time DESC, number DESC LIMIT %(turns)s
"""
_REMEMBER = """
INSERT INTO memorizer.turns
    (caller_id, conversation_id, request_id, source, question, folded, plan, answer, row_count, asked_time)
VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, coalesce(%s, now()))
ON CONFLICT (caller_id, conversation_id, request_id) DO NOTHING
"""
_KEEP = """
WITH room AS (SELECT count(*) < %(most)s AS there FROM memorizer.facts WHERE caller_id = %(caller)s),
kept AS (
    INSERT INTO memorizer.facts (caller_id, id, subject, text, folded, said_time)
    SELECT %(caller)s, %(id)s, %(subject)s, %(text)s, %(folded)s, now() FROM room WHERE there
    ON CONFLICT (caller_id, id) DO NOTHING
    RETURNING said_time
)
SELECT 'kept', said_time FROM kept
UNION ALL
SELECT 'known', said_time FROM memorizer.facts WHERE caller_id = %(caller)s AND id = %(id)s
"""
_FACTS = """
SELECT id, subject, text, said_time, number FROM memorizer.facts
WHERE caller_id = %s AND (%s::bigint IS NULL OR number < %s) ORDER BY number DESC LIMIT %s
"""
_QUESTIONS = """
SELECT question FROM (
    SELECT question, folded, number FROM memorizer.turns WHERE caller_id = %s ORDER BY number DESC LIMIT 500
) AS recent
WHERE position(%s IN ' ' || folded || ' ') > 0 GROUP BY question ORDER BY max(number) DESC LIMIT 3
"""
_SWEEP = (
    "DELETE FROM memorizer.turns WHERE asked_time < now() - %s",
    """
    DELETE FROM memorizer.turns AS old USING (
        SELECT caller_id, conversation_id, request_id, row_number() OVER (
            PARTITION BY caller_id, conversation_id ORDER BY asked_time DESC, number DESC) AS place
        FROM memorizer.turns
    ) AS ranked
    WHERE ranked.place > %s AND old.caller_id = ranked.caller_id
      AND old.conversation_id = ranked.conversation_id AND old.request_id = ranked.request_id
    """,
)


@dataclass(frozen=True, slots=True)
class KeptTurn:
    """A turn as it is kept; plan is the serialised QueryPlan, or None."""

    request_id: str
    source: str
    question: str
    plan: bytes | None
    answer: str
    row_count: int
    asked_time: datetime | None


class Memory:
    """Turns and facts. Every method takes the caller whose memory it is; no statement reads across callers.

    Raises Fault STATE_UNAVAILABLE where the database does not answer.
    """

    def __init__(self, url: str, connections: int) -> None:
        self._pool = AsyncConnectionPool(
            url,
            min_size=1,
            max_size=connections,
            open=False,
            timeout=_WAIT,
            # Every statement is sent all day long: prepared at once, and none needs a transaction of its own.
            kwargs={"autocommit": True, "prepare_threshold": 0, "application_name": "maestro-memorizer"},
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
            await connection.execute("SELECT 1 FROM memorizer.turns LIMIT 1")
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

    async def recall(
        self, caller: str, conversation: str, question: str, turns: int, facts: int
    ) -> tuple[list[KeptTurn], list[KeptFact]]:
        """The conversation's last turns, newest first, and facts whose subject occurs in the question.

        One round trip, because every question waits for it.
        """
        if not conversation and not question:
            return [], []
        values = {
            "caller": caller,
            "conversation": conversation,
            "turns": turns if conversation else 0,
            "question": f" {fold(question)} ",
            "facts": facts,
        }
        with telemetry.span("SELECT memorizer", "client", {"db.system.name": "postgresql"}) as span:
            async with self._connection() as connection:
                cursor = await connection.execute(_RECALL if question else _TURNS_ONLY, values)
                rows = await cursor.fetchall()
            span.set("db.response.returned_rows", len(rows))
        kept = [KeptTurn(row[1], row[7], row[2], row[4], row[5], row[6], row[8]) for row in rows if row[0] == 0]
        known = [KeptFact(row[1], row[3], row[2], row[8], caller) for row in rows if row[0] == 1]
        return kept, known

    async def remember(self, caller: str, conversation: str, turn: KeptTurn) -> bool:
        """Keeps a turn; False where one of the same request was kept before."""
        async with self._connection() as connection:
            cursor = await connection.execute(
                _REMEMBER,
                (
                    caller,
                    conversation,
                    turn.request_id,
                    turn.source,
                    turn.question,
                    fold(turn.question),
                    turn.plan,
                    turn.answer,
                    turn.row_count,
                    turn.asked_time,
                ),
            )
            return cursor.rowcount == 1

    async def keep(self, caller: str, subject: str, text: str, most: int) -> tuple[str, KeptFact | None]:
        """Keeps a fact: "kept" or "known" with it, or "full" where the caller has too many."""
        folded = fold(text)
        made = hashlib.sha256(f"{caller}\0{folded}".encode()).hexdigest()[:16]
        async with self._connection() as connection:
            cursor = await connection.execute(
                _KEEP,
                {
                    "most": most,
                    "caller": caller,
                    "id": made,
                    "subject": subject,
                    "text": text,
                    "folded": folded,
                },
            )
            row = await cursor.fetchone()
        if row is None:
            return "full", None
        return row[0], KeptFact(made, subject, text, row[1], caller)

    async def facts(self, caller: str, most: int, before: int | None = None) -> list[tuple[int, KeptFact]]:
        """The caller's facts with their numbers, newest first, those before a number only."""
        async with self._connection() as connection:
            cursor = await connection.execute(_FACTS, (caller, before, before, most))
            rows = await cursor.fetchall()
        return [(row[4], KeptFact(row[0], row[1], row[2], row[3], caller)) for row in rows]

    async def forget(self, caller: str, ids: list[str]) -> None:
        """Removes facts."""
        async with self._connection() as connection:
            await connection.execute("DELETE FROM memorizer.facts WHERE caller_id = %s AND id = ANY(%s)", (caller, ids))

    async def questions(self, caller: str, subject: str) -> list[str]:
        """At most three of the caller's latest questions that name a subject."""
        async with self._connection() as connection:
            cursor = await connection.execute(_QUESTIONS, (caller, f" {subject} "))
            return [row[0] for row in await cursor.fetchall()]

    async def forget_conversation(self, caller: str, conversation: str) -> int:
        """Removes a conversation; the number of turns that it had."""
        async with self._connection() as connection:
            cursor = await connection.execute(
                "DELETE FROM memorizer.turns WHERE caller_id = %s AND conversation_id = %s",
                (caller, conversation),
            )
            return cursor.rowcount

    async def sweep(self, days: float, turns: int) -> int:
        """Removes turns that are too old or too many; how many."""
        async with self._connection() as connection:
            removed = (await connection.execute(_SWEEP[0], (timedelta(days=days),))).rowcount
            return removed + (await connection.execute(_SWEEP[1], (turns,))).rowcount
