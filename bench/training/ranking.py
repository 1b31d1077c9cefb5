"""The ranker: which of the readings that the slot models propose is right, told by running them."""

import logging
import os
import sqlite3
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from bench.questions import Question
from bench.scoring import is_ordered, same_answer
from bench.training.examples import world
from bench.world import Rows, World
from mesh.fault import Fault
from services.analyzer.build import build
from services.analyzer.explain import sketch
from services.analyzer.features import evidence_of
from services.analyzer.frame import frame_of
from services.analyzer.ground import Ground
from services.analyzer.learned import JUDGED, drafts
from services.analyzer.phrasing import Material, material
from services.analyzer.rank import rows
from services.analyzer.ruled import ruled
from services.analyzer.score import Models, global_row, local_scores, matrices
from services.analyzer.slots import slots_of
from services.analyzer.trees import NotConnected

T = TypeVar("T")
_log = logging.getLogger(__name__)
TRIED = JUDGED
"""Readings of a question that are run."""
_SECONDS = 2.0


@dataclass(frozen=True)
class Group:
    """The readings of one question: features, which are right, how they are phrased. best: place of the first right one, -1: none is."""

    number: int
    database: str
    features: NDArray[np.float32]
    right: NDArray[np.int64]
    material: Material
    corrections: int = 0

    @property
    def best(self) -> int:
        """Place of the first right reading in the order of costs; -1: none."""
        places = np.nonzero(self.right)[0]
        return int(places[0]) if len(places) else -1


def global_rows(
    work: Sequence[tuple[int, Question, Path]], held: Mapping[str, Models]
) -> dict[int, NDArray[np.float32]]:
    """The global features of questions, by number. held: models by database."""
    with ProcessPoolExecutor(os.cpu_count()) as pool:
        made = pool.map(_global, [(each, held[each[1].database]) for each in work], chunksize=40)
        return {number: row for number, row in made if row is not None}


def _global(given: tuple[tuple[int, Question, Path], Models]) -> tuple[int, NDArray[np.float32] | None]:
    (number, question, path), models = given
    held = world(question.database, path)
    parsed, _ = held.parsed(question.text, question.language)
    evidence = evidence_of(frame_of(parsed, held.vocabulary), held.vocabulary)
    slots = slots_of(evidence)
    if not slots.columns:
        return number, None
    columns, tests = matrices(slots)
    return number, global_row(evidence, slots, local_scores(columns, tests, slots, models))


def groups(work: Sequence[tuple[int, Question, Path]], held: Mapping[str, Models], tried: int = TRIED) -> list[Group]:
    """The readings of questions, run and judged. held: models by database, not trained on it."""
    with ProcessPoolExecutor(os.cpu_count()) as pool:
        made = pool.map(partial(_group, tried), [(each, held[each[1].database]) for each in work], chunksize=20)
        return [each for each in counted(made, len(work), "questions run") if each is not None]


def counted(made: Iterable[T], whole: int, what: str) -> Iterator[T]:
    """The same, telling now and then how far it has come."""
    for number, each in enumerate(made, 1):
        if number % 500 == 0:
            sys.stderr.write(f"{number} of {whole} {what}\n")
        yield each


def _group(tried: int, given: tuple[tuple[int, Question, Path], Models]) -> Group | None:
    (number, question, path), models = given
    held = world(question.database, path)
    try:
        gold = held.gold(question.golds[0])
    except sqlite3.Error:
        return None
    parsed, _ = held.parsed(question.text, question.language)
    made, evidence = drafts(parsed, held.vocabulary, ruled(parsed, held.vocabulary), models)
    ground = Ground(evidence)
    features, kept = rows([each for at, each in enumerate(made) if at < tried or each.cost < 0], ground)
    ordered = is_ordered(question.golds[0])
    answers = [answer(each.reading, held, parsed) for each in kept]
    right = [rows_ is not None and same_answer(gold, rows_, ordered=ordered) for rows_ in answers]
    return Group(
        number, question.database, features, np.array(right, np.int64), material(kept, ground), len(parsed.corrections)
    )


def answer(reading: object, held: World, parsed: object) -> Rows | None:
    """The rows of a reading; None where it cannot be run."""
    try:
        made = build(reading, held.vocabulary, parsed.question)  # type: ignore[arg-type, attr-defined]  # a Reading and a Parse
        return held.run(made, _SECONDS)
    except (Fault, NotConnected, sqlite3.Error):
        return None
    except Exception:
        _log.exception("no answer could be made of %s", sketch(reading))  # type: ignore[arg-type]  # a Reading
        return None
