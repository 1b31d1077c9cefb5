"""Rows through every module: the head at once, the rows past the provider, and what they tell of the whole."""

from __future__ import annotations

import pyarrow as pa
import pytest

from bench.index_notation import by, cmp, col, query, table
from maestro.context.v1 import context_pb2
from maestro.orchestrator.v1 import orchestrator_pb2 as pb
from maestro.plan.v1 import plan_pb2 as plan
from maestro.result.v1 import result_pb2
from maestro_client.answer import Answer
from maestro_client.client import Maestro
from tests.whole.conftest import ROWS

pytestmark = [pytest.mark.slow, pytest.mark.asyncio(loop_scope="module")]

E = table("entregas_monitoradas", "e")
SHOWN = {"id": col("e.id"), "uf": col("e.uf")}
ALL = query(E, SHOWN, order=[by(col("e.id"))])


def request(made: plan.Query, **limits: float) -> pb.RunQueryRequest:
    context = context_pb2.RequestContext(source="frete", limits=context_pb2.Limits(**limits))  # type: ignore[arg-type]
    return pb.RunQueryRequest(context=context, plan=plan.QueryPlan(query=made), fresh=True)


async def test_rows_are_not_counted_before_they_come_and_known_when_they_have(maestro: Maestro) -> None:
    events = [event async for event in maestro.stream(request(ALL)) if not isinstance(event, pb.Progress)]
    head, batches, answer = events[0], events[1:-1], events[-1]
    assert isinstance(head, result_pb2.ResultHead)
    assert (head.total_rows, [each.name for each in head.columns]) == (-1, ["id", "uf"])
    ids = [each for batch in batches for each in pa.ipc.open_stream(batch).read_all()["id"].to_pylist()]
    assert (len(ids), ids) == (ROWS, sorted(set(ids)))
    assert isinstance(answer, Answer)
    assert (answer.total_rows, answer.message.result.truncated) == (ROWS, False)
    assert [each.purpose for each in answer.message.provenance.statements] == ["main"]
    # The text is written when the number is known.
    assert "2.000" in answer.text or "2,000" in answer.text


async def test_a_few_rows_stream_like_many(maestro: Maestro) -> None:
    few = query(E, SHOWN, where=cmp(col("e.id"), "<=", 3), order=[by(col("e.id"))])
    events = [event async for event in maestro.stream(request(few)) if not isinstance(event, pb.Progress)]
    assert [type(each) for each in events] == [result_pb2.ResultHead, bytes, Answer]
    assert isinstance(events[0], result_pb2.ResultHead)
    assert (events[0].total_rows, events[0].complete) == (3, True)


async def test_no_rows_have_columns_all_the_same(maestro: Maestro) -> None:
    none = query(E, SHOWN, where=cmp(col("e.id"), "<", 0))
    events = [event async for event in maestro.stream(request(none)) if isinstance(event, bytes)]
    assert [pa.ipc.open_stream(each).read_all().column_names for each in events] == [["id", "uf"]]


async def test_a_client_s_rows_that_were_cut_are_not_called_complete(maestro: Maestro) -> None:
    asked = request(ALL, max_rows=1500)
    asked.page_size = 100
    answer = await maestro.run(asked)
    assert 100 < len(answer.rows) <= 1500
    assert not answer.complete
    assert (answer.message.result.truncation_reason, answer.total_rows) == ("ROW_CEILING", ROWS)
    asked = request(ALL)
    asked.page_size = 100
    answer = await maestro.run(asked)
    assert (len(answer.rows), answer.complete) == (ROWS, True)
