"""What becomes of a question: an answer, a question back, or a refusal that says why.

What trained models make first changes with them; what is asserted here holds whichever reading that is.
"""

from __future__ import annotations

from decimal import Decimal
from functools import cache

import pytest

from services.analyzer.asking import Limits
from services.analyzer.decide import Decision, decide
from services.analyzer.explain import sketch
from services.analyzer.link import FoundValue
from services.analyzer.proposer_values import texts_of
from services.analyzer.reading import Between, Compare, Reading, Within, conditions
from services.analyzer.vocabulary import compile_vocabulary
from tests.services.analyzer.models import freight
from tests.services.analyzer.shop import VOCABULARY, asked, decided

FREIGHT = compile_vocabulary(freight())
ANSWER_ALL = Limits(0.0, 0.0, 0.0)


def business(question: str, language: str = "pt", found: dict[str, list[FoundValue]] | None = None) -> Decision:
    return decide(asked(question, language, found, FREIGHT), found or {}, FREIGHT)


def codes(decision: Decision) -> list[str]:
    return [each.code for each in decision.findings]


@pytest.mark.parametrize(
    ("question", "language", "text", "about", "back"),
    [
        ("purchases of customer X", "en", "X", "customer", "Which customer?"),
        ("compras do cliente [NOME]", "pt", "[NOME]", "cliente", "Qual cliente?"),
        ("total of product <product>", "en", "<product>", "product", "Which product?"),
    ],
)
def test_a_placeholder_is_asked_for(question: str, language: str, text: str, about: str, back: str) -> None:
    decision = decided(question, language)
    (finding,) = decision.findings
    assert (decision.outcome, finding.code, finding.grave) == ("clarification", "question.placeholder", True)
    assert dict(finding.params) == {"text": text, "about": about}
    assert decision.clarification == back
    assert decision.best is None


def test_a_name_that_no_data_holds_is_refused_with_the_nearest() -> None:
    near = {"Rennard": [FoundValue("entregas_monitoradas", "cliente", "RENNER LTDA", 0.6, "similar")]}
    decision = business("quantas entregas do cliente Rennard estão atrasadas?", found=near)
    (finding,) = decision.findings
    assert (decision.outcome, finding.code) == ("refusal", "question.value_unknown")
    assert dict(finding.params) == {"text": "Rennard", "nearest": "RENNER LTDA"}
    assert decision.best is None
    assert decision.suggestions


def test_a_question_about_nothing_that_is_known_is_refused_with_what_can_be_asked() -> None:
    decision = decided("show me the blorgs")
    assert (decision.outcome, codes(decision)) == ("refusal", ["question.not_understood"])
    assert len(decision.suggestions) == 3


@pytest.mark.parametrize(
    ("question", "language", "text"),
    [
        ("vip customers not from", "en", "not"),
        ("vip customers, distribution", "en", "distribution"),
        ("faturamento do Aurora contém zorks", "pt", "contém"),
        ("faturamento do Aurora acima da média", "pt", "acima da média"),
    ],
)
def test_an_operator_that_no_reading_carries_out_is_a_refusal(question: str, language: str, text: str) -> None:
    decision = decided(question) if language == "en" else business(question)
    assert (decision.outcome, codes(decision)) == ("refusal", ["question.not_covered"])
    assert dict(decision.findings[0].params) == {"text": text}


@pytest.mark.parametrize(
    ("question", "wanted"),
    [
        ("Quantas entregas do Aurora estão atrasadas em SP?", ["entregas_monitoradas:Aurora", "entregas_monitoradas.atrasada", "entregas_monitoradas.uf = 'SP'"]),
        ("Qual o faturamento do Bandeirão este mês?", ["faturamento from", "relatorio_faturamento_importado:Bandeirão", "[2025-06-01, 2025-07-01)"]),
        ("fretes sem CTe do Coco Verde", ["fretes.sem_cte", "fretes:Coco Verde"]),
    ],
)  # fmt: skip
def test_a_question_in_the_terms_of_the_model_is_answered_in_them(question: str, wanted: list[str]) -> None:
    decision = business(question)
    assert decision.outcome == "plan"
    assert decision.best is not None
    assert decision.best.by == "rules"
    assert decision.best.plan.query.ByteSize()
    assert [each for each in wanted if each not in sketch(decision.best.reading)] == []


QUESTIONS = [
    "products with price above 7",
    "products with price between 5 and 10",
    "the 4 heaviest products",
    "customers with more than 3 purchases",
    "purchases with total not above 100",
    "customers not from Lisbon",
    "customers who do not live in Recife",
    "products in the Kitchen category with weight below 3",
    "customers from Lisbon older than 30 with 2 purchases",
    "Kettle products with weight 5 and price 9",
    'products whose title contains "zz9"',
    "purchases of 17 and 23",
    "customers from Boston who bought 12 kettles",
]


