"""How much of what gold queries name do the links of their questions point to?

    python -m bench.linking FILE [--databases DIR] [--lang pt|en] [--sample N] [--misses FILE]

Every gold query is read as a plan; each column, table and text value that it names should be the target of some link of
the question. `columns` counts direct links; `columns_implied` also those that stand for the rows of a dataset that is
linked (its label, its key), which questions need not name; `_sure` counts links of a good score only. `first` tells how
often the link of a gold column is as good as any other of its words. `values` and `values_precision` are recall and
precision of links to stored values, those that no row holds left out. Prints a table and, as its last line, one JSON
object.
"""

import argparse
import json
import random
import re
import sqlite3
import statistics
import sys
import time
from collections import Counter, defaultdict
from collections.abc import Iterable
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from bench.questions import Question, database_file, read_questions
from bench.world import World
from maestro.catalog.v1 import catalog_pb2
from maestro.semantics.v1 import semantics_pb2
from services.analyzer.link import Link
from services.analyzer.normalize import fold
from services.analyzer.parse import Parse
from services.analyzer.reading import (
    Compare,
    Item,
    Reading,
    Ref,
    Related,
    Within,
    conditions,
    datasets,
    refs,
)
from services.analyzer.training.sql_plan import to_plan
from services.analyzer.training.sql_schema import Inexpressible, Schema
from services.analyzer.unbuild import Unreadable, unbuild
from services.analyzer.vocabulary import Vocabulary

Column = tuple[str, str]
_WORD = re.compile(r"[^\W_]+")
_SURE = 0.6
"""Score of a link that needs no further evidence."""


@dataclass
class Gold:
    """What a query names: datasets, (dataset, field), (dataset, field, folded text)."""

    datasets: set[str] = field(default_factory=set)
    columns: set[Column] = field(default_factory=set)
    values: set[tuple[str, str, str]] = field(default_factory=set)


@dataclass
class Tally:
    """Hits and totals of each measure, the misses, and the milliseconds of every question."""

    hits: Counter[str] = field(default_factory=Counter)
    totals: Counter[str] = field(default_factory=Counter)
    milliseconds: list[float] = field(default_factory=list)
    misses: list[dict[str, Any]] = field(default_factory=list)

    def count(self, name: str, *, hit: bool) -> bool:
        """Notes one more case of a measure."""
        self.totals[name] += 1
        self.hits[name] += hit
        return hit

    def figures(self) -> dict[str, Any]:
        """Shares by measure."""
        shares = {name: round(self.hits[name] / total, 4) for name, total in sorted(self.totals.items())}
        times = sorted(self.milliseconds)
        return {
            "questions": len(times),
            **shares,
            "p50_ms": round(statistics.median(times), 2) if times else None,
            "p95_ms": round(times[min(len(times) - 1, int(0.95 * len(times)))], 2) if times else None,
        }


def gold_of(reading: Reading, vocabulary: Vocabulary) -> Gold:
    """Everything that a reading and the readings inside it name."""
    found = Gold()
    pending = [reading]
    while pending:
        each = pending.pop()
        found.datasets.update(datasets(each))
        found.columns.update((ref.dataset, ref.field) for ref in refs(each) if ref.field)
        if each.combine is not None:
            pending.append(each.combine.other)
        for condition in (*conditions(each),):
            if isinstance(condition, Related):
                found.datasets.add(condition.dataset)
                pending.append(Reading(condition.dataset, where=condition.where))
            elif isinstance(condition, Within):
                pending += [condition.query] if condition.query is not None else []
                _values(found, condition.ref, condition.values, vocabulary)
            elif isinstance(condition, Compare):
                if isinstance(condition.right, Reading):
                    pending.append(condition.right)
                elif not isinstance(condition.right, Item) and condition.left.ref is not None:
                    _values(found, condition.left.ref, (condition.right,), vocabulary)
    return found


def _values(found: Gold, ref: Ref, values: Iterable[object], vocabulary: Vocabulary) -> None:
    held = vocabulary.fields.get((ref.dataset, ref.field))
    if held is None or held.family != catalog_pb2.TYPE_FAMILY_TEXT:
        return
    found.values.update((ref.dataset, ref.field, _plain(str(value))) for value in values)


def _plain(text: str) -> str:
    return " ".join(_WORD.findall(fold(text)))


class Stored:
    """Which values columns hold: what no row holds cannot be linked."""

    def __init__(self) -> None:
        self._held: dict[tuple[Path, str, str], frozenset[str]] = {}

    def has(self, world: World, dataset: str, name: str, value: str) -> bool:
        """Whether a column holds a value, given as `_plain` writes it."""
        key = (world.path, dataset, name)
        if key not in self._held:
            held = world.vocabulary.datasets[dataset]
            column = next(each.column for each in held.fields if each.name == name)
            with closing(sqlite3.connect(f"file:{world.path}?mode=ro", uri=True)) as database:
                database.text_factory = lambda content: content.decode("utf-8", "ignore")
                query = f'SELECT DISTINCT "{column}" FROM "{held.table.name}"'  # noqa: S608  # names of the catalog
                self._held[key] = frozenset(_plain(str(row[0])) for row in database.execute(query))
        return value in self._held[key]


