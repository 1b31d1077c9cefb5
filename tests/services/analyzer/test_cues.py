"""Cues: the same operators whichever language says them, the longest phrase first, nothing inside quotes."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.analyzer import cues_en, cues_pt
from services.analyzer.cues import GLUE, OPERATORS, Cue, find_cues
from services.analyzer.normalize import normalize
from tests.services.analyzer.properties import PROPERTY


def ops(text: str, language: str = "en") -> list[str]:
    keys = normalize(text, language).keys
    return [each.op for each in find_cues(keys, language, [False] * len(keys)) if each.op not in GLUE]


def phrases(text: str) -> list[tuple[str, tuple[str, ...]]]:
    lines = (line.partition(":") for line in text.strip().splitlines())
    return [(op.strip(), tuple(each.split())) for op, _, texts in lines for each in texts.split(",") if each.split()]


SAME = [
    ("how many", "quantos", "COUNT"), ("more than", "mais de", "GT"), ("at least", "pelo menos", "GE"),
    ("without", "sem", "NOT"), ("for each", "para cada", "EACH"), ("starts with", "começa com", "STARTS"),
    ("the average", "a média", "AVG"), ("between", "entre", "BETWEEN"), ("or", "ou", "OR"), ("except", "exceto", "NE"),
    ("before", "antes de", "BEFORE"), ("descending", "decrescente", "DESC"),
]  # fmt: skip


@pytest.mark.parametrize(("english", "portuguese", "op"), SAME)
def test_both_languages_say_the_same(english: str, portuguese: str, op: str) -> None:
    assert op in ops(english, "en")
    assert op in ops(portuguese, "pt")


@pytest.mark.parametrize(
    ("text", "language", "op", "not_op"),
    [
        ("no more than 5", "en", "LE", "NOT"),
        ("not less than 5", "en", "GE", "LT"),
        ("least common", "en", "RARE", "FEWEST"),
        ("número máximo de", "pt", "MOST", "COUNT"),
        ("não mais que 5", "pt", "LE", "GT"),
    ],
)
def test_the_longest_phrase_wins(text: str, language: str, op: str, not_op: str) -> None:
    assert op in ops(text, language)
    assert not_op not in ops(text, language)


def test_a_bound_is_one_only_before_a_number() -> None:
    assert "GE" in ops("a minimum of 3")
    assert "GE" in ops("a minimum of three")
    assert ops("a minimum of the prices") == ["MIN"]
    assert "LE" in ops("maximo de 3", "pt")
    assert "LE" not in ops("maximo de preços", "pt")


def test_degrees_know_their_direction_and_what_they_may_measure() -> None:
    keys = ("oldest", "youngest")
    oldest, youngest = (each for each in find_cues(keys, "en", [False, False]) if each.op == "DEGREE")
    assert (oldest.tag, youngest.tag) == ("DEGREE_MAX", "DEGREE_MIN")
    assert "age" in oldest.concepts


def test_quoted_words_are_no_cues() -> None:
    assert find_cues(("more", "than"), "en", [True, True]) == ()
    assert find_cues(("not", "more", "than"), "en", [True, False, False])[0] == Cue("GT", 1, 3)


@pytest.mark.parametrize(("language", "text"), [("en", cues_en.PHRASES), ("pt", cues_pt.PHRASES)])
def test_every_phrase_is_found_as_it_is_written(language: str, text: str) -> None:
    """Whatever stands in the lists is folded as questions are, and no longer phrase hides it."""
    bounds = {"GE": "MIN", "LE": "MAX"}  # "minimum of" is one of these only before a number
    for op, words in phrases(text):
        found = find_cues(words, language, [False] * len(words))
        whole = {each.op for each in found if (each.first, each.last) == (0, len(words))}
        assert {op, bounds.get(op, op)} & whole, f"{language}: {' '.join(words)}"


@PROPERTY
@given(
    st.lists(st.sampled_from(sorted({word for _, words in phrases(cues_en.PHRASES) for word in words})), max_size=12)
)
def test_cues_stand_in_order_and_never_overlap(words: list[str]) -> None:
    found = find_cues(tuple(words), "en", [False] * len(words))
    spans = sorted({(each.first, each.last) for each in found})
    assert spans == list(dict.fromkeys((each.first, each.last) for each in found))
    assert all(one[1] <= other[0] for one, other in itertools.pairwise(spans))
    assert {each.op for each in found} <= {*OPERATORS, "DEGREE"}
