"""Periods, in both languages, as of a Wednesday: 18 June 2025."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.analyzer.dates import find_periods
from services.analyzer.normalize import normalize
from tests.services.analyzer.properties import PROPERTY
from tests.services.analyzer.spoken import MONTHS, days

TODAY = date(2025, 6, 18)

PORTUGUESE = [
    ("entregas de hoje", "2025-06-18", "2025-06-19"),
    ("o que entrou ontem e hoje?", "2025-06-17", "2025-06-19"),
    ("quanto faturou essa semana", "2025-06-12", "2025-06-19"),
    ("faturamento do mês de junho de 2025", "2025-06-01", "2025-07-01"),
    ("nos últimos 30 dias", "2025-05-20", "2025-06-19"),
    ("semana de 10 a 16 de junho", "2025-06-10", "2025-06-17"),
    ("de 28 de maio a 3 de junho", "2025-05-28", "2025-06-04"),
    ("de 01/06 a 15/06/2025", "2025-06-01", "2025-06-16"),
    ("desde janeiro", "2025-01-01", None),
    ("antes de 10/05/2025", None, "2025-05-10"),
    ("até ontem", None, "2025-06-18"),
    ("no segundo trimestre", "2025-04-01", "2025-07-01"),
    ("primeiro semestre de 2024", "2024-01-01", "2024-07-01"),
    ("em maio", "2025-05-01", "2025-06-01"),
    ("em novembro", "2024-11-01", "2024-12-01"),
    ("mês passado", "2025-05-01", "2025-06-01"),
    ("ano passado", "2024-01-01", "2025-01-01"),
    ("este mês", "2025-06-01", "2025-07-01"),
    ("entre março e maio de 2024", "2024-03-01", "2024-06-01"),
    ("entregas de 15/06/2025", "2025-06-15", "2025-06-16"),
    ("dia 27/11", "2025-11-27", "2025-11-28"),
    ("próxima semana", "2025-06-23", "2025-06-30"),
    ("há 3 dias", "2025-06-15", "2025-06-16"),
    ("2025-06-10", "2025-06-10", "2025-06-11"),
]
ENGLISH = [
    ("orders of yesterday", "2025-06-17", "2025-06-18"),
    ("since January 2024", "2024-01-01", None),
    ("between June 10 and 16, 2025", "2025-06-10", "2025-06-17"),
    ("on March 3rd, 2020", "2020-03-03", "2020-03-04"),
    ("from 2010 to 2014", "2010-01-01", "2015-01-01"),
    ("in q2 2025", "2025-04-01", "2025-07-01"),
    ("last week", "2025-06-09", "2025-06-16"),
    ("this week", "2025-06-16", "2025-06-23"),
    ("before 1999", None, "1999-01-01"),
    ("3 days ago", "2025-06-15", "2025-06-16"),
    ("in May", "2025-05-01", "2025-06-01"),
    ("in May 2024", "2024-05-01", "2024-06-01"),
    ("during sept of 2023", "2023-09-01", "2023-10-01"),
]


def _found(text: str, language: str) -> list[tuple[str | None, str | None]]:
    periods = find_periods(normalize(text, language), language, TODAY)
    return [(str(each.start) if each.start else None, str(each.end) if each.end else None) for each in periods]


@pytest.mark.parametrize(("text", "start", "end"), PORTUGUESE)
def test_portuguese(text: str, start: str | None, end: str | None) -> None:
    assert _found(text, "pt") == [(start, end)]


@pytest.mark.parametrize(("text", "start", "end"), ENGLISH)
def test_english(text: str, start: str | None, end: str | None) -> None:
    assert _found(text, "en") == [(start, end)]


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("maior cliente do grupo Maionese", "pt"),  # "maio" inside another word
        ("students who may have 2 pets", "en"),
        ("31/02/2025", "pt"),
        ("nota 0/0", "pt"),
        ("5/0 of them", "en"),
        ('pedidos do cliente "Sexta Feira Hoje"', "pt"),  # quoted: a name
        ("o set de peças", "pt"),
    ],
)
def test_what_is_no_period(text: str, language: str) -> None:
    assert _found(text, language) == []


def test_a_bare_year_may_be_a_number() -> None:
    (period,) = find_periods(normalize("concerts in 2014", "en"), "en", TODAY)
    assert period.weak
    assert period.grain == "year"


def test_a_convention_is_noted() -> None:
    (period,) = find_periods(normalize("faturou esta semana", "pt"), "pt", TODAY)
    assert period.note == "rolling_week"
    assert period.label == "esta semana"


_DAYS = st.dates(date(1950, 1, 1), date(2049, 12, 31))
_LANGUAGES = st.sampled_from(["pt", "en"])


@PROPERTY
@given(_DAYS, _LANGUAGES, st.data())
def test_any_day_is_read_back(day: date, language: str, data: st.DataObject) -> None:
    said = data.draw(st.sampled_from(days(day, language)))
    wanted = (str(day), str(day + timedelta(1)))
    assert _found({"pt": f"entregas de {said}", "en": f"orders of {said}"}[language], language) == [wanted]


@PROPERTY
@given(_DAYS, _LANGUAGES)
def test_any_month_is_read_back(day: date, language: str) -> None:
    month, year = MONTHS[language][day.month - 1], day.year
    text = {"pt": f"pedidos de {month} de {year}", "en": f"orders in {month} {year}"}[language]
    start = day.replace(day=1)
    end = (start + timedelta(31)).replace(day=1)
    assert _found(text, language) == [(str(start), str(end))]


@PROPERTY
@given(_DAYS, st.integers(0, 900), _LANGUAGES)
def test_any_stretch_of_days_is_read_back(day: date, size: int, language: str) -> None:
    last = day + timedelta(size)
    text = {"pt": f"de {day:%d/%m/%Y} a {last:%d/%m/%Y}", "en": f"between {day} and {last}"}[language]
    assert _found(text, language) == [(str(day), str(last + timedelta(1)))]


@PROPERTY
@given(_DAYS, _LANGUAGES, st.data())
def test_open_ends_begin_or_end_where_the_day_does(day: date, language: str, data: st.DataObject) -> None:
    said = str(day) if language == "en" else f"{day:%d/%m/%Y}"
    words = {"pt": ("desde", "antes de", "até", "depois de"), "en": ("since", "before", "until", "after")}[language]
    after = str(day + timedelta(1))
    wanted = [(str(day), None), (None, str(day)), (None, after), (after, None)]
    way = data.draw(st.integers(0, 3))
    assert _found(f"{words[way]} {said}", language) == [wanted[way]]


@PROPERTY
@given(_DAYS, st.integers(1, 400), _LANGUAGES)
def test_the_last_days_end_with_today(today: date, count: int, language: str) -> None:
    text = {"pt": f"nos últimos {count} dias", "en": f"in the last {count} days"}[language]
    (period,) = find_periods(normalize(text, language), language, today)
    assert (period.start, period.end) == (today - timedelta(count - 1), today + timedelta(1))


@PROPERTY
@given(_DAYS, st.sampled_from(["mês", "ano", "trimestre", "semana"]))
def test_this_and_the_one_before_meet(today: date, unit: str) -> None:
    before, this = (
        find_periods(normalize(text, "pt"), "pt", today)[0] for text in (f"{unit} passado", f"{unit} atual")
    )
    assert this.start is not None
    assert this.end is not None
    assert this.start <= today < this.end
    if unit != "semana":  # this week is the seven days up to today (see the note), the one before the calendar's
        assert before.end == this.start


@PROPERTY
@given(st.text(alphabet="0123456789/.-: deabrmjstonfovuih", max_size=40), _LANGUAGES, _DAYS)
def test_whatever_looks_like_a_day_never_fails(text: str, language: str, today: date) -> None:
    normal = normalize(text, language)
    for each in find_periods(normal, language, today):
        assert 0 <= each.first < each.last <= len(normal.tokens)
        assert each.start is None or each.end is None or each.start < each.end
