"""When two results are the same answer."""

from datetime import date
from decimal import Decimal

import pytest

from bench.scoring import is_ordered, same_answer


@pytest.mark.parametrize(
    ("right", "given", "same"),
    [
        ([(1, "a"), (2, "b")], [(2, "b"), (1, "a")], True),
        ([(1, "a"), (2, "b")], [("b", 2), ("a", 1)], True),
        ([(1, "a")], [(1, "a"), (1, "a")], False),
        ([(1,)], [(1, 2)], False),
        ([], [], True),
        ([], [(None,)], False),
        ([(0.1 + 0.2,)], [(0.3,)], True),
        ([(Decimal("3.50"),)], [(3.5,)], True),
        ([(True,)], [(1,)], True),
        ([("3",)], [(3,)], False),
        ([(1, 1), (1, 2)], [(1, 1), (2, 1)], True),
        ([(1, 2), (2, 1), (3, 3)], [(1, 2), (1, 2), (3, 3)], False),
    ],
)
def test_rows_as_multisets_with_columns_in_any_order(
    right: list[tuple[object, ...]], given: list[tuple[object, ...]], same: bool
) -> None:
    assert same_answer(right, given, ordered=False) is same


def test_order_matters_where_the_right_answer_is_ordered() -> None:
    assert not same_answer([(1,), (2,)], [(2,), (1,)], ordered=True)
    assert same_answer([(1, "a"), (2, "b")], [("a", 1), ("b", 2)], ordered=True)


def test_values_are_compared_across_kinds_of_databases() -> None:
    assert same_answer([("3", "2025-01-02 00:00:00", "t")], [(3, date(2025, 1, 2), True)], ordered=False, coerce=True)


@pytest.mark.parametrize(
    ("sql", "ordered"),
    [
        ("SELECT a FROM t ORDER BY a", True),
        ("SELECT a FROM t WHERE b IN (SELECT c FROM d ORDER BY c)", False),
        ("SELECT ' order by '", False),
    ],
)
def test_what_is_ordered(sql: str, ordered: bool) -> None:
    assert is_ordered(sql) is ordered
