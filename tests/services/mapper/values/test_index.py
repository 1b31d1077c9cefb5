"""The index of texts."""
# tables of cases: a case a line

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rapidfuzz.distance import OSA

from services.mapper.fold import fold
from services.mapper.values.index import SHORTEST, TextIndex, forgiven

TEXTS = ["AURORA LJ 01", "Aurora LJ 02", "BANDEIRÃO 001", "São Paulo", "FORTE ATACADISTA", "SP", "Nova São Paulo"]
index = TextIndex(TEXTS)


def texts(numbers: list[int]) -> list[str]:
    return [TEXTS[number] for number in numbers]


def test_equal_after_folding() -> None:
    assert texts(index.equal("sao paulo")) == ["São Paulo"]
    assert texts(index.equal("aurora")) == []


def test_blanks_do_not_matter() -> None:
    assert texts(index.run_together("forteatacadista")) == ["FORTE ATACADISTA"]
    assert TextIndex(["bandeirao"]).run_together("ban deirao") == [0]


def test_words_lead_to_texts() -> None:
    word = index.word("paulo")
    assert texts(list(index.holding(word))) == ["São Paulo", "Nova São Paulo"]
    assert index.spread(word) == 2
    assert index.holds(word, 3)
    assert not index.holds(word, 0)
    assert index.word("paul") == -1


def test_words_that_begin_with_a_text() -> None:
    assert [index.words[number] for number in index.beginning("ba", 5)] == ["bandeirao"]
    assert index.beginning("", 2) == []


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("aurroa", "aurora"), ("auora", "aurora"), ("aurorra", "aurora"), ("aurira", "aurora"), ("bandeiro", "bandeirao"),
        ("bandierao", "bandeirao"), ("vandeirao", "bandeirao"), ("atacadsita", "atacadista"), ("atacdista", "atacadista"),
    ],
)  # fmt: skip
def test_typing_errors_are_forgiven(typed: str, meant: str) -> None:
    assert meant in [index.words[number] for number, _ in index.near(typed)]


@pytest.mark.parametrize("typed", ["sp", "s", "lj1", "001", "002", "xxxxxx", ""])
def test_short_words_and_numbers_are_not(typed: str) -> None:
    assert index.near(typed) == []


words = st.text(alphabet="abcde", min_size=SHORTEST, max_size=12)


@given(st.lists(words, min_size=1, max_size=30, unique=True), words)
def test_the_neighbourhood_is_that_of_the_distance_where_beginnings_agree(held: list[str], typed: str) -> None:
    """Nothing is found that is too far; nothing is missed that differs within the first letters only, or after them."""
    made = TextIndex(held)
    found = {made.words[number] for number, _ in made.near(typed)}
    allowed = {word: min(forgiven(len(typed)), forgiven(len(word))) for word in held}
    assert found <= {word for word in held if 0 < OSA.distance(typed, word) <= allowed[word]}
    missed = {word for word in held if OSA.distance(typed, word) == 1 and allowed[word]} - found
    assert not missed


@given(st.lists(st.text(max_size=20), max_size=40))
def test_every_text_is_found_by_itself_and_by_each_of_its_words(held: list[str]) -> None:
    made = TextIndex(held)
    for number, text in enumerate(held):
        folded = fold(text)
        assert number in made.equal(folded)
        for word in folded.split():
            assert number in made.holding(made.word(word))
