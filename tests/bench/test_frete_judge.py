"""The judge of the frete questions: what is taste, and what is wrong."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from decimal import Decimal

import pytest

from bench.frete_cells import cell, same
from bench.frete_judge import Given, Gold, judge, rows_of


def right(rows: Sequence[object], gold: Gold, *, total: int = -1) -> bool:
    return judge(Given("answer", rows_of(rows), total), ("answer",), [gold]).right


def gold(mode: str, *rows: tuple[object, ...], **options: float) -> Gold:
    return Gold(mode, rows_of(rows), **options)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (3, "3"),
        (Decimal("10.10"), 10.1),
        ("SÃO PAULO", "Sao Paulo "),
        (dt.datetime(2025, 6, 1, tzinfo=dt.UTC), dt.date(2025, 6, 1)),
        ("2025-06", dt.date(2025, 6, 1)),
        ("06/2025", dt.date(2025, 6, 1)),
        ("jun/2025", dt.date(2025, 6, 1)),
        ("junho de 2025", dt.date(2025, 6, 1)),
        ("June 2025", dt.date(2025, 6, 1)),
        ("01/06/2025", dt.date(2025, 6, 1)),
        (Decimal("12348.418085"), "12348.42"),
        (None, 0),
        (True, "true"),
    ],
)
def test_the_same_said_otherwise(one: object, other: object) -> None:
    assert same(cell(one), cell(other))


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (3, 4),
        ("SP", "PR"),
        ("2025-06", "2025-07"),
        (1000, 1001),
        (None, 1),
        (None, "x"),
        ("007", "7"),
        (5.0, "a"),
    ],
)
def test_not_the_same(one: object, other: object) -> None:
    assert not same(cell(one), cell(other))


def test_rows_may_come_with_more_columns_in_any_order() -> None:
    expected = gold("rows", ("SP", 3), ("RJ", 2))
    assert right([{"n": 2, "uf": "RJ", "share": 0.4}, {"n": 3, "uf": "SP", "share": 0.6}], expected)
    assert not right([{"n": 3, "uf": "RJ"}, {"n": 2, "uf": "SP"}], expected)
    assert not right([{"n": 3, "uf": "SP"}], expected)
    assert not right([("SP", 3), ("RJ", 2), ("MG", 1)], expected)


def test_a_sum_over_nothing_is_nothing() -> None:
    assert right([], gold("rows", (None,)))
    assert right([(0,)], gold("rows", (None,)))
    assert not right([(5,)], gold("rows", (None,)))
    assert not right([], gold("rows", (5,)))


def test_a_list_is_its_rows_whatever_identifies_them() -> None:
    expected = gold("keys", ("110", 1), ("111", 2))
    assert right([{"id": 2, "cliente": "X"}, {"id": 1, "cliente": "Y"}], expected)
    assert right([{"nf": "111"}, {"nf": "110"}], expected)
    assert not right([{"nf": "111"}], expected)
    assert not right([{"nf": "111"}, {"nf": "112"}], expected)


def test_a_list_may_not_repeat_its_rows() -> None:
    assert not right([("110",), ("110",), ("111",)], gold("keys", ("110",), ("111",)))


def test_the_first_rows_are_right_if_the_rest_is_counted() -> None:
    expected = gold("keys", *((str(n), n) for n in range(100, 200)))
    first = [(n,) for n in range(100, 120)]
    assert not right(first, expected)
    assert right(first, expected, total=100)
    assert not right(first, expected, total=20)


def test_a_key_column_with_nulls_identifies_nothing() -> None:
    assert not right([(None,), ("9",)], gold("keys", (None, 1), ("9", 2)))


def test_a_ranking_may_stop_anywhere_but_not_skip() -> None:
    expected = gold("ranking", ("A", 9), ("B", 7), ("C", 7), ("D", 1))
    assert right([("A",)], expected)
    assert right([("A", 9), ("C", 7)], expected)
    assert right([("A", 9), ("B", 7), ("C", 7), ("D", 1)], expected)
    assert not right([("B", 7)], expected)
    assert not right([("A", 9), ("D", 1)], expected)


def test_a_series_may_be_cut_differently_at_its_ends() -> None:
    months = [(f"2025-{n:02d}-01", n * 10) for n in range(1, 9)]
    expected = gold("contains", *months, min_rows=5)
    assert right([*months[1:7], ("2025-08-01", 3)], expected)
    assert not right(months[:4], expected)
    assert not right([(month, value + 1) for month, value in months], expected)


def test_a_value_may_stand_among_others_in_a_short_answer() -> None:
    expected = gold("any_value", (0.1021,), tolerance=0.005)
    assert right([("correlation", 0.104), ("rows", 20_000)], expected)
    assert not right([("correlation", 0.2)], expected)
    assert not right([(0.1021,)] * 60, expected)


def test_the_first_row_names_a_label() -> None:
    assert right([("Aurora LJ 1", 5)], gold("label_in", ("AURORA LJ 1",), ("X",)))
    assert not right([("Other", 5), ("X", 4)], gold("label_in", ("AURORA LJ 1",), ("X",)))


def test_any_reading_will_do() -> None:
    readings = [gold("rows", (5,)), gold("keys", ("110",))]
    assert judge(Given("answer", rows_of([("110",)])), ("answer",), readings).right


def test_refusals_and_questions_back() -> None:
    answered, refused, asked = Given("answer", [(1.0,)]), Given("refuse"), Given("ask")
    assert judge(refused, ("refuse",), []).right
    assert judge(asked, ("refuse",), []).right
    assert not judge(answered, ("refuse",), []).right
    assert not judge(Given("answer"), ("refuse",), []).right
    assert not judge(refused, ("answer",), [gold("rows", (None,))]).right
    assert judge(asked, ("ask", "answer"), []).right
    assert not judge(refused, ("ask",), []).right
