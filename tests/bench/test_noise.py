"""Typing errors are repeatable, as many as asked for, and leave numbers alone."""

from __future__ import annotations

import pytest

from bench.noise import noisy

QUESTION = "Quais entregas do Bandeirão estão atrasadas em São Paulo desde 15/06/2025 na rota NE?"


def test_the_same_seed_gives_the_same_text() -> None:
    assert noisy(QUESTION, 0.3, 7) == noisy(QUESTION, 0.3, 7)
    assert len({noisy(QUESTION, 0.9, seed) for seed in range(8)}) > 1


def test_without_errors_case_and_accents_still_go() -> None:
    assert noisy("São Paulo, já!", 0.0, 1) == "sao paulo, ja!"


@pytest.mark.parametrize("seed", range(20))
def test_numbers_and_short_words_stay(seed: int) -> None:
    text = noisy(QUESTION, 1.0, seed)
    assert "15/06/2025" in text
    assert " do " in text
    assert " ne?" in text
    assert text != noisy(QUESTION, 0.0, seed)


def test_about_the_share_of_words_is_hit() -> None:
    question = " ".join(["entrega"] * 400)
    hit = sum(word != "entrega" for word in noisy(question, 0.3, 3).split())
    assert 80 < hit < 160
