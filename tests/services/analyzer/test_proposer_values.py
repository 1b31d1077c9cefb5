"""Values of a proposed reading: as the data has them, or named by the question; invented ones are rejected."""

from __future__ import annotations

from typing import Any

import pytest

from services.analyzer.explain import sketch
from services.analyzer.link import FoundValue
from services.analyzer.proposer_form import reading_of
from services.analyzer.proposer_json import Rejected
from services.analyzer.proposer_values import settled, texts_of
from tests.services.analyzer.library import VOCABULARY, asked

FOUND = {"dom casmurro": [FoundValue("book", "title", "Dom Casmurro", 1.0, "dictionary")]}


def settle(question: str, left: str, op: str, right: Any, **more: Any) -> str:
    table = left.rsplit("(", maxsplit=1)[-1].split(".", maxsplit=1)[0]
    made = {"from": [table], "select": ["count(*)"], "where": [{"left": left, "op": op, "right": right}], **more}
    reading = settled(reading_of(made, VOCABULARY), FOUND, asked(question), VOCABULARY)
    return sketch(reading).partition(" where ")[2]


@pytest.mark.parametrize(
    ("question", "left", "op", "right", "made"),
    [
        ("authors from france", "author.country", "=", "france", "author.country = 'France'"),
        ("loans of dom casmurro", "book.title", "=", "dom casmurro", "book.title = 'Dom Casmurro'"),
        ("the book Unheard Of", "book.title", "=", "unheard of", "book.title = 'unheard of'"),
        ("books with sea in the title", "book.title", "contains", "sea", "book.title contains 'sea'"),
        ("authors from Brazil or France", "author.country", "in", ["brazil", "France"], "author.country in ['Brazil', 'France']"),
        ("books after 1999", "book.year", ">", 1999, "book.year > 1999"),
        ("books dearer than 10.5", "book.price", ">", 10.5, "book.price > 10.5"),
        ("loans in 2024", "loan.day", "=", "2024", "loan.day in [2024-01-01, 2025-01-01)"),
        ("loans in May 2024", "loan.day", "=", "2024-05", "loan.day in [2024-05-01, 2024-06-01)"),
        ("loans after 2024-05-31", "loan.day", ">", "2024-05-31", "loan.day >= datetime.date(2024, 6, 1)"),
        ("loans from 2023 to 2024", "loan.day", "between", ["2023", "2024"], "loan.day in [2023-01-01, 2025-01-01)"),
    ],
)  # fmt: skip
def test_values_become_those_of_the_data(question: str, left: str, op: str, right: Any, made: str) -> None:
    assert settle(question, left, op, right) == made


@pytest.mark.parametrize(
    ("question", "left", "op", "right"),
    [
        ("authors from France", "author.country", "=", "Germany"),
        ("how many books are there", "book.title", "=", "Emma"),
        ("how many books are there", "book.title", "contains", "Emma"),
        ("books after 1999", "book.year", ">", 2005),
        ("how many loans", "loan.day", "=", "2024"),
        ("loans in 2024", "loan.day", "=", "2024-13-01"),
        ("loans in 2024", "loan.day", "=", "soon"),
        ("authors from France or Spain", "author.country", "in", ["France", "Spain"]),
    ],
)
def test_what_the_model_invents_is_rejected(question: str, left: str, op: str, right: Any) -> None:
    with pytest.raises(Rejected):
        settle(question, left, op, right)


def test_a_number_of_rows_or_of_a_group_is_named_by_the_question_as_well() -> None:
    made = {"from": ["book"], "select": ["book.title"], "limit": 5}
    settled(reading_of(made, VOCABULARY), {}, asked("the five dearest books"), VOCABULARY)
    with pytest.raises(Rejected):
        settled(reading_of(made, VOCABULARY), {}, asked("the dearest books"), VOCABULARY)
    groups = {**made, "limit": 1, "having": [{"left": "count(*)", "op": ">", "right": 7}]}
    with pytest.raises(Rejected):
        settled(reading_of(groups, VOCABULARY), {}, asked("the dearest books"), VOCABULARY)


def test_texts_are_looked_up_wherever_they_stand() -> None:
    made = {
        "from": ["book"],
        "select": ["book.title"],
        "where": [
            {
                "any": [
                    {"left": "book.title", "op": "=", "right": "a"},
                    {"left": "book.title", "op": "contains", "right": "b"},
                ]
            }
        ],
        "except": {
            "from": ["author"],
            "select": ["author.name"],
            "where": [{"left": "author.name", "op": "in", "right": ["c", "a"]}],
        },
    }
    assert sorted(texts_of(reading_of(made, VOCABULARY))) == ["a", "b", "c"]
