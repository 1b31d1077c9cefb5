"""What is wanted for each of several things is told for each, and one total of all is no answer."""

import pytest

from services.analyzer.analyze import readings
from services.analyzer.apart import order, tells_apart, totals, wanted
from services.analyzer.reading import Compare, Item, Reading, Ref
from tests.services.analyzer.shop import VOCABULARY, asked

CITY, NAME = Ref("customer", "city"), Ref("customer", "name")
COUNT = Item(fn="count", dataset="purchase")
ALL = Reading("purchase", select=(COUNT,), tables=("customer",))
EACH = Reading("purchase", select=(Item(NAME), COUNT), group=(Item(NAME),))
OTHER = Reading("purchase", select=(Item(CITY), COUNT), group=(Item(CITY),))
ONE = Reading("purchase", select=(COUNT,), where=(Compare(Item(NAME), "=", "Ana"),))


@pytest.mark.parametrize(
    ("question", "language"),
    [
        ("number of purchases by customer", "en"),
        ("how many purchases for each customer?", "en"),
        ("quantas compras por cliente?", "pt"),
        ("quantas compras para cada cliente?", "pt"),
    ],
)
def test_what_a_by_stands_before_is_told_apart(question: str, language: str) -> None:
    what = wanted(asked(question, language))
    assert what is not None
    assert "customer" in what.datasets
    assert totals(ALL, what)
    assert tells_apart(EACH, what)
    assert not totals(EACH, what)
    assert not totals(ONE, what)
    assert order([ALL, ONE, EACH], what) == [2, 1, 0]
    assert order([ALL, ONE], what) == [0, 1]
    assert order([ONE, ALL, EACH], what) == [0, 1, 2]
    first = readings(asked(question, language), VOCABULARY)[0]
    assert tells_apart(first.reading, what)


@pytest.mark.parametrize(
    ("question", "language"),
    [
        ("how many purchases were made by customers?", "en"),
        ("quantas compras foram feitas por clientes?", "pt"),
        ("how many purchases are there?", "en"),
    ],
)
def test_who_did_it_is_not_told_apart(question: str, language: str) -> None:
    assert wanted(asked(question, language)) is None
