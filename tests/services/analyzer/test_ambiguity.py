"""Questions whose grammar lets them mean two things, and those that only look so."""

from __future__ import annotations

from dataclasses import replace

import pytest

from services.analyzer.ambiguity import Doubt, doubts
from services.analyzer.explain import condition, sketch
from services.analyzer.reading import Between, Compare, Condition, Item, Reading, Ref, Source, Within
from services.analyzer.slots import slots_of
from tests.services.analyzer.shop import evidence

TITLE = Ref("product", "title")
KETTLES = Within(TITLE, ("Kettle", "Teapot"))


def meant(question: str, first: tuple[Condition, ...], language: str = "en") -> list[Doubt]:
    """The doubts about the reading that has these conditions and the question's own condition on a number or flag."""
    held = evidence(question, language)
    kinds = ("number", "flag")
    own = [
        each.condition for each in slots_of(held).tests if each.kind in kinds and "=" not in condition(each.condition)
    ]
    return doubts(Reading("product", select=(Item(TITLE),), where=(*first, *own[:1])), held)


@pytest.mark.parametrize(
    ("question", "language"),
    [
        ("titles of Kettle and Teapot products with weight above 3", "en"),
        ("titles of Kettle or Teapot products whose price is above 3", "en"),
        ("títulos dos produtos Kettle e Teapot com peso acima de 3", "pt"),
    ],
)
def test_a_condition_behind_two_values_may_belong_to_both_or_to_the_second(question: str, language: str) -> None:
    (doubt,) = meant(question, (KETTLES,), language)
    assert (doubt.kind, doubt.about) == ("attachment", ("Kettle", "Teapot"))
    wide, narrow = doubt.readings
    held = condition(wide.where[1])
    assert [condition(each) for each in wide.where] == ["product.title in ['Kettle', 'Teapot']", held]
    assert [condition(each) for each in narrow.where] == [
        f"(product.title = 'Kettle' or (product.title = 'Teapot' and {held}))"
    ]
    assert held.endswith(" > 3")
    assert "3" in doubt.words


@pytest.mark.parametrize(
    "question",
    [
        "titles of Kettle products and also of Teapot products with weight above 3",  # taken up again
        "Kettle and Teapot, and show those with weight above 3",
        "products with weight above 3 that are Kettle or Teapot",  # the condition comes first
        "titles of Kettle products with weight above 3",  # only one value
    ],
)
def test_what_leaves_no_doubt(question: str) -> None:
    assert meant(question, (KETTLES,)) == []


def test_one_value_or_a_negation_are_no_pair() -> None:
    question = "titles of Kettle and Teapot products with weight above 3"
    for first in (Within(TITLE, ("Kettle",)), replace(KETTLES, negated=True), Compare(Item(TITLE), "=", "Kettle")):
        assert meant(question, (first,)) == []


def test_a_value_behind_two_tables_may_belong_to_both_or_to_the_second() -> None:
    plain = Reading("customer", select=(Item(Ref("customer", "name")),))
    (doubt,) = doubts(plain, evidence("customers and suppliers from Lisbon"))
    assert (doubt.kind, doubt.words, doubt.about) == ("attachment", "from Lisbon", ("customers", "suppliers"))
    assert [sketch(each) for each in doubt.readings] == [
        "(customer.name from customer where customer.city = 'Lisbon') union (supplier.name from supplier where supplier.city = 'Lisbon')",
        "(customer.name from customer) union (supplier.name from supplier where supplier.city = 'Lisbon')",
    ]


@pytest.mark.parametrize(
    "question", ["customers from Lisbon and suppliers", "customers from Lisbon", "customers and suppliers"]
)
def test_two_tables_without_a_common_end_leave_none(question: str) -> None:
    assert doubts(Reading("customer", select=(Item(Ref("customer", "name")),)), evidence(question)) == []


def test_every_may_reach_over_all_or_over_each_for_itself() -> None:
    shown = Reading("product", select=(Item(TITLE),), tables=("seller",))
    (doubt,) = doubts(shown, evidence("What are the titles of products that every seller has?"))
    shared, each = doubt.readings
    assert (doubt.kind, shared.root, each.root) == ("scope", "product", "seller")
    assert sketch(shared) == (
        "product.title from product, seller by product.product_id "
        "having count(distinct seller.seller_id) = (count(*@seller) from seller)"
    )
    assert sketch(each) == "seller.name, product.title from seller, product"


@pytest.mark.parametrize(
    "question",
    [
        "What are the common titles of products that every seller has?",  # said: shared
        "titles of products that a seller has",  # no quantity
        "every seller and the titles of products",  # it is what the question begins with
    ],
)
def test_scope_that_is_said_or_not_there(question: str) -> None:
    assert doubts(Reading("product", select=(Item(TITLE),), tables=("seller",)), evidence(question)) == []


def test_conditions_of_periods_and_texts_count_as_modifiers_too() -> None:
    question = "titles of Kettle and Teapot products bought in 2024"
    held = evidence(question)
    tokens = (len(held.frame.parsed.keys) - 1,)
    period = Between(Ref("purchase", "bought_on"), None, None, label="2024", source=Source(tokens, "cue"))
    found = doubts(Reading("product", select=(Item(TITLE),), where=(KETTLES, period)), held)
    assert [each.kind for each in found] == ["attachment"]
