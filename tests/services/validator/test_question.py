"""Checks on the text of a question."""

import pytest

from services.validator.question import check_question


@pytest.mark.parametrize(
    ("question", "code"),
    [
        ("", "QUESTION_EMPTY"),
        (" \n\t ", "QUESTION_EMPTY"),
        ("a" * 101, "QUESTION_TOO_LONG"),
        ("quantas\x00 entregas", "QUESTION_NOT_TEXT"),
        ("quantas\x1b[31m entregas", "QUESTION_NOT_TEXT"),
        ("quantas \ufffd entregas", "QUESTION_NOT_TEXT"),
        ("quantas \ue000 entregas", "QUESTION_NOT_TEXT"),
        ("?!… 🤷", "QUESTION_NOT_TEXT"),
    ],
)
def test_what_is_no_question_is_rejected_with_its_reason(question, code):
    (found,) = check_question(question, 100)
    assert found.code == code


@pytest.mark.parametrize(
    "question",
    [
        "Quantas entregas estão atrasadas?",
        "qtas entregs atrazadas em sp",
        "How many orders\nare\tthere?",
        "Сколько заказов?",
        "注文はいくつですか",
        "entregas 🚚 do Aurora “hoje”",
        "123456",
        "a" * 100,
        "e\u0301",
        "n\u00a0o break",
    ],
)
def test_language_and_spelling_are_no_fault(question):
    assert check_question(question, 100) == []
