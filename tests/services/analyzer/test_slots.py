"""Possible slots: whatever may be meant is among them, under the operator that the words ask for."""

from __future__ import annotations

import numpy as np
import pytest

from services.analyzer.explain import condition
from services.analyzer.features import NAMES, SIZE, row
from services.analyzer.frame import FAR, TAGS
from services.analyzer.score import matrices
from services.analyzer.slots import CONDITION_NAMES, WIDTH, Slots, slots_of
from services.analyzer.vocabulary import Target
from tests.services.analyzer.shop import evidence


def slots(question: str, language: str = "en") -> Slots:
    return slots_of(evidence(question, language))


def offered(question: str, language: str = "en") -> set[str]:
    return {f"{each.kind}: {condition(each.condition)}" for each in slots(question, language).tests}


@pytest.mark.parametrize(
    ("question", "language", "wanted"),
    [
        ("customers from Lisbon", "en", "value: customer.city = 'Lisbon'"),
        ("customers not from Lisbon", "en", "value: customer.city <> 'Lisbon'"),
        ("products with price above 1.5", "en", "number: product.price > 1.5"),
        ("products with price not above 1.5", "en", "number: product.price <= 1.5"),
        ("products with price of at least 20", "en", "number: product.price >= 20"),
        ("produtos com preço menor que 20", "pt", "number: product.price < 20"),
        ("products with price between 5 and 10", "en", "between: product.price in [5, 10]"),
        ("products with average price above 5", "en", "aggregate: avg(product.price) > 5"),
        ("customers with at least two purchases", "en", "count: count(*@purchase) >= 2"),
        ("customers with several purchases", "en", "count: count(*@purchase) > 1"),
        ("products costlier than the average price", "en", "average: product.price > (avg(product.price) from product)"),
        ("purchases whose total is greater than quantity", "en", "fields: purchase.total > purchase.quantity"),
        ('products whose title starts with "Te"', "en", "like: product.title prefix 'Te'"),
        ('products whose title does not contain "ea"', "en", "like: product.title not contains 'ea'"),
        ("products whose title starts with A in alphabetical order", "en", "like: product.title prefix 'A'"),
        ("products whose title contains the letter a", "en", "like: product.title contains 'a'"),
        ("produtos cujo título começa com a letra B", "pt", "like: product.title prefix 'B'"),
        ("products with price lower than 5 or higher than 20", "en", "number: product.price > 20"),
        ('the product called "Samovar"', "en", "text: product.title = 'Samovar'"),
        ("vip customers", "en", "flag: customer.vip"),
        ("clientes que não são vip", "pt", "flag: not customer.vip"),
        ("customers without email", "en", "null: customer.email is null"),
        ("purchases since May 2024", "en", "period: purchase.bought_on in [2024-05-01, None)"),
    ],
)  # fmt: skip
def test_what_may_be_meant_is_there(question: str, language: str, wanted: str) -> None:
    assert wanted in offered(question, language)


@pytest.mark.parametrize(
    ("question", "unwanted"),
    [
        ("customers from Lisbon", "<>"),  # nothing is negated
        ("products with price above 5", "<="),
        ("customers with an email", "null:"),
        ('products whose title contains "ket"', "not contains"),
        ("vip customers", "not customer.vip"),
    ],
)
def test_what_no_word_asks_for_is_not(question: str, unwanted: str) -> None:
    assert not [each for each in offered(question) if unwanted in each]


def test_a_named_dataset_offers_its_rows_its_label_and_its_key() -> None:
    targets = {each.target for each in slots("how many customers are there?").columns}
    assert {
        Target("dataset", "customer"),
        Target("field", "customer", "name"),
        Target("field", "customer", "customer_id"),
    } <= targets


def test_every_field_that_the_words_may_name_is_offered() -> None:
    names = {each.ref.dataset for each in slots("city").columns if each.ref.field == "city"}
    assert names == {"customer", "supplier"}


def test_the_same_condition_of_the_same_words_is_offered_once() -> None:
    made = slots("customers from Lisbon and customers from Recife").tests
    assert len({(each.condition, each.unit) for each in made}) == len(made)


@pytest.mark.parametrize(
    ("question", "language"),
    [
        ("customers with more than 3 purchases of kettles since 2024 but without email", "en"),
        ("o preço médio dos produtos de cozinha vendidos pela Ana, por categoria", "pt"),
        ("", "en"), ("?", "en"), ("10^400 or 99999999999999999999999999999999", "en"),
    ],
)  # fmt: skip
def test_features_are_finite_and_as_many_as_their_names(question: str, language: str) -> None:
    made = slots(question, language)
    columns, conditions = matrices(made)
    assert columns.shape == (len(made.columns), SIZE)
    assert conditions.shape == (len(made.tests), WIDTH)
    assert np.isfinite(columns).all()
    assert np.isfinite(conditions).all()
    assert len(set(NAMES)) == SIZE
    assert len({*NAMES, *CONDITION_NAMES}) == WIDTH


def test_features_say_what_their_names_say() -> None:
    held = evidence("the average price of products")
    link = held.by_field["product", "price"][0]
    unit = held.frame.unit_at[link.first]
    made = dict(zip(NAMES, row(held, Target("field", "product", "price"), unit, link).tolist(), strict=True))
    assert (made["left.AVG"], made["right.AVG"], made["right.dataset"]) == (1, FAR, 2)
    assert (made["link.exact"], made["type.measure"], made["type.numeric"], made["type.label"]) == (1, 1, 1, 0)
    assert (made["table.named"], made["place.units"]) == (1, len(held.frame.units))
    nowhere = dict(zip(NAMES, row(held, Target("field", "product", "title"), -1, None).tolist(), strict=True))
    assert nowhere["link.none"] == 1
    assert {nowhere[f"left.{tag}"] for tag in TAGS} == {FAR}


def test_a_named_field_has_the_features_of_its_own_words_not_of_others() -> None:
    """Models learn how a question is built: the names of a schema are not among what they see."""
    one = {each.target.name: each for each in slots("average price of products").columns}
    other = {each.target.name: each for each in slots("average weight of products").columns}
    price, weight = one["price"].features.tolist(), other["weight"].features.tolist()
    differing = {name for name, left, right in zip(NAMES, price, weight, strict=True) if left != right}
    assert differing <= {"type.display", "type.distinct", "table.fields", "link.gap", "link.score", "table.affinity"}
