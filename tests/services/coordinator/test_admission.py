"""Who is let in."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mesh.fault import Fault
from services.coordinator.admission import Admissions, Limits


def rejected(admissions: Admissions, *arguments: str, now: float = 0.0) -> Fault:
    with pytest.raises(Fault) as raised:
        admissions.admit(*arguments, now=now)  # type: ignore[arg-type]
    assert raised.value.reason == "ADMISSION_REJECTED"
    assert raised.value.retry_after
    return raised.value


def test_no_more_than_the_total_and_again_after_a_release() -> None:
    admissions = Admissions(Limits(2, 2, 2), lease=10)
    admissions.admit("1", "a", "s", 0)
    admissions.admit("2", "b", "s", 0)
    rejected(admissions, "3", "c", "s")
    assert admissions.release("1")
    admissions.admit("3", "c", "s", 0)


def test_one_source_does_not_take_all_places() -> None:
    admissions = Admissions(Limits(10, 1, 10), lease=10)
    admissions.admit("1", "a", "slow", 0)
    assert "slow" in rejected(admissions, "2", "a", "slow").message
    admissions.admit("3", "a", "other", 0)


def test_one_caller_does_not_take_all_places() -> None:
    admissions = Admissions(Limits(10, 10, 1), lease=10)
    admissions.admit("1", "greedy", "s", 0)
    rejected(admissions, "2", "greedy", "s")
    admissions.admit("3", "modest", "s", 0)


def test_where_it_is_crowded_places_are_shared_fairly() -> None:
    admissions = Admissions(Limits(8, 8, 8), lease=10)
    for number in range(6):
        admissions.admit(str(number), "greedy", "s", 0)
    admissions.admit("x", "modest", "s", 0)
    rejected(admissions, "6", "greedy", "s")  # half of eight are its part, and it holds six
    admissions.admit("y", "modest", "s", 0)


def test_one_that_is_never_given_back_ends() -> None:
    admissions = Admissions(Limits(1, 1, 1), lease=10)
    assert admissions.admit("1", "a", "s", 0) == 10
    rejected(admissions, "2", "a", "s", now=9.9)
    admissions.admit("2", "a", "s", 10)
    assert not admissions.release("1")
    assert admissions.count(10) == 1


def test_a_repeated_request_is_admitted_once() -> None:
    admissions = Admissions(Limits(1, 1, 1), lease=10)
    admissions.admit("1", "a", "s", 0)
    admissions.admit("1", "a", "s", 1)
    assert admissions.count(1) == 1


@given(st.lists(st.tuples(st.integers(0, 5), st.sampled_from("abc"), st.booleans()), max_size=200))
def test_counts_never_drift(actions: list[tuple[int, str, bool]]) -> None:
    admissions = Admissions(Limits(4, 4, 3), lease=50)
    held: dict[str, float] = {}
    for now, (number, caller, enter) in enumerate(actions):
        name = f"{caller}{number}"
        if enter:
            try:
                end = admissions.admit(name, caller, "s", now)
            except Fault:
                continue
            held.setdefault(name, end)
        else:
            admissions.release(name)
            held.pop(name, None)
        held = {each: end for each, end in held.items() if end > now}
        assert admissions.count(now) == len(held) <= 4
