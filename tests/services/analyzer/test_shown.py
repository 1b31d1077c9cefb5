"""A noun that is to be shown and that nothing answers to is said, and no list of something else given."""

import pytest

from maestro.semantics.v1 import semantics_pb2 as semantics
from services.analyzer.decide import decide
from services.analyzer.vocabulary import compile_vocabulary
from tests.services.analyzer.models import dataset, field, freight
from tests.services.analyzer.shop import asked, decided

FREIGHT = compile_vocabulary(freight())


@pytest.mark.parametrize(
    ("question", "language", "noun"),
    [
        ("show the passwords of the customers", "en", "passwords"),
        ("list all customer passwords", "en", "passwords"),
        ("what are the birthdays of the sellers?", "en", "birthdays"),
        ("how many wheels do the products have?", "en", "wheels"),
        ("mostre as senhas dos clientes", "pt", "senhas"),
        ("quais são os salários dos vendedores?", "pt", "salários"),
        ("quantas rodas têm os produtos?", "pt", "rodas"),
    ],
)
def test_what_nothing_covers_is_not_answered_by_something_else(question: str, language: str, noun: str) -> None:
    decision = decided(question, language)
    (finding,) = decision.findings
    assert (decision.outcome, finding.code, finding.grave) == ("refusal", "question.not_known", True)
    assert dict(finding.params)["text"] == noun
    assert dict(finding.params)["nearest"]


@pytest.mark.parametrize(
    ("question", "language"),
    [
        ("show the customers", "en"),
        ("show the details of the customers", "en"),
        ("give me a list of the products", "en"),
        ("list the names of all customers", "en"),
        ("show information about the sellers", "en"),
        ("which products are sold by Ana?", "en"),
        ("mostre os dados dos clientes", "pt"),
        ("mostre a lista de produtos", "pt"),
        ("quais informações há dos vendedores?", "pt"),
    ],
)
def test_words_that_only_ask_to_show_are_no_nouns(question: str, language: str) -> None:
    assert "question.not_known" not in {each.code for each in decided(question, language).findings}


def test_what_can_be_shown_instead_is_what_is_called_alike_first() -> None:
    (finding,) = decided("show the emales of the customers").findings
    params = dict(finding.params)
    assert params["about"] in ("customer", "customers")
    assert params["nearest"].split(", ")[0] == "email"


def test_a_no_that_no_reading_carries_out_is_not_passed_over() -> None:
    assert decided("which sellers have no age?", "en").outcome != "plan"


GRADES = compile_vocabulary(
    semantics.SemanticModel(
        source="school",
        version="00000000000000aa",
        catalog_version="00000000000000bb",
        datasets=[
            dataset(
                "aluno",
                [
                    field("id", "id", "int"),
                    field("nome", "dim", "text", "name"),
                    field("nota", "dim", "text", "grade", values=["A", "B", "C", "E", "N", "O"]),
                ],
                "aluno", "alunos", "student", "students",
                label="nome",
            )
        ],
    )
)  # fmt: skip


@pytest.mark.parametrize(
    ("question", "language", "letter"),
    [
        ("quantos alunos com nota A?", "pt", "A"),
        ("alunos com nota O", "pt", "O"),
        ("alunos com nota E", "pt", "E"),
        ("alunos com nota N", "pt", "N"),
        ("how many students with grade A?", "en", "A"),
        ("students with grade B", "en", "B"),
    ],
)
def test_a_letter_is_a_value_though_small_it_is_a_small_word(question: str, language: str, letter: str) -> None:
    decision = decide(asked(question, language, vocabulary=GRADES), {}, GRADES)
    assert decision.outcome == "plan"
    assert decision.best is not None
    assert f'text: "{letter}"' in str(decision.best.plan.query.select.where)


@pytest.mark.parametrize(
    ("question", "language"),
    [("alunos com nota D", "pt"), ("students with grade D", "en"), ("students with grade F", "en")],
)
def test_a_letter_that_no_row_holds_is_not_left_out(question: str, language: str) -> None:
    decision = decide(asked(question, language, vocabulary=GRADES), {}, GRADES)
    assert (decision.outcome, [each.code for each in decision.findings]) == ("refusal", ["question.value_unknown"])


@pytest.mark.parametrize(
    "question", ["Quantos alunos a escola tem?", "QUANTOS ALUNOS A ESCOLA TEM?", "students I know"]
)
def test_small_words_stay_small(question: str) -> None:
    parsed = asked(question, "pt" if "lunos" in question.lower() else "en", vocabulary=GRADES)
    assert not [link for link in parsed.links if link.target.kind == "value"]
