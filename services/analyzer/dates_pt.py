"""Portuguese words for periods."""

import re

MONTHS = {
    "janeiro": 1, "jan": 1, "fevereiro": 2, "fev": 2, "marco": 3, "mar": 3, "abril": 4, "abr": 4, "maio": 5, "mai": 5,
    "junho": 6, "jun": 6, "julho": 7, "jul": 7, "agosto": 8, "ago": 8, "setembro": 9, "set": 9, "outubro": 10, "out": 10,
    "novembro": 11, "nov": 11, "dezembro": 12, "dez": 12,
}  # fmt: skip
WEEKDAYS = {
    "segunda": 0, "segunda-feira": 0, "terca": 1, "terca-feira": 1, "quarta": 2, "quarta-feira": 2, "quinta": 3,
    "quinta-feira": 3, "sexta": 4, "sexta-feira": 4, "sabado": 5, "domingo": 6,
}  # fmt: skip
NUMBERS = {
    "um": 1, "uma": 1, "dois": 2, "duas": 2, "tres": 3, "quatro": 4, "cinco": 5, "seis": 6, "sete": 7, "oito": 8,
    "nove": 9, "dez": 10, "doze": 12, "quinze": 15, "vinte": 20, "trinta": 30, "sessenta": 60, "noventa": 90,
}  # fmt: skip
UNITS = {
    "dia": "day", "dias": "day", "semana": "week", "semanas": "week", "mes": "month", "meses": "month",
    "trimestre": "quarter", "trimestres": "quarter", "semestre": "half", "semestres": "half", "ano": "year", "anos": "year",
}  # fmt: skip
ORDINALS = {"primeiro": 1, "segundo": 2, "terceiro": 3, "quarto": 4, "ultimo": 4, "1o": 1, "2o": 2, "3o": 3, "4o": 4}

_MON = "|".join(sorted((name for name in MONTHS if len(name) > 3), key=len, reverse=True))
# Three letters are a month only beside a day or a year: "set" and "out" are words, "mar" is the sea.
_MON3 = "|".join(sorted(MONTHS, key=len, reverse=True))
_WD = "|".join(sorted(WEEKDAYS, key=len, reverse=True))
_N = r"\d{1,3}|" + "|".join(sorted(NUMBERS, key=len, reverse=True))
_UNIT = "|".join(sorted(UNITS, key=len, reverse=True))
_Y = r"(?:19|20)\d\d"
_DE = r"(?: (?:de|do|da|/|-))?"
_YEAR = rf"(?:{_DE} (?:ano (?:de )?)?(?P<y>{_Y}|passado|ano passado))?"
_DAY_DIGITS = r"(?P<d>\d{1,2})[/.](?P<m>\d{1,2})(?:[/.](?P<y>\d{4}|\d\d))?"
_DAY_WORDS = rf"(?:dia )?(?P<d>\d{{1,2}})(?:º|o)? de (?P<mon>{_MON3})(?: (?:de |do )?(?P<y>{_Y}))?"
_ISO = r"(?P<yiso>)(?P<y>\d{4})-(?P<m>\d{1,2})-(?P<d>\d{1,2})"
_WHAT = (
    r"(?P<what>(?:o |a |dia |o dia |mes de |o mes de |o ano de |ano de )?(?:"
    rf"hoje|ontem|anteontem|amanha|\d{{1,2}}[/.]\d{{1,2}}(?:[/.]\d{{2,4}})?|\d{{4}}-\d{{1,2}}-\d{{1,2}}"
    rf"|\d{{1,2}}(?:º)? de (?:{_MON3})(?: (?:de )?{_Y})?|(?:{_MON})(?: (?:de )?{_Y})?|{_Y}"
    rf"|(?:esta|essa|este|esse) (?:semana|mes|ano)|(?:semana|mes|ano) passad[oa]|inicio do (?:mes|ano)|(?:{_WD})))"
)


def _compile(text: str) -> re.Pattern[str]:
    return re.compile(rf"(?<![^ ])(?:{text})(?= )")


