"""What tells a reading that nobody means from one that somebody may."""

from __future__ import annotations

from datetime import date

import pytest

from services.analyzer.features import evidence_of
from services.analyzer.frame import frame_of
from services.analyzer.ground import Ground, Ids
from services.analyzer.parse import parse
from services.analyzer.rank_sense import NAMES, sense
from services.analyzer.reading import Compare, Item, Order, Reading, Ref, Source, Within
from services.analyzer.roles import direction
from services.analyzer.vocabulary import compile_vocabulary
from services.mapper.build import build
from services.mapper.derive.model import Hints
from tests.services.analyzer.shop import evidence
from tests.services.mapper.catalogs import column, source, table

NAME, CITY = Ref("customer", "name"), Ref("customer", "city")
PRICE = Ref("product", "price")


def told(question: str, reading: Reading) -> dict[str, float]:
    return dict(zip(NAMES, sense(reading, Ground(evidence(question)), Ids.of(reading)), strict=True))


def ranked_by(counted: str) -> Reading:
    """Customers by how many rows of a dataset there are."""
    order = Order(Item(fn="count", dataset=counted), descending=True)
    return Reading("customer", select=(Item(NAME),), group=(Item(NAME),), order=(order,), limit=1)


def test_the_rows_that_stand_for_a_group_are_not_what_is_counted() -> None:
    question = "the customer with the most purchases"
    assert told(question, ranked_by("customer"))["counted.own"] == 1
    assert told(question, ranked_by("customer"))["counted.grouped"] == 1
    assert told(question, ranked_by("purchase"))["counted.own"] == 0


def test_what_nobody_named_is_not_what_is_counted() -> None:
    question = "the customer with the most purchases"
    assert told(question, ranked_by("supplier"))["counted.unnamed"] == 1
    assert told(question, ranked_by("purchase"))["counted.unnamed"] == 0


def test_one_order_without_a_limit_where_the_first_is_asked_for() -> None:
    order = (Order(Item(PRICE), descending=True),)
    all_, one = (
        Reading("product", select=(Item(PRICE),), order=order),
        Reading("product", select=(Item(PRICE),), order=order, limit=1),
    )
    assert told("the most expensive product", all_)["ordered.unlimited"] == 1
    assert told("the most expensive product", one)["ordered.unlimited"] == 0


def test_a_limit_that_nobody_said() -> None:
    seven = Reading("product", select=(Item(PRICE),), order=(Order(Item(PRICE), descending=True),), limit=7)
    assert told("the 7 most expensive products", seven)["limit.unsaid"] == 0
    assert told("the 3 most expensive products", seven)["limit.unsaid"] == 1


def test_words_side_by_side_are_looked_for_in_one_row() -> None:
    first = Compare(Item(NAME), "=", "Ana", source=Source((3,), "value"))
    same = Compare(Item(CITY), "=", "Lima", source=Source((4,), "value"))
    other = Compare(Item(Ref("supplier", "city")), "=", "Lima", source=Source((4,), "value"))
    question = "how many purchases Ana Lima made"
    assert told(question, Reading("purchase", where=(first, same)))["names.whole"] == 1
    apart = told(question, Reading("purchase", where=(first, other)))
    assert (apart["names.split"], apart["names.whole"]) == (1, 0)


def test_an_aggregate_that_is_spoken_of_is_not_a_row() -> None:
    question = "categories whose average price is above 10"
    at = question.split().index("10")
    row = Compare(Item(PRICE), ">", 10, source=Source((at,), "cue"))
    group = Compare(Item(PRICE, fn="avg"), ">", 10, source=Source((at,), "cue"))
    assert told(question, Reading("product", where=(row,)))["tested.averaged"] == 1
    assert told(question, Reading("product", having=(group,)))["tested.averaged"] == 0


CARS = compile_vocabulary(
    build(
        source([table("cars", [column("id", "int"), column("cylinders", "int"), column("year", "int")], key=["id"])]),
        [],
        Hints(),
    ).model
)


@pytest.mark.parametrize(("field", "number", "times"), [("cylinders", 1974, 1), ("cylinders", 8, 0), ("year", 1974, 0)])
def test_a_year_is_not_looked_for_in_another_field(field: str, number: int, times: int) -> None:
    parsed = parse("cars of 1974 with 8 cylinders", CARS, date(2025, 6, 18), "en", "en")
    ground = Ground(evidence_of(frame_of(parsed, CARS), CARS))
    for test in (Within(Ref("cars", field), (number,)), Compare(Item(Ref("cars", field)), "=", number)):
        reading = Reading("cars", where=(test,))
        found = dict(zip(NAMES, sense(reading, Ground(ground.evidence), Ids.of(reading)), strict=True))
        assert found["year.elsewhere"] == times


@pytest.mark.parametrize(
    ("name", "way"),
    [("origin", "leaving"), ("destination", "arriving"), ("cidade_destino", "arriving"), ("price", ""), ("SourceAirport", "leaving")],
)  # fmt: skip
def test_fields_say_which_way_they_go(name: str, way: str) -> None:
    assert direction(name) == way
