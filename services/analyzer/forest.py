"""Boosted trees, evaluated with numpy alone: the models are trained by LightGBM, which the service does not load.

All trees of a forest stand in flat arrays; a whole matrix of rows walks down all of them at once.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

Matrix = NDArray[np.float32]


@dataclass(frozen=True)
class Forest:
    """classes: 1 for a binary or ranking model, else the number of classes; trees go round the classes in turn.

    columns: which columns of the full feature matrix the trees see. Nodes: feature, threshold, left and right child
    (negative: leaf number, as -1 - number); leaves: values. roots: first node of each tree; depth: of the deepest.
    """

    classes: int
    columns: NDArray[np.int32]
    feature: NDArray[np.int16] = field(repr=False)
    threshold: NDArray[np.float32] = field(repr=False)
    left: NDArray[np.int32] = field(repr=False)
    right: NDArray[np.int32] = field(repr=False)
    value: NDArray[np.float32] = field(repr=False)
    roots: NDArray[np.int32] = field(repr=False)
    depth: int

    def scores(self, rows: Matrix) -> NDArray[np.float64]:
        """Raw scores, (rows × classes); (rows,) where there is one class."""
        count = len(rows)
        if count == 0:
            return np.zeros((0, self.classes) if self.classes > 1 else (0,))
        seen = rows[:, self.columns]
        node = np.broadcast_to(self.roots, (count, len(self.roots))).copy()
        row = np.arange(count)[:, None]
        for _ in range(self.depth):
            inner = np.maximum(node, 0)
            below = seen[row, self.feature[inner]] <= self.threshold[inner]
            node = np.where(node < 0, node, np.where(below, self.left[inner], self.right[inner]))
        leaves = self.value[-1 - node].astype(np.float64)
        if self.classes == 1:
            return np.asarray(leaves.sum(axis=1))
        return np.asarray(leaves.reshape(count, -1, self.classes).sum(axis=1))

    def probabilities(self, rows: Matrix) -> NDArray[np.float64]:
        """Probabilities: (rows,) of the positive class, or (rows × classes)."""
        raw = self.scores(rows)
        if self.classes == 1:
            return np.asarray(1.0 / (1.0 + np.exp(-raw)))
        raw = raw - raw.max(axis=1, keepdims=True)
        grown = np.exp(raw)
        return np.asarray(grown / grown.sum(axis=1, keepdims=True))

    def arrays(self, prefix: str) -> dict[str, NDArray[Any]]:
        """The forest as named arrays, to be kept in a file."""
        return {
            f"{prefix}.shape": np.array([self.classes, self.depth], np.int32), f"{prefix}.columns": self.columns,
            f"{prefix}.feature": self.feature, f"{prefix}.threshold": self.threshold, f"{prefix}.left": self.left,
            f"{prefix}.right": self.right, f"{prefix}.value": self.value, f"{prefix}.roots": self.roots,
        }  # fmt: skip

    @classmethod
    def of(cls, held: dict[str, NDArray[Any]], prefix: str) -> "Forest":
        """A forest as `arrays` gave it."""
        classes, depth = held[f"{prefix}.shape"]
        names = ("columns", "feature", "threshold", "left", "right", "value", "roots")
        parts = {name: held[f"{prefix}.{name}"] for name in names}
        return cls(classes=int(classes), depth=int(depth), **parts)


def planted(dump: dict[str, Any], columns: Sequence[int], classes: int) -> Forest:
    """A forest from LightGBM's own dump (`Booster.dump_model`). columns: those that it was trained on."""
    grower = _Grower()
    roots = [grower.plant(tree["tree_structure"]) for tree in dump["tree_info"]]
    return Forest(
        classes=classes,
        columns=np.array(columns, np.int32),
        feature=np.array(grower.feature or [0], np.int16),
        threshold=np.array(grower.threshold or [0.0], np.float32),
        left=np.array(grower.left or [-1], np.int32),
        right=np.array(grower.right or [-1], np.int32),
        value=np.array(grower.value, np.float32),
        roots=np.array(roots, np.int32),
        depth=grower.depth,
    )


class _Grower:
    """Lays trees out in arrays."""

    def __init__(self) -> None:
        self.feature: list[int] = []
        self.threshold: list[float] = []
        self.left: list[int] = []
        self.right: list[int] = []
        self.value: list[float] = []
        self.depth = 0

    def plant(self, tree: dict[str, Any], depth: int = 0) -> int:
        self.depth = max(self.depth, depth)
        if "leaf_value" in tree:
            self.value.append(float(tree["leaf_value"]))
            return -len(self.value)
        number = len(self.feature)
        self.feature.append(int(tree["split_feature"]))
        # Thresholds lie between two values; kept as float32 they must not fall below the lower one.
        self.threshold.append(float(np.nextafter(np.float32(tree["threshold"]), np.float32(np.inf))))
        self.left.append(0)
        self.right.append(0)
        self.left[number] = self.plant(tree["left_child"], depth + 1)
        self.right[number] = self.plant(tree["right_child"], depth + 1)
        return number