@cache
def _decided(question: str, limits: Limits) -> Decision:
    return decided(question, limits=limits)


def said(reading: Reading) -> set[object]:
    """Every number and text that a reading compares with, and its limits."""
    found: set[object] = {reading.limit, *texts_of(reading)}
    for each in conditions(reading):
        if isinstance(each, Compare):
            found |= said(each.right) if isinstance(each.right, Reading) else {each.right}
        elif isinstance(each, Within):
            found |= {*each.values} | (said(each.query) if each.query else set())
        elif isinstance(each, Between):
            found |= {each.lower, each.upper}
        else:
            found |= {getattr(each, "count", None), getattr(each, "text", None)}
    return found | (said(reading.combine.other) if reading.combine else set())


@pytest.mark.parametrize("question", QUESTIONS)
@pytest.mark.parametrize("limits", [Limits(), ANSWER_ALL])
def test_no_number_value_or_negation_is_silently_left_out(question: str, limits: Limits) -> None:
    """However sure the models are: what is answered holds every number, value and negation of the question, else it is
    asked back or refused."""
    decision = _decided(question, limits)
    if decision.outcome != "plan":
        assert decision.clarification or decision.findings
        return
    assert decision.best is not None
    assert decision.best.uncovered == ()
    held = {str(each).casefold() for each in said(decision.best.reading)}
    parsed = asked(question)
    for number in parsed.numbers:
        assert {str(number.value), str(Decimal(number.value))} & held, f"{number.value} is in no condition"
    for value in {each.target.value for each in parsed.links if each.target.kind == "value" and each.score >= 0.95}:
        assert value.casefold() in held, f"{value} is in no condition"


@pytest.mark.parametrize("question", QUESTIONS)
def test_choices_are_plans_that_differ_with_words_and_probabilities(question: str) -> None:
    decision = _decided(question, Limits())
    assert len(decision.choices) <= 3
    plans = {each.plan.SerializeToString(deterministic=True) for each in decision.choices}
    assert len(plans) == len(decision.choices)
    for choice in decision.choices:
        assert 0 <= choice.probability <= 1
        assert choice.text
        assert choice.plan.question == question


def test_limits_tell_answers_from_questions_back() -> None:
    question = "titles of products in the Kitchen category"
    sure, shown, back, none = (
        decided(question, limits=each)
        for each in (ANSWER_ALL, Limits(1.0, 0.0, 0.0), Limits(1.0, 1.0, 0.0), Limits(1.0, 1.0, 1.0))
    )
    assert (sure.outcome, sure.choices) == ("plan", ())
    assert (shown.outcome, "question.unsure" in codes(shown)) == ("plan", True)
    assert (back.outcome, back.clarification) == ("clarification", "What do you want to know?")
    assert [each.text for each in back.choices] == [each.text for each in shown.choices]
    assert (none.outcome, "question.not_understood" in codes(none)) == ("refusal", True)


def test_a_question_that_may_mean_two_things_is_asked_with_both() -> None:
    decision = decided("customers and suppliers from Lisbon", limits=ANSWER_ALL)
    assert (decision.outcome, "question.ambiguous" in codes(decision)) == ("clarification", True)
    assert decision.clarification == "“from Lisbon” can mean different things. Which one?"
    assert [each.plan.query.HasField("set_operation") for each in decision.choices] == [True, True]
    assert len({each.text for each in decision.choices}) == 2


def test_words_that_nothing_explains_are_told() -> None:
    decision = decided("purple vip customers", limits=ANSWER_ALL)
    assert [dict(each.params) for each in decision.findings if each.code == "question.word_unexplained"] == [
        {"text": "purple"}
    ]


def test_nothing_to_ask_of_a_source_without_tables() -> None:
    model = freight()
    del model.datasets[:], model.relationships[:], model.metrics[:], model.entities[:]
    empty = compile_vocabulary(model)
    decision = decide(asked("how many customers?", "en", vocabulary=empty), {}, empty)
    assert (decision.outcome, decision.suggestions) == ("refusal", ())


def test_the_same_parse_is_decided_the_same_whichever_vocabulary_object_holds_the_model() -> None:
    from tests.services.analyzer.shop import shop

    other = compile_vocabulary(shop())
    for question in QUESTIONS[:4]:
        one = decided(question)
        again = decide(asked(question, vocabulary=other), {}, other)
        assert one.outcome == again.outcome
        assert [each.text for each in one.choices] == [each.text for each in again.choices]
    assert VOCABULARY is not other
