"""Plans as small models write them mean what they would mean in the form that they are asked for."""

from __future__ import annotations

from typing import Any

import pytest

from services.analyzer.explain import sketch
from services.analyzer.proposer_form import reading_of
from services.analyzer.proposer_json import Rejected
from tests.services.analyzer.library import VOCABULARY

TITLES: dict[str, Any] = {"select": ["book.title"], "from": ["book"]}


def where(condition: Any) -> str:
    """The conditions that a plan of titles says."""
    return sketch(reading_of({**TITLES, "where": condition}, VOCABULARY)).partition(" where ")[2]


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ([["book.year", ">=", 1999]], "book.year >= 1999"),
        (["book.year", ">=", 1999], "book.year >= 1999"),
        (["book.year >= 1999"], "book.year >= 1999"),
        (["book.year>=1999"], "book.year >= 1999"),
        ({"book.year": 1999}, "book.year = 1999"),
        ({"left": "book.year", "op": ">", "right": 1999}, "book.year > 1999"),
        ([{"column": "book.year", "operator": "<", "value": 1999}], "book.year < 1999"),
        ({"and": [["book.year", ">", 1], ["book.price", "<", 9]]}, "book.year > 1 and book.price < 9"),
        ({"or": [["book.year", ">", 1], ["book.price", "<", 9]]}, "(book.year > 1 or book.price < 9)"),
        (["book.title = 'It''s'"], 'book.title = "It\'s"'),
        ([["book.title", "like", "%war%"]], "book.title contains 'war'"),
        ([["book.title", "LIKE", "war%"]], "book.title prefix 'war'"),
        ([["book.title", "not like", "%war%"]], "book.title not contains 'war'"),
        ([["book.year", "in", [1, 2]]], "book.year in ['1', '2']"),
        (["book.year in (1, 2)"], "book.year in ['1', '2']"),
        (["book.year between 1990 and 1999"], "book.year in [1990, 1999]"),
        (["book.year is not null"], "book.year is not null"),
        ([["book.year", "!=", None]], "book.year is not null"),
        ([["book.price", ">", "book.year"]], "book.price > book.year"),
    ],
)
def test_conditions(written: Any, meant: str) -> None:
    assert where(written).replace("not is null", "is not null") == meant


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ({"SELECT": ["book.title"], "FROM": "book"}, "book.title from book"),
        ({"plan": TITLES}, "book.title from book"),
        ({"select": "b.title", "from": ["book as b"]}, "book.title from book"),
        ({"select": ["T1.title"], "from": [{"table": "book", "as": "T1"}]}, "book.title from book"),
        ({"select": ["title as t"], "from": ["book"], "order_by": ["t desc"]}, "book.title from book order book.title desc"),
        ({**TITLES, "order by": {"column": "book.year", "direction": "DESC"}}, "book.title from book order book.year desc"),
        ({**TITLES, "orderBy": [["book.year", "desc"]], "limit": 1}, "book.title from book order book.year desc limit 1"),
        ({"select": [{"agg": "avg", "column": "book.price"}], "from": ["book"]}, "avg(book.price) from book"),
        ({"select": ["distinct book.title"], "from": ["book"]}, "distinct book.title from book"),
        ({"select": ["count(book.*)"], "from": ["author", "book"]}, "count(*@book) from author"),
        (
            {"select": ["author.name"], "from": ["author", "book"], "where": [["book.author_id", "=", "author.author_id"], ["book.year", ">", 1999]]},
            "author.name from author via book.author_id->author.author_id where book.year > 1999",
        ),
        (
            {"select": ["book.title"], "from": ["book", "loan"], "where": ["book.book_id = loan.copy_id"]},
            "book.title from book, loan via loan.copy_id->book.book_id",
        ),
        ({**TITLES, "where": [], "limit": None, "distinct": False}, "book.title from book"),
        (
            {"select": ["author.name", "count(*)"], "from": ["author join book on author.author_id = book.author_id"], "group_by": ["author.name"]},
            "author.name, count(*@author) from author, book by author.name",
        ),
        (
            {"select": ["author.name"], "from": ["author", "book"], "order": ["count(*) desc"], "limit": 1},
            "author.name from author, book by author.name order count(*@author) desc limit 1",
        ),
    ],
)  # fmt: skip
def test_plans(written: dict[str, Any], meant: str) -> None:
    assert sketch(reading_of(written, VOCABULARY)) == meant


@pytest.mark.parametrize(
    "condition",
    [
        "1 = 1", "book.year", "book.year ~ 3", ["book.year"], ["book.year", 3, 4], [[]], [["book.year", "=", [[]]]], {"or": []}, 7,
        [["book.price", ">", "(SELECT 1)"]], ["x" * 1000 + " = 1"], {"or": [{"or": [{"or": [{"or": [{"or": [["book.year", "=", 1]]}]}]}]}]},
    ],
)  # fmt: skip
def test_what_is_no_condition(condition: Any) -> None:
    with pytest.raises(Rejected):
        reading_of({**TITLES, "where": condition}, VOCABULARY)
