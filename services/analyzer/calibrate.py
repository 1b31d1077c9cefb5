"""Stage 9c: how likely it is that the first reading is what was meant.

A small forest over the first reading's own features and over how far ahead of the others it is; its output is a
probability that has been fitted to how often such readings were right on databases that it was not trained on.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from services.analyzer.rank import NAMES as RANK_NAMES

NAMES: tuple[str, ...] = (
    *RANK_NAMES, "score", "score.ahead", "score.share", "score.second", "score.third", "score.entropy", "candidates",
    "corrections", "language.certainty",
)  # fmt: skip


def row(
    features: NDArray[np.float32], scores: NDArray[np.float64], corrections: int, certainty: float
) -> NDArray[np.float32]:
    """The features of a question's first reading. features, scores: of all candidates, unordered."""
    order = np.argsort(-scores, kind="stable")
    first = int(order[0])
    shares = np.exp(scores - scores[first])
    shares = shares / shares.sum()
    second = float(shares[order[1]]) if len(order) > 1 else 0.0
    third = float(shares[order[2]]) if len(order) > 2 else 0.0
    ahead = float(scores[first] - scores[order[1]]) if len(order) > 1 else 9.0
    entropy = float(-(shares * np.log(np.maximum(shares, 1e-12))).sum())
    extra = [
        float(scores[first]), ahead, float(shares[first]), second, third, entropy, float(len(scores)),
        float(corrections), certainty,
    ]  # fmt: skip
    return np.concatenate([features[first], np.array(extra, np.float32)]).astype(np.float32)


def fitted(raw: float, points: Sequence[tuple[float, float]]) -> float:
    """A raw probability on the fitted curve: straight lines between points (raw, observed)."""
    if not points:
        return raw
    return float(np.interp(raw, [point[0] for point in points], [point[1] for point in points]))
