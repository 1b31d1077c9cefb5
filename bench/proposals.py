"""What is a language model worth beside the rules? Question files with gold SQL, asked with and without its proposals.

    MAESTRO_LLM_URL=… MAESTRO_LLM_MODEL=… MAESTRO_LLM_TIMEOUT=60 \\
    python -m bench.proposals FILE|DIR [--lang pt|en] [--databases DIR] [--sample N] [--seed N] [--outcomes FILE]

No mesh: the analyzer's parts are called directly (bench/world.py), so that only the model takes time; what the mesh makes of
it is told by `maestro bench accuracy --llm`. The same questions are judged twice, by the first reading alone and by the
first after the proposal has joined. `rates` are those that services/analyzer/proposed.py rests on: how often a valid
proposal is right, is a wrong reading that the analyzer had found as well, or another wrong one. Prints a table and, as its
last line, one JSON object.
"""

import argparse
import asyncio
import json
import random
import sqlite3
import statistics
import sys
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from bench.questions import Question, database_file, read_questions
from bench.scoring import is_ordered, same_answer
from bench.world import Rows, World
from maestro.plan.v1 import plan_pb2
from mesh.fault import Fault
from services.analyzer.analyze import Scored, readings
from services.analyzer.build import build
from services.analyzer.explain import sketch
from services.analyzer.link import FoundValue
from services.analyzer.proposed import Kinds, joined
from services.analyzer.proposer import Proposer
from services.analyzer.proposer_open import proposer
from services.analyzer.settings import AnalyzerSettings, LlmSettings

_SECONDS = 5.0


@dataclass(frozen=True, slots=True)
class Outcome:
    """One question. own, proposed, after: whether the analyzer's first reading, the model's, and the first of both are
    right. place: of the model's among the analyzer's readings; -1: it is none of them. probability, then: of the first
    reading, without and with the model."""

    id: str
    database: str
    question: str
    own: bool
    valid: bool
    proposed: bool
    after: bool
    place: int
    probability: float
    then: float
    seconds: float
    first: str = ""
    model: str = ""
    why: str = ""


Golds = Sequence[tuple[Rows, bool]]


async def ask(question: Question, held: World, asked: Proposer) -> Outcome | None:
    """Asks one question; None where its gold fails, or there is none."""
    try:
        golds = [(held.gold(gold, 30.0), is_ordered(gold)) for gold in question.golds]
    except sqlite3.Error:
        return None
    if not golds:
        return None
    parsed, _ = held.parsed(question.text, question.language)
    scored = readings(parsed, held.vocabulary)

    async def look_up(texts: list[str]) -> Mapping[str, Sequence[FoundValue]]:
        return held.look_up(texts)

    begun = time.perf_counter()
    proposal = await asked.propose(parsed, held.vocabulary, look_up)
    seconds = time.perf_counter() - begun
    both = joined(scored, proposal.readings, f"model:{proposal.name}", parsed, held.vocabulary)
    made = proposal.readings[0] if proposal.readings else None
    place = -1
    if made is not None:
        kinds = Kinds(held.vocabulary, [*(each.reading for each in scored), made])
        key = kinds.of(made)
        place = next((at for at, each in enumerate(scored) if kinds.of(each.reading) == key), -1)
    return Outcome(
        question.id, question.database, question.text,
        own=_first_right(held, scored, golds), valid=made is not None,
        proposed=made is not None and _right(held, build(made, held.vocabulary, parsed.question), golds),
        after=_first_right(held, both, golds), place=place,
        probability=scored[0].probability if scored else 0.0, then=both[0].probability if both else 0.0,
        seconds=round(seconds, 2), first=sketch(both[0].reading) if both else "",
        model=sketch(made) if made else "", why=proposal.why,
    )  # fmt: skip


def _first_right(held: World, scored: Sequence[Scored], golds: Golds) -> bool:
    return bool(scored) and _right(held, scored[0].plan, golds)


def _right(held: World, made: plan_pb2.QueryPlan, golds: Golds) -> bool:
    try:
        given = held.run(made, _SECONDS)
    except (Fault, sqlite3.Error):
        return False
    return any(same_answer(right, given, ordered=ordered) for right, ordered in golds)


