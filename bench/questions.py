"""Question files: one JSON object a line, `id, db_id, question, gold_sql, lang, hardness` and more."""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

_SUFFIXES = (".sqlite", ".db")


@dataclass(frozen=True, slots=True)
class Question:
    """One question. golds: its right queries, several where it is ambiguous. tie: the answer depends on how ties are
    broken. rest: further keys of the line."""

    id: str
    database: str
    text: str
    golds: tuple[str, ...]
    language: str
    hardness: str
    ambiguous: bool
    tie: bool
    rest: dict[str, Any]


def read_questions(path: Path, language: str = "") -> list[Question]:
    """The questions of a file, or of every .jsonl file of a folder; only those of a language where one is given."""
    files = sorted(path.glob("*.jsonl")) if path.is_dir() else [path]
    found = [
        _question(json.loads(line)) for file in files for line in file.read_text("utf-8").splitlines() if line.strip()
    ]
    return [each for each in found if not language or each.language[:2] == language]


def _question(line: dict[str, Any]) -> Question:
    golds = tuple(line.get("gold_sqls") or [line["gold_sql"]])
    return Question(
        id=str(line.get("id", "")),
        database=str(line["db_id"]),
        text=str(line["question"]),
        golds=golds,
        language=str(line.get("lang", "en")),
        hardness=str(line.get("hardness", "all")),
        ambiguous=bool(line.get("ambiguous", False)),
        tie=bool(line.get("tie", False)),
        rest=line,
    )


def database_file(question: Question, folders: Iterable[Path]) -> Path | None:
    """The SQLite file of a question: `<db_id>/<db_id>.sqlite`, `<db_id>.sqlite` or its `db_path`, in one of the folders."""
    name = question.database
    told = question.rest.get("db_path")
    for folder in folders:
        options = [folder / str(told)] if told else []
        options += [folder / name / f"{name}{suffix}" for suffix in _SUFFIXES] + [
            folder / f"{name}{suffix}" for suffix in _SUFFIXES
        ]
        for option in options:
            if option.is_file():
                return option
    return None
