"""For each check on answers: an answer with the fault planted is caught, and the same without it passes."""

import pytest
from google.protobuf.timestamp_pb2 import Timestamp

from maestro.plan.v1 import plan_pb2
from maestro.result.v1 import result_pb2
from services.validator.answer import check_answer
from tests.services.loader.plans import both, cmp, col, count, day, query, span
from tests.services.validator.store import DATE, DECIMAL, INTEGER, TEXT, O, head

R = result_pb2
ANSWERED, CLARIFICATION, REFUSED, ACKNOWLEDGED = 1, 2, 3, 4


def answered(text, found, **fields):
    made = R.Answer(status=ANSWERED, text=text, locale="pt-BR", result=found)
    made.plan.CopyFrom(
        plan_pb2.QueryPlan(
            query=query(
                O,
                {"n": count()},
                where=both(cmp(col("o.total"), ">", 5000), span(col("o.due"), day("2025-06-01"), day("2025-07-01"))),
            )
        )
    )
    made.provenance.as_of_time.CopyFrom(Timestamp(seconds=1763700000))
    for name, value in fields.items():
        if isinstance(value, list):
            getattr(made, name).extend(value)
        else:
            setattr(made, name, value)
    return made


def codes(answer, question="", locale=""):
    return [each.code for each in check_answer(question, locale, answer)]


ONE = head([("n", INTEGER)], [(1234,)])
MONEY = head([("s", DECIMAL)], [(1234567.891,)])
GROUPS = head([("u", TEXT), ("n", INTEGER)], [("SP 01", 12), ("RJ", 7)])
DATES = head([("d", DATE), ("n", INTEGER)], [("date|2024-02-29", 3)])


@pytest.mark.parametrize(
    ("text", "found", "wrong"),
    [
        ("São 1.234 entregas.", ONE, "São 1.235 entregas."),
        ("São 1234 entregas.", ONE, "São 4321 entregas."),
        ("Total de R$ 1.234.567,89.", MONEY, "Total de R$ 1.234.567,98."),
        ("Total de R$ 1.234.568.", MONEY, "Total de R$ 1.234.569."),
        ("Total de 1.234.567,9.", MONEY, "Total de 1.234.567,8."),
        ("SP 01: 12; RJ: 7.", GROUPS, "SP 01: 12; RJ: 8."),
        ("2 grupos: 1. SP 01 (12); 2. RJ (7).", GROUPS, "33 grupos."),
        ("Em 29/02/2024 foram 3.", DATES, "Em 29/02/2024 foram 4."),
        ("Acima de 5.000, em junho de 2025: 3.", DATES, "Acima de 6.000: 3."),
        ("De 01/06/2025 a 30/06/2025: 3.", DATES, "De 01/06/2025 a 18/06/2025: 3."),
        ("Nenhum registro atende.", head([("n", INTEGER)], []), "Foram 0,5 registros."),
    ],
)
def test_a_number_that_is_in_nothing_is_caught(text, found, wrong):
    assert codes(answered(text, found)) == []
    assert codes(answered(wrong, found)) == ["answer.number"]


def test_numbers_of_question_labels_filters_and_enrichments_may_be_said():
    made = answered("NF 99887: 1.234; 12,5% acima (R$ 1.097,00); rota 17.", ONE)
    assert codes(made) == ["answer.number"] * 4
    made.enrichments.add(kind="previous_period").values["change"].float = 0.125
    made.enrichments[0].values["previous"].decimal = "1097.00"
    made.provenance.filters.append("rota = 17")
    assert codes(made, question="quantas da NF 99887?") == []


def test_a_share_may_be_said_as_a_percentage_only_with_the_sign():
    found = head([("s", 3)], [(0.123,)])
    assert codes(answered("São 12,3% do total.", found)) == []
    assert codes(answered("São 12,3 do total.", found)) == ["answer.number"]


def test_english_numbers_are_read_as_english():
    made = answered("There are 1,234 rows.", ONE, locale="en-US")
    assert codes(made) == []
    made.text = "There are 1.234 rows."
    assert codes(made) == ["answer.number"]


@pytest.mark.parametrize(
    ("answer", "code"),
    [
        (R.Answer(status=ANSWERED, text=" ", locale="pt-BR", result=ONE), "answer.empty"),
        (R.Answer(text="oi", locale="pt-BR"), "answer.status"),
        (R.Answer(status=ANSWERED, text="Sim.", locale="pt-BR"), "answer.status"),
        (R.Answer(status=REFUSED, text="Não.", locale="pt-BR", result=ONE), "answer.status"),
        (R.Answer(status=REFUSED, text="Não.", locale="pt-BR"), "answer.no_reason"),
        (R.Answer(status=CLARIFICATION, text="Escolha.", locale="pt-BR"), "answer.no_choice"),
        (R.Answer(status=ACKNOWLEDGED, text="Feito."), "answer.language"),
    ],
)
def test_status_and_content_fit(answer, code):
    assert code in codes(answer)


@pytest.mark.parametrize(
    "answer",
    [
        R.Answer(status=CLARIFICATION, text="Qual data?", locale="pt-BR"),
        R.Answer(status=CLARIFICATION, text="Escolha:", locale="pt-BR", choices=[R.Choice(text="a")]),
        R.Answer(status=ACKNOWLEDGED, text="Vou lembrar.", locale="pt-BR"),
        answered("1.234 entregas.", ONE),
    ],
)
def test_what_fits_passes(answer):
    assert codes(answer) == []


def test_the_language_is_the_one_that_was_asked_for():
    made = answered("São 1.234 entregas.", ONE)
    assert codes(made, locale="pt") == []
    assert codes(made, locale="en-US") == ["answer.language"]
    made.locale = "en-US"
    made.text = "Não há na base nenhum registro que atenda ao que você quer."
    assert codes(made, locale="en-US") == ["answer.language"]


def test_a_part_of_the_rows_is_said_to_be_one():
    part = head([("id", INTEGER)], [(1,), (2,)], complete=False, total_rows=321, next_page_token="t")
    assert codes(answered("Mostrando 2 de 321 registros.", part)) == []
    assert codes(answered("Aqui estão os pedidos.", part)) == ["answer.truncation_unsaid"]
    unknown = head([("id", INTEGER)], [(1,), (2,)], complete=False, total_rows=-1, next_page_token="t")
    assert codes(answered("Mostrando os primeiros 2; há mais.", unknown)) == []


def test_nothing_is_computed_over_a_part_of_the_rows():
    part = head([("u", TEXT), ("n", INTEGER)], [("a", 1)], complete=False, total_rows=9, next_page_token="t")
    made = answered("Mostrando 1 de 9.", part)
    made.enrichments.add(kind="share", row_values=[R.Value(float=1.0)])
    assert codes(made) == ["answer.total_over_part"]
    made.enrichments[0].statements.add(sql="SELECT count(*) FROM orders")
    assert codes(made) == []
