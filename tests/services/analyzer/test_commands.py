"""Wishes about memory."""

import pytest

from services.analyzer.commands import Command, find_command


@pytest.mark.parametrize(
    ("question", "action", "text"),
    [
        ("Lembre que o Aurora só recebe às terças", "remember", "o Aurora só recebe às terças"),
        ("Esqueça que o cliente X é especial", "forget", "o cliente X é especial"),
        ("O que aprendeu sobre o Aurora?", "recall", "o Aurora"),
        ("o que você sabe sobre o Bandeirão?", "recall", "o Bandeirão"),
        ("Remember that Acme pays late", "remember", "Acme pays late"),
        ("What do you know about Acme?", "recall", "Acme"),
        ("o que você sabe?", "recall", ""),
    ],
)
def test_wishes(question: str, action: str, text: str) -> None:
    assert find_command(question) == Command(action, text)  # type: ignore[arg-type]  # one of the three


@pytest.mark.parametrize(
    "question", ["Quantas entregas do Aurora?", "o que tem na rota NE?", "Lembranças do cliente", "What is late?"]
)
def test_questions_are_no_wishes(question: str) -> None:
    assert find_command(question) is None
