"""Ask questions about the frete sample through the running mesh, and judge the answers by gold SQL.

    python -m bench.frete [FILE] [--target HOST:PORT] [--database URL] [--noise SHARE --seed N]

FILE is the sample's own `questions.jsonl` (the default), any file of that form, or a TSV whose first column
is the question: its gold answers are found in `samples/frete/gold/outside.jsonl` by the hash of the
question's text, because the questions themselves are not ours to keep. Without FILE, MAESTRO_BENCH_DATA names
a folder beside which such a TSV may lie (`../domain/questions_frete.tsv`). With --noise the questions are asked as
people type them in a hurry (bench/noise.py). Prints a table and, as its last line, one JSON object.
"""

from __future__ import annotations

import argparse
import asyncio
import hashlib
import json
import os
import statistics
import sys
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import Any, Protocol

import psycopg

from bench.frete_judge import Given, Gold, Verdict, judge, rows_of
from bench.noise import noisy
from maestro_client import Maestro

_SAMPLE = Path(__file__).parents[1] / "samples" / "frete"

# What the client calls the outcomes, in the judge's three words.
_KINDS = {"answered": "answer", "clarification": "ask", "refused": "refuse"}


class Answered(Protocol):
    """What the bench needs of an answer (maestro_client.Answer)."""

    @property
    def status(self) -> str:
        """answered, clarification, refused, or another word that is never right."""

    @property
    def total_rows(self) -> int:
        """Rows of the whole result, -1 where they were not counted."""

    def tuples(self) -> Iterable[tuple[Any, ...]]:
        """The rows."""


class Answering(Protocol):
    """What the bench needs of the client (maestro_client.Maestro)."""

    async def ask(self, question: str, *, source: str, as_of: date) -> Answered:
        """Answers a question."""


@dataclass(frozen=True)
class Question:
    """One question with the readings that are acceptable; golds: mode, sql and options of each."""

    id: str
    text: str
    as_of: str
    kinds: tuple[str, ...]
    golds: tuple[dict[str, Any], ...]


def questions(path: Path) -> list[Question]:
    """The questions of a file that have gold answers."""
    if path.suffix == ".jsonl":
        return [_own(json.loads(line)) for line in path.read_text().splitlines() if line.strip()]
    golds = {}
    for line in (_SAMPLE / "gold" / "outside.jsonl").read_text().splitlines():
        entry = json.loads(line)
        golds[entry["hash"]] = entry
    texts = [line.split("\t")[0].strip() for line in path.read_text().splitlines()]
    return [
        Question(str(number), text, held["as_of"], tuple(held["kinds"]), tuple(held["golds"]))
        for number, text in enumerate(texts, 1)
        if (held := golds.get(text_hash(text)))
    ]


def text_hash(question: str) -> str:
    """The key of an outside question's gold answers."""
    return hashlib.sha256(question.strip().encode()).hexdigest()[:12]


def _own(entry: dict[str, Any]) -> Question:
    kinds = tuple(entry.get("kinds", ("answer",)))
    golds = entry.get("golds")
    if golds is None:
        mode = "keys" if "key" in entry else "rows"
        golds = [{"mode": mode, "sql": sql} for sql in entry.get("gold_sqls") or [entry["gold_sql"]]]
    return Question(entry["id"], entry["question"], entry["as_of"], kinds, tuple(golds))


def run_golds(connection: psycopg.Connection, question: Question) -> list[Gold]:
    """The rows of every reading; `:as_of` in the SQL is the day of the question."""
    found = []
    for gold in question.golds:
        sql = gold["sql"].replace(":as_of", f"DATE '{question.as_of}'")
        rows = rows_of(connection.execute(sql.encode()).fetchall())
        found.append(Gold(gold["mode"], rows, gold.get("min_rows", 1), gold.get("tolerance", 0.0)))
    return found


def given(answer: Answered) -> Given:
    """What the client answered, in the judge's terms."""
    rows = rows_of(list(answer.tuples()))
    return Given(_KINDS.get(answer.status, answer.status), rows, answer.total_rows)


async def run(client: Answering, connection: psycopg.Connection, asked: Sequence[Question]) -> dict[str, Any]:
    """Ask one by one, print a line for each, return the figures."""
    verdicts: dict[str, Verdict] = {}
    seconds = []
    for question in asked:
        golds = run_golds(connection, question)
        start = time.monotonic()
        try:
            answer = await client.ask(question.text, source="frete", as_of=date.fromisoformat(question.as_of))
        except Exception as error:  # a question that fails must not end the run
            seconds.append(time.monotonic() - start)
            verdict = Verdict(False, f"{type(error).__name__}: {error}"[:100])
        else:
            seconds.append(time.monotonic() - start)
            verdict = judge(given(answer), question.kinds, golds)
        verdicts[question.id] = verdict
        word = "right" if verdict.right else "WRONG"
        print(f"{word}  {question.id:>10}  {question.text[:60]:60}  {verdict.why}")
    right = sum(verdict.right for verdict in verdicts.values())
    return {
        "questions": len(verdicts),
        "right": right,
        "share": round(right / max(1, len(verdicts)), 4),
        "wrong": [key for key, verdict in verdicts.items() if not verdict.right],
        "p50_ms": round(statistics.median(seconds) * 1000, 1) if seconds else None,
        "max_ms": round(max(seconds) * 1000, 1) if seconds else None,
    }


def default_file() -> Path:
    """The outside questions where there are some, else the sample's own."""
    data = os.environ.get("MAESTRO_BENCH_DATA")
    outside = Path(data).parent / "domain" / "questions_frete.tsv" if data else None
    return outside if outside and outside.exists() else _SAMPLE / "questions.jsonl"


async def main(arguments: Sequence[str] | None = None) -> int:
    """Returns the exit code: 0 when all questions were asked, however they were answered."""
    parser = argparse.ArgumentParser(prog="python -m bench.frete")
    parser.add_argument("file", type=Path, nargs="?", default=default_file())
    parser.add_argument("--target", default="", help="the orchestrator's address (default: the client's)")
    parser.add_argument("--database", default=os.environ.get("MAESTRO_SOURCE_FRETE"), help="URL of the sample")
    parser.add_argument("--noise", type=float, default=0.0, help="share of words with a typing error, 0 to 1")
    parser.add_argument("--seed", type=int, default=1, help="of the typing errors")
    options = parser.parse_args(arguments)
    if not options.database:
        parser.error("set MAESTRO_SOURCE_FRETE, or give --database")
    with psycopg.connect(options.database, autocommit=True) as connection:
        async with Maestro(options.target) as client:
            asked = questions(options.file)
            if options.noise:
                asked = [replace(each, text=noisy(each.text, options.noise, options.seed)) for each in asked]
            print(json.dumps({**await run(client, connection, asked), "noise": options.noise, "seed": options.seed}))
    return 0


if __name__ == "__main__":
    sys.exit(asyncio.run(main()))
