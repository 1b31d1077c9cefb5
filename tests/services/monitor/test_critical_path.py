"""The critical path of hand-drawn traces."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from services.monitor.critical_path import critical_path
from services.monitor.spans import SpanRecord


def span(name: str, parent: str, start: int, end: int) -> SpanRecord:
    return SpanRecord("t" * 32, name, parent, "m", name, 1, start, end - start, True, "", {})


def test_of_two_side_by_side_the_later_to_end_is_on_it() -> None:
    spans = [span("root", "", 0, 100), span("quick", "root", 10, 30), span("slow", "root", 10, 80)]
    assert critical_path(spans) == ["root", "slow"]


def test_one_after_the_other_are_both_on_it() -> None:
    spans = [span("root", "", 0, 100), span("first", "root", 0, 40), span("second", "root", 40, 90)]
    assert critical_path(spans) == ["root", "first", "second"]


def test_it_goes_down_into_the_children_of_what_is_on_it_only() -> None:
    spans = [
        span("root", "", 0, 100),
        span("slow", "root", 0, 90),
        span("quick", "root", 0, 10),
        span("below slow", "slow", 5, 80),
        span("below quick", "quick", 1, 9),
    ]
    assert critical_path(spans) == ["root", "slow", "below slow"]


def test_work_that_nobody_waited_for_is_not_on_it() -> None:
    spans = [span("root", "", 0, 100), span("step", "root", 0, 90), span("detached", "root", 50, 200)]
    assert critical_path(spans) == ["root", "step"]


def test_no_spans_no_path() -> None:
    assert critical_path([]) == []


@given(st.lists(st.tuples(st.integers(0, 8), st.integers(0, 100), st.integers(0, 100)), min_size=1, max_size=9))
def test_any_shape_even_a_circle_ends_and_names_spans_once(drawn: list[tuple[int, int, int]]) -> None:
    spans = [span(str(n), str(parent), min(a, b), max(a, b)) for n, (parent, a, b) in enumerate(drawn)]
    path = critical_path(spans)
    assert len(path) == len(set(path))
    assert set(path) <= {each.span_id for each in spans}
