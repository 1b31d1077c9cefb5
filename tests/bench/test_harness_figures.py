"""Gold answers, records of runs, and the figures that are made of them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from bench.harness_figures import figures
from bench.harness_gold import GoldError, Golds, distinct
from bench.harness_record import Asked, Runs, head
from bench.questions import Question
from tests.bench.library import library


def question(number: str = "q", *, golds: int = 1, ambiguous: bool = False, language: str = "en") -> Question:
    rest = {"id": number, "db_id": "d", "question": "x"}
    return Question(number, "d", "x", ("SELECT 1",) * golds, language, "easy", ambiguous, False, rest)


def asked(place: int = 0, *, of: Question | None = None, **more: Any) -> Asked:
    told = {"outcome": "plan", "probability": 0.9, "answered": True, "milliseconds": 1.0, **more}
    return Asked(of or question(), place=place, **told)


def test_golds_run_on_the_file_and_only_read_it(tmp_path: Path) -> None:
    library(tmp_path)
    with Golds(tmp_path / "database" / "library" / "library.sqlite") as golds:
        (gold,) = golds.run(["SELECT name FROM author WHERE id > = 3 ORDER BY name;"])
        assert (gold.rows, gold.ordered) == ([("Balzac",), ("Eça",)], True)
        assert gold.is_answered_by([("Balzac",), ("Eça",)])
        assert not gold.is_answered_by([("Eça",), ("Balzac",)])
        assert len(golds.run(["SELECT 1", "SELECT nothing"])) == 1
        with pytest.raises(GoldError, match="nothing"):
            golds.run(["SELECT nothing"])
        with pytest.raises(GoldError):
            golds.run(["DELETE FROM author"])
        with pytest.raises(GoldError):
            golds.run(
                ["WITH RECURSIVE t(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM t) SELECT count(*) FROM t"], seconds=0.2
            )
        same = golds.run(["SELECT count(*) FROM author", "SELECT 4", "SELECT 3"])
        assert [gold.sql for gold in distinct(same)] == ["SELECT count(*) FROM author", "SELECT 3"]


def test_a_file_that_is_no_database_is_said(tmp_path: Path) -> None:
    with pytest.raises(GoldError):
        Golds(tmp_path / "none.sqlite")


def test_figures_of_what_was_asked() -> None:
    made = figures(
        [
            asked(0), asked(2, clauses=("where",)), asked(-1, answered=False, outcome="refusal", probability=0.2, clauses=("select",)),
            asked(0, of=question(language="pt")), asked(-1, of=question(golds=0), answered=False, outcome="refusal"),
            asked(-1, of=question(golds=0)),
        ],
        left_out=3, missing=1,
    )  # fmt: skip
    assert (made["questions"], made["gold_fails"], made["no_database"]) == (4, 3, 1)
    assert made["execution_accuracy"] == 0.5
    assert (made["coverage"], made["precision"]) == (0.75, 0.6667)
    assert (made["oracle"]["1"], made["oracle"]["2"], made["oracle"]["4"]) == (0.5, 0.5, 0.75)
    assert made["failures_by_clause"] == {"where": 1, "select": 1}
    assert made["outcomes"] == {"plan": 4, "refusal": 2}
    assert made["by_language"]["pt"] == {"n": 1, "execution_accuracy": 1.0, "coverage": 1.0, "precision": 1.0}
    assert made["unanswerable"] == {"n": 2, "not_answered": 0.5}
    assert "ambiguous" not in made
    json.dumps(made)


def test_ambiguous_questions_have_to_be_shown_all_their_meanings() -> None:
    several = question(golds=2, ambiguous=True)
    back = {"outcome": "clarification", "answered": False, "meanings": 2, "choices": ("a", "b")}
    made = figures(
        [
            asked(0, of=several, shown=((0,), (1,)), **back),
            asked(0, of=several, shown=((0,), ()), **back),
            asked(0, of=several, shown=((0, 1), ()), **{**back, "choices": ()}),
            asked(0, of=several, meanings=2, shown=((0,),)),
            asked(0, of=several, meanings=1, shown=((0,),)),
            asked(0),
            asked(0, outcome="clarification", answered=False),
        ],
        left_out=0, missing=0,
    )["ambiguous"]  # fmt: skip
    assert made == {
        "n": 4, "asked_back": 0.75, "asked_or_shown": 0.25, "any_shown": 0.5, "one_meaning": 1, "clear_n": 2,
        "clear_asked_back": 0.5,
    }  # fmt: skip


def test_how_a_model_fared() -> None:
    made = figures(
        [asked(0, model="right", model_place=0), asked(-1, model="wrong", model_place=0), asked(0, model="wrong", model_place=3), asked(0)],
        left_out=0, missing=0,
    )["model"]  # fmt: skip
    assert made == {"proposed": 0.75, "right_of_proposed": 0.3333, "agreed": 0.5, "right_when_agreed": 0.5}


def test_runs_are_kept_and_found_again(tmp_path: Path) -> None:
    runs = Runs(tmp_path / "runs")
    assert runs.find("a") is None
    with pytest.raises(FileNotFoundError):
        list(runs.read())
    for number in range(25):
        path = runs.begin()
        path.write_text(asked(-1, of=question(f"q{number}"), first="reading").line() + '\n{"cut in mid')
    assert len(runs.newest()) == 20
    assert [line["question"]["id"] for line in runs.read()] == ["q24"]
    found = runs.find("q10")
    assert found is not None
    assert found[1]["first"] == "reading"
    assert runs.find("q2") is None


def test_what_is_kept_of_right_answers_is_little() -> None:
    stages = {"link": [1, 2, 3]}
    assert json.loads(asked(0, stages=stages).line())["stages"] == {}
    assert json.loads(asked(1, stages=stages).line())["stages"] == stages
    assert head([(b"x" * 1000, None, 1.5)] * 50)[0][1:] == [None, 1.5]
    assert len(head([(1,)] * 50)) == 20
