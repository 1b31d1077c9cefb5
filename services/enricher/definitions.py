"""What each fact is, in one sentence in the asker's language."""

from __future__ import annotations

_TEXTS = {
    "previous_period": {
        "pt": "Variação sobre o período anterior de mesma duração ({0} a {1}).",
        "en": "Change against the period before, of the same length ({0} to {1}).",
    },
    "year_on_year": {
        "pt": "Variação sobre o mesmo período do ano anterior ({0} a {1}).",
        "en": "Change against the same period of the year before ({0} to {1}).",
    },
    "share": {
        "pt": "Parte de cada linha no total de todas, calculado pelo banco de dados com os mesmos filtros.",
        "en": "Part of each row in the total of all, computed by the database under the same filters.",
    },
    "share_of_rows": {
        "pt": "Parte de cada linha na soma de todas as linhas do resultado, que está completo.",
        "en": "Part of each row in the sum of all rows of the result, which is complete.",
    },
    "trend": {
        "pt": "Inclinação da reta de mínimos quadrados por {2}; só há tendência se difere de zero a 5 % (teste t).",
        "en": "Slope of the least-squares line by {2}; a trend only where it differs from zero at 5 % (t-test).",
    },
    "trend_so_far": {
        "pt": "Inclinação da reta de mínimos quadrados por {2}, sem o último, que ainda não terminou; só há tendência "
        "se difere de zero a 5 % (teste t).",
        "en": "Slope of the least-squares line by {2}, without the last, which is not over; a trend only where it "
        "differs from zero at 5 % (t-test).",
    },
    "forecast_linear": {
        "pt": "Reta de mínimos quadrados por {2}, o método de menor erro absoluto médio nos últimos {0} testes.",
        "en": "Least-squares line by {2}, the method of the least mean absolute error in the last {0} tests.",
    },
    "forecast_seasonal": {
        "pt": "Valor de uma estação antes, por {2}, o método de menor erro absoluto médio nos últimos {0} testes.",
        "en": "The value of one season before, by {2}, the method of the least mean absolute error in the last {0} tests.",
    },
    "forecast_recent": {
        "pt": "Média dos três últimos, por {2}, o método de menor erro absoluto médio nos últimos {0} testes.",
        "en": "Mean of the last three, by {2}, the method of the least mean absolute error in the last {0} tests.",
    },
    "forecast_refused": {
        "pt": "Sem previsão: são precisos ao menos {0} períodos completos por {2}.",
        "en": "No forecast: at least {0} complete periods by {2} are needed.",
    },
    "rank": {
        "pt": "Posição entre todos os valores de {0}, do maior para o menor, com os mesmos outros filtros, contada pelo "
        "banco; empates dividem a posição.",
        "en": "Place among all values of {0}, the largest first, under the same other filters, counted by the database; "
        "equal ones share a place.",
    },
    "outliers": {
        "pt": "Linhas a mais de 3,5 desvios medianos (0,6745 · |valor - mediana| / MAD) da mediana de todos os grupos.",
        "en": "Rows more than 3.5 median deviations (0.6745 · |value - median| / MAD) from the median of all groups.",
    },
    "outliers_of_course": {
        "pt": "Períodos a mais de 3,5 desvios medianos da reta de mínimos quadrados por {2}; o que não terminou não conta.",
        "en": "Periods more than 3.5 median deviations from the least-squares line by {2}; what is not over does not count.",
    },
    "missing": {
        "pt": "Linhas com os mesmos filtros em que o campo é nulo, contadas pelo banco: ficam fora do cálculo.",
        "en": "Rows under the same filters whose field is null, counted by the database: they do not count.",
    },
    "freshness": {
        "pt": "O valor mais recente de {0} até a data da pergunta, em toda a tabela.",
        "en": "The latest value of {0} up to the day of the question, over the whole table.",
    },
    "completeness": {
        "pt": "Linhas do resultado sem valor, que ficam fora do cálculo.",
        "en": "Rows of the result without a value, which do not count.",
    },
}
_GRAINS = {
    "pt": ("período", "hora", "dia", "semana", "mês", "trimestre", "ano"),
    "en": ("period", "hour", "day", "week", "month", "quarter", "year"),
}


def language(locale: str) -> str:
    """ "en" for English, else "pt"."""
    return "en" if locale.lower().startswith("en") else "pt"


def define(kind: str, locale: str, first: str = "", last: str = "", grain: int = 0) -> str:
    """The definition of a kind of fact; first and last: ISO days of a compared period; grain: plan.TimeGrain."""
    spoken = language(locale)
    return _TEXTS[kind][spoken].format(first, last, _GRAINS[spoken][grain])
