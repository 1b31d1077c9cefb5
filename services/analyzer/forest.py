"""Boosted trees, evaluated with numpy alone: the models are trained by LightGBM, which the service does not load.

Trees are not walked down: every question that any tree asks is put to all rows at once, and each answer of "right" strikes
out the leaves to the left of it, as bits of one number a tree. Of those that are left, the first is the row's leaf
(QuickScorer: Lucchese et al., SIGIR 2015).
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

Matrix = NDArray[np.float32]
Places = NDArray[np.intp]
"""Positions in other arrays, in the machine's own size: numpy would have to convert any other at every step."""

_PLACES = ("columns", "feature", "child", "roots")
_AT_ONCE = 256
"""Rows that are looked at together: more would not stay in the processor's cache."""


@dataclass(frozen=True)
class Forest:
    """classes: 1 for a binary or ranking model, else the number of classes; trees go round the classes in turn.

    columns: which columns of the full feature matrix the trees see. Nodes: feature, threshold and child (two each, left and
    right); a leaf is its own child, and value is its output. A node stands before its left part, this before its right
    part, a tree before the next one; no tree has more than 64 leaves. roots: first node of each; depth: of the deepest.
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
        if not len(rows):
            return np.zeros((0, self.classes) if self.classes > 1 else (0,))
        if len(rows) > _AT_ONCE:
            return np.concatenate([self.scores(rows[at : at + _AT_ONCE]) for at in range(0, len(rows), _AT_ONCE)])
        leaves = self._laid.leaves(rows.take(self.columns, axis=1).T)
        if self.classes == 1:
            return np.asarray(leaves.sum(axis=0))
        return np.asarray(leaves.reshape(-1, self.classes, len(rows)).sum(axis=0).T)

    @cached_property
    def _laid(self) -> "_Laid":
        return _Laid.of(self)

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


_WORDS: tuple[type[Any], ...] = (np.uint16, np.uint32, np.uint64)
"""Types that hold a bit for each leaf of a tree, narrowest first."""


@dataclass(frozen=True)
class _Laid:
    """A forest as it is evaluated.

    feature, threshold: the different questions. asked: by node slot and tree, which question; struck: the leaves that its
    answer "right" rules out. value: by tree and leaf; first: of each tree.
    """

    feature: Places
    threshold: NDArray[np.float32]
    asked: Places
    struck: NDArray[Any]
    value: NDArray[np.float64]
    first: Places

    def leaves(self, seen: Matrix) -> NDArray[np.float64]:
        """The output of each tree, (trees × rows). seen: (columns × rows)."""
        kind = self.struck.dtype
        right = (seen.take(self.feature, axis=0) > self.threshold).astype(kind)
        np.negative(right, out=right)
        slots, trees, _ = self.struck.shape
        # Clipping saves numpy from checking every place: all are known to be in range.
        ruled_out = right.take(self.asked, axis=0, mode="clip").reshape(slots, trees, -1)
        ruled_out &= self.struck
        gone = np.bitwise_or.reduce(ruled_out.reshape(slots, -1), axis=0).reshape(trees, -1)
        # The first leaf that is left stands behind as many as are ruled out in a row.
        ruled = gone + kind.type(1)
        np.invert(gone, out=gone)
        ruled &= gone
        ruled -= kind.type(1)
        place = np.bitwise_count(ruled) + self.first
        return np.asarray(self.value.take(place, mode="clip"))

    @classmethod
    def of(cls, forest: Forest) -> "_Laid":
        """Lays a forest out. Raises ValueError where a tree has too many leaves."""
        nodes = np.arange(len(forest.value))
        child = forest.child.reshape(-1, 2)
        is_leaf = child[:, 0] == nodes
        before = np.concatenate([[0], np.cumsum(is_leaf)])
        tree = np.searchsorted(forest.roots, nodes, side="right") - 1
        # Leaves of the tree that stand to the left of each node.
        rank = before[:-1] - before[forest.roots][tree]
        most = int(rank[is_leaf].max()) + 1
        narrow = next((each for each in _WORDS if most <= 8 * np.dtype(each).itemsize), None)
        if narrow is None:
            raise ValueError(f"a tree has {most} leaves; at most 64 can be evaluated")
        inner = np.flatnonzero(~is_leaf)
        # A question as one number: both parts together sort as one.
        tests, which = np.unique(forest.feature[inner] + 1j * forest.threshold[inner], return_inverse=True)
        if not len(tests):
            # Trees of a single leaf ask nothing; the question that is put all the same is never answered "right".
            tests = np.array([complex(0, np.inf)])
        slot = np.arange(len(inner)) - np.searchsorted(tree[inner], tree[inner])
        slots = int(slot.max(initial=0)) + 1
        asked = np.zeros((slots, len(forest.roots)), np.intp)
        struck = np.zeros((slots, len(forest.roots), 1), narrow)
        asked[slot, tree[inner]] = which.ravel()
        bits = [
            (1 << int(last)) - (1 << int(first)) for first, last in zip(rank[inner], rank[child[inner, 1]], strict=True)
        ]
        struck[slot, tree[inner], 0] = np.array(bits, np.uint64).astype(narrow)
        value = np.zeros((len(forest.roots), most))
        value[tree[is_leaf], rank[is_leaf]] = forest.value[is_leaf]
        return cls(
            feature=tests.real.astype(np.intp), threshold=tests.imag.astype(np.float32)[:, None], asked=asked.ravel(),
            struck=struck, value=value.ravel(), first=(np.arange(len(forest.roots), dtype=np.intp) * most)[:, None],
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
