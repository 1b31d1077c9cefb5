"""Answers of a language model: read where they are plans of this source, rejected whatever else they are."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.analyzer.build import build
from services.analyzer.explain import sketch
from services.analyzer.normalize import normalize
from services.analyzer.proposer_form import reading_of
from services.analyzer.proposer_json import Rejected, decoded
from services.analyzer.proposer_prompt import _EXAMPLES
from services.analyzer.trees import NotConnected
from tests.services.analyzer.library import VOCABULARY

PLANS: dict[str, tuple[dict[str, Any], str]] = {
    "count": (
        {"from": ["author"], "select": ["count(*)"], "where": [{"left": "author.country", "op": "=", "right": "France"}]},
        "count(*@author) from author where author.country = 'France'",
    ),
    "other spellings": (
        {"from": ["Author"], "select": ['COUNT(DISTINCT "Author"."Name")', "AUTHOR.born"]},
        "count(distinct author.name), author.born from author by author.born",
    ),
    "parentheses in a name": (
        {"from": ["book"], "select": ["book.Pages (total)", "max(book.Pages (total))"]},
        "book.Pages (total), max(book.Pages (total)) from book by book.Pages (total)",
    ),
    "unqualified": ({"from": ["book"], "select": ["title"]}, "book.title from book"),
    "groups": (
        {
            "from": ["author", "book"], "select": ["author.name"],
            "where": [{"left": "count(*)", "op": ">", "right": 2}], "order": [{"by": "count(*)", "desc": True}], "limit": 3,
        },
        "author.name from author, book by author.name having count(*@author) > 2 order count(*@author) desc limit 3",
    ),
    "as it is asked for": (
        {
            "select": ["author.name", "count(*)"], "distinct": True, "from": ["author", "book"],
            "where": [["book.year", ">", 1990], {"or": [["author.country", "in", ["France", "Brazil"]], ["author.born", "is null"]]}],
            "group": ["author.author_id"], "having": [["count(*)", ">=", 2]], "order": ["count(*) desc", "author.name"], "limit": 1,
        },
        "distinct author.name, count(*@author) from author where book.year > 1990"
        " and (author.country in ['France', 'Brazil'] or author.born is null)"
        " by author.author_id having count(*@author) >= 2 order count(*@author) desc, author.name limit 1",
    ),
    "a plan as a value": (
        {
            "select": ["book.title"], "from": ["book"],
            "where": [["book.price", ">", {"select": ["avg(book.price)"], "from": ["book"]}], ["book.year", "=", {"column": "book.price"}]],
        },
        "book.title from book where book.price > (avg(book.price) from book) and book.year = book.price",
    ),
    "nested": (
        {
            "from": ["book"], "select": ["book.title"],
            "where": [
                {"left": "book.price", "op": ">", "right": {"plan": {"from": ["book"], "select": ["avg(book.price)"]}}},
                {"left": "book.book_id", "op": "not in", "right": {"plan": {"from": ["loan"], "select": ["loan.book_id"]}}},
                {"any": [{"left": "book.year", "op": "=", "right": "1999"}, {"left": "book.title", "op": "contains", "right": "%x%"}]},
            ],
        },
        "book.title from book where book.price > (avg(book.price) from book) and book.book_id not in (loan.book_id from loan)"
        " and (book.year = 1999 or book.title contains 'x')",
    ),
    "combined": (
        {"from": ["book"], "select": ["book.book_id"], "except": {"from": ["loan"], "select": ["loan.book_id"]}},
        "(book.book_id from book) except (loan.book_id from loan)",
    ),
    "by which key": (
        {
            "from": ["loan"], "select": ["loan.loan_id"],
            "where": [
                {"left": "loan.copy_id -> book.title", "op": "=", "right": "a"},
                {"left": "loan.book_id->book.title", "op": "=", "right": "b"},
            ],
        },
        "loan.loan_id from loan via loan.copy_id->book.book_id where book.title = 'a'"
        " and book.title@loan.book_id->book.book_id = 'b'",
    ),
    "months": (
        {"from": ["loan"], "select": ["month(loan.day)", "count(*)"], "group": ["month(loan.day)"]},
        "month(loan.day), count(*@loan) from loan by month(loan.day)",
    ),
}  # fmt: skip


@pytest.mark.parametrize(("made", "text"), PLANS.values(), ids=PLANS.keys())
def test_a_plan_becomes_a_reading_that_can_be_built(made: dict[str, Any], text: str) -> None:
    reading = reading_of(made, VOCABULARY)
    assert sketch(reading) == text
    assert build(reading, VOCABULARY, normalize("x", "en")).query.ByteSize()


def test_the_examples_that_models_are_shown_are_of_the_form() -> None:
    for _, made in _EXAMPLES:
        reading_of(made, VOCABULARY)


@pytest.mark.parametrize(
    "answer",
    [
        '```json\n{"from": ["book"], "select": ["book.title"]}\n```\nThis plan lists titles.',
        '<think>maybe {"from": []}?</think>{"from": ["book"], "select": ["book.title"]}',
    ],
)
def test_what_stands_around_a_plan_is_ignored(answer: str) -> None:
    assert decoded(answer) == {"from": ["book"], "select": ["book.title"]}


WRONG: dict[str, Any] = {
    "no table of that name": {"from": ["secret"], "select": ["count(*)"]},
    "no column of that name": {"from": ["book"], "select": ["book.isbn"]},
    "SQL": {"from": ["book"], "select": ["book.title; DROP TABLE book"]},
    "a function that is not there": {"from": ["book"], "select": ["load_extension(book.title)"]},
    "a key that leads elsewhere": {"from": ["loan"], "select": ["loan.loan_id -> book.title"]},
    "a sum of texts": {"from": ["book"], "select": ["sum(book.title)"]},
    "a month of a number": {"from": ["book"], "select": ["month(book.year)"]},
    "a text for a number": {"from": ["book"], "select": ["book.title"], "where": [{"left": "book.price", "op": ">", "right": "dear"}]},
    "no number": {"from": ["book"], "select": ["book.title"], "where": [{"left": "book.price", "op": ">", "right": 1e300}]},
    "an operator that is not there": {"from": ["book"], "select": ["book.title"], "where": [{"left": "book.title", "op": "~", "right": "x"}]},
    "other keys": {"from": ["book"], "select": ["book.title"], "sql": "SELECT 1"},
    "nothing selected": {"from": ["book"], "select": []},
    "a condition of SQL": {"from": ["book"], "select": ["book.title"], "where": ["book.price > (SELECT avg(price) FROM book)"]},
    "too much selected": {"from": ["book"], "select": ["book.title"] * 50},
    "two combinations": {"from": ["book"], "select": ["book.title"], "union": {"from": ["book"], "select": ["book.title"]}, "except": {"from": ["book"], "select": ["book.title"]}},
    "sets of other widths": {"from": ["book"], "select": ["book.title"], "union": {"from": ["book"], "select": ["book.title", "book.year"]}},
    "a long text": {"from": ["book"], "select": ["book.title"], "where": [{"left": "book.title", "op": "=", "right": "x" * 5000}]},
    "control characters": {"from": ["book"], "select": ["book.title"], "where": [{"left": "book.title", "op": "=", "right": "a\x00b"}]},
    "many values": {"from": ["book"], "select": ["book.title"], "where": [{"left": "book.year", "op": "in", "right": list(range(1000))}]},
    "a wrong limit": {"from": ["book"], "select": ["book.title"], "limit": -1},
    "a limit of text": {"from": ["book"], "select": ["book.title"], "limit": "5"},
}  # fmt: skip


@pytest.mark.parametrize("made", WRONG.values(), ids=WRONG.keys())
def test_what_is_no_plan_of_this_source_is_rejected(made: dict[str, Any]) -> None:
    with pytest.raises(Rejected):
        reading_of(decoded(json.dumps(made)), VOCABULARY)


@pytest.mark.parametrize(
    "answer",
    [
        "", "SELECT 1", "[1]", "{", '{"a": NaN}', '{"a": 1' + "0" * 9000 + "}", '{"a": "\\ud800"}', '{"a":' * 100, "{" + "[" * 9000,
        json.dumps({"a": 1})[:-1], "\ufffd{]",
    ],
)  # fmt: skip
def test_what_is_no_object_is_rejected(answer: str) -> None:
    with pytest.raises(Rejected):
        decoded(answer)


def test_plans_within_plans_have_an_end() -> None:
    made: dict[str, Any] = {"from": ["book"], "select": ["book.book_id"]}
    for _ in range(8):
        made = {
            "from": ["book"],
            "select": ["book.book_id"],
            "where": [{"left": "book.book_id", "op": "in", "right": {"plan": made}}],
        }
    with pytest.raises(Rejected):
        reading_of(made, VOCABULARY)


NAMES = st.sampled_from(
    ["book", "author", "loan", "book.title", "book.price", "count(*)", "avg(book.price)", "loan.day", "x", ""]
)
LEAVES = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=8) | NAMES
ANYTHING = st.recursive(
    LEAVES,
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            st.sampled_from(
                [
                    "from",
                    "select",
                    "where",
                    "group",
                    "having",
                    "order",
                    "limit",
                    "distinct",
                    "union",
                    "left",
                    "op",
                    "right",
                    "any",
                    "plan",
                    "column",
                    "by",
                    "desc",
                    "or",
                    "and",
                    "agg",
                    "as",
                ]
            ),
            inner,
            max_size=5,
        )
    ),
    max_leaves=25,
)
PLANNED = st.fixed_dictionaries(
    {"from": st.lists(NAMES, min_size=1, max_size=3), "select": st.lists(NAMES, min_size=1, max_size=3)},
    optional={
        "where": st.lists(st.fixed_dictionaries({"left": NAMES, "op": st.sampled_from(["=", "in", "between", "contains", "is null", ">"]), "right": ANYTHING}), max_size=3),
        "group": ANYTHING, "having": ANYTHING, "order": ANYTHING, "limit": ANYTHING, "except": ANYTHING,
    },
)  # fmt: skip


@settings(deadline=None)  # a busy machine is no failure
@given(ANYTHING | PLANNED)
def test_whatever_an_answer_is_it_is_read_or_rejected(made: Any) -> None:
    try:
        reading = reading_of(decoded(json.dumps(made)), VOCABULARY)
        build(reading, VOCABULARY, normalize("x", "en"))
    except (Rejected, NotConnected):
        return
    assert reading.root in VOCABULARY.datasets


def test_numbers_are_exact() -> None:
    made = {"from": ["book"], "select": ["book.title"], "where": [{"left": "book.price", "op": ">", "right": 10.10}]}
    (condition,) = reading_of(made, VOCABULARY).where
    assert condition.right == Decimal("10.1")  # type: ignore[union-attr]
