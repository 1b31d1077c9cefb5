"""What a right reading says of each possible slot."""

from __future__ import annotations

from datetime import date

import pytest

from services.analyzer.explain import condition
from services.analyzer.reading import (
    AnyOf,
    Between,
    Combination,
    Compare,
    Condition,
    Flag,
    Item,
    Like,
    Missing,
    Not,
    Order,
    Reading,
    Ref,
    Within,
)
from services.analyzer.slots import slots_of
from services.analyzer.training.labels import COMBINED, ORDERED, PLACES, SHOWN, Classes, Labels, labels_of, signature
from tests.services.analyzer.shop import VOCABULARY, evidence

CLASSES = Classes(VOCABULARY)
NAME, CITY, PRICE, TITLE = (
    Ref("customer", "name"),
    Ref("customer", "city"),
    Ref("product", "price"),
    Ref("product", "title"),
)
LISBON, RECIFE = Compare(Item(CITY), "=", "Lisbon"), Compare(Item(CITY), "=", "Recife")


def labelled(question: str, gold: Reading) -> tuple[dict[str, tuple[str, int, str, int]], dict[str, str], Labels]:
    """By column: how it is shown, grouped, how ordered, whether its table is used; by condition: its place."""
    slots = slots_of(evidence(question))
    made = labels_of(slots, gold, VOCABULARY, CLASSES)
    names = [f"{each.target.dataset}.{each.target.name or '*'}" for each in slots.columns]
    rows = zip(names, made.shown, made.grouped, made.ordered, made.table, strict=True)
    columns = {name: (SHOWN[shown], grouped, ORDERED[ordered], table) for name, shown, grouped, ordered, table in rows}
    tests = {condition(each.condition): PLACES[place] for each, place in zip(slots.tests, made.place, strict=True)}
    return columns, tests, made


def test_what_is_shown_and_what_holds() -> None:
    columns, tests, made = labelled(
        "names of customers from Lisbon", Reading("customer", select=(Item(NAME),), where=(LISBON,))
    )
    assert columns["customer.name"] == ("plain", 0, "", 1)
    assert columns["customer.*"] == ("", 0, "", 1)
    assert columns["supplier.name"] == ("", 0, "", 0)  # its table is not used, though a field is called so
    assert tests == {"customer.city = 'Lisbon'": "main", "supplier.city = 'Lisbon'": ""}
    assert (made.distinct, made.limited, made.combined) == (0, 0, 0)


def test_counts_groups_and_orders_of_groups() -> None:
    count = Item(fn="count")
    gold = Reading(
        "purchase", select=(Item(CITY), Item(Ref("purchase", "total"), fn="sum"), count), group=(Item(CITY),),
        having=(Compare(count, ">", 3),), order=(Order(Item(Ref("purchase", "total"), fn="sum"), True),), limit=5, distinct=True,
    )  # fmt: skip
    columns, tests, made = labelled(
        "city, sum of total and number of purchases for the 5 cities with more than 3 purchases", gold
    )
    assert columns["customer.city"] == ("plain", 1, "", 1)
    assert columns["purchase.total"] == ("sum", 0, "aggregate desc", 1)
    assert columns["purchase.*"][0] == "count"
    assert tests["count(*@purchase) > 3"] == "main"
    assert tests["count(*@purchase) = 3"] == ""
    assert (made.limited, made.distinct) == (2, 1)


def test_an_order_by_rows_is_one_of_their_table() -> None:
    gold = Reading(
        "customer",
        select=(Item(NAME),),
        group=(Item(NAME),),
        order=(Order(Item(fn="count"), True),),
        limit=1,
        tables=("purchase",),
    )
    columns, _, made = labelled("the name of the customer with the most purchases", gold)
    assert columns["purchase.*"] == ("", 0, "desc", 1)
    assert made.limited == 1


def test_both_sides_of_a_key_are_the_same_field() -> None:
    gold = Reading("purchase", select=(Item(Ref("purchase", "customer_id")),), tables=("customer",))
    columns, _, _ = labelled("customer id of customers", gold)
    assert columns["customer.customer_id"][0] == columns["purchase.customer_id"][0] == "plain"
    assert CLASSES.of("customer", "customer_id") == CLASSES.of("purchase", "customer_id")
    assert CLASSES.of("customer", "name") != CLASSES.of("supplier", "name")


