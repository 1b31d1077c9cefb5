"""How often is the analyzer right? Question files with gold SQL, asked of the databases beside them.

    python -m bench.accuracy FILE|DIR [--lang pt|en] [--databases DIR] [--sample N] [--failures FILE] [--tried K]

Every question is read, its first reading is run by the loader and compared with the gold answer, whether or not the
analyzer would rather have asked back: `execution_accuracy`. `coverage` and `precision` tell how many it would have
answered and how many of those rightly; `oracle` how often a right reading is among the first k; `ece` how far its
probabilities are off. Prints a table and, as its last line, one JSON object.
"""

import argparse
import json
import random
import sqlite3
import statistics
import sys
import time
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from bench.clauses import differing
from bench.questions import Question, database_file, read_questions
from bench.scoring import is_ordered, same_answer
from bench.world import Rows, World
from mesh.fault import Fault
from services.analyzer.analyze import readings
from services.analyzer.explain import sketch
from services.analyzer.settings import AnalyzerSettings
from services.analyzer.training.sql_plan import to_plan
from services.analyzer.training.sql_schema import Inexpressible, Schema
from services.analyzer.unbuild import Unreadable, unbuild

ORACLES = (1, 2, 4, 8, 16, 32, 64)
_SECONDS = 5.0


@dataclass
class Outcome:
    """What became of one question. place: of the first right reading, -1 where none of those tried is."""

    question: Question
    place: int
    probability: float
    answered: bool
    milliseconds: float
    first: str = ""
    gold: str = ""
    clauses: tuple[str, ...] = ()
    stages: dict[str, Any] = field(default_factory=dict)

    @property
    def right(self) -> bool:
        """Whether the first reading is."""
        return self.place == 0


def ask(question: Question, held: World, tried: int, answer_at: float) -> Outcome | None:
    """Asks one question; None where its gold fails, or there is none."""
    if not question.golds:
        return None
    try:
        golds = [(held.gold(gold, 30.0), is_ordered(gold)) for gold in question.golds]
    except sqlite3.Error:
        return None
    begun = time.perf_counter()
    parsed, _ = held.parsed(question.text, question.language)
    found = readings(parsed, held.vocabulary)
    taken = (time.perf_counter() - begun) * 1000
    place = next((at for at, each in enumerate(found[:tried]) if _right(_run(held, each.plan), golds)), -1)
    first = found[0] if found else None
    made = Outcome(
        question, place, first.probability if first else 0.0, first is not None and first.probability >= answer_at, taken,
        sketch(first.reading) if first else "",
    )  # fmt: skip
    if place != 0:
        _explain(made, held, first)
    return made


def _run(held: World, made: Any) -> Rows | None:
    try:
        return held.run(made, _SECONDS)
    except (Fault, sqlite3.Error):
        return None


def _right(given: Rows | None, golds: Iterable[tuple[Rows, bool]]) -> bool:
    return given is not None and any(same_answer(right, given, ordered=ordered) for right, ordered in golds)


def _explain(made: Outcome, held: World, first: Any) -> None:
    try:
        gold = unbuild(to_plan(made.question.golds[0], Schema.of(held.catalog)), held.vocabulary)
    except (Inexpressible, Unreadable) as error:
        made.clauses, made.gold = ("form",), f"({error})"
        return
    made.gold = sketch(gold)
    made.clauses = differing(gold, first.reading, held.vocabulary) if first else ("nothing",)


def summary(outcomes: Sequence[Outcome], left_out: int) -> dict[str, Any]:
    """The figures of a run."""
    count = len(outcomes)
    answered = [each for each in outcomes if each.answered]
    times = sorted(each.milliseconds for each in outcomes)
    wrong = [each for each in outcomes if not each.right]
    by_hardness: dict[str, list[bool]] = defaultdict(list)
    for each in outcomes:
        by_hardness[each.question.hardness].append(each.right)
    clauses = Counter(clause for each in wrong for clause in each.clauses)
    return {
        "questions": count,
        "gold_fails": left_out,
        "execution_accuracy": _share(each.right for each in outcomes),
        "by_hardness": {name: {"n": len(held), "accuracy": _share(held)} for name, held in sorted(by_hardness.items())},
        "coverage": round(len(answered) / count, 4) if count else None,
        "precision": _share(each.right for each in answered),
        "oracle": {str(k): _share(0 <= each.place < k for each in outcomes) for k in ORACLES},
        "ece": expected_calibration_error(outcomes),
        "risk_coverage": risk_coverage(outcomes),
        "p50_ms": round(statistics.median(times), 2) if times else None,
        "p95_ms": round(times[min(len(times) - 1, int(0.95 * len(times)))], 2) if times else None,
        "failures_by_clause": dict(clauses.most_common()),
    }


