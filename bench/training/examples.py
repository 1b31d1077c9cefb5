"""From question files to what models learn of: features and labels of each question's possible slots."""

import logging
import os
from collections.abc import Iterable, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from bench.questions import Question, database_file
from bench.world import World
from services.analyzer.features import evidence_of
from services.analyzer.frame import frame_of
from services.analyzer.reading import Reading
from services.analyzer.score import matrices
from services.analyzer.slots import Slots, slots_of
from services.analyzer.training.labels import Classes, Labels, labels_of
from services.analyzer.training.sql_plan import to_plan
from services.analyzer.training.sql_schema import Inexpressible, Schema
from services.analyzer.unbuild import Unreadable, unbuild

_log = logging.getLogger(__name__)
_CHUNK = 25


@dataclass(frozen=True)
class Example:
    """A question with the features of its slots (rows as in Slots) and what is right of them."""

    number: int
    database: str
    columns: NDArray[np.float32]
    tests: NDArray[np.float32]
    datasets: tuple[bool, ...]
    labels: Labels


@lru_cache(maxsize=8)
def world(name: str, path: Path) -> World:
    """A database, kept for the questions that follow."""
    return World(name, path)


def gold_reading(text: str, held: World) -> Reading | None:
    """The reading of a gold query; None where readings cannot hold it."""
    try:
        return unbuild(to_plan(text, Schema.of(held.catalog)), held.vocabulary)
    except (Inexpressible, Unreadable):
        return None


def slots_for(question: Question, held: World) -> tuple[object, Slots]:
    """The evidence and possible slots of a question."""
    parsed, _ = held.parsed(question.text, question.language)
    evidence = evidence_of(frame_of(parsed, held.vocabulary), held.vocabulary)
    return evidence, slots_of(evidence)


def _example(work: tuple[int, Question, Path]) -> Example | None:
    number, question, path = work
    held = world(question.database, path)
    gold = gold_reading(question.golds[0], held)
    if gold is None:
        return None
    _, slots = slots_for(question, held)
    columns, tests = matrices(slots)
    labels = labels_of(slots, gold, held.vocabulary, Classes(held.vocabulary))
    datasets = tuple(column.target.kind == "dataset" for column in slots.columns)
    return Example(number, question.database, columns, tests, datasets, labels)


def located(questions: Sequence[Question], folders: Sequence[Path]) -> list[tuple[int, Question, Path]]:
    """Questions with their databases, those of one database together; questions without one are left out."""
    found = []
    for number, question in enumerate(questions):
        path = database_file(question, folders)
        if path is None:
            _log.warning("no database %s for %s", question.database, question.id)
        else:
            found.append((number, question, path))
    return sorted(found, key=lambda each: (each[1].database, each[0]))


def examples(work: Iterable[tuple[int, Question, Path]]) -> list[Example]:
    """The examples of questions, made by all processors."""
    with ProcessPoolExecutor(os.cpu_count()) as pool:
        return [each for each in pool.map(_example, work, chunksize=_CHUNK) if each is not None]
