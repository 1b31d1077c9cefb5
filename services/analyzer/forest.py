"""Boosted trees, evaluated with numpy alone: the models are trained by LightGBM, which the service does not load.

All trees of a forest stand in flat arrays; a whole matrix of rows walks down all of them at once.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

Matrix = NDArray[np.float32]
Places = NDArray[np.intp]
"""Positions in other arrays, in the machine's own size: numpy would have to convert any other at every step."""

_PLACES = ("columns", "feature", "child", "roots")


@dataclass(frozen=True)
class Forest:
    """classes: 1 for a binary or ranking model, else the number of classes; trees go round the classes in turn.

    columns: which columns of the full feature matrix the trees see. Nodes: feature, threshold and child (two each, left and
    right); a leaf is its own child, and value is its output. roots: first node of each tree; depth: of the deepest.
    """

    classes: int
    columns: Places
    feature: Places = field(repr=False)
    threshold: NDArray[np.float32] = field(repr=False)
    child: Places = field(repr=False)
    value: NDArray[np.float32] = field(repr=False)
    roots: Places = field(repr=False)
    depth: int

    def scores(self, rows: Matrix) -> NDArray[np.float64]:
        """Raw scores, (rows × classes); (rows,) where there is one class."""
        count = len(rows)
        if count == 0:
            return np.zeros((0, self.classes) if self.classes > 1 else (0,))
        seen = rows.take(self.columns, axis=1).ravel()
        start = (np.arange(count, dtype=np.intp) * len(self.columns))[:, None]
        node = np.tile(self.roots, (count, 1))
        # Buffers and clipping save numpy from allocating and checking at every step; every place is known to be in range.
        at = np.empty_like(node)
        value = np.empty(node.shape, seen.dtype)
        threshold = np.empty(node.shape, np.float32)
        right = np.empty(node.shape, np.bool_)
        for _ in range(self.depth):
            self.feature.take(node, out=at, mode="clip")
            at += start
            seen.take(at, out=value, mode="clip")
            self.threshold.take(node, out=threshold, mode="clip")
            np.greater(value, threshold, out=right)
            node += node
            node += right
            self.child.take(node, out=at, mode="clip")
            node, at = at, node
        leaves = self.value.take(node).astype(np.float64)
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
            f"{prefix}.shape": np.array([self.classes, self.depth], np.int32),
            **{f"{prefix}.{name}": getattr(self, name).astype(np.int32) for name in _PLACES},
            f"{prefix}.threshold": self.threshold, f"{prefix}.value": self.value,
        }  # fmt: skip

    @classmethod
    def of(cls, held: dict[str, NDArray[Any]], prefix: str) -> "Forest":
        """A forest as `arrays` gave it."""
        classes, depth = held[f"{prefix}.shape"]
        parts = {name: held[f"{prefix}.{name}"].astype(np.intp) for name in _PLACES}
        return cls(
            classes=int(classes), depth=int(depth), threshold=held[f"{prefix}.threshold"],
            value=held[f"{prefix}.value"], **parts,
        )  # fmt: skip


def planted(dump: dict[str, Any], columns: Sequence[int], classes: int) -> Forest:
    """A forest from LightGBM's own dump (`Booster.dump_model`). columns: those that it was trained on."""
    grower = _Grower()
    roots = [grower.plant(tree["tree_structure"]) for tree in dump["tree_info"]]
    return Forest(
        classes=classes,
        columns=np.array(columns, np.intp),
        feature=np.array(grower.feature, np.intp),
        threshold=np.array(grower.threshold, np.float32),
        child=np.array(grower.child, np.intp),
        value=np.array(grower.value, np.float32),
        roots=np.array(roots, np.intp),
        depth=grower.depth,
    )


class _Grower:
    """Lays trees out in arrays."""

    def __init__(self) -> None:
        self.feature: list[int] = []
        self.threshold: list[float] = []
        self.child: list[int] = []
        self.value: list[float] = []
        self.depth = 0

    def plant(self, tree: dict[str, Any], depth: int = 0) -> int:
        self.depth = max(self.depth, depth)
        number = len(self.feature)
        if "leaf_value" in tree:
            self._add(0, float("inf"), [number, number], float(tree["leaf_value"]))
            return number
        # Thresholds lie between two values; kept as float32 they must not fall below the lower one.
        threshold = float(np.nextafter(np.float32(tree["threshold"]), np.float32(np.inf)))
        self._add(int(tree["split_feature"]), threshold, [0, 0], 0.0)
        self.child[2 * number] = self.plant(tree["left_child"], depth + 1)
        self.child[2 * number + 1] = self.plant(tree["right_child"], depth + 1)
        return number

    def _add(self, feature: int, threshold: float, child: list[int], value: float) -> None:
        self.feature.append(feature)
        self.threshold.append(threshold)
        self.child += child
        self.value.append(value)
