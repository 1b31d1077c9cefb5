"""When it is asked back, and with which readings. Readings and their probabilities are ours here: no trained model."""

from __future__ import annotations

from dataclasses import replace

import pytest

from services.analyzer.analyze import Scored
from services.analyzer.asking import Asked, Limits, asking
from services.analyzer.reading import Compare, Item, Reading, Ref, Within
from tests.services.analyzer.shop import asked, evidence, scored

TITLE = Ref("product", "title")
PLAIN = Reading("product", select=(Item(TITLE),), intent="list")
ONCE = replace(PLAIN, distinct=True)
DEAR = replace(PLAIN, where=(Compare(Item(Ref("product", "price")), ">", 5),))
LAMPS = replace(PLAIN, where=(Compare(Item(TITLE), "=", "Lamp"),))
QUESTION = "titles of products with price above 5"
OURS = Limits(answer_at=0.8, show_at=0.4, offer_at=0.3)


def ask(*readings: Scored, question: str = QUESTION, limits: Limits = OURS) -> Asked | None:
    return asking(asked(question), readings, evidence(question), limits)


def test_a_sure_reading_is_answered() -> None:
    assert ask(scored(PLAIN, 0.8), scored(DEAR, 0.1)) is None


def test_an_unsure_one_is_shown_with_the_others() -> None:
    told = ask(scored(PLAIN, 0.79), scored(DEAR, 0.1))
    assert told is not None
    assert (told.code, told.shown) == ("question.unsure", True)
    assert told.choices == ((PLAIN, 0.79), (DEAR, 0.1))


def test_a_very_unsure_one_is_asked() -> None:
    told = ask(scored(PLAIN, 0.2), scored(DEAR, 0.18))
    assert told is not None
    assert (told.code, told.shown) == ("question.unsure", False)
    assert told.question == "What do you want to know?"


def test_what_is_not_worth_offering_is_not_offered() -> None:
    told = ask(scored(PLAIN, 0.1), scored(DEAR, 0.1))
    assert told is not None
    assert told.choices == ()
    assert not told.shown


@pytest.mark.parametrize(
    ("limits", "outcome"),
    [(Limits(0.5, 0.4, 0.3), None), (Limits(0.9, 0.6, 0.3), True), (Limits(0.9, 0.7, 0.3), False)],
)
def test_limits_decide(limits: Limits, outcome: bool | None) -> None:
    told = ask(scored(PLAIN, 0.6), scored(DEAR, 0.2), limits=limits)
    assert (told.shown if told else None) == outcome


def test_rules_that_say_a_question_in_the_models_terms_are_answered_however_unsure_others_are() -> None:
    assert ask(scored(PLAIN, 0.1, "rules"), scored(DEAR, 0.1)) is None


def test_what_no_reading_covers_is_asked_however_sure_the_first_one_is() -> None:
    told = ask(scored(PLAIN, 0.99, uncovered=[5, 6]), scored(DEAR, 0.01))
    assert told is not None
    assert (told.code, told.shown) == ("question.not_covered", False)
    assert told.question == "I did not understand “above 5”. Is this what you want?"
    assert [reading for reading, _ in told.choices] == [PLAIN, DEAR]


def test_at_most_three_different_readings_are_offered() -> None:
    again = replace(PLAIN, intent="", tables=("product",))
    told = ask(scored(PLAIN, 0.5), scored(again, 0.2), scored(ONCE, 0.1), scored(DEAR, 0.1), scored(LAMPS, 0.05))
    assert told is not None
    assert [reading for reading, _ in told.choices] == [PLAIN, ONCE, DEAR]


def test_what_the_grammar_leaves_open_is_asked_with_both_readings_however_sure_one_is() -> None:
    both = replace(PLAIN, where=(Within(TITLE, ("Kettle", "Teapot")), Compare(Item(Ref("product", "weight")), ">", 3)))
    question = "titles of Kettle and Teapot products with weight above 3"
    told = ask(scored(with_places(both, question), 0.99), question=question)
    assert told is not None
    assert (told.code, told.shown, [share for _, share in told.choices]) == ("question.ambiguous", False, [0.5, 0.5])
    wide, narrow = (reading.where for reading, _ in told.choices)
    assert len(wide) == 2
    assert len(narrow) == 1


def with_places(reading: Reading, question: str) -> Reading:
    """The reading, its last condition with the words that it came from."""
    from services.analyzer.reading import Source

    tokens = (len(asked(question).keys) - 1,)
    last = reading.where[-1]
    assert isinstance(last, Compare)
    return replace(reading, where=(*reading.where[:-1], replace(last, source=Source(tokens, "cue"))))
