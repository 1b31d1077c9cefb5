"""Tokens, quotes, abbreviations, language and stems."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.analyzer.language import detect, locale_of
from services.analyzer.normalize import normalize
from services.analyzer.stem import stem_en, stem_pt


def test_abbreviations_are_written_out_in_portuguese_only() -> None:
    assert normalize("Qtas NF-e c/ atraso p/ SP?", "pt").keys == ("quantas", "nf", "com", "atraso", "para", "sp", "?")
    assert normalize("fat and num", "en").keys == ("fat", "and", "num")


def test_offsets_lead_back_to_what_was_typed() -> None:
    question = "Entregas do Bandeirão em São Paulo"
    normal = normalize(question, "pt")
    assert [question[token.start : token.end] for token in normal.tokens] == question.split()
    assert normal.text(2, 5) == "Bandeirão em São"


def test_quotes_hold_their_words_together() -> None:
    normal = normalize("students called \"Bob O'Neil\" and 'Ann'", "en")
    assert [quote.text for quote in normal.quotes] == ["Bob O'Neil", "Ann"]
    assert [token.quoted for token in normal.tokens] == [0, 0, 1, 1, 0, 2]


def test_clitics_and_negations_are_split() -> None:
    assert normalize("what's the car that doesn't fit", "en").keys == (
        "what",
        "'s",
        "the",
        "car",
        "that",
        "does",
        "not",
        "fit",
    )


def test_codes_stay_whole() -> None:
    assert normalize("CIS-220 and A320 and A-1", "en").keys == ("cis-220", "and", "a320", "and", "a-1")


@given(st.text(max_size=80))
def test_any_text_is_read(text: str) -> None:
    for language in ("pt", "en"):
        normal = normalize(text, language)
        assert all(0 <= token.start < token.end <= len(text) for token in normal.tokens)


@pytest.mark.parametrize(
    ("question", "code"),
    [
        ("qtas entregas do aurora atrasadas em sp?", "pt"),
        ("Show all orders of Aurora", "en"),
        ("How many deliveries are late?", "en"),
        ("E de SP?", "pt"),
        ("Which entregas are late?", "en"),
    ],
)
def test_language(question: str, code: str) -> None:
    assert detect(question).code == code


def test_a_hint_decides_where_words_do_not() -> None:
    assert detect("Aurora", hint="en-US").code == "en"
    assert detect("Aurora", default="pt").code == "pt"
    assert locale_of("pt", "pt-PT") == "pt-PT"
    assert locale_of("pt", "en-US") == "pt-BR"


@pytest.mark.parametrize(
    ("one", "other"), [("countries", "country"), ("making", "make"), ("hired", "hire"), ("ids", "id"), ("boxes", "box")]
)
def test_english_stems(one: str, other: str) -> None:
    assert stem_en(one) == stem_en(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [("entregas", "entrega"), ("atrasadas", "atrasado"), ("transportadoras", "transportadora"), ("valores", "valor"),
     ("contratações", "contratação"), ("faturou", "faturado")],
)  # fmt: skip
def test_portuguese_stems(one: str, other: str) -> None:
    from services.analyzer.normalize import fold

    assert stem_pt(fold(one)) == stem_pt(fold(other))
