"""What can be asked: questions in the model's own words."""

from __future__ import annotations

import pytest

from services.analyzer.suggest import label, suggestions
from services.analyzer.vocabulary import compile_vocabulary
from tests.services.analyzer.models import freight, terms
from tests.services.analyzer.shop import VOCABULARY, asked, shop

FREIGHT = compile_vocabulary(freight())


def test_the_models_own_examples_come_first() -> None:
    model = shop()
    model.examples.extend(["What sells best in Recife?"])
    assert suggestions(compile_vocabulary(model), "en", 2)[0] == "What sells best in Recife?"


def test_metrics_come_before_tables_and_tables_by_their_weight() -> None:
    made = suggestions(FREIGHT, "pt", 50)
    assert made[0].startswith("Faturamento por ")
    first = [made.index(next(each for each in made if name in each)) for name in ("entregas monitoradas", "fretes")]
    assert first == sorted(first)
    assert len(made) == len(set(made))


@pytest.mark.parametrize("language", ["pt", "en"])
def test_they_are_in_the_askers_language(language: str) -> None:
    made = suggestions(VOCABULARY, language, 50)
    assert any(("Quantos" if language == "pt" else "How many") in each for each in made)
    assert not any(("Quantos" if language == "en" else "How many") in each for each in made)


def test_a_prefix_wants_what_continues_it_first_then_what_holds_its_words() -> None:
    made = suggestions(VOCABULARY, "en", 50, "how many prod")
    assert [each for each in made if each.lower().startswith("how many prod")] == made[:1]
    held = suggestions(VOCABULARY, "en", 50, "product")
    assert held
    assert all("product" in each.lower() for each in held)
    assert suggestions(VOCABULARY, "en", 50, "zzz") == []


def test_no_more_than_wanted() -> None:
    assert [len(suggestions(VOCABULARY, "en", most)) for most in (0, 1, 4)] == [0, 1, 4]


@pytest.mark.parametrize("language", ["pt", "en"])
def test_what_is_suggested_can_be_asked(language: str) -> None:
    """Every suggestion names something of the source."""
    for each in suggestions(VOCABULARY, language, 50):
        assert [link for link in asked(each, language).links if link.target.dataset], each


def test_labels_prefer_the_language_then_what_has_none() -> None:
    both = [*terms("preço"), *terms("price", locale="en"), *terms("sum of money", locale="", weight=0.9)]
    assert [label(both, language, "x_y") for language in ("pt", "en", "fr")] == ["preço", "price", "sum of money"]
    assert label([], "pt", "x_y") == "x y"
