"""How each fact is defined and computed, in one sentence of either language."""

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from typing import Final

from services.enricher.periods import Period

_PT: Mapping[str, str] = {
    "previous_period": "A mesma medida no período anterior de igual duração ({0}); variação = (atual - "
    "anterior) ÷ anterior.",
    "year_on_year": "A mesma medida no mesmo período do ano anterior ({0}); variação = (atual - anterior)"
    " ÷ anterior.",
    "so_far": " O período ainda não terminou: compara-se {0} com {1}.",
    "share_rows": "Valor do grupo ÷ soma dos valores de todos os {0} grupos do resultado.",
    "share_total": "Valor do grupo ÷ total de todos os registros com os mesmos filtros, calculado pelo "
    "banco.Valor do grupo ÷ total de todos os registros com os mesmos filtros, calculado "
    "pelo banco.",
    "trend": "Reta de mínimos quadrados sobre {0} pontos ({1} a {2}): inclinação por {3}; há "
    "tendência quando a inclinação difere de zero com 95% de confiança (teste t).{4}",
    "trend_open": " O último ponto, ainda incompleto, ficou de fora.",
    "completeness": "Registros com os mesmos filtros em que o campo é nulo, contados pelo banco: não "
    "entram no cálculo.",
    "freshness": "Maior valor de {0} até a data da pergunta, em toda a tabela.",
    "outliers": "Grupos cujo valor se afasta da mediana mais de 3,5 desvios absolutos medianos "
    "(escala 1,4826).",
    "hour": "hora",
    "day": "dia",
    "week": "semana",
    "month": "mês",
    "quarter": "trimestre",
    "year": "ano",
}
_EN: Mapping[str, str] = {
    "previous_period": "The same measure over the period of equal length right before ({0}); change = "
    "(current - previous) ÷ previous.",
    "year_on_year": "The same measure over the same period of the year before ({0}); change = (current - "
    "previous) ÷ previous.",
    "so_far": " The period is not over: {0} is compared with {1}.",
    "share_rows": "Value of the group ÷ sum of the values of all {0} groups of the result.",
    "share_total": "Value of the group ÷ total over all rows with the same filters, computed by the "
    "database.Value of the group ÷ total over all rows with the same filters, computed by"
    " the database.",
    "trend": "Least-squares line over {0} points ({1} to {2}): slope per {3}; there is a trend "
    "where the slope differs from zero with 95% confidence (t-test).{4}",
    "trend_open": " The last point, not yet complete, was left out.",
    "completeness": "Rows with the same filters in which the field is null, counted by the database: they"
    " do not take part.",
    "freshness": "Largest value of {0} up to the moment of the question, over the whole table.",
    "outliers": "Groups whose value is more than 3.5 median absolute deviations (scale 1.4826) away "
    "from the median.",
    "hour": "hour",
    "day": "day",
    "week": "week",
    "month": "month",
    "quarter": "quarter",
    "year": "year",
}
_SAY: Final[Mapping[str, Mapping[str, str]]] = {"pt": _PT, "en": _EN}


def define(language: str, key: str, *values: object) -> str:
    """A definition, filled in."""
    return _SAY[language][key].format(*values)


def day(language: str, moment: date | datetime) -> str:
    """A day as the language writes it in a definition."""
    return f"{moment:%d/%m/%Y}" if language == "pt" else f"{moment:%Y-%m-%d}"


def span(language: str, period: Period) -> str:
    """A period by its first and last day."""
    last = period.end - timedelta(microseconds=1)
    first, end = day(language, period.start), day(language, last)
    joiner = " a " if language == "pt" else " to "
    return first if first == end else f"{first}{joiner}{end}"
