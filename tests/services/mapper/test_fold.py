"""Folding."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.mapper.fold import fold


@pytest.mark.parametrize(
    ("text", "folded"),
    [
        ("São Paulo", "sao paulo"), ("S/A", "s a"), ("06.057.223/0001-71", "06 057 223 0001 71"), ("  A  B ", "a b"),
        ("ÇÃÔ", "cao"), ("STRASSE", "strasse"), ("Straße", "strasse"), ("𝕬urora", "aurora"), ("№ 5", "no 5"), ("", ""),
        ("...", ""), ("東京", "東京"), ("e\u0301", "e"),
    ],
)  # fmt: skip
def test_folds(text: str, folded: str) -> None:
    assert fold(text) == folded


@given(st.text(max_size=80))
def test_folding_twice_changes_nothing(text: str) -> None:
    assert fold(fold(text)) == fold(text)


@given(st.text(alphabet="aáãbcçdeéê fgh", max_size=40))
def test_case_does_not_matter(text: str) -> None:
    assert fold(text.upper()) == fold(text)
