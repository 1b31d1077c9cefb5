"""Typing errors: what was typed, and what it is taken for."""

import pytest

from services.analyzer.normalize import normalize
from services.analyzer.retype import retyped
from services.analyzer.spell import correct
from services.analyzer.vocabulary import Vocabulary, compile_vocabulary
from tests.services.analyzer.models import freight
from tests.services.analyzer.shop import VOCABULARY

FREIGHT = compile_vocabulary(freight())


def taken(question: str, language: str, vocabulary: Vocabulary = FREIGHT) -> dict[str, str]:
    """What each mistyped word of a question was taken for."""
    return {each.written: each.taken_for for each in correct(normalize(question, language), language, vocabulary)[1]}


@pytest.mark.parametrize(
    ("question", "expected"),
    [
        ("quantas notsa", {"notsa": "notas"}),
        # A consonant and an s make no Portuguese plural, and a bare stem is no word.
        ("valor das nots", {"nots": "notas"}),
        ("entregas por estdo", {"estdo": "estado"}),
        # Of words that are as near the one is meant that names more.
        ("valr das entregas", {"valr": "valor"}),
        # Forms of verbs stand in no list.
        ("quantas entregas embarccaram ontem", {"embarccaram": "embarcaram"}),
        ("quantas entregas embracaram ontem", {"embracaram": "embarcaram"}),
        ("quantas entregas embarcram ontem", {"embarcram": "embarcaram"}),
        ("quantas entregas embarcaram ontem", {}),
    ],
)
def test_portuguese_words_are_mended(question: str, expected: dict[str, str]) -> None:
    assert taken(question, "pt") == expected


@pytest.mark.parametrize(
    ("question", "expected"),
    [
        ("how many cutomers", {"cutomers": "customers"}),
        ("purchases in the last 3 dats", {"dats": "days"}),
        ("prices of the prodcts", {"prodcts": "products"}),
        ("names of the sellers", {}),
    ],
)
def test_english_words_are_mended(question: str, expected: dict[str, str]) -> None:
    assert taken(question, "en", VOCABULARY) == expected


@pytest.mark.parametrize(
    ("typed", "meant"),
    [("vendderam", "venderam"), ("vedneram", "venderam"), ("vebderam", "venderam"), ("venderm", "venderam")],
)
def test_one_error_of_each_kind_is_undone(typed: str, meant: str) -> None:
    assert retyped(typed, {"venderam", "vender"}.__contains__) == (meant, 1)


def test_short_words_and_two_errors_are_left_alone() -> None:
    assert retyped("venm", {"vem"}.__contains__) is None
    assert retyped("vnedderam", {"venderam"}.__contains__) is None
