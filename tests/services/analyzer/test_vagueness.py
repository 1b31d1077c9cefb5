"""Words that mean two things of the model alike: one, the other, or both."""

from __future__ import annotations

import pytest

from maestro.semantics.v1 import semantics_pb2 as semantics
from services.analyzer.doubt import Doubt
from services.analyzer.explain import sketch
from services.analyzer.features import evidence_of
from services.analyzer.frame import frame_of
from services.analyzer.parse import parse, with_values
from services.analyzer.reading import Item, Reading, Ref
from services.analyzer.vagueness import vagueness
from services.analyzer.vocabulary import compile_vocabulary
from tests.services.analyzer.models import dataset, field, relationship, terms
from tests.services.analyzer.shop import TODAY


def _called(held: semantics.Dataset, *words: str) -> semantics.Dataset:
    del held.terms[:]
    held.terms.extend([*terms(*words, locale="en"), *terms(*words)])
    return held


def library() -> semantics.SemanticModel:
    """Books with a first and a last printing, of a printer and a seller; halls with a street and a town."""
    books = dataset(
        "book",
        [
            field("book_id", "id", "int"),
            field("title", "dim", "text", values=["Emma", "Ulysses"]),
            field("print_year", "measure", "int"),
            field("print_month", "measure", "int"),
            field("lead_editor", "dim", "text"),
            field("lead_critic", "dim", "text"),
            field("printer_id", "id", "int"),
            field("seller_id", "id", "int"),
        ],
        label="title", keys=("book_id",),
    )  # fmt: skip
    printers = dataset(
        "printer", [field("printer_id", "id", "int"), field("name", "dim", "text")], label="name", keys=("printer_id",)
    )
    sellers = dataset(
        "seller", [field("seller_id", "id", "int"), field("name", "dim", "text")], label="name", keys=("seller_id",)
    )
    halls = dataset(
        "hall",
        [field("hall_id", "id", "int"), field("name", "dim", "text", values=["Opera"]), field("street", "dim", "text"), field("town", "dim", "text")],
        label="name", keys=("hall_id",),
    )  # fmt: skip
    return semantics.SemanticModel(
        source="library",
        version="00000000000000cc",
        catalog_version="00000000000000dd",
        datasets=[
            _called(books, "book", "books", "livro", "livros"),
            _called(printers, "printer"),
            _called(sellers, "seller"),
            _called(halls, "hall", "halls", "teatro"),
        ],
        relationships=[
            relationship("book", "printer_id", "printer", "printer_id"),
            relationship("book", "seller_id", "seller", "seller_id"),
        ],
    )


VOCABULARY = compile_vocabulary(library())


def meant(question: str, language: str = "en") -> Doubt | None:
    parsed = with_values(parse(question, VOCABULARY, TODAY, language, language), {}, VOCABULARY)
    held = evidence_of(frame_of(parsed, VOCABULARY), VOCABULARY)
    root = "hall" if "hall" in question or "teatro" in question else "book"
    return vagueness(Reading(root, select=(Item(Ref(root, "title" if root == "book" else "name")),)), held)


def shown(doubt: Doubt | None) -> list[str]:
    assert doubt is not None
    assert not doubt.settled
    return [sketch(each).split(" from ")[0] for each in doubt.readings]


@pytest.mark.parametrize(
    ("question", "language"), [("When was the book Emma printed?", "en"), ("Quando saiu o livro Emma?", "pt")]
)
def test_when_may_be_a_year_or_a_month(question: str, language: str) -> None:
    doubt = meant(question, language)
    assert shown(doubt) == ["book.print_year", "book.print_month", "book.print_year, book.print_month"]
    assert doubt is not None
    assert all("book.title = 'Emma'" in sketch(each) for each in doubt.readings)


@pytest.mark.parametrize(
    ("question", "language"),
    [
        ("What is the location of the hall Opera?", "en"),
        ("Where is the hall Opera?", "en"),
        ("Onde fica o teatro Opera?", "pt"),
    ],
)
def test_where_may_be_a_street_or_a_town(question: str, language: str) -> None:
    assert shown(meant(question, language)) == ["hall.street", "hall.town", "hall.street, hall.town"]


def test_a_word_of_two_names_may_be_either() -> None:
    assert shown(meant("Who is the lead of the book Emma?")) == [
        "book.lead_editor",
        "book.lead_critic",
        "book.lead_editor, book.lead_critic",
    ]


def test_a_word_that_names_nothing_may_be_either_of_two_neighbours() -> None:
    doubt = meant("Show all books by firm")
    assert shown(doubt) == [
        "book.title, printer.name",
        "book.title, seller.name",
        "book.title, printer.name, seller.name",
    ]
    assert doubt is not None
    assert doubt.words == "firm"


def test_who_does_something_may_be_either_of_two_neighbours() -> None:
    assert shown(meant("Who issued Emma?")) == ["printer.name", "seller.name", "printer.name, seller.name"]


@pytest.mark.parametrize(
    "question",
    [
        "In which print year did the book Emma appear?",  # said which
        "Who is the lead editor of the book Emma?",
        "Which printer made the book Emma?",
        "Show the street and town of the hall Opera",  # both said
        "What is the town of the hall Opera?",
        "How many books by firm?",  # counted
        "books",
    ],
)
def test_what_is_called_by_its_name_is_not_vague(question: str) -> None:
    assert meant(question) is None
