"""How a language model's readings join the analyzer's own."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from services.analyzer.analyze import readings
from services.analyzer.build import build
from services.analyzer.decide import decide
from services.analyzer.proposed import Kinds, joined, unexplained
from services.analyzer.proposer_form import reading_of
from services.analyzer.reading import AnyOf, Compare, Item, Reading, Ref, Within
from tests.services.analyzer.library import VOCABULARY, asked

MODEL = "model:small"


def reading(**made: Any) -> Reading:
    return reading_of(made, VOCABULARY)


COUNT = reading(**{"from": ["book"], "select": ["count(*)"]})
TITLES = reading(**{"from": ["book"], "select": ["book.title"]})


def test_without_a_proposal_nothing_changes() -> None:
    parsed = asked("how many books are there?")
    own = readings(parsed, VOCABULARY)
    assert joined(own, (), "", parsed, VOCABULARY) == own
    assert decide(parsed, {}, VOCABULARY) == decide(parsed, {}, VOCABULARY, proposed=(), proposer=MODEL)


def test_agreement_raises_confidence_and_says_who_agrees() -> None:
    parsed = asked("how many books are there?")
    own = readings(parsed, VOCABULARY)
    made = joined(own, [COUNT], MODEL, parsed, VOCABULARY)
    assert made[0].reading == own[0].reading
    assert made[0].probability > own[0].probability
    assert made[0].plan.proposer == "rules+model:small"
    assert len(made) == len(own)


def test_another_reading_lowers_confidence_and_joins_the_candidates() -> None:
    parsed = asked("how many books are there?")
    own = readings(parsed, VOCABULARY)
    made = joined(own, [TITLES], MODEL, parsed, VOCABULARY)
    assert made[0].reading == own[0].reading
    assert made[0].probability < own[0].probability
    assert [each.plan.proposer for each in made if each.reading == TITLES] == [MODEL]
    assert sum(each.probability for each in made) <= 1


def test_it_is_believed_where_the_own_readings_are_unlikely() -> None:
    parsed = asked("how many books are there?")
    own = [replace(each, probability=0.1) for each in readings(parsed, VOCABULARY)[:1]]
    made = joined(own, [TITLES], MODEL, parsed, VOCABULARY)
    assert made[0].reading == TITLES
    assert 0.5 < made[0].probability < 0.8


def test_it_is_all_there_is_where_nothing_else_is_found() -> None:
    made = joined([], [TITLES], MODEL, asked("zzz"), VOCABULARY)
    assert [each.reading for each in made] == [TITLES]
    assert 0.5 < made[0].probability < 0.8


def test_one_of_many_unlikely_readings_that_both_find_is_likely() -> None:
    parsed = asked("how many books are there?")
    first = replace(readings(parsed, VOCABULARY)[0], probability=0.4)
    own = [first, replace(joined([], [TITLES], MODEL, parsed, VOCABULARY)[0], probability=0.02)]
    made = joined(own, [TITLES], MODEL, parsed, VOCABULARY)
    assert made[0].reading == TITLES
    sure = joined([replace(first, probability=0.95), own[1]], [TITLES], MODEL, parsed, VOCABULARY)
    assert sure[0].reading == first.reading


def test_what_cannot_be_joined_is_left_out() -> None:
    apart = Reading("book", (Item(Ref("book", "title")),), tables=("room",))
    assert joined([], [apart], MODEL, asked("zzz"), VOCABULARY) == []


SAME = [
    ({"select": ["count(*)"]}, {"select": ["count(book.book_id)"]}),
    ({"select": ["book.title", "book.year"]}, {"select": ["book.year", "book.title"]}),
    (
        {"select": ["author.name"], "from": ["author", "book"], "group": ["author.author_id"]},
        {"select": ["author.name"], "from": ["book", "author"], "group": ["book.author_id"]},
    ),
    (
        {"select": ["author.name"], "from": ["author", "book"], "group": ["author.author_id", "author.name"]},
        {"select": ["author.name"], "from": ["author", "book"], "group": ["author.name"]},
    ),
    (
        {"select": ["book.title"], "where": [{"left": "book.title", "op": "=", "right": "1984"}]},
        {"select": ["book.title"], "where": [{"left": "book.title", "op": "=", "right": 1984}]},
    ),
    (
        {"select": ["book.title"], "where": [{"left": "book.year", "op": "=", "right": 1999}, {"left": "book.price", "op": ">", "right": 2}]},
        {"select": ["book.title"], "where": [{"left": "book.price", "op": ">", "right": 2.0}, {"left": "book.year", "op": "=", "right": "1999"}]},
    ),
]  # fmt: skip
OTHER = [
    ({"select": ["count(*)"]}, {"select": ["count(distinct book.author_id)"]}),
    ({"select": ["book.title"]}, {"select": ["book.title"], "distinct": True}),
    ({"select": ["count(*)"], "group": ["book.year"]}, {"select": ["count(*)"], "group": ["book.title"]}),
    ({"select": ["book.title"], "limit": 1}, {"select": ["book.title"], "limit": 2}),
    ({"select": ["book.title"], "order": [{"by": "book.year"}]}, {"select": ["book.title"], "order": [{"by": "book.year", "desc": True}]}),
    ({"select": ["book.title"]}, {"select": ["book.title"], "from": ["book", "loan"]}),
    (
        {"select": ["book.title"], "where": [{"left": "book.year", "op": "=", "right": 1999}]},
        {"select": ["book.title"], "where": [{"left": "book.year", "op": "!=", "right": 1999}]},
    ),
    (
        {"select": ["book.book_id"], "except": {"from": ["loan"], "select": ["loan.book_id"]}},
        {"select": ["book.book_id"], "intersect": {"from": ["loan"], "select": ["loan.book_id"]}},
    ),
]  # fmt: skip


@pytest.mark.parametrize(("one", "other"), SAME)
def test_readings_that_ask_the_same(one: dict[str, Any], other: dict[str, Any]) -> None:
    first, second = reading(**{"from": ["book"], **one}), reading(**{"from": ["book"], **other})
    kinds = Kinds(VOCABULARY, [first, second])
    assert kinds.of(first) == kinds.of(second)


@pytest.mark.parametrize(("one", "other"), OTHER)
def test_readings_that_ask_something_else(one: dict[str, Any], other: dict[str, Any]) -> None:
    first, second = reading(**{"from": ["book"], **one}), reading(**{"from": ["book"], **other})
    kinds = Kinds(VOCABULARY, [first, second])
    assert kinds.of(first) != kinds.of(second)


def test_kinds_hold_every_kind_of_condition() -> None:
    nested = Reading("book", (Item(Ref("book", "book_id")),))
    options = AnyOf(
        (Compare(Item(Ref("book", "price")), ">", Decimal(3)), Within(Ref("book", "book_id"), query=nested))
    )
    made = replace(nested, where=(options,))
    assert Kinds(VOCABULARY, [made]).of(made) == Kinds(VOCABULARY, [made]).of(replace(made))


@pytest.mark.parametrize(
    ("question", "made", "left"),
    [
        ("how many books are there?", {"select": ["count(*)"]}, ""),
        ("how many purple books?", {"select": ["count(*)"]}, "purple"),
        ("how many books?", {"select": ["book.title"]}, "how many"),
        ("titles of books after 1999", {"select": ["book.title"]}, "after 1999"),
        ("titles of books after 1999", {"select": ["book.title"], "where": [{"left": "book.year", "op": ">", "right": 1999}]}, ""),
        ("average price of books", {"select": ["sum(book.price)"]}, "average"),
        ("books that are not from 1999", {"select": ["book.title"], "where": [{"left": "book.year", "op": "=", "right": 1999}]}, "not"),
    ],
)  # fmt: skip
def test_words_that_a_proposal_leaves_out_are_seen(question: str, made: dict[str, Any], left: str) -> None:
    parsed = asked(question)
    found = unexplained(reading(**{"from": ["book"], **made}), parsed, VOCABULARY)
    assert " ".join(parsed.text(at, at + 1) for at in found) == left


def test_a_plan_of_a_proposal_can_be_told_from_others() -> None:
    parsed = asked("zzz")
    (made,) = joined([], [TITLES], MODEL, parsed, VOCABULARY)
    expected = build(TITLES, VOCABULARY, parsed.question)
    expected.proposer = MODEL
    assert made.plan == expected
