"""Readings in the words of people: by what tells them apart, in the asker's language."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest

from services.analyzer.reading import (
    AllOf,
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
    Related,
    Within,
)
from services.analyzer.telling import Teller
from tests.services.analyzer.shop import VOCABULARY

EN, PT = Teller(VOCABULARY, "en"), Teller(VOCABULARY, "pt")
PRICE, TITLE, DAY = Ref("product", "price"), Ref("product", "title"), Ref("purchase", "bought_on")
PLAIN = Reading("product", select=(Item(TITLE),))
DEAR = Compare(Item(PRICE), ">", Decimal("1.5"))


def test_choices_are_told_by_what_differs_only() -> None:
    kettles, lamps = (replace(PLAIN, where=(DEAR, Compare(Item(TITLE), "=", each))) for each in ("Kettle", "Lamp"))
    assert EN.apart([kettles, lamps]) == ["with title of product = “Kettle”", "with title of product = “Lamp”"]


def test_a_choice_that_only_lacks_something_says_so() -> None:
    more, less = EN.apart([replace(PLAIN, where=(DEAR,)), PLAIN])
    assert more == "with price of product > 1.5"
    assert less == "without: with price of product > 1.5"


def test_choices_with_nothing_in_common_are_told_whole() -> None:
    other = Reading("customer", select=(Item(fn="count", dataset="customer"),))
    assert EN.apart([replace(PLAIN, distinct=True), other]) == [
        "show title of product, each value once",
        "show number of customer",
    ]
    assert EN.apart([PLAIN]) == [EN.whole(PLAIN)]


def test_three_choices_are_all_different() -> None:
    readings = [PLAIN, replace(PLAIN, distinct=True), replace(PLAIN, distinct=True, limit=1)]
    assert len(set(EN.apart(readings))) == 3


CONDITIONS: list[tuple[Condition, str, str]] = [
    (DEAR, "price of product > 1.5", "preço de produto > 1,5"),
    (Compare(Item(TITLE), "<>", "Lamp"), "title of product ≠ “Lamp”", "título de produto ≠ “Lamp”"),
    (Within(TITLE, ("Kettle", "Lamp")), "title of product = “Kettle” or “Lamp”", "título de produto = “Kettle” ou “Lamp”"),
    (Within(TITLE, ("Lamp",), negated=True), "title of product none of “Lamp”", "título de produto fora de “Lamp”"),
    (
        Between(DAY, date(2025, 6, 1), date(2025, 6, 9)),
        "bought on of purchase from 2025-06-01 to 2025-06-09",
        "data da compra de compra de 01/06/2025 a 09/06/2025",
    ),
    (Between(DAY, None, None, label="ontem"), "bought on of purchase: ontem", "data da compra de compra: ontem"),
    (Like(TITLE, "prefix", "Te"), "title of product beginning with “Te”", "título de produto começando com “Te”"),
    (Like(TITLE, "contains", "ea", True), "not (title of product containing “ea”)", "não (título de produto contendo “ea”)"),
    (Missing(Ref("customer", "email")), "email of customer empty", "email de cliente vazio"),
    (Missing(Ref("customer", "email"), True), "email of customer present", "email de cliente preenchido"),
    (Flag(Ref("customer", "vip"), True), "not (vip of customer)", "não (vip de cliente)"),
    (Related("customer", "purchase", negated=True), "no purchase", "nenhum compra"),
    (Related("customer", "purchase", op=">", count=3), "number of purchase > 3", "número de compra > 3"),
    (AnyOf((DEAR, Not(DEAR))), "price of product > 1.5 or not (price of product > 1.5)", "preço de produto > 1,5 ou não (preço de produto > 1,5)"),
    (AllOf((DEAR, DEAR)), "(price of product > 1.5 and price of product > 1.5)", "(preço de produto > 1,5 e preço de produto > 1,5)"),
    (
        Compare(Item(PRICE), ">", Reading("product", select=(Item(PRICE, fn="avg"),))),
        "price of product > (show average price of product)",
        "preço de produto > (mostrar média de preço de produto)",
    ),
]  # fmt: skip


@pytest.mark.parametrize(("condition", "english", "portuguese"), CONDITIONS)
def test_every_kind_of_condition_is_told(condition: Condition, english: str, portuguese: str) -> None:
    reading = Reading("product", where=(condition,))
    assert EN.parts(reading)[1] == "with " + english
    assert PT.parts(reading)[1] == "com " + portuguese


def test_the_rest_of_a_reading_is_told() -> None:
    total = Item(Ref("purchase", "total"), fn="sum")
    reading = Reading(
        "purchase", select=(Item(Ref("product", "category")), total), group=(Item(Ref("product", "category")),),
        having=(Compare(total, ">=", 10),), order=(Order(total, True),), limit=3, tables=("product",),
        combine=Combination("except", PLAIN),
    )  # fmt: skip
    assert EN.parts(reading) == [
        "show category of product, total total of purchase",
        "by category of product",
        "where total total of purchase ≥ 10",
        "from the greatest to the smallest total total of purchase",
        "only the first 3",
        "by way of product",
        "but not: show title of product",
    ]


def test_keys_that_lead_to_one_table_are_told_by_their_columns() -> None:
    one = replace(PLAIN, ways=("stall.product_id->product.product_id",))
    other = replace(PLAIN, ways=("purchase.customer_id->customer.customer_id",))
    assert EN.apart([one, other]) == ["by way of product id", "by way of customer id"]
