"""How sure one may be of the first reading."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.analyzer.calibrate import NAMES, fitted, row
from services.analyzer.learned import judges
from services.analyzer.rank import NAMES as RANK_NAMES
from tests.services.analyzer.properties import PROPERTY


def told(scores: list[float], certainty: float = 1.0) -> dict[str, float]:
    features = np.arange(len(scores), dtype=np.float32)[:, None] * np.ones((1, len(RANK_NAMES)), np.float32)
    return dict(zip(NAMES, row(features, np.array(scores), 2, certainty).tolist(), strict=True))


def test_it_is_the_first_readings_features_and_how_far_ahead_it_is() -> None:
    made = told([0.0, 3.0, 1.0], 0.25)
    assert {made[name] for name in RANK_NAMES if name not in ("score",)} == {1.0}
    assert (made["score"], made["score.ahead"], made["candidates"], made["corrections"]) == (3, 2, 3, 2)
    assert made["language.certainty"] == 0.25
    assert made["score.share"] > made["score.second"] > made["score.third"] > 0


def test_a_lone_reading_is_far_ahead_without_entropy() -> None:
    made = told([0.5])
    assert (made["score.ahead"], made["score.share"], made["score.second"], made["score.third"]) == (9, 1, 0, 0)
    assert made["score.entropy"] == pytest.approx(0)


@PROPERTY
@given(st.lists(st.floats(-50, 50, width=32), min_size=1, max_size=64))
def test_features_are_finite_for_any_scores(scores: list[float]) -> None:
    made = told(scores)
    assert np.isfinite(list(made.values())).all()
    assert made["score.share"] + made["score.second"] + made["score.third"] <= 1.0001
    assert made["score.ahead"] >= 0


def test_the_curve_is_straight_between_its_points_and_level_beyond() -> None:
    points = [(0.2, 0.1), (0.6, 0.5)]
    assert [fitted(raw, points) for raw in (0.0, 0.2, 0.4, 0.6, 1.0)] == pytest.approx([0.1, 0.1, 0.3, 0.5, 0.5])
    assert fitted(0.37, ()) == 0.37


def test_the_curve_that_ships_rises_within_0_and_1() -> None:
    raw, seen = zip(*judges().points, strict=True)
    assert list(raw) == sorted(raw)
    assert list(seen) == sorted(seen)
    assert 0 <= min(seen) <= max(seen) <= 1
