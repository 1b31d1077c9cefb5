"""The runner of the frete questions: it asks, judges, goes on after a failure, and says what it found."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

import psycopg
import pytest

from bench.frete import default_file, given, questions, run
from bench.frete_judge import Given
from samples.frete.sample import ANCHOR

OWN = Path(__file__).parents[2] / "samples" / "frete" / "questions.jsonl"


@dataclass
class Answer:
    status: str
    rows: list[tuple[Any, ...]] = field(default_factory=list)
    total_rows: int = -1

    def tuples(self) -> list[tuple[Any, ...]]:
        return self.rows


class Clerk:
    """Answers with the gold SQL's rows, refuses what it does not know, and breaks down on one question."""

    def __init__(self, url: str, path: Path, breaks_at: str = "") -> None:
        self._url, self._breaks_at = url, breaks_at
        lines = [json.loads(line) for line in path.read_text().splitlines()]
        self._sql = {line["question"]: line["gold_sql"] for line in lines if "gold_sql" in line}

    async def ask(self, question: str, *, source: str, as_of: date) -> Answer:
        assert (source, as_of) == ("frete", ANCHOR)
        if question == self._breaks_at:
            raise TimeoutError("too slow")
        if question not in self._sql:
            return Answer("refused")
        with psycopg.connect(self._url) as connection:
            return Answer("answered", connection.execute(self._sql[question]).fetchall())


async def test_it_judges_and_goes_on_after_a_failure(frete: str, capsys: pytest.CaptureFixture[str]) -> None:
    asked = questions(OWN)[:6]
    clerk = Clerk(frete, OWN, breaks_at=asked[2].text)
    with psycopg.connect(frete, autocommit=True) as connection:
        figures = await run(clerk, connection, asked)
    assert (figures["questions"], figures["right"], figures["wrong"]) == (6, 5, [asked[2].id])
    printed = capsys.readouterr().out
    assert printed.count("right") == 5
    assert "TimeoutError: too slow" in printed


def test_outcomes_in_the_clients_words() -> None:
    assert given(Answer("answered", [("SP", 3)], total_rows=9)) == Given("answer", [("sp", 3.0)], 9)
    assert given(Answer("clarification")).kind == "ask"
    assert given(Answer("refused")).kind == "refuse"
    assert given(Answer("acknowledged")).kind == "acknowledged"


def test_outside_questions_are_found_by_the_hash_of_their_text(tmp_path: Path) -> None:
    file = tmp_path / "domain" / "questions_frete.tsv"
    file.parent.mkdir()
    file.write_text("A question that nobody has judged\t-\n")
    assert questions(file) == []


def test_the_default_file(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delenv("MAESTRO_BENCH_DATA", raising=False)
    assert default_file() == OWN
    monkeypatch.setenv("MAESTRO_BENCH_DATA", str(tmp_path / "data"))
    assert default_file() == OWN
    outside = tmp_path / "domain" / "questions_frete.tsv"
    outside.parent.mkdir()
    outside.touch()
    assert default_file() == outside
