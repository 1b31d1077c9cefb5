"""A small library, for tests of what a language model proposes."""

from __future__ import annotations

from datetime import date

from maestro.semantics.v1 import semantics_pb2 as semantics
from services.analyzer.parse import Parse, parse
from services.analyzer.vocabulary import compile_vocabulary
from tests.services.analyzer.models import dataset, field, relationship


def library() -> semantics.SemanticModel:
    """Authors, their books, and loans of these."""
    authors = dataset(
        "author",
        [
            field("author_id", "id", "int"),
            field("name", "dim", "text", "autor", "autores"),
            field("country", "dim", "text", "país", values=["Brazil", "France", "Portugal"]),
            field("born", "measure", "int"),
        ],
        "autor", "autores", label="name", keys=("author_id",),
    )  # fmt: skip
    books = dataset(
        "book",
        [
            field("book_id", "id", "int"),
            field("title", "dim", "text", "título"),
            field("author_id", "id", "int"),
            field("year", "dim", "int", "ano"),
            field("price", "measure", "num", "preço"),
            field("Pages (total)", "measure", "int"),
        ],
        "livro", "livros", label="title", keys=("book_id",),
    )  # fmt: skip
    loans = dataset(
        "loan",
        [field("loan_id", "id", "int"), field("book_id", "id", "int"), field("copy_id", "id", "int"), field("day", "time", "date", "dia")],
        "empréstimo", "empréstimos", keys=("loan_id",),
    )  # fmt: skip
    rooms = dataset("room", [field("room_id", "id", "int"), field("floor", "dim", "int")], keys=("room_id",))
    return semantics.SemanticModel(
        source="library",
        version="1",
        catalog_version="1",
        datasets=[authors, books, loans, rooms],
        relationships=[
            relationship("book", "author_id", "author", "author_id"),
            relationship("loan", "book_id", "book", "book_id"),
            relationship("loan", "copy_id", "book", "book_id"),
        ],
    )


VOCABULARY = compile_vocabulary(library())


def asked(question: str) -> Parse:
    """The question, parsed."""
    return parse(question, VOCABULARY, date(2025, 6, 18), "en", "en")
