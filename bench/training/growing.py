"""Forests, grown by LightGBM and kept as plain arrays."""

from collections.abc import Sequence
from typing import Any

import lightgbm
import numpy as np
from numpy.typing import NDArray

from services.analyzer.forest import Forest, planted

SEED = 20250618
_COMMON: dict[str, Any] = {
    "learning_rate": 0.12,
    "num_leaves": 31,
    "max_depth": 8,
    "min_data_in_leaf": 20,
    "feature_fraction": 0.4,
    "lambda_l2": 1.0,
    "max_bin": 31,
    "force_col_wise": True,
    "deterministic": True,
    "seed": SEED,
    # One thread: with several, sums of floats depend on how they were shared out.
    "num_threads": 1,
    "verbose": -1,
}
_SLOW: dict[str, Any] = {
    "learning_rate": 0.05, "num_leaves": 15, "feature_fraction": 0.3, "min_data_in_leaf": 100, "lambda_l2": 10.0,
}  # fmt: skip
"""Small trees that learn slowly rank databases that they have not seen better (by cross-validation over databases)."""
_DRAWN: dict[str, Any] = {"bagging_fraction": 0.6, "bagging_freq": 1, "path_smooth": 50.0}
"""Of the rows for each tree; how much a leaf is drawn towards the one above it."""
_RANKERS = 2
_RARE = 0.002
"""Share of rows in which a feature has to differ from its usual value to be worth a look."""


def grow(rows: NDArray[np.float32], labels: NDArray[np.int64], classes: int, trees: int, **more: Any) -> Forest:
    """A forest that tells labels apart: 1 class for yes or no, else the number of classes."""
    kept = worthwhile(rows) or [0]
    if len(rows) < 2 * {**_COMMON, **more}["min_data_in_leaf"]:
        # Too few rows to be split: LightGBM would drop every feature, and then refuse to go on without any.
        more = {**more, "feature_pre_filter": False}
    told = {"objective": "binary"} if classes == 1 else {"objective": "multiclass", "num_class": classes}
    data = lightgbm.Dataset(rows[:, kept], labels)
    booster = lightgbm.train({**_COMMON, **told, **more}, data, trees)
    return pruned(booster.dump_model(), kept, classes)


def grow_ranker(
    rows: NDArray[np.float32], labels: NDArray[np.int64], groups: Sequence[int], trees: int, **more: Any
) -> Forest:
    """A forest that puts the right rows of each group first: the mean of several, each grown on its own draws of the rows.

    One alone prefers now this and now that of readings that are nearly as good; their mean varies less.
    """
    kept = worthwhile(rows)
    told = {"objective": "lambdarank", "lambdarank_truncation_level": 12, "label_gain": [0, 1, 3], **_SLOW, **_DRAWN}
    data = lightgbm.Dataset(rows[:, kept], labels, group=list(groups), free_raw_data=False)
    dumps = [
        lightgbm.train({**_COMMON, **told, "seed": SEED + number, **more}, data, trees).dump_model()
        for number in range(_RANKERS)
    ]
    for dump in dumps:
        for tree in dump["tree_info"]:
            _shrink(tree["tree_structure"], len(dumps))
    whole = {**dumps[0], "tree_info": [tree for dump in dumps for tree in dump["tree_info"]]}
    return pruned(whole, kept, 1)


def _shrink(node: dict[str, Any], times: int) -> None:
    if "leaf_value" in node:
        node["leaf_value"] /= times
        return
    _shrink(node["left_child"], times)
    _shrink(node["right_child"], times)


def worthwhile(rows: NDArray[np.float32]) -> list[int]:
    """Columns that differ often enough to tell anything."""
    sample = rows[:: max(1, len(rows) // 20_000)]
    usual = np.median(sample, axis=0)
    return [int(at) for at in np.nonzero((sample != usual).mean(axis=0) > _RARE)[0]]


def pruned(dump: dict[str, Any], kept: Sequence[int], classes: int) -> Forest:
    """The forest of a dump, its columns only those that a tree looks at."""
    used = sorted({at for tree in dump["tree_info"] for at in _features(tree["tree_structure"])})
    renumbered = {at: number for number, at in enumerate(used)}
    for tree in dump["tree_info"]:
        _renumber(tree["tree_structure"], renumbered)
    return planted(dump, [kept[at] for at in used] or [0], classes)


def _features(node: dict[str, Any]) -> set[int]:
    if "leaf_value" in node:
        return set()
    return {int(node["split_feature"])} | _features(node["left_child"]) | _features(node["right_child"])


def _renumber(node: dict[str, Any], renumbered: dict[int, int]) -> None:
    if "leaf_value" not in node:
        node["split_feature"] = renumbered[int(node["split_feature"])]
        _renumber(node["left_child"], renumbered)
        _renumber(node["right_child"], renumbered)
