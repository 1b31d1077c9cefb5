"""Can plans say what people ask? Gold SQL → plan → SQL again, and the answers compared.

    python -m bench.roundtrip FILE|DIR [--databases DIR] [--postgres URL] [--show N]

Prints what could not be said or came out differently, and one JSON object as its last line. Questions whose gold fails,
and those whose gold depends on how ties are broken (`tie`), are counted apart. With --postgres, plans run in PostgreSQL,
where each database is a schema of its name; golds still run in SQLite, and values are compared across types.
"""

import argparse
import json
import sqlite3
import sys
from collections import Counter
from pathlib import Path

import psycopg

from bench.questions import Question, database_file, read_questions
from bench.scoring import is_ordered, same_answer
from bench.world import World
from bench.world_postgres import PostgresWorld
from mesh.fault import Fault
from services.analyzer.training.sql_plan import to_plan
from services.analyzer.training.sql_schema import Inexpressible, Schema


def main(arguments: list[str] | None = None) -> None:
    """Runs the round trip over a file or folder of questions."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("questions", type=Path)
    parser.add_argument("--databases", type=Path)
    parser.add_argument(
        "--postgres", default="", help="URL of a PostgreSQL database that holds all databases, as schemas"
    )
    parser.add_argument("--only", default="", help="databases whose name holds this")
    parser.add_argument("--show", type=int, default=20)
    told = parser.parse_args(arguments)
    beside = told.questions if told.questions.is_dir() else told.questions.parent
    folders = [told.databases] if told.databases else [beside / "database", beside]
    worlds: dict[str, World] = {}
    counts: Counter[str] = Counter()
    shown = 0
    for question in read_questions(told.questions):
        path = database_file(question, folders)
        if path is None:
            counts["no database"] += 1
            continue
        if told.only not in question.database:
            continue
        if question.database not in worlds:
            worlds[question.database] = _world(question.database, path, told.postgres)
        held = worlds[question.database]
        for gold in question.golds:
            outcome, why = trip(question, gold, held, coerce=bool(told.postgres))
            counts[outcome] += 1
            if outcome not in ("same", "gold fails") and shown < told.show:
                shown += 1
                sys.stdout.write(f"{question.id} {question.database} {outcome} {why}\n    {gold[:300]}\n")
    tried = sum(counts.values()) - counts["gold fails"] - counts["no database"] - counts["tie"]
    said = tried - counts["inexpressible"] - counts["refused"]
    result = {
        "tried": tried,
        "expressible": round(said / tried, 5) if tried else None,
        "same_result": round(counts["same"] / tried, 5) if tried else None,
        "outcomes": dict(counts.most_common()),
    }
    sys.stdout.write(json.dumps(result) + "\n")


def _world(name: str, path: Path, url: str) -> World:
    if not url:
        return World(name, path)
    return PostgresWorld(name, path, url)


def trip(question: Question, gold: str, held: World, *, coerce: bool = False) -> tuple[str, str]:
    """What became of one gold, and why. coerce: as same_answer."""
    try:
        right = held.gold(gold)
    except sqlite3.Error as error:
        return "gold fails", str(error)
    try:
        made = to_plan(gold, Schema.of(held.catalog))
    except Inexpressible as error:
        return "inexpressible", str(error)
    try:
        given = held.run(made, 30.0)
    except (Fault, sqlite3.Error, psycopg.Error) as error:
        return "refused", str(error)
    if same_answer(right, given, ordered=is_ordered(gold), coerce=coerce):
        return "same", ""
    return ("tie" if question.tie else "different"), f"{len(right)} rows, {len(given)} given"


if __name__ == "__main__":
    main()
