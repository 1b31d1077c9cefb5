"""Titles: what answers call a thing in the language of the asker."""

import pytest

from maestro.semantics.v1 import semantics_pb2 as semantics
from services.mapper.lexicon.book import lexicon
from services.mapper.titles import entitle
from tests.services.mapper.ossie.test_refine import dataset, field, refined, refined_with_problems

MODEL, LEXICON, NAME = semantics.TERM_ORIGIN_MODEL, semantics.TERM_ORIGIN_LEXICON, semantics.TERM_ORIGIN_NAME
Given = tuple[str, str, "semantics.TermOrigin.ValueType", float]


def terms(*given: Given) -> list[semantics.Term]:
    return [semantics.Term(text=text, locale=locale, origin=origin, weight=w) for text, locale, origin, w in given]


def entitled(rows: list[semantics.Term], *fields: list[semantics.Term], names: str = "") -> semantics.Dataset:
    """A dataset with titles; names: further names of the schema, which say its main language."""
    model = semantics.SemanticModel()
    made = model.datasets.add(name="t", terms=rows)
    made.fields.extend(semantics.Field(name=str(at), terms=each) for at, each in enumerate(fields))
    for name in names.split():
        model.datasets.add(name=name, terms=terms((name, "", NAME, 1)))
    entitle(model, lexicon())
    return model.datasets[0]


def told(thing: semantics.Dataset | semantics.Field) -> dict[str, str]:
    return {term.locale: term.text for term in thing.titles}


def test_a_portuguese_table_is_called_in_english_by_its_english_synonym_in_the_plural() -> None:
    given = terms(("entregas monitoradas", "", MODEL, 1), ("entrega", "", MODEL, 1), ("delivery", "", MODEL, 1))
    assert told(entitled(given)) == {"en": "deliveries", "pt": "entregas monitoradas"}


@pytest.mark.parametrize(
    ("name", "translated", "expected"),
    [
        ("student", "aluno", {"en": "students", "pt": "alunos"}),
        ("city", "cidade", {"en": "cities", "pt": "cidades"}),
        ("person", "pessoa", {"en": "people", "pt": "pessoas"}),
        ("employees", "funcionário", {"pt": "funcionários"}),
        ("life expectancy", "expectativa de vida", {"en": "life expectancies", "pt": "expectativas de vida"}),
    ],
)
def test_an_english_table_is_called_in_portuguese_by_the_lexicon(
    name: str, translated: str, expected: dict[str, str]
) -> None:
    given = terms((name, "en", NAME, 1), (translated, "pt", LEXICON, 0.85))
    assert told(entitled(given)) == expected


def test_what_is_done_with_a_thing_is_no_title() -> None:
    assert "comprou" not in told(entitled(terms(("order", "en", NAME, 1), ("comprou", "pt", LEXICON, 0.66)))).values()


def test_the_same_word_in_both_languages_is_not_translated() -> None:
    status = terms(("status", "", NAME, 1), ("state", "en", LEXICON, 0.8))
    assert told(entitled([], status, names="pedidos entregas clientes").fields[0])["en"] == "status"


def test_a_key_is_called_by_what_it_is_the_key_of() -> None:
    key = terms(("transportadora id", "pt", NAME, 1), ("identifier carrier", "en", LEXICON, 0.8))
    assert told(entitled([], key).fields[0]) == {"en": "carrier id"}


def test_two_columns_of_a_table_have_two_titles() -> None:
    first = terms(("vencimento", "", MODEL, 1), ("due date", "", MODEL, 1))
    second = terms(("prazo", "", MODEL, 1), ("due date", "", MODEL, 1), ("term", "", MODEL, 1))
    assert [told(each)["en"] for each in entitled([], first, second).fields] == ["due date", "term"]


FILE = """\
version: "0.2.0.dev0"
semantic_model:
  - name: frete
    datasets:
      - name: entregas
        source: public.entregas
        custom_extensions: [{vendor_name: MAESTRO, data: '{"titles": {"pt": "entregas feitas", "en": "drops", "%s": "x"}}'}]
        fields:
          - name: status
            expression: status
            custom_extensions: [{vendor_name: MAESTRO, data: '{"titles": {"en": "stage"}}'}]
"""


def test_what_a_model_file_says_comes_first_and_can_be_asked_by() -> None:
    model = refined(FILE % "en")
    assert told(dataset(model, "entregas")) == {"pt": "entregas feitas", "en": "x"}
    assert told(field(model, "entregas", "status"))["en"] == "stage"
    assert "stage" in {term.text for term in field(model, "entregas", "status").terms}


def test_a_title_in_another_language_is_reported() -> None:
    model = refined_with_problems(FILE % "fr")
    assert any("'fr'" in issue.message for issue in model.issues)
    assert told(dataset(model, "entregas"))["en"] == "drops"


def test_a_name_of_a_file_is_not_overruled_by_a_comment_of_the_database() -> None:
    given = terms(("pedidos", "", MODEL, 1), ("pedidos dos clientes", "pt", semantics.TERM_ORIGIN_COMMENT, 0.8))
    assert told(entitled(given))["pt"] == "pedidos"
