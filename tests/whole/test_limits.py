"""Ceilings and cancelling, through every module: what is over a limit is said with its reason, what nobody waits for ends
in the database within a second, and whatever was cut is called so."""

from __future__ import annotations

import asyncio
import time

import psycopg
import pytest

from bench.index_notation import agg, by, cmp, col, count, join, query, table
from deploy.local.postgres import READER
from maestro.context.v1 import context_pb2
from maestro.orchestrator.v1 import orchestrator_pb2 as pb
from maestro.plan.v1 import plan_pb2 as plan
from maestro.result.v1 import result_pb2
from maestro_client.client import Maestro
from mesh.fault import Fault
from tests.whole.conftest import ROWS

pytestmark = [pytest.mark.slow, pytest.mark.asyncio(loop_scope="module")]

E = table("entregas_monitoradas", "e")
ALL = query(E, {"id": col("e.id"), "uf": col("e.uf")}, order=[by(col("e.id"))])
# Thousands of millions of pairs, at a cost that is still allowed.
SLOW = query(
    E, {"n": agg("MAX", col("e.valor_nf"))},
    join(table("entregas_monitoradas", "a"), on=cmp(col("a.valor_nf"), "!=", col("e.valor_nf"))),
    join(table("transportadoras", "t"), on=cmp(col("t.id"), "!=", col("a.id"))),
)  # fmt: skip


def request(made: plan.Query, **limits: float) -> pb.RunQueryRequest:
    context = context_pb2.RequestContext(source="frete", limits=context_pb2.Limits(**limits))  # type: ignore[arg-type]
    return pb.RunQueryRequest(context=context, plan=plan.QueryPlan(query=made), fresh=True)


async def busy(url: str) -> int:
    """Statements of the loader that run in the database of the sample, however many workers share one of them."""
    # As the loader's own role, which alone may see what its connections do.
    async with await psycopg.AsyncConnection.connect(url, autocommit=True, user=READER) as connection:
        cursor = await connection.execute(
            "SELECT count(*) FROM pg_stat_activity WHERE state = 'active' AND application_name = 'maestro-loader' "
            "AND datname = current_database() AND backend_type = 'client backend'"
        )
        row = await cursor.fetchone()
        assert row is not None
        return int(row[0])


async def until(number: int, url: str, seconds: float) -> float:
    """Seconds until so many statements run."""
    began = time.monotonic()
    while (now := await busy(url)) != number:
        assert time.monotonic() - began < seconds, f"{now} statements run"
        await asyncio.sleep(0.02)
    return time.monotonic() - began


async def test_a_question_that_nobody_waits_for_ends_in_the_database(maestro: Maestro, frete: str) -> None:
    asked = asyncio.ensure_future(maestro.stub.RunQuery(request(SLOW)))
    await asyncio.wait([asked, asyncio.ensure_future(until(1, frete, 30))], return_when=asyncio.FIRST_COMPLETED)
    assert not asked.done(), asked.result()
    asked.cancel()
    assert await until(0, frete, 5) < 1
    with pytest.raises(asyncio.CancelledError):
        await asked


async def test_a_question_ends_in_the_database_at_its_own_limit(maestro: Maestro, frete: str) -> None:
    with pytest.raises(Fault) as raised:
        await maestro.stub.RunQuery(request(SLOW, statement_timeout_ms=300))
    assert raised.value.reason == "STATEMENT_TIMEOUT"
    assert raised.value.metadata["limit"] == "0.3"
    assert await until(0, frete, 5) < 1


async def test_a_caller_s_deadline_reaches_the_database(maestro: Maestro, frete: str) -> None:
    with pytest.raises(Fault) as raised:
        await maestro.stub.RunQuery(request(SLOW), timeout=0.7)
    assert raised.value.reason == "DEADLINE_EXCEEDED"
    assert await until(0, frete, 5) < 1


async def test_a_stream_that_nobody_reads_ends_in_the_database(maestro: Maestro, frete: str) -> None:
    pairs = query(
        E, {"a": col("e.id"), "b": col("o.id")},
        join(table("entregas_monitoradas", "o"), on=cmp(col("o.id"), "!=", col("e.id"))),
    )  # fmt: skip
    reading = maestro.stream(request(pairs), batch_rows=1000)
    async for event in reading:
        if isinstance(event, bytes):
            break
    await reading.aclose()  # type: ignore[attr-defined]  # an async generator
    assert await until(0, frete, 5) < 1


async def test_a_question_that_costs_too_much_is_not_run(maestro: Maestro) -> None:
    with pytest.raises(Fault) as raised:
        await maestro.stub.RunQuery(request(SLOW, max_cost=1000))
    assert raised.value.reason == "COST_CEILING"
    assert float(raised.value.metadata["estimate"]) > 1000
    assert raised.value.metadata["ceiling"] == "1000"
    # What would make it cheap: a column that an index begins with.
    assert "numero_nf" in raised.value.message or "data_embarque" in raised.value.message


async def test_rows_above_the_caller_s_limit_are_left_out_and_missed(maestro: Maestro) -> None:
    answer = (await maestro.stub.RunQuery(request(ALL, max_rows=7))).answer
    assert len(answer.result.rows) == 7
    assert answer.result.truncated
    assert answer.result.truncation_reason == "ROW_CEILING"
    # The total is of everything, computed by the database.
    assert answer.result.total_rows == ROWS
    assert not answer.result.next_page_token


async def test_bytes_above_the_caller_s_limit_are_left_out_and_missed(maestro: Maestro) -> None:
    answer = (await maestro.stub.RunQuery(request(ALL, max_bytes=200))).answer
    assert 0 < len(answer.result.rows) < 50
    assert answer.result.truncated
    assert answer.result.truncation_reason == "BYTE_CEILING"
    assert answer.result.total_rows == ROWS
    assert not answer.result.next_page_token


@pytest.mark.parametrize(
    ("limits", "reason"), [({"max_rows": 150}, "ROW_CEILING"), ({"max_bytes": 9000}, "BYTE_CEILING")]
)
async def test_a_stream_that_was_cut_says_so(maestro: Maestro, limits: dict[str, int], reason: str) -> None:
    rows, answer = 0, result_pb2.Answer()
    reading = maestro.stub.StreamQuery(pb.StreamQueryRequest(query=request(ALL, **limits), batch_rows=50))
    async for part in reading:
        rows += part.batch.row_count
        if part.HasField("answer"):
            answer = part.answer
    assert 0 < rows < ROWS
    # The rows that came do not tell the total: it was counted.
    assert answer.result.total_rows == ROWS
    assert answer.result.truncated
    assert answer.result.truncation_reason == reason


async def test_what_was_not_cut_says_nothing(maestro: Maestro) -> None:
    answer = (await maestro.stub.RunQuery(request(query(E, {"n": count()}), max_rows=7))).answer
    assert not answer.result.truncated
    assert answer.result.rows[0].values[0].integer == ROWS
