"""Chance as a function of what it is drawn for: (seed, purpose, number of the row) → always the same draw.

No generator state runs from row to row, so the data are the same whatever the size of the chunks they are
made in, and one column may change without shifting all others. Only exact arithmetic is used (no libm), so
the data are the same on every machine."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]
Words = NDArray[np.uint64]


class Draws:
    """All random draws of one seed."""

    def __init__(self, seed: int) -> None:
        self._seed = seed

    def bits(self, purpose: str, rows: Ints) -> Words:
        """64 random bits for each row number (SplitMix64: Steele, Lea and Flood, 2014)."""
        digest = hashlib.blake2b(f"{self._seed}:{purpose}".encode(), digest_size=8).digest()
        start = np.uint64(int.from_bytes(digest, "little"))
        with np.errstate(over="ignore"):
            z = start + (rows.astype(np.uint64) + np.uint64(1)) * np.uint64(0x9E3779B97F4A7C15)
            z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
            z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
        return z ^ (z >> np.uint64(31))

    def uniform(self, purpose: str, rows: Ints) -> Floats:
        """Floats in [0, 1)."""
        return (self.bits(purpose, rows) >> np.uint64(11)).astype(np.float64) * (1.0 / (1 << 53))

    def chance(self, purpose: str, rows: Ints, probability: float | Floats) -> Bools:
        """True with the given probability (one for all, or one for each)."""
        return self.uniform(purpose, rows) < probability

    def integers(self, purpose: str, rows: Ints, low: int, high: int) -> Ints:
        """Integers from low to high, both included."""
        return low + (self.uniform(purpose, rows) * (high - low + 1)).astype(np.int64)

    def pick(self, purpose: str, rows: Ints, weights: Sequence[float] | Floats) -> Ints:
        """Positions in `weights`, each as likely as its weight."""
        cumulative = np.cumsum(np.asarray(weights, dtype=np.float64))
        drawn = self.uniform(purpose, rows) * cumulative[-1]
        position: Ints = np.searchsorted(cumulative, drawn, side="right").clip(0, len(cumulative) - 1)
        return position

    def pick_by_kind(self, purpose: str, rows: Ints, kinds: Ints, weights: Floats) -> Ints:
        """Positions in `weights[kind]`: a row of weights for each kind."""
        cumulative = np.cumsum(weights, axis=1)
        cumulative = cumulative / cumulative[:, -1:]
        drawn = self.uniform(purpose, rows) + kinds
        flat = (cumulative + np.arange(len(weights))[:, None]).ravel()
        found = np.searchsorted(flat, drawn, side="right") - kinds * weights.shape[1]
        position: Ints = found.clip(0, weights.shape[1] - 1)
        return position

    def quantile(self, purpose: str, rows: Ints, table: Sequence[float]) -> Floats:
        """Draws from the distribution whose evenly spaced quantiles (minimum … maximum) are given."""
        return np.interp(self.uniform(purpose, rows), np.linspace(0.0, 1.0, len(table)), table)