def _share(held: Iterable[bool]) -> float | None:
    listed = list(held)
    return round(sum(listed) / len(listed), 4) if listed else None


def expected_calibration_error(outcomes: Sequence[Outcome], bins: int = 10) -> float:
    """Mean distance between probability and share of right answers, over ten bins of equal width."""
    held: dict[int, list[Outcome]] = defaultdict(list)
    for each in outcomes:
        held[min(int(each.probability * bins), bins - 1)].append(each)
    distance = 0.0
    for found in held.values():
        told = sum(each.probability for each in found) / len(found)
        true = sum(each.right for each in found) / len(found)
        distance += len(found) * abs(told - true)
    return round(distance / max(len(outcomes), 1), 4)


def risk_coverage(outcomes: Sequence[Outcome]) -> list[tuple[float, float]]:
    """(coverage, precision) when only the surest are answered, at every tenth."""
    ranked = sorted(outcomes, key=lambda each: -each.probability)
    points = []
    for tenth in range(1, 11):
        held = ranked[: max(1, round(len(ranked) * tenth / 10))]
        if held:
            points.append((tenth / 10, round(sum(each.right for each in held) / len(held), 4)))
    return points


def table(figures: dict[str, Any]) -> str:
    """The figures for people."""
    lines = [f"{'questions':24}{figures['questions']}", f"{'execution accuracy':24}{figures['execution_accuracy']}"]
    lines += [f"  {name:22}{held['accuracy']}  ({held['n']})" for name, held in figures["by_hardness"].items()]
    for name in ("coverage", "precision", "ece", "p50_ms", "p95_ms"):
        lines.append(f"{name:24}{figures[name]}")
    lines.append(f"{'oracle':24}" + "  ".join(f"@{k} {share}" for k, share in figures["oracle"].items()))
    lines.append(
        f"{'wrong in':24}" + ", ".join(f"{name} {count}" for name, count in figures["failures_by_clause"].items())
    )
    return "\n".join(lines)


def main(arguments: list[str] | None = None) -> None:
    """Measures a file or folder of questions."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("questions", type=Path)
    parser.add_argument("--lang", default="")
    parser.add_argument("--databases", type=Path)
    parser.add_argument("--sample", type=int, default=0, help="so many questions drawn at random, seed fixed")
    parser.add_argument("--tried", type=int, default=64, help="readings of a question that are run")
    parser.add_argument("--failures", type=Path, help="where to write each failure, one JSON object a line")
    told = parser.parse_args(arguments)
    figures = measure(told.questions, told.databases, told.lang, told.sample, told.tried, told.failures)
    sys.stdout.write(table(figures) + "\n" + json.dumps(figures, ensure_ascii=False) + "\n")


def measure(
    path: Path, databases: Path | None, language: str, sample: int = 0, tried: int = 64, failures: Path | None = None
) -> dict[str, Any]:
    """The figures of a file or folder of questions."""
    beside = path if path.is_dir() else path.parent
    folders = [databases] if databases else [beside / "database", beside]
    questions = read_questions(path, language)
    if sample and sample < len(questions):
        questions = sorted(random.Random(1).sample(questions, sample), key=lambda each: each.id)  # no secret
    worlds: dict[str, World] = {}
    outcomes, left_out = [], 0
    answer_at = AnalyzerSettings().answer_at
    for question in questions:
        file = database_file(question, folders)
        outcome = None
        if file is not None:
            held = worlds.setdefault(str(file), World(question.database, file))
            outcome = ask(question, held, tried, answer_at)
        if outcome is None:
            left_out += 1
        else:
            outcomes.append(outcome)
    if failures is not None:
        lines = [json.dumps(_line(each), ensure_ascii=False) for each in outcomes if not each.right]
        failures.write_text("\n".join(lines) + "\n", "utf-8")
    return summary(outcomes, left_out)


def _line(each: Outcome) -> dict[str, Any]:
    return {
        "id": each.question.id, "db_id": each.question.database, "question": each.question.text,
        "gold_sql": each.question.golds[0], "gold": each.gold, "first": each.first, "place": each.place,
        "probability": each.probability, "clauses": each.clauses,
    }  # fmt: skip


if __name__ == "__main__":
    main()
