"""Looking texts up in a dictionary."""
# tables of cases: a case a line

import pytest

from maestro.mapper.v1 import mapper_pb2 as wire
from services.mapper.lexicon.book import lexicon
from services.mapper.values.book import Contents, ValueBook, told, with_values
from services.mapper.values.search import Results, Search
from tests.services.mapper.ossie.test_refine import WHOLE, refined

CONTENTS = Contents(
    values={
        ("entregas", "cliente"): ["AURORA DISTRIBUIDORA S/A LJ 01", "AURORA LJ 02", "BANDEIRAO 001", "COCO VERDE", "PADARIA VERDE VALE"],
        ("entregas", "uf"): ["SP", "RJ", "MG"],
        ("entregas", "municipio"): ["SAO PAULO", "RIO DE JANEIRO", "SAO JOAO DEL REI"],
        ("pets", "type"): ["dog", "cat"],
        ("people", "country"): ["France", "Brazil", "United States"],
        ("pedidos", "status"): ["ABERTO", "FATURADO"],
    },
    synonyms={"São Paulo": [(("entregas", "uf"), "SP", 0.9)], "em aberto": [(("pedidos", "status"), "ABERTO", 1.0)]},
    entities={"Aurora": [("Aurora", 1.0)], "rede aurora": [("Aurora", 1.0)]},
    entity_datasets={"Aurora": frozenset({"entregas"})},
)  # fmt: skip
BOOK = ValueBook(CONTENTS)


def find(text: str, *, datasets: tuple[str, ...] = (), least: float = 0.8, most: int = 10) -> Results:
    return Search(BOOK, lexicon(), frozenset(datasets), least, most).find(text)


def told_of(results: Results) -> list[tuple[str, str, str]]:
    return [
        (BOOK.columns[each.target.column][1] if each.target.column >= 0 else "", each.target.value, each.target.method)
        for each in results.found
    ]


@pytest.mark.parametrize("text", ["coco verde", "COCO VERDE", "Côco-Verde", " coco  verde "])
def test_case_accents_and_punctuation_do_not_matter(text: str) -> None:
    (found,) = find(text).found
    assert (found.target.value, found.score, found.kind) == ("COCO VERDE", 1.0, wire.MATCH_KIND_EXACT)


def test_an_entity_comes_before_the_values_that_begin_with_its_name() -> None:
    results = find("aurora")
    assert told_of(results)[0] == ("", "Aurora", "entity")
    assert [each.kind for each in results.found[1:]] == [wire.MATCH_KIND_PREFIX] * 2
    assert results.total == 3


def test_all_words_have_to_occur() -> None:
    assert told_of(find("aurora 02"))[0] == ("cliente", "AURORA LJ 02", "dictionary")
    assert find("aurora 99").found == ()
    (found,) = find("vale").found
    assert (found.target.value, found.kind) == ("PADARIA VERDE VALE", wire.MATCH_KIND_WORDS)


@pytest.mark.parametrize(
    ("typed", "value"),
    [
        ("bandeiarao 001", "BANDEIRAO 001"),
        ("coco vrede", "COCO VERDE"),
        ("cocoverde", "COCO VERDE"),
        ("faturdo", "FATURADO"),
    ],
)
def test_typing_errors(typed: str, value: str) -> None:
    best = find(typed).found[0]
    assert (best.target.value, best.kind) == (value, wire.MATCH_KIND_TYPO)
    assert 0.8 <= best.score < 1


def test_the_beginning_of_a_word_is_enough() -> None:
    best = find("bandeir").found[0]
    assert (best.target.value, best.kind) == ("BANDEIRAO 001", wire.MATCH_KIND_PARTIAL)


def test_what_the_company_is_called_by_law_does_not_matter() -> None:
    assert told_of(find("padaria verde vale ltda"))[0][1] == "PADARIA VERDE VALE"
    assert find("ltda").found == ()
    assert told_of(find("coco verde ltda"))[0][1] == "COCO VERDE"


