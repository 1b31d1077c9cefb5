"""What a language model is worth: the same questions with and without it."""

from __future__ import annotations

from pathlib import Path

from bench.proposals import Outcome, measure, summary
from bench.questions import Question
from bench.world import World
from services.analyzer.proposer import Proposer
from services.analyzer.proposer_http import Address, Endpoint
from tests.bench.library import library
from tests.services.analyzer.model_server import says, serving


def question(text: str, *golds: str) -> Question:
    return Question("q", "library", text, golds, "en", "easy", False, False, {})


async def test_questions_are_judged_without_and_with_the_model(tmp_path: Path) -> None:
    library(tmp_path)
    world = World("library", tmp_path / "database" / "library" / "library.sqlite")
    work = [
        (question("how many authors are there?", "SELECT count(*) FROM author"), world),
        (question("how many authors are there?", "SELECT nothing"), world),
        (question("how many authors are there?"), world),
    ]
    async with serving(says({"select": ["count(*)"], "from": ["author"]})) as server:
        made = Proposer(Endpoint(Address.of(server.url), "small"), "small", seconds=5, tokens=100, values=0)
        (told,) = await measure(work, made)
    assert (told.own, told.valid, told.proposed, told.after, told.place) == (True, True, True, True, 0)
    assert told.then >= told.probability


def outcome(own: bool, proposed: bool, after: bool, place: int, *, valid: bool = True, then: float = 0.9) -> Outcome:
    return Outcome("q", "d", "x", own, valid, proposed, after, place, 0.5, then, 1.0)


def test_figures_say_what_the_model_won_and_lost_and_how_it_errs() -> None:
    told = [
        outcome(True, True, True, 0),
        outcome(False, True, True, 3),
        outcome(True, False, False, -1),
        outcome(True, False, True, 2),
        outcome(True, False, True, -1, valid=False, then=0.1),
    ]
    made = summary(told, 2, 0.8)
    assert (made["questions"], made["gold_fails"]) == (5, 2)
    assert (made["execution_accuracy"], made["execution_accuracy_with_model"]) == (0.8, 0.8)
    assert (made["gained"], made["lost"]) == (1, 1)
    assert made["model"] == {
        "valid": 0.8, "execution_accuracy": 0.4, "either": 1.0, "agreed": 0.2, "right_when_agreed": 1.0,
    }  # fmt: skip
    assert made["rates"] == {"right": 0.5, "same_wrong": 0.25, "other_wrong": 0.25}
    assert made["answered"] == {"coverage": 0.0, "precision": None}
    assert made["answered_with_model"] == {"coverage": 0.8, "precision": 0.75}


def test_no_questions_have_no_figures() -> None:
    assert summary([], 0, 0.8)["execution_accuracy"] is None
