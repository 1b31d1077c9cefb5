"""A question that would keep all others waiting is refused before it is read."""

import pytest

from mesh.fault import Fault
from services.analyzer.bounds import MOST_WORDS, bounded


@pytest.mark.parametrize(
    "question",
    [
        "entregas atrasadas do aurora em sp " * 280,
        " ".join(f"w{number}" for number in range(1_700)),
        "a" * 9_900,
        "pedidos " + "9" * 9_000,
        "(" * 4_000 + "entregas" + ")" * 4_000,
        "\"'" * 2_000 + "entregas",
        "? , . ; " * 1_200 + "pedidos",
        "1,2,3,4," * 1_200,
    ],
)
def test_what_is_too_much_is_told_at_once(question: str) -> None:
    with pytest.raises(Fault) as raised:
        bounded(question[:10_000])
    assert raised.value.reason == "QUESTION_TOO_LONG"
    assert int(raised.value.metadata["length"]) > int(raised.value.metadata["limit"])


@pytest.mark.parametrize("question", ["", "quantas entregas atrasadas?", "palavra " * MOST_WORDS, "a, b; (c) " * 30])
def test_what_people_ask_is_read(question: str) -> None:
    bounded(question)