def test_synonyms_of_values() -> None:
    assert ("uf", "SP", "synonym") in told_of(find("sao paulo"))
    assert ("municipio", "SAO PAULO", "dictionary") in told_of(find("sao paulo"))
    assert told_of(find("em aberto")) == [("status", "ABERTO", "synonym")]


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("frança", "France"),
        ("cachorros", "dog"),
        ("gato", "cat"),
        ("brasil", "Brazil"),
        ("estados unidos", "United States"),
        ("cats", "cat"),
    ],
)
def test_values_in_the_other_language(text: str, value: str) -> None:
    best = find(text).found[0]
    assert best.target.value == value
    assert best.score >= 0.9


@pytest.mark.parametrize("text", ["de", "da", "o", "quantas", "", "!!", "em", "entregas atrasadas", "x" * 200])
def test_words_that_are_no_values_find_nothing(text: str) -> None:
    assert find(text).found == ()


def test_only_the_datasets_that_are_asked_for() -> None:
    assert find("aurora", datasets=("pedidos",)).found == ()
    assert {BOOK.columns[each.target.column][0] for each in find("sp", datasets=("entregas",)).found} == {"entregas"}


def test_the_least_score_and_the_number_of_matches() -> None:
    assert find("faturdo", least=0.95).found == ()
    assert len(find("aurora", most=1).found) == 1
    assert find("aurora", most=1).total == 3


def test_a_model_tells_its_values_synonyms_and_entities() -> None:
    contents = told(refined(WHOLE))
    assert contents.values["entregas", "uf"] == ["SP", "RJ", "MG", "BA", "PR"]
    assert (("entregas", "uf"), "SP", 1.0) in contents.synonyms["Sampa"]
    assert contents.entities["rede Aurora"] == [("Aurora", 1.0)]
    assert contents.entity_datasets["Aurora"] == {"entregas", "contatos"}
    read = with_values(contents, {("entregas", "cliente"): ["X"]})
    assert read.values["entregas", "cliente"] == ["X"]
    assert read.values["entregas", "uf"] == contents.values["entregas", "uf"]
    assert len(ValueBook(read)) == sum(len(values) for values in read.values.values())


NAMES = ValueBook(
    Contents(
        values={
            ("people", "country"): ["France", "Brazil", "UK"],
            ("people", "language"): ["French", "English"],
            ("people", "surname"): ["Quarto", "Stagione", "Mark"],
            ("rooms", "kind"): ["Quarto", "Sala"],
            ("schools", "name"): ["Massachusetts Institute of Technology", "Federal University of Bahia"],
            ("films", "title"): ["Full Flatliners", "Fullerton"],
        },
        naming=frozenset({("people", "surname"), ("schools", "name"), ("films", "title")}),
    )
)


def named(text: str, least: float = 0.8) -> set[tuple[str, str]]:
    results = Search(NAMES, lexicon(), frozenset(), least, 10).find(text)
    return {(NAMES.columns[each.target.column][1], each.target.value) for each in results.found}


@pytest.mark.parametrize("text", ["French", "franceses", "francesa"])
def test_what_comes_from_a_place_finds_the_place(text: str) -> None:
    assert {("country", "France"), ("language", "French")} <= named(text)


def test_a_place_is_found_by_its_other_names() -> None:
    assert ("country", "UK") in named("Grã-Bretanha")
    assert ("country", "Brazil") in named("Brasil")


def test_things_are_translated_into_kinds_but_not_into_names() -> None:
    found = named("rooms")
    assert ("kind", "Quarto") in found
    assert ("surname", "Quarto") not in found


def test_what_is_a_word_itself_is_no_typing_error() -> None:
    assert ("surname", "Stagione") not in named("stations", 0.6)


def test_initials_find_what_they_stand_for() -> None:
    assert named("MIT") == {("name", "Massachusetts Institute of Technology")}
    assert not named("mit")


def test_everyday_words_hardly_begin_names() -> None:
    results = Search(NAMES, lexicon(), frozenset(), 0.8, 10).find("full")
    assert all(each.score < 0.9 for each in results.found)
