"""Answers where no plan was run."""

import pytest

from maestro.analyzer.v1 import analyzer_pb2
from maestro.error.v1 import error_pb2
from maestro.plan.v1 import plan_pb2
from maestro.processor.v1 import processor_pb2, processor_pb2_grpc
from maestro.result.v1 import result_pb2
from mesh.testing import start
from services.processor.__main__ import build
from services.processor.reasons import REASONS, reason
from services.processor.reply import reply
from services.validator.answer import check_answer

R = result_pb2
REQUEST = processor_pb2.ComposeReplyRequest


def said(request, locale="pt-BR"):
    request.context.locale = locale
    answer = reply(request, "pt-BR")
    assert [each.message for each in check_answer(request.question, locale, answer)] == []
    return answer


def issue(code, severity=error_pb2.SEVERITY_ERROR, **params):
    return error_pb2.Issue(code=code, severity=severity, params=params, module="test")


def test_a_question_back_offers_at_most_three_choices():
    analysis = analyzer_pb2.AnalyzeResponse(
        outcome=analyzer_pb2.OUTCOME_CLARIFICATION, clarification="Qual data?", confidence=0.4
    )
    for number in range(4):
        choice = analysis.choices.add(text=f"data {number}", probability=0.2)
        choice.plan.CopyFrom(plan_pb2.QueryPlan(question=str(number)))
    answer = said(REQUEST(question="pedidos de maio", analysis=analysis))
    assert answer.status == R.ANSWER_STATUS_CLARIFICATION
    assert answer.text == ("Qual data?\n1. data 0\n2. data 1\n3. data 2\nResponda com o número ou com outras palavras.")
    assert [each.plan.question for each in answer.choices] == ["0", "1", "2"]


def test_a_refusal_says_why_and_what_can_be_asked():
    analysis = analyzer_pb2.AnalyzeResponse(
        outcome=analyzer_pb2.OUTCOME_REFUSAL,
        issues=[issue("question.value_unknown", text="Magazine Lua", nearest="Magazine Sol")],
        suggestions=["Quantos pedidos há?"],
    )
    made = REQUEST(question="Mostre dados da Magazine Lua", analysis=analysis)
    answer = said(made)
    assert answer.status == R.ANSWER_STATUS_REFUSED
    assert answer.text == (
        "Não posso responder a esta pergunta. Não encontrei “Magazine Lua” nos dados; o mais parecido é Magazine "
        "Sol. Você pode perguntar: “Quantos pedidos há?”."
    )
    assert said(made, "en-US").text.startswith(
        "I cannot answer this question. I found no “Magazine Lua” in the data; the nearest is Magazine Sol."
    )


def test_a_plan_that_a_check_rejected_is_refused_though_there_is_an_analysis():
    analysis = analyzer_pb2.AnalyzeResponse(outcome=analyzer_pb2.OUTCOME_PLAN, has_plan=True)
    answer = said(REQUEST(question="x", analysis=analysis, issues=[issue("coverage.number", term="12")]))
    assert answer.status == R.ANSWER_STATUS_REFUSED
    assert answer.text == ("Não posso responder a esta pergunta. O número 12 da pergunta não entrou na consulta.")
    assert [each.code for each in answer.issues] == ["coverage.number"]


def test_a_refusal_without_a_reason_gets_one():
    answer = said(REQUEST(question="x"))
    assert answer.status == R.ANSWER_STATUS_REFUSED
    assert len(answer.issues) == 1


def test_a_wish_that_was_carried_out_is_acknowledged():
    answer = said(REQUEST(question="lembre que …", acknowledgement="Vou lembrar: o Aurora é especial."))
    assert (answer.status, answer.text) == (R.ANSWER_STATUS_ACKNOWLEDGED, "Vou lembrar: o Aurora é especial.")


@pytest.mark.parametrize("language", ["pt", "en"])
def test_every_reason_has_a_sentence_that_needs_nothing(language):
    for code in REASONS[language]:
        bare = reason(issue(code), language)
        assert bare.endswith((".", "…"))
        assert "{" not in bare


def test_both_languages_know_the_same_reasons():
    assert REASONS["pt"].keys() == REASONS["en"].keys()


def test_a_code_that_nobody_knows_falls_back_to_its_family():
    assert reason(issue("coverage.color"), "en") == "A part of the question is not in the query."
    assert reason(issue("what.is.this"), "en") == "There is a problem that prevents an answer."


async def test_it_serves():
    async with start({"processor": build}) as mesh:
        stub = mesh.stub(processor_pb2_grpc.ProcessorStub, "processor")
        answered = await stub.ComposeReply(REQUEST(question="oi", acknowledgement="Feito."))
        assert answered.answer.text == "Feito."
        composed = await stub.Compose(processor_pb2.ComposeRequest())
        assert composed.answer.text
