"""Trains the analyzer's models on question files and writes them to services/analyzer/models.

    python -m bench.training FILE|DIR [--databases DIR] [--cache DIR]

Everything that is learned of other models' output is learned of models that had not seen the database (cross-fitting by
database), so that nothing leaks. Seeds are fixed: the same questions give the same models. Prints what it measured on
databases left out.
"""

import argparse
import hashlib
import logging
import os
import pickle
import random
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from bench.questions import Question, read_questions
from bench.training.certainty import certainty
from bench.training.examples import Example, examples, located
from bench.training.growing import SEED, grow_ranker
from bench.training.phrasing import fit, phrased
from bench.training.ranking import Group, global_rows, groups
from bench.training.slots import global_forests, local_forests
from services.analyzer.forest import Forest
from services.analyzer.phrasing import NOTHING, Phrasing
from services.analyzer.score import Models

T = TypeVar("T")
FOLDS = 5
_TREES = 400
_MODELS = Path(__file__).parents[2] / "services" / "analyzer" / "models"


def main(arguments: list[str] | None = None) -> None:
    """Trains on a file or folder of questions."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("questions", type=Path)
    parser.add_argument("--databases", type=Path)
    parser.add_argument("--cache", type=Path, help="folder for what takes long to make and may be made again")
    parser.add_argument("--share", type=float, default=1.0, help="of the questions that the ranker learns of, 0 to 1")
    told = parser.parse_args(arguments)
    logging.basicConfig(level=logging.WARNING)
    beside = told.questions if told.questions.is_dir() else told.questions.parent
    work = located(
        read_questions(told.questions), [told.databases] if told.databases else [beside / "database", beside]
    )
    train(work, told.cache, _MODELS, told.share)


def train(work: Sequence[tuple[int, Question, Path]], cache: Path | None, folder: Path, share: float = 1.0) -> None:
    """Trains on located questions and writes the models to a folder. share: of the questions that the ranker learns of."""
    fold = folds(sorted({question.database for _, question, _ in work}))
    steps = Steps(cache)
    held = steps.once("examples", lambda: examples(work))
    _say(f"{len(held)} of {len(work)} questions have a gold that readings can hold")
    grown = steps.once("local", lambda: _local(held, fold))
    local, whole = grown[:FOLDS], grown[FOLDS]
    known = {each.number for each in held}
    told = [each for each in work if each[0] in known]
    rows = steps.once("rows", lambda: global_rows(told, {name: Models(local[part]) for name, part in fold.items()}))
    held = [each for each in held if each.number in rows]
    models = {part: Models({**local[part], **_global(rows, _without(held, fold, part))}) for part in range(FOLDS)}
    final = {**whole, **_global(rows, held)}
    drawn = sorted(
        random.Random(SEED).sample(told, int(share * len(told))), key=lambda each: (each[1].database, each[0])
    )  # no secret
    ranked = steps.once("groups", lambda: groups(drawn, {name: models[part] for name, part in fold.items()}))
    _oracles(ranked)
    phrasings = steps.once("phrasing", lambda: _phrasings(ranked, fold))
    ranked = [phrased(each, phrasings[fold[each.database]]) for each in ranked]
    *crossed, ranker = steps.once("rankers", lambda: _rankers(ranked, fold))
    scores = [crossed[fold[each.database]].scores(each.features) for each in ranked]
    right = [
        bool(len(each.right) and each.right[int(np.argmax(score))]) for each, score in zip(ranked, scores, strict=True)
    ]
    _say(f"ranked first and right on databases left out: {sum(right) / len(right):.4f}")
    judge, points, error = certainty(ranked, scores, right, fold)
    _say(f"calibration error on databases left out: {error:.4f}")
    _write(folder, final, phrasings[FOLDS], ranker, judge, points)


class Steps:
    """Keeps what steps made in a folder, so that a run may go on where another ended. Without a folder, nothing is kept."""

    def __init__(self, folder: Path | None) -> None:
        self._folder = folder

    def once(self, name: str, make: Callable[[], T]) -> T:
        """What was kept under a name, or what is made now."""
        if self._folder is None:
            return make()
        path = self._folder / f"{name}.pickle"
        if path.is_file():
            kept: T = pickle.loads(path.read_bytes())  # noqa: S301  # our own file
            return kept
        begun = time.monotonic()
        made = make()
        self._folder.mkdir(parents=True, exist_ok=True)
        path.write_bytes(pickle.dumps(made))
        _say(f"{name}: {time.monotonic() - begun:.0f} s")
        return made


def folds(databases: Sequence[str]) -> dict[str, int]:
    """The part that each database is left out with."""
    order = np.random.RandomState(SEED).permutation(len(databases))
    return {databases[at]: number % FOLDS for number, at in enumerate(order)}


def _local(held: Sequence[Example], fold: Mapping[str, int]) -> list[dict[str, Forest]]:
    """The forests of the slots, grown without each part of the databases, and lastly with all."""
    parts = [_without(held, fold, part) for part in range(FOLDS)]
    with ProcessPoolExecutor(os.cpu_count()) as pool:
        return list(pool.map(local_forests, [*parts, held]))


def _phrasings(ranked: Sequence[Group], fold: Mapping[str, int]) -> list[Phrasing]:
    """Grown without each part of the databases, and lastly with all."""
    parts = [[each for each in ranked if fold[each.database] != part] for part in range(FOLDS)]
    return [fit(part) for part in (*parts, ranked)]


def _rankers(ranked: Sequence[Group], fold: Mapping[str, int]) -> list[Forest]:
    """As phrasings."""
    parts = [[each for each in ranked if fold[each.database] != part] for part in range(FOLDS)]
    with ProcessPoolExecutor(os.cpu_count()) as pool:
        return list(pool.map(rank, [[_bare(each) for each in part] for part in (*parts, ranked)]))


def _bare(group: Group) -> Group:
    """Without what a ranker does not look at."""
    return replace(group, material=NOTHING)


def _without(held: Sequence[Example], fold: Mapping[str, int], part: int) -> list[Example]:
    return [each for each in held if fold[each.database] != part]


def _global(rows: Mapping[int, NDArray[np.float32]], held: Sequence[Example]) -> dict[str, Forest]:
    return global_forests(np.stack([rows[each.number] for each in held]), held)


def rank(ranked: Sequence[Group]) -> Forest:
    """A ranker trained on groups that hold a right reading and a wrong one."""
    held = [each for each in ranked if 0 < each.right.sum() < len(each.right)]
    features = np.concatenate([each.features for each in held])
    return grow_ranker(
        features, np.concatenate([each.right for each in held]), [len(each.right) for each in held], _TREES
    )


def _oracles(ranked: Sequence[Group]) -> None:
    places = np.array([each.best for each in ranked])
    shares = {count: float(((places >= 0) & (places < count)).mean()) for count in (1, 2, 4, 8, 16, 24)}
    _say(
        "a right reading among the first, on databases left out: "
        + ", ".join(f"{k}: {v:.4f}" for k, v in shares.items())
    )


def _write(
    folder: Path,
    slots: Mapping[str, Forest],
    phrasing: Phrasing,
    ranker: Forest,
    judge: Forest,
    points: NDArray[np.float64],
) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    arrays = {name: array for prefix, forest in sorted(slots.items()) for name, array in forest.arrays(prefix).items()}
    digest = hashlib.sha256()
    for name, array in arrays.items():
        digest.update(name.encode() + array.tobytes())
    version = np.array(digest.hexdigest()[:16])
    np.savez_compressed(folder / "slots.npz", version=version, **arrays)  # type: ignore[arg-type]  # numpy's stub
    ranked = {**phrasing.arrays(), **ranker.arrays("ranker"), **judge.arrays("judge"), "points": points}
    np.savez_compressed(folder / "ranker.npz", **ranked)  # type: ignore[arg-type]  # as above


def _say(text: str) -> None:
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
