"""How sure one may be of the first reading: a small forest, fitted to how often such readings were right."""

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from bench.training.growing import grow
from bench.training.ranking import Group
from services.analyzer.calibrate import row
from services.analyzer.forest import Forest

_TREES = 60
_MORE = {"num_leaves": 7, "min_data_in_leaf": 60, "learning_rate": 0.06}
_POINTS = 12


def certainty(
    ranked: Sequence[Group], scores: Sequence[NDArray[np.float64]], right: Sequence[bool], fold: Mapping[str, int]
) -> tuple[Forest, NDArray[np.float64], float]:
    """The forest, the points of the curve that its probabilities are read off, and the calibration error on databases
    that were left out."""
    held = [at for at, each in enumerate(ranked) if len(each.features)]
    rows = np.stack([row(ranked[at].features, scores[at], ranked[at].corrections, 1.0) for at in held])
    labels = np.array([right[at] for at in held], np.int64)
    parts = np.array([fold[ranked[at].database] for at in held])
    raw = np.zeros(len(held))
    for part in sorted(set(parts)):
        left_out = parts == part
        raw[left_out] = grow(rows[~left_out], labels[~left_out], 1, _TREES, **_MORE).probabilities(rows[left_out])
    points = curve(raw, labels)
    fitted = np.interp(raw, points[:, 0], points[:, 1])
    return grow(rows, labels, 1, _TREES, **_MORE), points, error(fitted, labels)


def curve(raw: NDArray[np.float64], labels: NDArray[np.int64]) -> NDArray[np.float64]:
    """Points (raw, observed) over bins of equal size, made to rise (pool adjacent violators)."""
    order = np.argsort(raw, kind="stable")
    bins = [part for part in np.array_split(order, _POINTS) if len(part)]
    pools = [[float(raw[part].mean()), float(labels[part].mean()), float(len(part))] for part in bins]
    at = 0
    while at + 1 < len(pools):
        if pools[at][1] <= pools[at + 1][1]:
            at += 1
            continue
        one, other = pools[at], pools.pop(at + 1)
        size = one[2] + other[2]
        pools[at] = [(one[k] * one[2] + other[k] * other[2]) / size for k in (0, 1)] + [size]
        at = max(at - 1, 0)
    return np.array([[pool[0], pool[1]] for pool in pools])


def error(told: NDArray[np.float64], labels: NDArray[np.int64], bins: int = 10) -> float:
    """Expected calibration error over bins of equal width."""
    which = np.minimum((told * bins).astype(int), bins - 1)
    return float(
        sum(
            abs(told[which == at].mean() - labels[which == at].mean()) * (which == at).mean()
            for at in set(which.tolist())
        )
    )
