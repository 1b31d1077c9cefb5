"""Frames: the question as units, and how far from each the nearest of every kind is."""

from __future__ import annotations

import numpy as np
import pytest

from services.analyzer.frame import FAR, TAGS, Frame
from tests.services.analyzer.shop import framed

QUESTIONS = [
    ("the average price of products in the Kitchen category", "en"),
    ("customers with more than 3 purchases since May 2024", "en"),
    ("a idade média dos clientes de Recife", "pt"),
    ('products whose title contains "ket" or "lam"', "en"),
]


def at(frame: Frame, words: str) -> int:
    """The unit of these words."""
    texts = [frame.parsed.text(each.first, each.last) for each in frame.units]
    return texts.index(words)


@pytest.mark.parametrize(("question", "language"), QUESTIONS)
def test_every_token_is_in_the_unit_that_holds_it(question: str, language: str) -> None:
    frame = framed(question, language)
    for token, number in enumerate(frame.unit_at):
        assert frame.units[number].first <= token < frame.units[number].last
    sizes = sum(each.last - each.first for each in frame.units)
    assert sizes == len(frame.parsed.keys)


@pytest.mark.parametrize(("question", "language"), QUESTIONS)
def test_distances_are_those_to_the_nearest(question: str, language: str) -> None:
    frame = framed(question, language)
    for unit in range(len(frame.units)):
        for tag in TAGS:
            places = [number for number, each in enumerate(frame.units) if tag in each.tags]
            left = min([unit - place for place in places if place <= unit], default=FAR)
            right = min([place - unit for place in places if place >= unit], default=FAR)
            assert frame.near(unit, tag) == (min(left, FAR), min(right, FAR)), (unit, tag)


def test_tags_are_counted() -> None:
    frame = framed("products with price between 5 and 10")
    assert frame.count[TAGS.index("number")] == 2
    assert frame.has("BETWEEN")
    assert not frame.has("AVG")
    assert np.array_equal(frame.count > 0, [any(tag in unit.tags for unit in frame.units) for tag in TAGS])


def test_portuguese_adjectives_stand_before_their_noun_as_in_english() -> None:
    portuguese, english = framed("idade média dos clientes", "pt"), framed("average age of customers", "en")
    kinds = [[sorted(unit.tags & {"AVG", "field", "dataset"}) for unit in each.units] for each in (portuguese, english)]
    assert kinds[0] == kinds[1]
    # What was moved is still found under its own words.
    assert portuguese.units[portuguese.unit_at[0]].tags >= {"field"}


def test_a_period_holds_its_words_together_and_a_bare_year_is_a_number_as_well() -> None:
    frame = framed("purchases since May 2024")
    held = frame.units[frame.unit_at[-1]]
    assert frame.parsed.text(held.first, held.last) == "since May 2024"
    assert str(held.period.start if held.period else "") == "2024-05-01"
    year = framed("purchases of 2024").units[-1]
    assert year.tags >= {"period", "number"}
    assert year.number is not None
    assert year.number.value == 2024


def test_or_below_before_a_number_begins_another_comparison() -> None:
    assert framed("price above 50 or below 46").units[-2].tags == {"OR", "LT"}
    assert framed("price 50 or below").units[-1].tags == {"LE"}


def test_names_of_the_model_and_values_of_the_data_are_told_apart() -> None:
    frame = framed("names of customers from Lisbon")
    assert "field" in frame.units[at(frame, "names")].tags
    assert "dataset" in frame.units[at(frame, "customers")].tags
    assert "value" in frame.units[at(frame, "Lisbon")].tags
