"""The models of the slots: how likely each column is shown, ordered by or grouped by, and each condition meant."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from bench.training.examples import Example
from bench.training.growing import grow
from services.analyzer.forest import Forest
from services.analyzer.score import ORDERED, PLACES, SHOWN

_TREES = {
    "shown": 140,
    "ordered": 70,
    "grouped": 70,
    "table": 80,
    "used": 140,
    "kind": 30,
    "direction": 20,
    "place": 25,
}
_NAMES = {"shown": "shown", "ordered": "ordered", "grouped": "grouped", "table": "table", "used": "place"}


def local_forests(examples: Sequence[Example]) -> dict[str, Forest]:
    """The forests that judge columns and tests one by one."""
    columns = np.concatenate([each.columns for each in examples])
    tests = np.concatenate([each.tests for each in examples])
    grown: dict[str, Forest] = {}
    for name in ("shown", "ordered", "grouped"):
        grown[name] = grow(columns, (_labels(examples, name) > 0).astype(np.int64), 1, _TREES[name])
    grown["kind"] = _classes(columns, _labels(examples, "shown"), len(SHOWN), _TREES["kind"])
    grown["direction"] = _classes(columns, _labels(examples, "ordered"), len(ORDERED), _TREES["direction"])
    is_dataset = np.concatenate([np.array(each.datasets, bool) for each in examples])
    grown["table"] = grow(
        columns[is_dataset], (_labels(examples, "table")[is_dataset] == 1).astype(np.int64), 1, _TREES["table"]
    )
    places = _labels(examples, "place")
    grown["used"] = grow(tests, (places > 0).astype(np.int64), 1, _TREES["used"])
    grown["place"] = _classes(tests, places, len(PLACES), _TREES["place"])
    return grown


def _labels(examples: Sequence[Example], name: str) -> NDArray[np.int64]:
    return np.concatenate([np.array(getattr(each.labels, name), np.int64) for each in examples])


def _classes(rows: NDArray[np.float32], labels: NDArray[np.int64], classes: int, trees: int) -> Forest:
    """A forest over the rows that have a class; label n is class n - 1."""
    held = labels > 0
    return grow(rows[held], labels[held] - 1, classes, trees)


def global_forests(rows: NDArray[np.float32], examples: Sequence[Example]) -> dict[str, Forest]:
    """The forests that judge a question as a whole."""
    grown = {}
    for name, classes, trees in (("distinct", 1, 60), ("limited", 3, 40), ("combined", 5, 40)):
        labels = np.array([getattr(each.labels, name) for each in examples], np.int64)
        grown[name] = grow(rows, labels, classes, trees)
    return grown
