"""The sample's own questions and the gold answers of outside ones: all run, and the judge can tell."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any

import psycopg
import pytest

from bench.frete import Question, questions, run_golds, text_hash
from bench.frete_judge import Given, Gold, judge

SAMPLE = Path(__file__).parents[3] / "samples" / "frete"
OWN = questions(SAMPLE / "questions.jsonl")
ENTRIES: list[dict[str, Any]] = [
    json.loads(line) for line in (SAMPLE / "gold" / "outside.jsonl").read_text().splitlines()
]
OUTSIDE = [
    Question(entry["hash"], "", entry["as_of"], tuple(entry["kinds"]), tuple(entry["golds"])) for entry in ENTRIES
]

BY_ID = {question.id: question for question in (*OWN, *OUTSIDE)}


@cache
def golds(frete: str, question_id: str) -> list[Gold]:
    """Each gold is run once for all tests."""
    question = BY_ID[question_id]
    with psycopg.connect(frete, autocommit=True) as connection:
        return run_golds(connection, question)


def perfect(gold: Gold) -> Given:
    """An answer that is this gold."""
    rows = gold.rows[:1] if gold.mode in {"any_value", "label_in"} else gold.rows
    return Given("answer", rows)


def test_there_are_enough_in_both_languages() -> None:
    entries = [json.loads(line) for line in (SAMPLE / "questions.jsonl").read_text().splitlines()]
    assert len(entries) >= 60
    assert sum(entry["lang"] == "en" for entry in entries) >= 15
    assert sum(entry["lang"] == "pt" for entry in entries) >= 40
    assert {entry["hardness"] for entry in entries} == {"easy", "medium", "hard"}
    assert {entry["db_id"] for entry in entries} == {"frete"}
    assert len({entry["id"] for entry in entries}) == len({entry["question"] for entry in entries}) == len(entries)
    assert sum("refuse" in entry.get("kinds", ()) for entry in entries) >= 3
    assert not {text_hash(entry["question"]) for entry in entries} & {entry["hash"] for entry in ENTRIES}


def test_the_outside_ones_are_sixty() -> None:
    assert len({entry["hash"] for entry in ENTRIES}) == len(ENTRIES) == 60
    for entry in ENTRIES:
        assert bool(entry["golds"]) == ("answer" in entry["kinds"])


@pytest.mark.parametrize("question", OWN, ids=lambda question: question.id)
def test_an_own_gold_is_right_and_nothing_is_not(frete: str, question: Question) -> None:
    found = golds(frete, question.id)
    if not found:
        assert judge(Given(question.kinds[0]), question.kinds, found).right
        assert not judge(Given("answer", [(1.0,)]), question.kinds, found).right
        return
    assert found[0].rows, "the gold answer is empty"
    assert judge(perfect(found[0]), question.kinds, found).right
    assert not judge(Given("answer", []), question.kinds, found).right
    assert not judge(Given("refuse"), question.kinds, found).right
    if found[0].mode in ("rows", "keys"):
        assert not judge(Given("answer", [*found[0].rows, *found[0].rows]), question.kinds, found).right


@pytest.mark.parametrize("question", OUTSIDE, ids=lambda question: question.id)
def test_an_outside_gold_runs_and_is_right(frete: str, question: Question) -> None:
    found = golds(frete, question.id)
    if not found:
        assert judge(Given(question.kinds[0]), question.kinds, found).right
        assert not judge(Given("answer", [(1.0,)]), question.kinds, found).right
        return
    assert any(gold.rows and gold.rows != [(None,)] for gold in found)
    for gold in found:
        if gold.rows and len(gold.rows) >= gold.min_rows:
            assert judge(perfect(gold), question.kinds, [gold]).right, gold.mode
    assert not judge(Given("answer", [(-7.25, "nobody")]), question.kinds, found).right


def test_nearly_every_answer_has_rows(frete: str) -> None:
    asked = [question for question in (*OWN, *OUTSIDE) if question.golds]
    filled = sum(any(gold.rows for gold in golds(frete, question.id)) for question in asked)
    assert filled >= 0.9 * len(asked)