def summary(outcomes: Sequence[Outcome], left_out: int, answer_at: float) -> dict[str, Any]:
    """The figures of a run."""
    valid = [each for each in outcomes if each.valid]
    agreed = [each for each in valid if each.place == 0]
    times = sorted(each.seconds for each in outcomes)
    return {
        "questions": len(outcomes),
        "gold_fails": left_out,
        "execution_accuracy": _share(each.own for each in outcomes),
        "execution_accuracy_with_model": _share(each.after for each in outcomes),
        "gained": sum(each.after and not each.own for each in outcomes),
        "lost": sum(each.own and not each.after for each in outcomes),
        "model": {
            "valid": _share(each.valid for each in outcomes),
            "execution_accuracy": _share(each.proposed for each in outcomes),
            "either": _share(each.own or each.proposed for each in outcomes),
            "agreed": round(len(agreed) / len(outcomes), 4) if outcomes else None,
            "right_when_agreed": _share(each.own for each in agreed),
        },
        "rates": {
            "right": _share(each.proposed for each in valid),
            "same_wrong": _share(not each.proposed and each.place >= 0 for each in valid),
            "other_wrong": _share(not each.proposed and each.place < 0 for each in valid),
        },
        "answered": _answered([(each.probability, each.own) for each in outcomes], answer_at),
        "answered_with_model": _answered([(each.then, each.after) for each in outcomes], answer_at),
        "model_p50_s": round(statistics.median(times), 2) if times else None,
        "model_p95_s": times[min(len(times) - 1, int(0.95 * len(times)))] if times else None,
    }


def _answered(told: Sequence[tuple[float, bool]], answer_at: float) -> dict[str, float | None]:
    """Coverage, and precision, of what is sure enough to be answered."""
    sure = [right for probability, right in told if probability >= answer_at]
    return {"coverage": round(len(sure) / len(told), 4) if told else None, "precision": _share(sure)}


def _share(held: Iterable[bool]) -> float | None:
    listed = list(held)
    return round(sum(listed) / len(listed), 4) if listed else None


def drawn(told: argparse.Namespace) -> tuple[list[tuple[Question, World]], int]:
    """Questions with their databases, those of one source in a row (a model has read its tables then); how many have no
    database."""
    path: Path = told.questions
    beside = path if path.is_dir() else path.parent
    folders = [told.databases] if told.databases else [beside / "database", beside]
    questions = read_questions(path, told.lang)
    if told.sample and told.sample < len(questions):
        questions = random.Random(told.seed).sample(questions, told.sample)  # no secret
    worlds: dict[str, World] = {}
    found: list[tuple[Question, World]] = []
    for question in sorted(questions, key=lambda each: (each.database, each.id)):
        file = database_file(question, folders)
        if file is not None:
            found.append((question, worlds.setdefault(str(file), World(question.database, file))))
    return found, len(questions) - len(found)


async def measure(work: Sequence[tuple[Question, World]], asked: Proposer) -> list[Outcome]:
    """Asks the questions, one after the other; those whose gold runs."""
    outcomes = [await ask(question, held, asked) for question, held in work]
    return [each for each in outcomes if each is not None]


def main() -> None:
    """Measures a file or folder of questions."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("questions", type=Path)
    parser.add_argument("--lang", default="")
    parser.add_argument("--databases", type=Path)
    parser.add_argument("--sample", type=int, default=0, help="so many questions drawn at random")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--outcomes", type=Path, help="where to write each question, one JSON object a line")
    told = parser.parse_args()
    asked = proposer(LlmSettings())
    if asked is None:
        parser.error("no language model: set MAESTRO_LLM_URL and MAESTRO_LLM_MODEL")
    work, missing = drawn(told)
    outcomes = asyncio.run(measure(work, asked))
    if told.outcomes is not None:
        lines = [json.dumps(asdict(each), ensure_ascii=False) for each in outcomes]
        told.outcomes.write_text("\n".join(lines) + "\n", "utf-8")
    figures = summary(outcomes, missing + len(work) - len(outcomes), AnalyzerSettings().answer_at)
    sys.stdout.write("".join(f"{name:32}{value}\n" for name, value in figures.items()))
    sys.stdout.write(json.dumps(figures) + "\n")


if __name__ == "__main__":
    main()
