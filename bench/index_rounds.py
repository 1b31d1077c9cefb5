"""How often the forms of a plan are run beside each other: as long as it is not known on which side of a limit they are,
and no longer."""

import itertools
import time

from bench.index_report import Timed
from bench.index_statements import FORMS, Statement, Statements

_ORDERS = tuple(itertools.permutations(FORMS))
"""Rounds take turns in these: what ran before a statement leaves the processor's caches cold or warm for it."""
_QUICK = 5.0
"""Milliseconds below which a statement is run more often: its times are near those of the noise."""
_FEWEST = 5
_LEAST = 3
"""Rounds, and those of a statement that needs all its time for fewer."""
_TRIES = 4
"""Times that a form is given all its rounds and time, at most: as long as it is not known whether a limit is kept."""
_FAR = 2.0
"""Times that the plain form takes, from which on it need not be known more exactly."""


async def rounds(
    statements: Statements,
    forms: dict[str, Statement],
    made: Timed,
    first: dict[str, float],
    repeats: int,
    budget: float,
) -> None:
    """Adds warm runs. first: milliseconds of each form's first run, which count only where there is no other because it
    took more than the budget. repeats: rounds (quick forms: four times as many). budget: seconds for one form, about."""
    made.warm = {form: {0: each} if each > budget * 1000 else {} for form, each in first.items()}
    spent = dict.fromkeys(first, 0.0)
    active = {form for form in FORMS if not made.warm[form]}
    number = 0
    while active:
        for form in _ORDERS[number % len(_ORDERS)]:
            if form in active:
                began = time.perf_counter()
                made.warm[form][number] = (await statements.run(forms[form]))[0]
                spent[form] += time.perf_counter() - began
        number += 1
        active -= {form for form in active if _enough(made, form, first[form], spent[form] / budget, repeats)}


def _enough(made: Timed, form: str, first: float, used: float, repeats: int) -> bool:
    """used: of the budget."""
    runs = len(made.warm[form])
    wanted = repeats * (4 if first < _QUICK else 1)
    if runs < _LEAST or (runs < _FEWEST and used < 1):
        return False
    if made.undecided(form):
        return runs >= wanted * _TRIES or used >= _TRIES
    if form == "plain" and made.ratio("plain", "maestro") > _FAR:
        return True
    return runs >= wanted or used >= 1
