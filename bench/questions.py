"""Question files: one JSON object a line, `id, db_id, question, gold_sql, lang, hardness` and more."""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

_SUFFIXES = (".sqlite", ".db")


@dataclass(frozen=True, slots=True)
class Question:
    """One question. golds: its right queries, several where it is ambiguous, none where it cannot be answered. tie: the
    answer depends on how ties are broken. rest: further keys of the line."""

    id: str
    database: str
    text: str
    golds: tuple[str, ...]
    language: str
    hardness: str
    ambiguous: bool
    tie: bool
    rest: dict[str, Any]


class QuestionError(ValueError):
    """A line of a file that is not a question; the message names file and line."""


def read_questions(path: Path, language: str = "") -> list[Question]:
    """The questions of a file, or of every .jsonl file of a folder; only those of a language where one is given. Raises
    QuestionError, and OSError where a file cannot be read."""
    files = sorted(path.glob("*.jsonl")) if path.is_dir() else [path]
    found = [each for file in files for each in _questions(file)]
    return [each for each in found if not language or each.language[:2] == language]


def _questions(file: Path) -> Iterable[Question]:
    # Lines end where JSON lines end; a question may hold other characters that Python also takes for line ends.
    for number, line in enumerate(file.read_bytes().split(b"\n"), 1):
        if not line.strip():
            continue
        try:
            yield _question(json.loads(line))
        except KeyError as error:
            raise QuestionError(f"{file}, line {number}: {error.args[0]!r} is missing") from None
        except (ValueError, TypeError, AttributeError) as error:
            raise QuestionError(f"{file}, line {number}: not a question ({error})") from None


def _question(line: dict[str, Any]) -> Question:
    answerable = line.get("answerable") is not False
    golds = tuple(line.get("gold_sqls") or [line["gold_sql"]]) if answerable else ()
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
