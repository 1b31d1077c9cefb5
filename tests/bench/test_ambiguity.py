"""The bench of ambiguous questions: what counts as asked, shown and right, on a small database of its own."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from bench.ambiguity import Outcome, figures, main, part_of
from bench.questions import Question

_SCHEMA = """
CREATE TABLE Farms(id INTEGER PRIMARY KEY, name TEXT);
CREATE TABLE Crops(id INTEGER PRIMARY KEY, crop TEXT);
CREATE TABLE Farms_Crops(farm_id INTEGER REFERENCES Farms(id), crop_id INTEGER REFERENCES Crops(id));
INSERT INTO Farms VALUES (1, 'North'), (2, 'South');
INSERT INTO Crops VALUES (1, 'Wheat'), (2, 'Rye');
INSERT INTO Farms_Crops VALUES (1, 1), (1, 2), (2, 1);
"""
_EACH = "SELECT f.name, c.crop FROM Farms f JOIN Farms_Crops x ON x.farm_id = f.id JOIN Crops c ON c.id = x.crop_id"
_SHARED = "SELECT crop FROM Crops WHERE id = 1"


def _outcome(**more: object) -> Outcome:
    held: dict[str, object] = {
        "id": "1", "database": "d", "question": "q", "kind": "scope", "ambiguous": True, "outcome": "plan", "golds": 2,
        "right": 0, "first": False, "confidence": 0.5, "choices": (), "codes": (),
    }  # fmt: skip
    return Outcome(**{**held, **more})  # type: ignore[arg-type]  # its fields, handed on


def test_asked_and_shown_right_count_each_once() -> None:
    told = figures(
        [
            _outcome(outcome="clarification", right=2),
            _outcome(outcome="clarification", right=0),
            _outcome(right=2, choices=("a", "b")),
            _outcome(right=1, choices=("a", "b")),
        ]
    )
    assert told["asked_of_ambiguous"] == 0.5
    assert told["asked_or_shown_right"] == 0.75
    assert told["all_right_among_choices"] == 0.5


def test_clear_questions_are_told_apart_by_what_became_of_them() -> None:
    clear = {"ambiguous": False, "golds": 1}
    told = figures(
        [
            _outcome(**clear, first=True),
            _outcome(**clear, first=False),
            _outcome(**clear, outcome="clarification"),
            _outcome(**clear, outcome="refusal"),
        ]
    )
    assert (told["asked_of_clear"], told["refused_of_clear"], told["first_right_of_clear"]) == (0.25, 0.25, 0.25)
    assert told["wrong_of_answered"] == 0.5


def test_parts_share_no_database() -> None:
    asked = [Question(str(at), name, "", (), "en", "", False, False, {}) for at, name in enumerate("abcab")]
    first, second = part_of(asked, "1/2"), part_of(asked, "2/2")
    assert {each.database for each in first} == {"a", "c"}
    assert {each.database for each in second} == {"b"}
    assert part_of(asked, "") == asked


def test_questions_are_asked_and_judged(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "database").mkdir()
    with closing(sqlite3.connect(tmp_path / "database" / "farms.sqlite")) as made:
        made.executescript(_SCHEMA)
    lines = [
        {"id": "1", "question": "Which crops does each farm grow?", "gold_sqls": [_SHARED, _EACH, "SELECT no FROM where"], "ambiguous": True},
        {"id": "2", "question": "Which crops are common to all farms?", "gold_sqls": [_SHARED], "ambiguous": False},
        {"id": "3", "question": "For each farm, list the crops.", "gold_sqls": [_EACH], "ambiguous": False},
    ]  # fmt: skip
    file = tmp_path / "asked.jsonl"
    file.write_text(
        "".join(json.dumps({**line, "db_id": "farms", "lang": "en", "type": "scope"}) + "\n" for line in lines)
    )
    assert main([str(file), "--record", str(tmp_path / "out.jsonl")]) == 0
    told = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert told["all_right_among_choices"] == 1.0
    assert (told["asked_of_clear"], told["first_right_of_clear"]) == (0.0, 1.0)
    assert told["by_type"]["scope"]["ambiguous"] == 1
    recorded = [json.loads(line) for line in (tmp_path / "out.jsonl").read_text().splitlines()]
    assert [each["outcome"] for each in recorded] == ["clarification", "plan", "plan"]
