"""Spans: what they hold, how they hang together, which are recorded."""

import io
import json
import logging
import os
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mesh import telemetry
from mesh.ambient import NOTHING, Ambient, current
from mesh.attributes import ATTRIBUTES, UndeclaredAttributeError, accepts, schema
from mesh.logs import JsonFormatter

TRACE, SPAN = "4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7"


@pytest.fixture(autouse=True)
def spans(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[telemetry.Span]]:
    finished: list[telemetry.Span] = []
    monkeypatch.setattr(telemetry.settings, "sinks", (finished.append,))
    monkeypatch.setattr(telemetry.settings, "ratio", 1.0)
    monkeypatch.setattr(schema, "strict", True)
    monkeypatch.setattr(schema, "told", set())
    token = current.set(NOTHING)
    yield finished
    current.reset(token)


def test_spans_nest(spans: list[telemetry.Span]) -> None:
    telemetry.enter("scanner")
    with telemetry.span("outer", kind="server") as outer:
        assert telemetry.trace_id() == outer.trace_id
        with telemetry.span("inner", attributes={"maestro.source": "frete"}) as inner:
            inner.set("maestro.rows", 3)
            assert telemetry.span_id() == inner.span_id
        assert telemetry.span_id() == outer.span_id
    assert telemetry.trace_id() == ""
    first, second = spans
    assert (first.name, first.kind, first.module, first.parent_id) == (
        "inner",
        "internal",
        "scanner",
        second.span_id,
    )
    assert first.attributes == {"maestro.source": "frete", "maestro.rows": 3}
    assert (second.name, second.parent_id) == ("outer", "")
    assert first.trace_id == second.trace_id
    assert len(bytes.fromhex(first.trace_id)) == 16
    assert second.start_ns <= first.start_ns <= first.end_ns <= second.end_ns


def test_an_exception_is_on_the_span(spans: list[telemetry.Span]) -> None:
    with pytest.raises(ValueError, match="bad"), telemetry.span("work"):
        raise ValueError("bad")
    assert (spans[0].error, spans[0].attributes) == ("bad", {"error.type": "ValueError"})


def test_a_span_ends_once(spans: list[telemetry.Span]) -> None:
    with telemetry.span("work") as span:
        span.end()
    assert len(spans) == 1


def test_nothing_is_recorded_of_a_trace_that_is_not_sampled(
    spans: list[telemetry.Span], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(telemetry.settings, "ratio", 0.0)
    with telemetry.span("outer") as outer, telemetry.span("inner") as inner:
        inner.set("maestro.rows", 3)
        assert inner.trace_id == outer.trace_id
        assert telemetry.traceparent().endswith("-00")
    assert spans == []


@pytest.mark.parametrize("ratio", [0.0, 1.0])
@pytest.mark.parametrize("sampled", [True, False])
def test_whoever_is_called_follows(
    spans: list[telemetry.Span], monkeypatch: pytest.MonkeyPatch, ratio: float, sampled: bool
) -> None:
    monkeypatch.setattr(telemetry.settings, "ratio", ratio)
    current.set(Ambient("scanner", telemetry.remote(f"00-{TRACE}-{SPAN}-0{int(sampled)}"), None))
    with telemetry.span("work"):
        pass
    assert [(each.trace_id, each.parent_id) for each in spans] == ([(TRACE, SPAN)] if sampled else [])


def test_the_share_that_is_recorded_is_the_share_that_was_asked_for(
    spans: list[telemetry.Span], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(telemetry.settings, "ratio", 0.25)
    for _ in range(4000):
        telemetry.begin("work", "internal", NOTHING).end()
    assert 850 < len(spans) < 1150
    # As the SDK decides: by the lower half of the trace id.
    assert all(int(each.trace_id[16:], 16) < 2**62 for each in spans)


@pytest.mark.parametrize(
    "header",
    [
        None,
        "",
        "nonsense",
        f"00-{TRACE}-{SPAN}",
        f"00-{TRACE}-{SPAN}-01-more",
        f"ff-{TRACE}-{SPAN}-01",
        f"00-{'0' * 32}-{SPAN}-01",
        f"00-{TRACE}-{'0' * 16}-01",
        f"00-{TRACE[:-1]}g-{SPAN}-01",
        f"00-{TRACE[:-2]}_1-{SPAN}-01",
        f"00-{TRACE.upper()}-{SPAN}-01",
        f"00-{TRACE}-{SPAN}-01\n",
    ],
)
def test_a_malformed_traceparent_is_ignored(header: str | None) -> None:
    assert telemetry.remote(header) is None


@given(st.text(alphabet="0123456789abcdef-ABCxyz ", max_size=70))
def test_no_header_does_any_harm(header: str) -> None:
    found = telemetry.remote(header)
    assert found is None or telemetry.header(found)[:52] == "00" + header[2:52]


def test_a_later_version_of_the_header_is_read_as_far_as_it_is_known() -> None:
    found = telemetry.remote(f"cc-{TRACE}-{SPAN}-01-what-the-future-brings")
    assert found is not None
    assert (found.trace_id, found.span_id, found.sampled) == (TRACE, SPAN, True)


@pytest.mark.parametrize("value", ["3", 3.5, True, None])
def test_an_attribute_of_another_type_is_an_error_in_tests(value: object) -> None:
    with pytest.raises(UndeclaredAttributeError, match="declared as int"):
        accepts("maestro.rows", value)  # type: ignore[arg-type]  # that is the point


def test_an_undeclared_attribute_is_an_error_in_tests() -> None:
    with (
        pytest.raises(UndeclaredAttributeError, match=r"mesh/attributes\.py"),
        telemetry.span("work") as span,
    ):
        span.set("no.such", 1)


def test_an_undeclared_attribute_is_dropped_in_production(
    spans: list[telemetry.Span], monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(schema, "strict", False)
    for _ in range(3):
        with telemetry.span("work") as span:
            span.set("no.such", 1)
    assert spans[0].attributes == {}
    assert [each.message for each in caplog.records] == [
        "attribute 'no.such' is not declared in mesh/attributes.py: dropped"
    ]


def test_the_schema_is_well_formed() -> None:
    for name, (kind, said) in ATTRIBUTES.items():
        assert name.startswith(("rpc.", "db.", "error.", "server.", "maestro."))
        assert kind in (str, bool, int, float, tuple)
        assert said.endswith((".", "…"))


def test_forked_processes_make_different_ids() -> None:
    reader, writer = os.pipe()
    pid = os.fork()
    if pid == 0:
        os.write(writer, telemetry.begin("x", "internal", NOTHING).trace_id.encode())
        os._exit(0)
    mine = telemetry.begin("x", "internal", NOTHING).trace_id
    os.waitpid(pid, 0)
    assert os.read(reader, 100).decode() != mine
    os.close(reader)
    os.close(writer)


def test_logs_are_json_with_the_trace() -> None:
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    handler.setFormatter(JsonFormatter("scanner"))
    log = logging.Logger("services.scanner")
    log.addHandler(handler)
    with telemetry.span("work") as span:
        try:
            raise OSError("disk")
        except OSError:
            log.exception("lê %s", "ação", extra={"source": "frete"})
    log.info("after")
    first, second = [json.loads(line) for line in stream.getvalue().splitlines()]
    assert first["message"] == "lê ação"
    assert (first["level"], first["module"], first["logger"]) == ("ERROR", "scanner", "services.scanner")
    assert (first["trace_id"], first["span_id"], first["source"]) == (span.trace_id, span.span_id, "frete")
    assert "OSError: disk" in first["exception"]
    assert first["time"].endswith("Z")
    assert "trace_id" not in second