@pytest.mark.parametrize(
    ("op", "place", "combined"),
    [("except", "negated", "except"), ("intersect", "second", "intersect"), ("union", "second", "union")],
)
def test_the_second_block_has_a_place_of_its_own(op: str, place: str, combined: str) -> None:
    one = Reading("customer", select=(Item(NAME),), where=(LISBON,))
    gold = Reading(
        "customer",
        select=(Item(NAME),),
        where=(LISBON,),
        combine=Combination(op, Reading("customer", select=(Item(NAME),), where=(RECIFE,))),
    )
    _, tests, made = labelled("names of customers from Lisbon and from Recife", gold)
    assert (tests["customer.city = 'Lisbon'"], tests["customer.city = 'Recife'"]) == ("main", place)
    assert COMBINED[made.combined] == combined
    assert labelled("names of customers from Lisbon and from Recife", one)[2].combined == 0


def test_the_block_of_a_comparison_is_inside() -> None:
    average = Reading("product", select=(Item(PRICE, fn="avg"),), where=(Compare(Item(TITLE), "=", "Lamp"),))
    gold = Reading("product", select=(Item(TITLE),), where=(Compare(Item(PRICE), ">", average),))
    _, tests, _ = labelled("titles of products costlier than the average price of Lamp products", gold)
    assert tests["product.price > (avg(product.price) from product)"] == "main"
    assert tests["product.title = 'Lamp'"] == "inner"


def test_rows_without_partner_are_negated() -> None:
    bought = Reading("purchase", select=(Item(Ref("purchase", "customer_id")),))
    gold = Reading("customer", select=(Item(NAME),), where=(Within(Ref("customer", "customer_id"), (), bought, True),))
    columns, _, made = labelled("names of customers without purchases", gold)
    assert COMBINED[made.combined] == "not in"
    assert columns["purchase.*"] == ("", 0, "", 2)


def test_the_row_with_the_greatest_value_is_an_order_of_which_one_is_wanted() -> None:
    greatest = Reading("product", select=(Item(PRICE, fn="max"),))
    gold = Reading("product", select=(Item(TITLE),), where=(Compare(Item(PRICE), "=", greatest),))
    columns, _, made = labelled("title of the product with the greatest price", gold)
    assert columns["product.price"] == ("", 0, "desc", 1)
    assert made.limited == 1


def test_alternatives_and_negations_are_labelled_one_by_one() -> None:
    question = "names of customers from Lisbon or Recife"
    gold = Reading("customer", select=(Item(NAME),), where=(Within(CITY, ("Lisbon", "Recife")),))
    assert set(labelled(question, gold)[1].values()) == {"main", ""}
    either = Reading("customer", select=(Item(NAME),), where=(AnyOf((LISBON, Not(RECIFE))),))
    tests = labelled(question, either)[1]
    assert (tests["customer.city = 'Lisbon'"], tests["customer.city = 'Recife'"]) == ("main", "negated")


DAY = Ref("purchase", "bought_on")
SAME: list[tuple[Condition, Condition]] = [
    (Compare(Item(PRICE), "=", 5), Compare(Item(PRICE), "=", "5.0")),
    (Compare(Item(TITLE), "=", "Lamp"), Compare(Item(TITLE), "=", "lamp ")),
    (Compare(Item(DAY), "=", "2024-05-01"), Between(DAY, date(2024, 5, 1), date(2024, 5, 2), True)),
    (Compare(Item(DAY), ">", date(2024, 5, 1)), Between(DAY, date(2024, 5, 2), None, True)),
    (Between(DAY, date(2024, 5, 1), date(2024, 5, 31)), Between(DAY, date(2024, 5, 1), date(2024, 6, 1), True)),
    (Compare(Item(fn="count", dataset="purchase"), ">", 3), Compare(Item(Ref("purchase", "purchase_id"), fn="count"), ">", 3)),
]  # fmt: skip
OTHER: list[tuple[Condition, Condition]] = [
    (Compare(Item(PRICE), ">", 5), Compare(Item(PRICE), ">=", 5)),
    (Compare(Item(PRICE), "=", 5), Compare(Item(PRICE, fn="avg"), "=", 5)),
    (LISBON, Compare(Item(Ref("supplier", "city")), "=", "Lisbon")),
    (Like(TITLE, "prefix", "a"), Like(TITLE, "contains", "a")),
    (Flag(Ref("customer", "vip")), Flag(Ref("customer", "vip"), True)),
    (Missing(Ref("customer", "email")), Missing(Ref("customer", "email"), True)),
    (Compare(Item(DAY), "<", date(2024, 5, 1)), Compare(Item(DAY), "<=", date(2024, 5, 1))),
]


@pytest.mark.parametrize(("one", "other"), SAME)
def test_the_same_condition_is_known_however_it_is_written(one: Condition, other: Condition) -> None:
    assert signature(one, CLASSES) == signature(other, CLASSES)


@pytest.mark.parametrize(("one", "other"), OTHER)
def test_another_condition_is_told_apart(one: Condition, other: Condition) -> None:
    assert signature(one, CLASSES) != signature(other, CLASSES)
