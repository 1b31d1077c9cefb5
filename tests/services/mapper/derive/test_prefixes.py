"""Prefixes of columns that abbreviate a table."""

import pytest

from services.mapper.derive.model import derive
from services.mapper.derive.prefixes import abbreviates
from services.mapper.lexicon.book import lexicon
from tests.services.mapper.catalogs import column, relationship, source, table, texts

TABLES = [
    table("Player", [column("pID", "int"), column("pName"), column("HS", "int")], key=["pID"]),
    table("Tryout", [column("pID", "int"), column("pPos"), column("aid")]),
    table("aircraft", [column("aid", "int"), column("name")], key=["aid"]),
    table("certificate", [column("eid", "int"), column("aid", "int")]),
    table("Faculty", [column("FacID", "int"), column("Fname"), column("Lname")], key=["FacID"]),
    table("quarters", [column("q1", "int"), column("id", "int")], key=["id"]),
]
LINKS = [relationship("Tryout.pID", "Player.pID"), relationship("certificate.aid", "aircraft.aid")]


def called(dataset: str, field: str) -> str:
    """The surest term of a field."""
    found = source(TABLES)
    found.relationships.extend(LINKS)
    held = next(each for each in derive(found, lexicon()).datasets if each.name == dataset)
    return next(iter(texts(next(each for each in held.fields if each.name == field).terms)))


@pytest.mark.parametrize(
    ("dataset", "field", "name"),
    [
        ("Player", "pName", "player name"),
        ("Player", "pID", "player id"),
        ("Tryout", "pID", "player id"),  # of the table that it refers to
        ("aircraft", "aid", "aircraft id"),
        ("certificate", "aid", "aircraft id"),
    ],
)
def test_a_prefix_is_the_table_that_it_abbreviates(dataset: str, field: str, name: str) -> None:
    assert called(dataset, field) == name


@pytest.mark.parametrize(
    ("dataset", "field", "name"),
    [
        ("Tryout", "aid", "aid"),  # no key: help, not an aircraft
        ("Faculty", "Fname", "first name"),  # beside the last name
        ("quarters", "q1", "q 1"),
    ],
)
def test_what_is_no_prefix_stays_as_it_is(dataset: str, field: str, name: str) -> None:
    assert called(dataset, field) == name


@pytest.mark.parametrize(
    ("short", "words", "whether"),
    [
        ("c", ("course",), True),
        ("crs", ("course",), True),
        ("oi", ("order", "item"), True),
        ("osr", ("course",), False),
        ("csx", ("course",), False),
        ("course", ("course",), False),
        ("c", (), False),
    ],
)
def test_what_abbreviates(short: str, words: tuple[str, ...], *, whether: bool) -> None:
    assert abbreviates(short, words) is whether
