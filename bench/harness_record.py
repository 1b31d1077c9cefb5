"""What became of each question of a run, kept so that failures can be looked at later: one JSON object a line."""

import json
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from bench.accuracy import Outcome
from bench.questions import Question

_KEPT = 20
_ROWS, _CELL = 20, 200
_NAME = re.compile(r"\d{8}-\d{6}-\d{6}")


@dataclass
class Asked:
    """One question, and what became of it.

    outcome: "plan", "clarification", "refusal" or "command", as the analyzer said; "rejected" where a check of the mesh
    refused its plan; "failed" where the analysis failed. place: of the first right reading among those tried, -1: none.
    answered: whether the mesh would have answered without asking. shown: by choice or plan shown, the numbers of the gold
    answers that it gives. model: what the language model proposed was "right", "wrong", or it proposed nothing ("").
    """

    question: Question
    outcome: str = ""
    place: int = -1
    probability: float = 0.0
    answered: bool = False
    milliseconds: float = 0.0
    clauses: tuple[str, ...] = ()
    gold: str = ""
    first: str = ""
    sql: str = ""
    error: str = ""
    issues: tuple[str, ...] = ()
    clarification: str = ""
    choices: tuple[str, ...] = ()
    shown: tuple[tuple[int, ...], ...] = ()
    meanings: int = 1
    model: str = ""
    model_place: int = -1
    gold_rows: list[Any] = field(default_factory=list)
    gold_count: int = 0
    given_rows: list[Any] = field(default_factory=list)
    given_count: int = -1
    candidates: list[dict[str, Any]] = field(default_factory=list)
    stages: dict[str, Any] = field(default_factory=dict)

    @property
    def right(self) -> bool:
        """Whether the first reading is."""
        return self.place == 0

    def told(self) -> Outcome:
        """The part that figures are made of."""
        return Outcome(
            self.question, self.place, self.probability, self.answered, self.milliseconds, self.first, self.gold,
            self.clauses,
        )  # fmt: skip

    def line(self) -> str:
        """As JSON. Stages and candidates only where the first reading is wrong, or the question is ambiguous."""
        content = asdict(self)
        content["question"] = self.question.rest
        content["right"] = self.right
        if self.right and not self.question.ambiguous:
            content["stages"], content["candidates"] = {}, []
        return json.dumps(content, ensure_ascii=False, default=str)


def head(rows: Sequence[Sequence[Any]]) -> list[list[Any]]:
    """The first rows, in a form that JSON can hold."""
    return [[_cell(value) for value in row] for row in rows[:_ROWS]]


def _cell(value: Any) -> Any:
    if value is None or isinstance(value, (bool, int, float)):
        return value
    return str(value)[:_CELL]


class Runs:
    """The folder of past runs; the newest twenty are kept."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def begin(self) -> Path:
        """A file for a new run."""
        self.folder.mkdir(parents=True, mode=0o700, exist_ok=True)
        for old in self.newest()[_KEPT - 1 :]:
            old.unlink(missing_ok=True)
        path = self.folder / f"{datetime.now(UTC):%Y%m%d-%H%M%S-%f}.jsonl"
        path.touch(mode=0o600)
        return path

    def newest(self) -> list[Path]:
        """The files of all runs, newest first."""
        found = [path for path in self.folder.glob("*.jsonl") if _NAME.fullmatch(path.stem)]
        return sorted(found, key=lambda path: path.stem, reverse=True)

    def read(self, run: str = "") -> Iterator[dict[str, Any]]:
        """The lines of a run; of the newest where none is named. Raises FileNotFoundError."""
        newest = self.newest()
        path = self.folder / f"{run}.jsonl" if run else (newest[0] if newest else self.folder / "none.jsonl")
        yield from _lines(path)

    def find(self, number: str, run: str = "") -> tuple[str, dict[str, Any]] | None:
        """The newest run that holds a question, and its line; None where none does."""
        for path in [self.folder / f"{run}.jsonl"] if run else self.newest():
            for line in _lines(path):
                if str(line["question"].get("id", "")) == number:
                    return path.stem, line
        return None


def _lines(path: Path) -> Iterable[dict[str, Any]]:
    with path.open(encoding="utf-8") as file:
        for text in file:
            try:
                yield json.loads(text)
            except ValueError:  # a run that was killed in mid-line
                return
