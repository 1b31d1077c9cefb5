"""Questions whose words let them mean two things, and those that only look so."""

from __future__ import annotations

import pytest

from services.analyzer.ambiguity import doubt_of
from services.analyzer.doubt import Doubt
from services.analyzer.explain import sketch
from services.analyzer.reading import Item, Reading, Ref
from tests.services.analyzer.shop import evidence

TITLES = Reading("product", select=(Item(Ref("product", "title")),), intent="list")
BOTH = "product.title from product where product.title in ['Kettle', 'Teapot'] and {held}"


def meant(question: str, language: str = "en") -> Doubt | None:
    return doubt_of(TITLES, evidence(question, language))


def sketches(doubt: Doubt | None) -> list[str]:
    assert doubt is not None
    return [sketch(each) for each in doubt.readings]


@pytest.mark.parametrize(
    ("question", "language", "held"),
    [
        ("Kettle and Teapot products with weight above 3", "en", "product.weight > 3"),
        ("Show Kettle or Teapot products whose price is above 3", "en", "product.price > 3"),
        ("produtos Kettle e Teapot com peso acima de 3", "pt", "product.weight > 3"),
    ],
)
def test_a_condition_behind_two_values_may_belong_to_both_or_to_the_second(
    question: str, language: str, held: str
) -> None:
    doubt = meant(question, language)
    assert doubt is not None
    assert (doubt.kind, doubt.about, doubt.settled) == ("attachment", ("Kettle", "Teapot"), False)
    assert [each.split(" where ")[1] for each in sketches(doubt)] == [
        f"product.title in ['Kettle', 'Teapot'] and {held}",
        f"(product.title = 'Kettle' or (product.title = 'Teapot' and {held}))",
    ]
    assert "3" in doubt.words


@pytest.mark.parametrize(
    ("question", "kept"),
    [
        ("Show both Kettle and Teapot products with weight above 3", "wide"),
        ("Show Kettle products and also show Teapot products with weight above 3", "narrow"),
        ("Show Kettle products with weight above 3 and Teapot products of the same weight", "wide"),
        ("Show Kettle products with weight above 3 and all Teapot products", "own"),
        ("Products with weight above 3 that are Kettle or Teapot", "wide"),
        ("Of the Kettle and Teapot products, show those with weight above 3", "wide"),
    ],
)
def test_words_settle_what_a_condition_belongs_to(question: str, kept: str) -> None:
    held = "product.weight > 3"
    wanted = {
        "wide": f"product.title in ['Kettle', 'Teapot'] and {held}",
        "narrow": f"(product.title = 'Kettle' or (product.title = 'Teapot' and {held}))",
        "own": f"((product.title = 'Kettle' and {held}) or product.title = 'Teapot')",
    }
    assert [each.split(" where ")[1] for each in sketches(meant(question))] == [wanted[kept]]


@pytest.mark.parametrize(
    "question",
    [
        "Show Kettle products with weight above 3",  # only one value
        "Show Kettle and Teapot products",  # no modifier
        "How many Kettle and Teapot products with weight above 3 are there?",  # counted: read elsewhere
    ],
)
def test_without_two_things_and_a_modifier_there_is_no_doubt(question: str) -> None:
    assert meant(question) is None


def test_a_value_behind_two_tables_may_belong_to_both_or_to_the_second() -> None:
    doubt = meant("customers and suppliers from Lisbon")
    assert doubt is not None
    assert (doubt.kind, doubt.words, doubt.about) == ("attachment", "from Lisbon", ("customers", "suppliers"))
    assert sketches(doubt) == [
        "(customer.name from customer where customer.city = 'Lisbon') union (supplier.name from supplier where supplier.city = 'Lisbon')",
        "(customer.name from customer) union (supplier.name from supplier where supplier.city = 'Lisbon')",
    ]


@pytest.mark.parametrize(
    ("question", "first", "second"),
    [
        ("Show customers from Lisbon and suppliers from Lisbon", "Lisbon", "Lisbon"),
        ("Show customers from Lisbon and suppliers", "Lisbon", ""),
        ("Show all customers and also the suppliers from Lisbon", "", "Lisbon"),
        ("Which customers and suppliers are from Lisbon?", "Lisbon", "Lisbon"),
    ],
)
def test_words_settle_which_of_two_tables_is_meant(question: str, first: str, second: str) -> None:
    (told,) = sketches(meant(question))
    left, right = told.split(" union ")
    assert (("Lisbon" in left), ("Lisbon" in right)) == (bool(first), bool(second))


@pytest.mark.parametrize("question", ["customers from Lisbon", "customers and suppliers"])
def test_two_tables_without_a_common_end_leave_none(question: str) -> None:
    assert meant(question) is None


SHARED = (
    "product.title from product, seller by product.product_id "
    "having count(distinct seller.seller_id) = (count(*@seller) from seller)"
)
OWN = "seller.name, product.title from seller, product"


@pytest.mark.parametrize(
    ("question", "language"),
    [
        ("What are the titles of products that every seller has?", "en"),
        ("Which products does each seller offer?", "en"),
        ("Show the products that all sellers offer", "en"),
        ("Quais produtos cada vendedor oferece?", "pt"),
        ("Mostre os produtos que todos os vendedores oferecem", "pt"),
    ],
)
def test_every_may_reach_over_all_or_over_each_for_itself(question: str, language: str) -> None:
    doubt = meant(question, language)
    assert doubt is not None
    assert (doubt.kind, doubt.settled) == ("scope", False)
    assert sketches(doubt) == [SHARED, OWN]


@pytest.mark.parametrize(
    ("question", "language", "kept"),
    [
        ("Which products are common to all sellers?", "en", SHARED),
        ("Which products do all sellers have in common?", "en", SHARED),
        ("Quais produtos são comuns a todos os vendedores?", "pt", SHARED),
        ("For each seller, show the products", "en", OWN),
        ("Show the sellers and their products", "en", OWN),
        ("Para cada vendedor, mostre os produtos", "pt", OWN),
        ("Mostre os vendedores e seus produtos", "pt", OWN),
    ],
)
def test_words_settle_how_far_every_reaches(question: str, language: str, kept: str) -> None:
    assert sketches(meant(question, language)) == [kept]


@pytest.mark.parametrize(
    "question",
    [
        "Show all sellers",  # a way to list
        "titles of products that a seller has",  # no quantity
        "List the name of each seller",  # nothing that it has
        "How many products does each seller have?",  # counted
        "the products of each customer",  # what happened between them does not tie them
    ],
)
def test_what_has_no_scope(question: str) -> None:
    doubt = meant(question)
    assert doubt is None or doubt.kind != "scope"
