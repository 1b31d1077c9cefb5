"""Questions that go on from the one before."""

from __future__ import annotations

import pytest

from maestro.plan.v1 import plan_pb2 as plan
from services.analyzer.analyze import readings
from services.analyzer.dialogue import continues, follow
from services.analyzer.explain import sketch
from services.analyzer.vocabulary import compile_vocabulary
from tests.services.analyzer.models import freight
from tests.services.analyzer.shop import asked

FREIGHT = compile_vocabulary(freight())
BEFORE = "Quantas entregas do Aurora estão atrasadas em SP?"


def first(question: str) -> plan.QueryPlan:
    return readings(asked(question, "pt", vocabulary=FREIGHT), FREIGHT)[0].plan


def followed(before: str, question: str, language: str = "pt") -> str:
    made = follow(asked(question, language, vocabulary=FREIGHT), first(before), FREIGHT)
    assert made is not None
    assert made.plan.query.ByteSize()
    return sketch(made.reading)


@pytest.mark.parametrize(
    ("question", "new", "gone"),
    [
        ("E do Bandeirão?", ":Bandeirão", ":Aurora"),
        ("e em MG?", "uf = 'MG'", "'SP'"),
        ("e no mês passado?", "[2025-05-01, 2025-06-01)", ""),
        ("e por transportadora?", "by entregas_monitoradas.transportadora", ""),
    ],
)
def test_what_is_named_takes_the_place_of_its_kind_and_the_rest_stays(question: str, new: str, gone: str) -> None:
    made = followed(BEFORE, question)
    assert new in made
    assert not gone or gone not in made
    for kept in ("entregas_monitoradas.atrasada", ":Aurora", "uf = 'SP'", "count("):
        assert kept in made or (gone and gone in kept)


def test_several_turns_build_on_each_other() -> None:
    made = follow(asked("E do Bandeirão?", "pt", vocabulary=FREIGHT), first(BEFORE), FREIGHT)
    assert made is not None
    again = follow(asked("e em MG?", "pt", vocabulary=FREIGHT), made.plan, FREIGHT)
    assert again is not None
    text = sketch(again.reading)
    assert ":Bandeirão" in text
    assert "uf = 'MG'" in text
    assert "entregas_monitoradas.atrasada" in text


@pytest.mark.parametrize(
    ("question", "language", "goes_on"),
    [
        ("e de SP?", "pt", True),
        ("what about Bandeirão?", "en", True),
        ("volte para o Aurora", "pt", True),
        ("qual o faturamento?", "pt", True),
        ("Quantas entregas do Aurora estão atrasadas em SP?", "pt", False),
        ("fretes sem CTe", "pt", False),
        ("qual o faturamento em maio?", "pt", False),
    ],
)
def test_only_what_cannot_stand_alone_goes_on(question: str, language: str, goes_on: bool) -> None:
    assert continues(asked(question, language, vocabulary=FREIGHT)) is goes_on


def test_nothing_to_take_over_is_no_continuation() -> None:
    assert follow(asked("e agora?", "pt", vocabulary=FREIGHT), first(BEFORE), FREIGHT) is None


def test_a_plan_that_readings_cannot_hold_is_no_ground_to_go_on_from() -> None:
    strange = first(BEFORE)
    strange.query.select.joins.add(kind=plan.JOIN_KIND_LEFT)
    assert follow(asked("e em MG?", "pt", vocabulary=FREIGHT), strange, FREIGHT) is None


def test_words_left_over_lower_the_confidence() -> None:
    plain = follow(asked("e em MG?", "pt", vocabulary=FREIGHT), first(BEFORE), FREIGHT)
    more = follow(asked("e em MG com zibaldones?", "pt", vocabulary=FREIGHT), first(BEFORE), FREIGHT)
    assert plain is not None
    assert more is not None
    assert more.probability < plain.probability
