"""Whether a series rises or falls."""

from __future__ import annotations

import random

import pytest

from services.enricher.trend import trend


def test_a_straight_rise_is_one() -> None:
    found = trend([10, 20, 30, 40, 50])
    assert found is not None
    assert (found.direction, round(found.slope, 9), round(found.r_squared, 9)) == ("up", 10, 1)


def test_a_straight_fall_is_one() -> None:
    found = trend([50, 40, 30, 20])
    assert found is not None
    assert found.direction == "down"


def test_a_constant_is_flat() -> None:
    found = trend([5, 5, 5, 5])
    assert found is not None
    assert (found.direction, found.slope) == ("flat", 0)


def test_too_few_values_say_nothing() -> None:
    assert trend([1, 2, 3]) is None


def test_noise_is_rarely_taken_for_a_trend() -> None:
    draw = random.Random(7)
    found = [trend([draw.gauss(100, 10) for _ in range(12)]) for _ in range(400)]
    share = sum(each is not None and each.direction != "flat" for each in found) / len(found)
    assert share == pytest.approx(0.05, abs=0.03)


def test_the_slope_is_that_of_least_squares() -> None:
    found = trend([1, 3, 2, 5, 4])
    assert found is not None
    assert found.slope == pytest.approx(0.8)
