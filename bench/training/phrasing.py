"""How readings are phrased: the weights of the log-linear model that the analyzer adds up.

Likelihood of the right readings of each question, all of them together, against its others, with a penalty on the squares
of the weights; found by L-BFGS.
"""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize
from scipy.sparse import csr_matrix

from bench.training.ranking import Group
from services.analyzer.phrasing import BITS, Phrasing

_PENALTY = 10.0
_ROUNDS = 60
_SEEN = 15
"""Readings in which a pair has to occur to have a weight."""


def fit(ranked: Sequence[Group]) -> Phrasing:
    """The model of groups that hold a right reading and a wrong one."""
    told = [each for each in ranked if 0 < each.right.sum() < len(each.right)]
    rows = _rows(told)
    kept = np.flatnonzero(np.bincount(rows.indices, minlength=2**BITS) >= _SEEN)
    likelihood = _Likelihood(rows[:, kept].tocsr(), told)
    found = minimize(likelihood, np.zeros(len(kept)), jac=True, method="L-BFGS-B", options={"maxiter": _ROUNDS})
    weights = np.zeros(2**BITS, np.float32)
    weights[kept] = found.x
    return Phrasing(weights)


def phrased(group: Group, model: Phrasing) -> Group:
    """The group with the last feature of its readings as a model tells it."""
    features = group.features.copy()
    if len(features):
        sums = np.array([model.weights[group.material.of(at)].sum() for at in range(len(features))], np.float32)
        features[:, -1] = sums - sums.max()
    return replace(group, features=features)


def _rows(told: Sequence[Group]) -> csr_matrix:
    """(readings × places): how often each reading adds up each weight."""
    places = [each.material.of(at) for each in told for at in range(len(each.right))]
    ends = np.concatenate([[0], np.cumsum([len(each) for each in places])])
    whole = np.concatenate(places).astype(np.int32)
    rows = csr_matrix((np.ones(len(whole), np.float32), whole, ends), shape=(len(places), 2**BITS))
    rows.sum_duplicates()
    return rows


class _Likelihood:
    """What is minimised, and its gradient."""

    def __init__(self, rows: csr_matrix, told: Sequence[Group]) -> None:
        sizes = [len(each.right) for each in told]
        self._rows, self._columns = rows, rows.T.tocsr()
        self._starts = np.concatenate([[0], np.cumsum(sizes)[:-1]])
        self._group = np.repeat(np.arange(len(told)), sizes)
        self._right = (np.concatenate([each.right for each in told]) > 0).astype(np.float32)

    def __call__(self, weights: NDArray[np.float64]) -> tuple[float, NDArray[np.float64]]:
        scores = self._rows @ weights.astype(np.float32)
        grown = np.exp(scores - np.maximum.reduceat(scores, self._starts)[self._group])
        right = grown * self._right
        every, those = np.add.reduceat(grown, self._starts), np.maximum(np.add.reduceat(right, self._starts), 1e-12)
        slope = self._columns @ (grown / every[self._group] - right / those[self._group])
        loss = float((np.log(every) - np.log(those)).sum())
        return loss + _PENALTY * float(weights @ weights) / 2, slope.astype(np.float64) + _PENALTY * weights
