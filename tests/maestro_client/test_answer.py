"""Rows of an answer in every form."""

from __future__ import annotations

import datetime
from decimal import Decimal
from typing import Any

import pyarrow as pa
import pytest

from maestro.result.v1 import result_pb2 as pb
from maestro_client.answer import Answer, python_value


def answer_of(*rows: tuple[pb.Value, ...]) -> Answer:
    message = pb.Answer(status=pb.ANSWER_STATUS_ANSWERED)
    message.result.columns.add(name="uf")
    message.result.columns.add(name="entregas", measure=True)
    message.result.complete = True
    for row in rows:
        message.result.rows.add(values=row)
    return Answer(message)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (pb.Value(), None),
        (pb.Value(boolean=False), False),
        (pb.Value(integer=7), 7),
        (pb.Value(float=0.5), 0.5),
        (pb.Value(decimal="10.50"), Decimal("10.50")),
        (pb.Value(text="São Paulo"), "São Paulo"),
        (pb.Value(date="2025-11-19"), datetime.date(2025, 11, 19)),
        (pb.Value(date="infinity"), "infinity"),
        (pb.Value(timestamp="2025-11-19T12:30:00"), datetime.datetime(2025, 11, 19, 12, 30)),
        (pb.Value(time="12:30:00"), datetime.time(12, 30)),
        (pb.Value(binary=b"\x00"), b"\x00"),
    ],
)
def test_a_cell_becomes_what_python_has_for_it(value: pb.Value, expected: Any) -> None:
    found = python_value(value)
    assert found == expected
    assert type(found) is type(expected)


def test_rows_are_the_same_in_python_arrow_and_pandas() -> None:
    answer = answer_of((pb.Value(text="SP"), pb.Value(integer=3)), (pb.Value(), pb.Value(integer=4)))
    expected = [{"uf": "SP", "entregas": 3}, {"uf": None, "entregas": 4}]
    assert answer.rows == expected
    assert answer.arrow().to_pylist() == expected
    assert answer.pandas()["entregas"].tolist() == [3, 4]


def test_no_rows_still_have_columns() -> None:
    answer = answer_of()
    assert answer.rows == []
    assert answer.arrow().column_names == ["uf", "entregas"]


def test_batches_take_the_place_of_the_head() -> None:
    answer = answer_of((pb.Value(text="SP"), pb.Value(integer=3)))
    for number in (1, 2):
        table = pa.table({"uf": ["RJ"], "entregas": [number]})
        sink = pa.BufferOutputStream()
        with pa.ipc.new_stream(sink, table.schema) as writer:
            writer.write_table(table)
        answer.batches.append(sink.getvalue().to_pybytes())
    assert [row["entregas"] for row in answer.rows] == [1, 2]
    assert list(answer.tuples()) == [("RJ", 1), ("RJ", 2)]
    assert answer.complete
    answer.message.result.truncated = True
    assert not answer.complete


def test_it_says_what_it_is() -> None:
    message = pb.Answer(status=pb.ANSWER_STATUS_CLARIFICATION, text="Qual?")
    message.choices.add(text="de SP")
    message.issues.add(code="VALUE_AMBIGUOUS")
    message.provenance.trace_id = "ab" * 16
    answer = Answer(message)
    assert (answer.status, answer.choices, answer.reasons) == ("clarification", ["de SP"], ["VALUE_AMBIGUOUS"])
    assert (str(answer), answer.trace_id) == ("Qual?", "ab" * 16)
