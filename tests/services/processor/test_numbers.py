"""Whatever number the processor writes, in whatever form, the check of answers reads it as the number that it was."""

from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from maestro.plan.v1 import plan_pb2
from maestro.result.v1 import result_pb2
from services.processor.cells import with_unit
from services.processor.compose import compose
from services.processor.formats import formats
from services.validator.answer import check_answer
from tests.services.loader.plans import agg, col, count, query, table
from tests.services.processor.store import DATE, head, request

O = table("orders", "o")  # noqa: E741  # o as in orders
AMOUNTS = st.decimals(min_value=-(10**12), max_value=10**12, places=4, allow_nan=False)
LANGUAGES = st.sampled_from(["pt", "en"])
UNITS = st.sampled_from(["", "BRL", "USD", "kg", "days", "percent"])


def told(text, value, language):
    answer = result_pb2.Answer(status=1, text=text, locale="pt-BR" if language == "pt" else "en-US")
    answer.result.columns.add(name="m")
    answer.result.rows.add().values.add().CopyFrom(value)
    answer.result.complete = True
    answer.result.total_rows = 1
    return [each.code for each in check_answer("", "", answer)]


@settings(deadline=None)
@given(amount=AMOUNTS, unit=UNITS, language=LANGUAGES)
def test_what_is_written_is_found_again(amount, unit, language):
    text = with_unit(amount, unit, formats(language))
    assert told(f"X: {text}.", result_pb2.Value(decimal=str(amount)), language) == []


@settings(deadline=None)
@given(
    amount=st.integers(min_value=21, max_value=10**15), off=st.integers(min_value=1, max_value=9), language=LANGUAGES
)
def test_another_number_is_not(amount, off, language):
    text = formats(language).number(amount + off)
    assert told(f"X: {text}.", result_pb2.Value(integer=amount), language) == ["answer.number"]


@settings(deadline=None)
@given(share=st.floats(min_value=0.0001, max_value=1), language=LANGUAGES)
def test_shares_are_found_again(share, language):
    assert told(f"X: {formats(language).percent(share)}.", result_pb2.Value(float=share), language) == []


@settings(deadline=None)
@given(day=st.dates(min_value=date(1900, 1, 1), max_value=date(2200, 1, 1)), language=LANGUAGES)
def test_days_are_found_again(day, language):
    value = result_pb2.Value(date=day.isoformat())
    assert told(f"X: {formats(language).day(day.isoformat())}.", value, language) == []
    assert told(f"X: {formats(language).month(day)}.", value, language) == []


@pytest.mark.parametrize("locale", ["pt-BR", "en-US"])
@settings(deadline=None)
@given(
    number=st.one_of(st.integers(min_value=-(2**53), max_value=2**53), st.floats(allow_nan=False, allow_infinity=False))
)
def test_any_value_makes_an_answer_that_passes(locale, number):
    made = request(query(O, {"m": agg("MAX", col("o.weight"))}), head([("m", 3)], [(number,)]), locale=locale)
    answer = compose(made, 5, "pt-BR")
    assert [each.message for each in check_answer("", locale, answer)] == []


@settings(deadline=None)
@given(
    days=st.lists(
        st.dates(min_value=date(2000, 1, 1), max_value=date(2030, 1, 1)), min_size=1, max_size=12, unique=True
    )
)
def test_any_course_of_time_makes_an_answer_that_passes(days):
    rows = [(f"date|{day.isoformat()}", number) for number, day in enumerate(days)]
    made = query(O, {"t": col("o.due"), "m": count()}, group=[col("o.due")])
    answer = compose(request(made, head([("t", DATE), ("m", 1)], rows), intent=plan_pb2.INTENT_TREND), 5, "pt-BR")
    assert [each.message for each in check_answer("", "pt-BR", answer)] == []


def test_small_numbers_do_not_read_as_none():
    assert formats("pt").number(Decimal("0.00042")) == "0,00042"
    assert formats("en").number(0.004) == "0.004"
    assert formats("en").number(0) == "0"
