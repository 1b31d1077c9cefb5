"""Boosted trees without LightGBM."""

import numpy as np
import pytest

from services.analyzer.forest import Forest, planted


def leaf(value: float) -> dict[str, float]:
    return {"leaf_value": value}


TREE = {
    "split_feature": 0, "threshold": 1.5,
    "left_child": {"split_feature": 1, "threshold": 0.25, "left_child": leaf(-1.0), "right_child": leaf(0.5)},
    "right_child": leaf(2.0),
}  # fmt: skip
ROWS = np.array([[1.0, 9.0, 0.2], [1.0, 9.0, 0.3], [2.0, 9.0, 0.2]], np.float32)


def test_every_row_ends_in_its_leaf() -> None:
    forest = planted({"tree_info": [{"tree_structure": TREE}, {"tree_structure": leaf(0.25)}]}, [0, 2], 1)
    assert forest.scores(ROWS).tolist() == pytest.approx([-0.75, 0.75, 2.25])
    assert forest.probabilities(ROWS)[0] == pytest.approx(1 / (1 + np.exp(0.75)))


def test_trees_take_turns_at_the_classes() -> None:
    trees = [{"tree_structure": each} for each in (TREE, leaf(1.0), TREE, leaf(1.0))]
    forest = planted({"tree_info": trees}, [0, 2], 2)
    assert forest.scores(ROWS)[0].tolist() == [-2.0, 2.0]
    assert forest.probabilities(ROWS).sum(axis=1).tolist() == pytest.approx([1.0, 1.0, 1.0])


def test_no_rows_no_scores() -> None:
    forest = planted({"tree_info": [{"tree_structure": TREE}]}, [0, 2], 1)
    assert forest.scores(np.zeros((0, 3), np.float32)).shape == (0,)


def test_a_forest_is_kept_as_arrays() -> None:
    forest = planted({"tree_info": [{"tree_structure": TREE}]}, [0, 2], 1)
    again = Forest.of(forest.arrays("x"), "x")
    assert again.scores(ROWS).tolist() == forest.scores(ROWS).tolist()
