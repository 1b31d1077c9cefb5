"""Messages cut out of bytes and put into bytes are what protobuf would have made of them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from maestro.monitor.v1 import monitor_pb2
from maestro.result.v1 import result_pb2
from services.orchestrator.wire import Received, field_bytes, framing

ANSWER = result_pb2.Answer.DESCRIPTOR.fields_by_name


@st.composite
def answers(draw: st.DrawFn) -> result_pb2.Answer:
    answer = result_pb2.Answer(
        text=draw(st.text(max_size=300)),
        confidence=draw(st.floats(allow_nan=False)),
        status=draw(st.sampled_from(result_pb2.AnswerStatus.values())),
        suggestions=draw(st.lists(st.text(max_size=5), max_size=3)),
    )
    if draw(st.booleans()):
        answer.result.total_rows = draw(st.integers(-(2**63), 2**63 - 1))
        answer.result.next_page_token = draw(st.text(max_size=200))
    if draw(st.booleans()):
        answer.plan.question = draw(st.text(max_size=20_000))
    if draw(st.booleans()):
        answer.provenance.SetInParent()
    return answer


@given(answers())
def test_a_field_is_cut_out(answer: result_pb2.Answer):
    raw = answer.SerializeToString()
    for name in ("result", "plan", "provenance", "chart"):
        data = field_bytes(raw, ANSWER[name].number)
        assert (data is not None) == answer.HasField(name)
        if data is not None:
            assert type(getattr(answer, name)).FromString(data) == getattr(answer, name)


@given(answers())
def test_a_field_is_put_in(answer: result_pb2.Answer):
    expected = result_pb2.Answer(plan=answer.plan, text="before")
    raw = result_pb2.Answer(text="before").SerializeToString() + framing(ANSWER["plan"])(
        answer.plan.SerializeToString()
    )
    assert result_pb2.Answer.FromString(raw) == expected


@given(answers(), answers())
def test_several_occurrences_are_merged(one: result_pb2.Answer, other: result_pb2.Answer):
    merged = result_pb2.Answer()
    merged.CopyFrom(one)
    merged.MergeFrom(other)
    data = field_bytes(one.SerializeToString() + other.SerializeToString(), ANSWER["result"].number)
    assert (data is not None) == merged.HasField("result")
    assert result_pb2.ResultHead.FromString(data or b"") == merged.result


def test_every_wire_type_is_stepped_over():
    span = monitor_pb2.Span(trace_id="a", ok=True, attributes={"k": "v"})
    span.start_time.FromNanoseconds(1_700_000_000_123_456_789)
    fixed = b"\x79" + bytes(8) + b"\x7d" + bytes(4)  # fields 15 with eight bytes and with four
    number = monitor_pb2.Span.DESCRIPTOR.fields_by_name["start_time"].number
    data = field_bytes(fixed + span.SerializeToString(), number)
    assert data == span.start_time.SerializeToString()


@pytest.mark.parametrize("raw", [b"\x0a\x05ab", b"\x0a", b"\x0b\x0c", b"\xff", b"\x7d\x00", b"\x08\x80"])
def test_what_is_no_message_is_an_error(raw: bytes):
    with pytest.raises((ValueError, IndexError)):
        field_bytes(raw, 1)


def test_a_response_is_parsed_once_and_only_when_asked():
    received = Received(result_pb2.Answer, result_pb2.Answer(text="x").SerializeToString())
    assert received.message is received.message
    assert received.message == result_pb2.Answer(text="x")
    assert Received(result_pb2.Answer, b"\xff").raw == b"\xff"
