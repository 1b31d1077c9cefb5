"""Phrases fitted in whole arrays: what comes out is what fitting each by itself gives."""

import pytest

from services.analyzer import link_many, link_terms
from services.analyzer.link import Link
from services.analyzer.normalize import normalize
from services.analyzer.vocabulary import Vocabulary, compile_vocabulary
from tests.services.analyzer.models import freight
from tests.services.analyzer.shop import VOCABULARY

FREIGHT = compile_vocabulary(freight())
QUESTIONS = [
    ("quantas entregas atrasadas por transportadora em SP?", "pt", FREIGHT),
    ("qual o valor total da nota das entregas do cliente?", "pt", FREIGHT),
    ("nome e estado da transportadora e data de embarque dos fretes", "pt", FREIGHT),
    ("show the names and prices of products with their customer", "en", VOCABULARY),
    ("how many orders does every customer have by city", "en", VOCABULARY),
]


def links(question: str, language: str, vocabulary: Vocabulary) -> set[Link]:
    read = normalize(question, language)
    # As if spelling had changed a word.
    return set(link_terms.link_terms(read.keys, read, language, vocabulary, frozenset({1})))


@pytest.mark.parametrize(("question", "language", "vocabulary"), QUESTIONS)
def test_together_or_one_by_one_the_same_links_are_found(
    question: str, language: str, vocabulary: Vocabulary, monkeypatch: pytest.MonkeyPatch
) -> None:
    one_by_one = links(question, language, vocabulary)
    monkeypatch.setattr(link_terms, "_EACH", 0)
    assert one_by_one
    assert links(question, language, vocabulary) == one_by_one


@pytest.mark.parametrize("each", [0, 10_000])
def test_of_too_many_the_best_of_each_stretch_and_kind_are_kept(each: int, monkeypatch: pytest.MonkeyPatch) -> None:
    question, language, vocabulary = QUESTIONS[1]
    found = links(question, language, vocabulary)
    monkeypatch.setattr(link_terms, "_EACH", each)
    for module in (link_terms, link_many):
        monkeypatch.setattr(module, "FEW", 0)
    monkeypatch.setattr(link_many, "_OF_EACH", 1)
    kept = links(question, language, vocabulary)
    assert kept < found
    places = [(link.first, link.last, link.target.kind) for link in kept]
    assert len(places) == len(set(places))
    assert set(places) == {(link.first, link.last, link.target.kind) for link in found}
