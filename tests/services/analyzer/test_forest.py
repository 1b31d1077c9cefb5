"""Boosted trees without LightGBM."""

import random
from typing import Any

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


def grown(chance: random.Random, leaves: int) -> dict[str, Any]:
    if leaves == 1:
        return leaf(round(chance.uniform(-1, 1), 3))
    left = chance.randint(1, leaves - 1)
    return {
        "split_feature": chance.randrange(4), "threshold": float(chance.randrange(6)),
        "left_child": grown(chance, left), "right_child": grown(chance, leaves - left),
    }  # fmt: skip


def walked(tree: dict[str, Any], row: list[float]) -> float:
    while "leaf_value" not in tree:
        tree = tree["left_child" if row[tree["split_feature"]] <= tree["threshold"] else "right_child"]
    return float(tree["leaf_value"])


@pytest.mark.parametrize("leaves", [2, 15, 16, 17, 32, 33, 64])
def test_trees_of_every_width_lead_where_walking_down_them_leads(leaves: int) -> None:
    chance = random.Random(leaves)  # no secret
    trees = [grown(chance, chance.randint(1, leaves)) for _ in range(9)] + [grown(chance, leaves)]
    rows = [[float(chance.randrange(7)) for _ in range(4)] for _ in range(300)]
    forest = planted({"tree_info": [{"tree_structure": tree} for tree in trees]}, range(4), 1)
    expected = [sum(walked(tree, row) for tree in trees) for row in rows]
    assert forest.scores(np.array(rows, np.float32)).tolist() == pytest.approx(expected, abs=1e-5)


def test_a_tree_with_too_many_leaves_is_refused() -> None:
    forest = planted({"tree_info": [{"tree_structure": grown(random.Random(1), 65)}]}, range(4), 1)
    with pytest.raises(ValueError, match="65 leaves; at most 64"):
        forest.scores(ROWS)


def test_trees_of_a_single_leaf_ask_nothing() -> None:
    forest = planted({"tree_info": [{"tree_structure": leaf(0.5)}, {"tree_structure": leaf(0.25)}]}, [0], 1)
    assert forest.scores(np.array([[1.0], [7.0]], np.float32)).tolist() == [0.75, 0.75]
