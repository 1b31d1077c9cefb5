"""Names of a plan: found however they are written, where they can mean one thing only."""

from __future__ import annotations

import pytest

from services.analyzer.proposer_json import Rejected
from services.analyzer.proposer_names import Names
from services.analyzer.vocabulary import compile_vocabulary
from tests.services.analyzer.library import VOCABULARY, library
from tests.services.analyzer.models import dataset, field

NAMES = Names(VOCABULARY, VOCABULARY.datasets)


@pytest.mark.parametrize(
    ("text", "tables", "found"),
    [
        ("book.title", (), "book.title"),
        ('"Book"."Title"', (), "book.title"),
        ("title", ("book",), "book.title"),
        ("book.tittle", (), "book.title"),
        ("book.authorId", (), "book.author_id"),
        ("author.title", ("author", "book"), "book.title"),
        ("writer.country", ("author",), "author.country"),
        ("author_id", ("author", "book"), "author.author_id"),
        ("loan.author_id", ("book", "loan"), "book.author_id"),
        ("pages total", ("book",), "book.Pages (total)"),
    ],
)
def test_fields(text: str, tables: tuple[str, ...], found: str) -> None:
    ref = NAMES.field(text, tables)
    assert f"{ref.dataset}.{ref.field}" == found


@pytest.mark.parametrize(
    ("text", "found"), [("Book", "book"), ("[author]", "author"), ("autor", "author"), ("authors", "author")]
)
def test_datasets(text: str, found: str) -> None:
    assert NAMES.dataset(text) == found


@pytest.mark.parametrize("text", ["secret", "bok", ""])
def test_datasets_that_are_not_there(text: str) -> None:
    with pytest.raises(Rejected):
        NAMES.dataset(text)


@pytest.mark.parametrize(
    "text", ["isbn", "book.isbn", "", ".", "book.", "book.title; DROP TABLE book", "book.yeer or 1"]
)
def test_fields_that_are_not_there(text: str) -> None:
    with pytest.raises(Rejected):
        NAMES.field(text, ("book",))


def test_a_name_of_two_fields_that_hold_other_things_is_none() -> None:
    model = library()
    model.datasets.append(dataset("shelf", [field("shelf_id", "id", "int"), field("name", "dim", "text")]))
    vocabulary = compile_vocabulary(model)
    with pytest.raises(Rejected, match="several tables"):
        Names(vocabulary, vocabulary.datasets).field("name", ("author", "shelf"))