# A group may stand in several branches of a pattern: the further ones carry trailing underscores, which dates.py drops.
PATTERNS = tuple(
    (_compile(text), meaning)
    for text, meaning in (
        (r"ontem e (?:de )?hoje|hoje e (?:de )?ontem", "yesterday_and_today"),
        (r"depois de amanha", "after_tomorrow"),
        (r"(?:dia de |o dia de |no dia de )?hoje", "today_"),
        (r"(?:dia de )?ontem", "yesterday"),
        (r"anteontem|antes de ontem", "before_yesterday"),
        (r"amanha", "tomorrow"),
        (rf"(?:desde|a partir (?:de|do|da)) {_WHAT}", "since"),
        (rf"(?:apos|depois (?:de|do|da)|posterior(?:es)? a) {_WHAT}", "after"),
        (rf"(?:antes (?:de|do|da)|anterior(?:es)? a) {_WHAT}", "before"),
        (rf"ate {_WHAT}", "until"),
        (
            rf"(?:semana )?(?:de|do dia|entre|dos dias|entre os dias|dia) (?P<d>\d{{1,2}}) (?:a|ate|e|ao dia|ao) "
            rf"(?P<d2>\d{{1,2}}) de (?P<mon>{_MON3})(?: (?:de |do )?(?P<y>{_Y}))?",
            "days_of_month",
        ),
        (
            rf"(?:de|do dia|entre|entre os dias|dia) (?P<d>\d{{1,2}})(?:º)? de (?P<mon>{_MON3})(?: (?:de )?(?P<y>{_Y}))? "
            rf"(?:a|ate|e|ao dia|ao) (?:dia )?(?P<d2>\d{{1,2}}) de (?P<mon2>{_MON3})(?: (?:de )?(?P<y2>{_Y}))?",
            "days_across",
        ),
        (
            r"(?:de|do dia|entre|entre os dias|dia|periodo de) (?P<d>\d{1,2})[/.](?P<m>\d{1,2})(?:[/.](?P<y>\d{4}|\d\d))? "
            r"(?:a|ate|e|ao dia|ao|-) (?:o |dia )?(?P<d2>\d{1,2})[/.](?P<m2>\d{1,2})(?:[/.](?P<y2>\d{4}|\d\d))?",
            "days_across",
        ),
        (rf"(?:de|entre|entre os meses de) (?P<mon>{_MON3}) (?:a|ate|e) (?P<mon2>{_MON3}){_YEAR}", "months"),
        (rf"(?:de|entre) (?P<y>{_Y}) (?:a|ate|e) (?P<y2>{_Y})", "years"),
        (rf"(?:o )?(?:dia )?{_DAY_DIGITS}", "day"),
        (rf"(?:o )?{_DAY_WORDS}", "day"),
        (_ISO, "day"),
        (rf"(?P<m>\d{{1,2}})[/-](?P<y>{_Y})", "month_digits"),
        (rf"(?:o )?(?:mes de )?(?P<mon>{_MON}){_YEAR}", "month"),
        (rf"(?P<mon>{_MON3})(?: de | do | / | )(?P<y>{_Y})", "month"),
        (rf"(?:o )?(?P<n>[1-4](?:º|o|°)?|primeiro|segundo|terceiro|quarto) (?:trimestre|tri){_YEAR}", "quarter"),
        (rf"(?:o )?(?P<n>[12](?:º|o|°)?|primeiro|segundo) semestre{_YEAR}", "half"),
        (
            rf"(?:n?[oa]s |d[oa]s |pel[oa]s )?ultim[oa]s? (?P<n>{_N}) (?P<unit>{_UNIT})|"
            rf"(?:n?[oa]s |d[oa]s )?(?P<n_>{_N}) ultim[oa]s (?P<unit_>{_UNIT})",
            "last_n",
        ),
        (rf"(?:n?[oa]s |d[oa]s )?proxim[oa]s (?P<n>{_N}) (?P<unit>{_UNIT})", "next_n"),
        (r"semana (?:de |do )?(?:calendario|corrente)", "calendar_week"),
        (
            r"(?:n?est[ea]|n?ess[ea]|dest[ea]|dess[ea]) (?P<unit>semana|mes|trimestre|semestre|ano)(?: atual| corrente)?|"
            r"(?:n?[oa] |d[oa] )?(?P<unit_>semana|mes|trimestre|semestre|ano) (?:atual|corrente|vigente)",
            "this",
        ),
        (
            r"(?:n?[oa] |d[oa] )?(?P<unit>semana|mes|trimestre|semestre|ano) (?:passad[oa]|anterior)|"
            r"(?:n?[oa] |d[oa] )?ultim[oa] (?P<unit_>semana|mes|trimestre|semestre|ano)",
            "previous",
        ),
        (
            r"(?:n?[oa] |d[oa] )?proxim[oa] (?P<unit>semana|mes|trimestre|semestre|ano)|"
            r"(?:n?[oa] |d[oa] )?(?P<unit_>semana|mes|trimestre|semestre|ano) (?:que vem|seguinte)",
            "next",
        ),
        (rf"(?:ha|faz) (?P<n>{_N}) (?P<unit>{_UNIT})|(?P<n_>{_N}) (?P<unit_>{_UNIT}) atras", "ago"),
        (rf"(?P<coming>proxim[oa] )(?P<wd>{_WD})", "weekday"),
        (rf"(?P<wd>{_WD})(?P<past> passad[oa])", "weekday"),
        (rf"(?:na |no |esta |essa |nesta |nessa )(?P<wd>{_WD})", "weekday"),
        (rf"(?P<sure>(?:no |do |o )?ano (?:de )?)(?P<y>{_Y})", "year"),
        (rf"(?P<y>{_Y})", "year"),
    )
)
