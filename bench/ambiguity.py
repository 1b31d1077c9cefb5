"""Are ambiguous questions asked back with their right readings, and clear ones answered?

    python -m bench.ambiguity FILE [--databases DIR] [--part K/N] [--lang en] [--sample N] [--record FILE]

FILE has one JSON object a line (bench/questions.py); `ambiguous` tells whether several readings are right, which are then
`gold_sqls`, `type` the kind. A gold query that the database does not take is none. Runs the analyzer in this process.

Of the ambiguous: `asked` back; `asked_or_shown_right`, asked back or answered with every right reading beside it;
`all_right_among_choices`, asked or shown so; `some_right_among_choices`, at least two. Of the clear: `asked`, `refused`,
`first_right`, and `wrong_of_answered`, answers without any choice beside them that are wrong. `--part 1/2` takes every
second database only, so that what was looked at while building can be told from what was not. Prints a table by type and,
as its last line, one JSON object.
"""

import argparse
import json
import random
import sqlite3
import sys
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from bench.questions import Question, database_file, read_questions
from bench.scoring import Rows, is_ordered, same_answer
from bench.world import World
from maestro.plan.v1 import plan_pb2
from mesh.fault import Fault
from services.analyzer.asking import LIMITS
from services.analyzer.decide import Decision, decide

_SECONDS = 5.0
Gold = tuple[Rows, bool]


@dataclass(frozen=True)
class Outcome:
    """What became of one question. right: how many of its golds are among the choices; first: whether the first reading is
    one of them; choices: how each was put; codes: of the findings."""

    id: str
    database: str
    question: str
    kind: str
    ambiguous: bool
    outcome: str
    golds: int
    right: int
    first: bool
    confidence: float
    choices: tuple[str, ...]
    codes: tuple[str, ...]

    @property
    def asked(self) -> bool:
        """Whether it was asked back."""
        return self.outcome == "clarification"

    @property
    def all_right(self) -> bool:
        """Whether every right reading is among the choices."""
        return self.right == self.golds > 0


def judged(question: Question, world: World) -> Outcome:
    """What the analyzer does with a question, against its golds."""
    parsed, found = world.parsed(question.text, question.language)
    made = decide(parsed, found, world.vocabulary, LIMITS)
    golds = list(_golds(question, world))
    hits: set[int] = set()
    for choice in made.choices:
        hits |= _hits(choice.plan, golds, world)
    first = made.best is not None and made.outcome != "refusal" and bool(_hits(made.best.plan, golds, world))
    return Outcome(
        question.id, question.database, question.text, str(question.rest.get("type", "")), question.ambiguous,
        made.outcome, len(golds), len(hits), first, round(made.confidence, 3),
        tuple(choice.text for choice in made.choices), _codes(made),
    )  # fmt: skip


def _codes(made: Decision) -> tuple[str, ...]:
    return tuple(dict.fromkeys(finding.code for finding in made.findings))


def _golds(question: Question, world: World) -> Iterable[Gold]:
    for text in question.golds:
        try:
            yield world.gold(text), is_ordered(text)
        except sqlite3.Error:
            continue


def _hits(plan: plan_pb2.QueryPlan, golds: Sequence[Gold], world: World) -> set[int]:
    """The golds that a plan answers."""
    try:
        given = world.run(plan, _SECONDS)
    except (Fault, sqlite3.Error):
        return set()
    return {at for at, (rows, ordered) in enumerate(golds) if same_answer(rows, given, ordered=ordered)}


def figures(outcomes: Sequence[Outcome]) -> dict[str, Any]:
    """The shares of a set of outcomes."""
    open_ = [each for each in outcomes if each.ambiguous]
    clear = [each for each in outcomes if not each.ambiguous]
    plain = [each for each in clear if each.outcome == "plan" and not each.choices]
    told: dict[str, Any] = {"ambiguous": len(open_), "clear": len(clear)}
    if open_:
        told |= {
            "asked_of_ambiguous": _share(each.asked for each in open_),
            "asked_or_shown_right": _share(each.asked or each.all_right for each in open_),
            "all_right_among_choices": _share(each.all_right for each in open_),
            "some_right_among_choices": _share(each.right >= min(2, each.golds) for each in open_),
            "refused_of_ambiguous": _share(each.outcome == "refusal" for each in open_),
        }
    if clear:
        told |= {
            "asked_of_clear": _share(each.asked for each in clear),
            "refused_of_clear": _share(each.outcome == "refusal" for each in clear),
            "first_right_of_clear": _share(each.first for each in clear),
            "right_among_choices_of_clear": _share(each.first or each.right > 0 for each in clear),
            "answered_alone_of_clear": round(len(plain) / len(clear), 4),
            "wrong_of_answered": _share(not each.first for each in plain),
        }
    return told


def _share(held: Iterable[bool]) -> float:
    values = list(held)
    return round(sum(values) / len(values), 4) if values else 0.0


def part_of(questions: Sequence[Question], part: str) -> list[Question]:
    """The questions of every N-th database, from the K-th on, for "K/N"; all of them for ""."""
    if not part:
        return list(questions)
    chosen, parts = (int(number) for number in part.split("/"))
    names = sorted({question.database for question in questions})
    kept = set(names[chosen - 1 :: parts])
    return [question for question in questions if question.database in kept]


def run(questions: Sequence[Question], folders: Sequence[Path]) -> list[Outcome]:
    """What becomes of each question; those whose database is not there are left out."""
    by_file: dict[tuple[str, Path], list[Question]] = defaultdict(list)
    for question in questions:
        file = database_file(question, folders)
        if file is not None:
            by_file[question.database, file].append(question)
    outcomes = []
    for (name, file), asked in by_file.items():
        world = World(name, file)
        outcomes += [judged(question, world) for question in asked]
    return outcomes


def main(arguments: Sequence[str]) -> int:
    """The command line."""
    parser = argparse.ArgumentParser(prog="bench.ambiguity", description=__doc__.splitlines()[0])
    parser.add_argument("file", type=Path)
    parser.add_argument("--databases", type=Path, help="folder of the SQLite files; default: database/ beside FILE")
    parser.add_argument("--part", default="", help="K/N: every N-th database, from the K-th on")
    parser.add_argument("--lang", default="", help="only questions of this language")
    parser.add_argument("--sample", type=int, default=0, help="that many questions, drawn at random")
    parser.add_argument("--record", type=Path, help="writes each outcome as a line of JSON")
    held = parser.parse_args(arguments)
    questions = part_of(read_questions(held.file, held.lang), held.part)
    if held.sample and held.sample < len(questions):
        questions = random.Random(3).sample(questions, held.sample)  # repeatable, not secret
    folders = [held.databases] if held.databases else [held.file.parent / "database", held.file.parent]
    outcomes = run(questions, folders)
    if held.record:
        held.record.write_text("".join(json.dumps(asdict(each), ensure_ascii=False) + "\n" for each in outcomes))
    kinds = sorted({each.kind for each in outcomes})
    by_kind = {kind: figures([each for each in outcomes if each.kind == kind]) for kind in kinds if kind}
    for kind, told in by_kind.items():
        print(f"{kind:<12}", *(f"{name}={value}" for name, value in told.items()))
    print(json.dumps({**figures(outcomes), "by_type": by_kind}))
    return 0 if outcomes else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
