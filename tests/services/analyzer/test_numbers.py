"""Numbers in digits and in words."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.analyzer.normalize import normalize
from services.analyzer.numbers import find_numbers, parse_digits
from tests.services.analyzer.properties import PROPERTY
from tests.services.analyzer.spoken import in_digits, in_words


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ("um milhão e meio", ["1500000"]),
        ("R$ 10.000", ["10000"]),
        ("R$ 1.234,56", ["1234.56"]),
        ("10 mil reais", ["10000"]),
        ("vinte e três", ["23"]),
        ("mil e duzentos", ["1200"]),
        ("duas mil entregas", ["2000"]),
        ("entre 5 e 10", ["5", "10"]),
        ("cento e vinte e cinco", ["125"]),
        ("mais de um pedido", ["1"]),
        ("um pedido", []),
        ("no segundo semestre", []),
    ],
)
def test_portuguese(text: str, values: list[str]) -> None:
    assert [str(each.value.normalize().__format__("f")) for each in find_numbers(normalize(text, "pt"), "pt")] == values


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ("1,234.5", ["1234.5"]),
        ("two hundred and fifty thousand dollars", ["250000"]),
        ("3.5 million", ["3500000"]),
        ("more than one concert", ["1"]),
        ("one of the concerts", []),
        ("two and three", ["2", "3"]),
        ("twenty one", ["21"]),
        ("-5 degrees", ["-5"]),
    ],
)
def test_english(text: str, values: list[str]) -> None:
    assert [str(each.value.normalize().__format__("f")) for each in find_numbers(normalize(text, "en"), "en")] == values


@pytest.mark.parametrize(
    ("text", "unit"), [("R$ 10", "BRL"), ("5%", "percent"), ("5 por cento", "percent"), ("10 reais", "BRL")]
)
def test_units(text: str, unit: str) -> None:
    (number,) = find_numbers(normalize(text, "pt"), "pt")
    assert number.unit == unit


def test_quoted_digits_are_no_numbers() -> None:
    assert find_numbers(normalize('code "42"', "en"), "en") == ()


@pytest.mark.parametrize(
    ("text", "language", "value"),
    [
        ("10.000", "pt", "10000"),
        ("10.000", "en", "10.000"),
        ("1.5", "pt", "1.5"),
        ("1,5", "en", "1.5"),
        ("1.000.000", "en", "1000000"),
    ],
)
def test_separators_are_read_by_language(text: str, language: str, value: str) -> None:
    assert parse_digits(text, language) == Decimal(value)


@PROPERTY
@given(st.integers(0, 999_999_999), st.sampled_from(["pt", "en"]))
def test_any_whole_number_in_words_is_read_back(number: int, language: str) -> None:
    text = {"pt": f"mais de {in_words(number, 'pt')} pedidos", "en": f"more than {in_words(number, 'en')} orders"}[
        language
    ]
    (found,) = find_numbers(normalize(text, language), language)
    assert found.value == number
    assert found.word


@PROPERTY
@given(st.decimals(0, 99_999_999, places=2), st.sampled_from(["pt", "en"]), st.booleans())
def test_any_amount_in_digits_is_read_back(number: Decimal, language: str, grouped: bool) -> None:
    written = in_digits(number, language, grouped=grouped)
    (found,) = find_numbers(normalize(f"total > {written}!", language), language)
    assert found.value == number
    (money,) = find_numbers(normalize(f"R$ {written}", language), language)
    assert (money.value, money.unit) == (number, "BRL")


@PROPERTY
@given(st.integers(0, 10**9), st.sampled_from(["pt", "en"]))
def test_any_whole_number_with_separators_is_read_back(number: int, language: str) -> None:
    written = in_digits(Decimal(number), language, grouped=True)
    (found,) = find_numbers(normalize(f"ids {written}", language), language)
    assert found.value == number
    assert found.whole


@PROPERTY
@given(st.text(alphabet="0123456789.,-kmil eºª% umdoistrês$R", max_size=30), st.sampled_from(["pt", "en"]))
def test_whatever_looks_like_a_number_never_fails(text: str, language: str) -> None:
    normal = normalize(text, language)
    for each in find_numbers(normal, language):
        assert 0 <= each.first < each.last <= len(normal.tokens)
        assert each.value.is_finite()
