"""Readings put together of likely slots. The likelihoods are ours here: no trained model."""

from __future__ import annotations

import itertools
from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.analyzer.assemble import Assembler, Draft, Option, best_first
from services.analyzer.explain import condition, sketch
from services.analyzer.parts import FLOOR, cost_of
from services.analyzer.score import COMBINED, LIMITED, ORDERED, PLACES, SHOWN, Scores
from services.analyzer.slots import Column, slots_of
from tests.services.analyzer.properties import PROPERTY
from tests.services.analyzer.shop import evidence

Sure = dict[str, str]
SURE = 0.99


def likely(
    question: str, shown: Sure, tested: Sure | None = None, ordered: Sure | None = None, grouped: tuple[str, ...] = (),
    limited: str = "no", combined: str = "none", distinct: float = 0.01, tables: tuple[str, ...] = (),
) -> list[Draft]:  # fmt: skip
    """The readings of a question of which it is known what is meant: columns shown (and how), conditions (and where),
    columns ordered by (and which way)."""
    held = evidence(question)
    slots = slots_of(held)

    def name(column: Column) -> str:
        return f"{column.target.dataset}.{column.target.name}".rstrip(".")

    def chances(wanted: Callable[[Column], bool]) -> np.ndarray:  # type: ignore[type-arg]  # floats
        return np.array([SURE if wanted(column) else 0.001 for column in slots.columns])

    def classes(names: tuple[str, ...], wanted: list[str]) -> np.ndarray:  # type: ignore[type-arg]  # floats
        return np.array([[SURE if each == how else 0.001 for each in names] for how in wanted]).reshape(-1, len(names))

    tested, ordered = tested or {}, ordered or {}
    known = {name(column) for column in slots.columns}
    assert {*shown, *ordered, *grouped, *tables} <= known
    assert set(tested) <= {condition(test.condition) for test in slots.tests}
    scores = Scores(
        shown=chances(lambda each: name(each) in shown),
        kind=classes(SHOWN, [shown.get(name(each), "plain") for each in slots.columns]),
        ordered=chances(lambda each: name(each) in ordered),
        direction=classes(ORDERED, [ordered.get(name(each), "asc") for each in slots.columns]),
        grouped=chances(lambda each: name(each) in grouped),
        table=np.array([SURE if name(each) in tables else 0.0 for each in slots.columns]),
        used=np.array([SURE if condition(each.condition) in tested else 0.001 for each in slots.tests]),
        place=classes(PLACES, [tested.get(condition(each.condition), "main") for each in slots.tests]),
        distinct=distinct,
        limited=classes(LIMITED, [limited])[0],
        combined=classes(COMBINED, [combined])[0],
    )
    return Assembler(held, slots, scores).drafts()


CASES: list[tuple[str, dict[str, object], str]] = [
    ("titles of products", {"shown": {"product.title": "plain"}}, "product.title from product"),
    ("how many products are there", {"shown": {"product": "plain"}}, "count(*@product) from product"),
    ("number of different cities of customers", {"shown": {"customer.city": "count distinct"}}, "count(distinct customer.city) from customer"),
    ("different cities of customers", {"shown": {"customer.city": "plain"}, "distinct": 0.99}, "distinct customer.city from customer"),
    (
        "titles of products with price above 5",
        {"shown": {"product.title": "plain"}, "tested": {"product.price > 5": "main"}},
        "product.title from product where product.price > 5",
    ),
    (
        "names of customers from Lisbon or Recife",
        {"shown": {"customer.name": "plain"}, "tested": {"customer.city = 'Lisbon'": "main", "customer.city = 'Recife'": "main"}},
        "customer.name from customer where customer.city in ['Lisbon', 'Recife']",
    ),
    (
        "the 2 products with the greatest price",
        {"shown": {"product.title": "plain"}, "ordered": {"product.price": "desc"}, "limited": "several"},
        "product.title from product order product.price desc limit 2",
    ),
    (
        "average price of products by category",
        {"shown": {"product.price": "avg", "product.category": "plain"}, "grouped": ("product.category",)},
        "avg(product.price), product.category from product by product.category",
    ),
    (
        "names of customers with more than 3 purchases",
        {"shown": {"customer.name": "plain"}, "tested": {"count(*@purchase) > 3": "main"}, "tables": ("purchase",)},
        "customer.name from customer, purchase by customer.customer_id having count(*@purchase) > 3",
    ),
    (
        "names of customers without purchases",
        {"shown": {"customer.name": "plain"}, "combined": "not in"},
        "customer.name from customer where no related customer->purchase",
    ),
    (
        "titles of products costlier than the average price",
        {"shown": {"product.title": "plain"}, "tested": {"product.price > (avg(product.price) from product)": "main"}},
        "product.title from product where product.price > (avg(product.price) from product)",
    ),
    (
        "names of both customers from Lisbon and customers from Recife",
        {"shown": {"customer.name": "plain"}, "combined": "intersect",
         "tested": {"customer.city = 'Lisbon'": "main", "customer.city = 'Recife'": "second"}},
        "(customer.name from customer where customer.city = 'Lisbon') intersect (customer.name from customer where customer.city = 'Recife')",
    ),
]  # fmt: skip


@pytest.mark.parametrize(("question", "known", "wanted"), CASES, ids=[case[2] for case in CASES])
def test_what_is_likely_is_put_together(question: str, known: dict[str, object], wanted: str) -> None:
    made = likely(question, **known)  # type: ignore[arg-type]  # by name
    texts = [sketch(each.reading) for each in made]
    assert texts[0] == wanted
    assert len(set(texts)) == len(texts)


def test_a_reading_explains_the_words_that_its_slots_stand_on() -> None:
    (first, *_) = likely(
        "titles of products with price above 5", {"product.title": "plain"}, {"product.price > 5": "main"}
    )
    assert first.tokens == {0, 2, 4, 6}


def test_a_limit_and_a_condition_never_share_a_number() -> None:
    made = likely(
        "the 2 products with the greatest price", {"product.title": "plain"}, {"product.price = 2": "main"},
        {"product.price": "desc"}, limited="several",
    )  # fmt: skip
    for each in made:
        assert not (each.reading.limit == 2 and "= 2" in sketch(each.reading))


@PROPERTY
@given(st.lists(st.lists(st.floats(0, 9), min_size=1, max_size=5), min_size=1, max_size=4))
def test_combinations_come_in_the_order_of_their_costs_each_once(costs: list[list[float]]) -> None:
    lists: list[list[Option[object]]] = [
        [Option(cost, number) for number, cost in enumerate(sorted(each))] for each in costs
    ]
    made = list(best_first(lists))
    sums = [sum(each) for each, _ in made]
    assert len({values for _, values in made}) == len(made) == np.prod([len(each) for each in lists])
    assert all(one <= other + 1e-9 for one, other in itertools.pairwise(sums))


def test_nothing_is_combined_where_a_part_has_no_option() -> None:
    assert list(best_first([[Option(0.0, "a")], []])) == []


@PROPERTY
@given(st.floats(0, 1), st.floats(0, 1))
def test_what_is_likelier_costs_less_within_bounds(one: float, other: float) -> None:
    assert (cost_of(one) <= cost_of(other)) or one < other
    assert 0 <= cost_of(one) <= -np.log(FLOOR)
