"""Which questions are asked of which databases."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from bench.harness_set import work
from bench.questions import QuestionError
from mesh.sources import sources
from tests.bench.library import QUESTIONS, library


def test_databases_are_found_beside_the_questions(tmp_path: Path) -> None:
    found = work(library(tmp_path))
    (place,) = found.places
    assert place.file == tmp_path / "database" / "library" / "library.sqlite"
    assert found.count == len(QUESTIONS)
    assert [each.id for each in work(tmp_path, language="pt").places[0].questions] == ["q3"]


def test_a_folder_of_databases_can_be_named_and_what_is_not_there_is_counted(tmp_path: Path) -> None:
    path = library(tmp_path)
    assert work(path, tmp_path / "elsewhere").missing == {"library": len(QUESTIONS)}
    assert work(path, tmp_path / "elsewhere", postgres=True).places[0].schema == "library"


@pytest.mark.parametrize("name", ["Sales 2024", "x__schemas", "_", "42", "déjà-vu", "a.b"])
def test_any_name_of_a_database_becomes_one_that_a_source_may_have(tmp_path: Path, name: str) -> None:
    path = library(tmp_path, "library")
    for option in ("a", "b"):
        (tmp_path / "database" / f"{option}.sqlite").touch()
    lines = [
        {"db_id": name, "db_path": f"{option}.sqlite", "question": "x", "gold_sql": "SELECT 1"} for option in ("a", "b")
    ]
    path.write_text("\n".join(map(json.dumps, lines)))
    first, second = work(path).places
    told = sources({**first.environment(""), **second.environment("")})
    assert sorted(told) == sorted([first.source, second.source])
    assert told[first.source].path == str(first.file)


def test_a_path_with_odd_characters_reaches_the_source(tmp_path: Path) -> None:
    folder = tmp_path / "what? 100% ção"
    folder.mkdir()
    (place,) = work(library(folder)).places
    assert sources(place.environment(""))[place.source].path == str(place.file)


def test_the_same_seed_draws_the_same_questions(tmp_path: Path) -> None:
    path = library(tmp_path)
    drawn = [[each.id for each in work(path, sample=3, seed=seed).places[0].questions] for seed in (1, 1, 2)]
    assert drawn[0] == drawn[1]
    assert len(drawn[2]) == 3


def test_databases_come_in_batches(tmp_path: Path) -> None:
    path = library(tmp_path)
    lines = [{"db_id": f"d{n}", "question": "x", "gold_sql": "SELECT 1"} for n in range(7)]
    path.write_text("\n".join(map(json.dumps, lines)))
    batches = list(work(path, postgres=True).batches(3))
    assert [len(batch) for batch in batches] == [3, 3, 1]


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("{", "line 2"),
        ("[1]", "line 2"),
        ('{"db_id": "x", "gold_sql": "y"}', "'question' is missing"),
        ("\xff", "line 2"),
    ],
)
def test_a_line_that_is_no_question_is_named(tmp_path: Path, line: str, said: str) -> None:
    path = tmp_path / "questions.jsonl"
    path.write_bytes(b'{"db_id": "d", "question": "x", "gold_sql": "SELECT 1"}\n' + line.encode("latin-1"))
    with pytest.raises(QuestionError, match=said):
        work(path)
