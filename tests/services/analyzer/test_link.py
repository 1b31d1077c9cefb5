"""What words are linked to, over models that the mapper derives from small catalogs."""

from datetime import date

import pytest

from maestro.catalog.v1 import catalog_pb2 as catalog
from services.analyzer.link import FoundValue, Link
from services.analyzer.parse import Parse, parse, with_values
from services.analyzer.vocabulary import Vocabulary, compile_vocabulary
from services.mapper.build import build
from services.mapper.derive.model import Hints
from tests.services.mapper.catalogs import column, source, table

TODAY = date(2025, 6, 18)
TABLES = [
    table(
        "students",
        [
            column("id", "int"), column("first_name"), column("last_name"), column("sex", values=["F", "M"]),
            column("grade", values=["A", "B", "C"]), column("home_city", values=["San Francisco", "San Diego", "Rome"]),
        ],
        key=["id"],
    ),
    table("concerts", [column("id", "int"), column("attendance", "int"), column("base_price", "decimal")], key=["id"]),
    table("customer_orders", [column("id", "int"), column("code", values=["30", "31"])], key=["id"]),
]  # fmt: skip


def vocabulary_of(tables: list[catalog.Table]) -> Vocabulary:
    return compile_vocabulary(build(source(tables), [], Hints()).model)


VOCABULARY = vocabulary_of(TABLES)


def read(question: str, language: str = "en", found: dict[str, list[FoundValue]] | None = None) -> Parse:
    return with_values(parse(question, VOCABULARY, TODAY, language, language), found or {}, VOCABULARY)


def fields(parsed: Parse, least: float = 0.0) -> dict[tuple[str, str], Link]:
    best: dict[tuple[str, str], Link] = {}
    for link in parsed.links:
        key = (link.target.dataset, link.target.name)
        if link.target.kind == "field" and link.score >= least and (key not in best or best[key].score < link.score):
            best[key] = link
    return best


def values(parsed: Parse) -> set[tuple[str, str]]:
    return {(link.target.name, link.target.value) for link in parsed.links if link.target.kind == "value"}


def test_names_that_share_a_word_are_both_found() -> None:
    found = fields(read("What are the first and last names of the students?"), 0.9)
    assert {("students", "first_name"), ("students", "last_name")} <= found.keys()


def test_terms_that_share_a_word_keep_to_their_own() -> None:
    parsed = read("the students' home city and grade, and their first and last names")
    found = {name: parsed.text(link.first, link.last) for (_, name), link in fields(parsed, 0.85).items()}
    assert found["first_name"] == "first"
    assert found["last_name"] == "last names"


def test_two_values_with_a_word_between_are_no_third_one() -> None:
    found = {
        text: [FoundValue("students", "home_city", value, score, "fuzzy" if score < 1 else "exact")]
        for text, value, score in (
            ("Rome", "Rome", 1.0),
            ("San Diego", "San Diego", 1.0),
            ("Rome and San Diego", "San Diego Romero", 0.9),
        )
    }
    parsed = with_values(parse("students of Rome and San Diego", VOCABULARY, TODAY, "en", "en"), found, VOCABULARY)
    assert {value for _, value in values(parsed)} == {"Rome", "San Diego"}


@pytest.mark.parametrize(("question", "language"), [("how many attendees did concerts have?", "en")])
def test_words_of_one_family_meet_less_surely(question: str, language: str) -> None:
    link = fields(read(question, language))["concerts", "attendance"]
    assert 0.3 < link.score < 0.9


def test_a_head_that_nothing_else_has_is_a_good_name() -> None:
    assert fields(read("what is the highest price of the concerts?"))["concerts", "base_price"].score >= 0.7
    assert fields(read("qual o maior preço dos concertos?", "pt"))["concerts", "base_price"].score >= 0.5


def test_what_is_done_with_a_thing_speaks_of_it() -> None:
    parsed = read("what was bought the most?")
    assert any(link.target.dataset == "customer_orders" and link.via == "bought" for link in parsed.links)


@pytest.mark.parametrize(
    ("question", "language", "value"),
    [
        ("how many students with sex F are there?", "en", ("sex", "F")),
        ("quantos alunos do sexo f existem?", "pt", ("sex", "F")),
        ("which students got grade B?", "en", ("grade", "B")),
        ("list female students", "en", ("sex", "F")),
        ("quantas alunas mulheres existem?", "pt", ("sex", "F")),
    ],
)
def test_letters_that_are_values(question: str, language: str, value: tuple[str, str]) -> None:
    assert value in values(read(question, language))


@pytest.mark.parametrize("question", ["show a student", "I want the students", "mostre a lista e o nome dos alunos"])
def test_letters_that_are_words(question: str) -> None:
    assert not values(read(question, "pt" if "lista" in question else "en"))


def test_what_is_only_like_a_part_of_a_stored_value_is_left_out() -> None:
    found = {"San": [FoundValue("students", "home_city", "San Diego", 0.95, "dictionary")]}
    assert values(read("students from San Francisco", found=found)) == {("home_city", "San Francisco")}


def test_a_stored_value_inside_a_longer_one_stays() -> None:
    found = {"Rome City": [FoundValue("students", "first_name", "Rome City", 1.0, "dictionary")]}
    parsed = parse("students of Rome City", VOCABULARY, TODAY, "en", "en")
    linked = with_values(parsed, found, VOCABULARY)
    assert {("first_name", "Rome City"), ("home_city", "Rome")} <= values(linked)


def test_a_short_number_is_a_quantity_unless_its_field_is_named() -> None:
    found = {"30": [FoundValue("customer_orders", "code", "30", 1.0, "dictionary")]}
    assert values(read("show the customer orders with code 30", found=found)) == {("code", "30")}
    assert not values(read("which students are older than 30 years?", found=found))


def test_of_thousands_of_tables_the_likeliest_are_linked() -> None:
    tables = [
        table(f"{first}_{second}", [column("id", "int"), column("name"), column("status", values=["open"])], key=["id"])
        for first in ("sales", "stock", "legal", "school", "hotel", "clinic", "fleet", "energy", "farm", "audit")
        for second in (
            "order", "invoice", "product", "ticket", "contract", "device", "route", "lead", "room", "meal", "batch", "visit",
            "claim", "budget", "asset", "driver", "report", "shift", "course", "guest", "field", "crop", "meter", "part",
        )
    ]  # fmt: skip
    large = vocabulary_of(tables)
    parsed = parse("what is the name and status of each hotel invoice?", large, TODAY, "en", "en")
    assert len(parsed.links) <= 600
    kinds = {(link.target.kind, link.target.dataset, link.target.name) for link in parsed.links}
    assert {("dataset", "hotel_invoice", ""), ("field", "hotel_invoice", "name")} <= kinds
    assert any(link.target.dataset == "hotel_invoice" and link.target.name == "status" for link in parsed.links)