def judge(question: Question, held: World, gold: Gold, stored: Stored, tally: Tally) -> None:
    """Compares the links of a question with what its gold query names."""
    begun = time.perf_counter()
    parsed, _ = held.parsed(question.text, question.language)
    tally.milliseconds.append((time.perf_counter() - begun) * 1000)
    vocabulary = held.vocabulary
    by_column: dict[Column, list[Link]] = defaultdict(list)
    by_dataset: dict[str, list[Link]] = defaultdict(list)
    values = {}
    for link in parsed.links:
        target = link.target
        if target.kind in ("field", "filter", "value"):
            by_column[target.dataset, target.name].append(link)
        if target.kind == "dataset":
            by_dataset[target.dataset].append(link)
        if target.kind == "value":
            values[target.dataset, target.name, _plain(target.value)] = link
    missed = []
    for name in sorted(gold.datasets):
        direct = tally.count("tables", hit=name in by_dataset)
        tally.count("tables_sure", hit=any(link.score >= _SURE for link in by_dataset.get(name, ())))
        reached = direct or any(dataset == name for dataset, _ in by_column)
        if not tally.count("tables_reached", hit=reached):
            missed.append(name)
    for column in sorted(gold.columns):
        direct = tally.count("columns", hit=column in by_column)
        tally.count("columns_sure", hit=any(link.score >= _SURE for link in by_column.get(column, ())))
        dataset = vocabulary.datasets[column[0]]
        standing = column[1] == dataset.label_field or column[1] in dataset.key_fields
        if not tally.count("columns_implied", hit=direct or (standing and column[0] in by_dataset)):
            missed.append(".".join(column))
        if direct:
            tally.count("first", hit=any(_best(link, parsed) for link in by_column[column]))
    for value in sorted(gold.values):
        if not stored.has(held, *value):
            continue
        flag = vocabulary.fields[value[0], value[1]].role == semantics_pb2.FIELD_ROLE_FLAG
        if not tally.count("values", hit=value in values or (flag and value[:2] in by_column)):
            missed.append(f"{value[0]}.{value[1]}={value[2]}")
    strong = {value for value, link in values.items() if link.score >= 0.82}
    for value in strong:
        tally.count("values_precision", hit=value in gold.values)
    tally.totals["links_per_question"] += 1
    tally.hits["links_per_question"] += len(parsed.links)
    if missed:
        tally.misses.append({"id": question.id, "db_id": question.database, "question": question.text,
                             "missed": missed, "gold_sql": question.golds[0]})  # fmt: skip


def _best(link: Link, parsed: Parse) -> bool:
    """Whether no other column's link on any of the same words is better."""
    stretch = range(link.first, link.last)
    return not any(
        other.score > link.score + 0.01 and other.target.kind != "dataset"
        for other in parsed.links
        if other.first < stretch.stop and other.last > stretch.start and other.length >= link.length
    )


def measure(path: Path, databases: Path | None, language: str, sample: int) -> tuple[dict[str, Any], Tally]:
    """The figures of a question file, and what they are made of."""
    folders = [databases] if databases else [path.parent / "database", path.parent]
    questions = read_questions(path, language)
    if sample and sample < len(questions):
        questions = sorted(random.Random(1).sample(questions, sample), key=lambda each: each.id)  # no secret
    worlds: dict[str, World] = {}
    stored, tally, unread = Stored(), Tally(), 0
    for question in questions:
        file = database_file(question, folders)
        if file is None:
            unread += 1
            continue
        held = worlds.setdefault(str(file), World(question.database, file))
        try:
            reading = unbuild(to_plan(question.golds[0], Schema.of(held.catalog)), held.vocabulary)
        except (Inexpressible, Unreadable):
            unread += 1
            continue
        judge(question, held, gold_of(reading, held.vocabulary), stored, tally)
    return {**tally.figures(), "unread": unread}, tally


def main(arguments: list[str] | None = None) -> None:
    """Measures a file of questions."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("questions", type=Path)
    parser.add_argument("--lang", default="")
    parser.add_argument("--databases", type=Path)
    parser.add_argument("--sample", type=int, default=0, help="so many questions drawn at random, seed fixed")
    parser.add_argument("--misses", type=Path, help="where to write what no link points to, one JSON object a line")
    told = parser.parse_args(arguments)
    figures, tally = measure(told.questions, told.databases, told.lang, told.sample)
    if told.misses is not None:
        lines = [json.dumps(each, ensure_ascii=False) for each in tally.misses]
        told.misses.write_text("\n".join(lines) + "\n", "utf-8")
    rows = [f"{name:24}{value}" for name, value in figures.items()]
    sys.stdout.write("\n".join(rows) + "\n" + json.dumps(figures) + "\n")


if __name__ == "__main__":
    main()
