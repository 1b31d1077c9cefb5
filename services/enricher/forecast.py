"""What a series leads one to expect: the one of three plain methods that would have been the least wrong so far."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from maestro.plan.v1 import plan_pb2 as plan

_SEASONS = {
    plan.TIME_GRAIN_MONTH: 12, plan.TIME_GRAIN_QUARTER: 4, plan.TIME_GRAIN_DAY: 7, plan.TIME_GRAIN_WEEK: 52,
}  # fmt: skip
FEWEST = 8
"""Steps that must be known before anything is said of the next."""
_TESTED = 6
_LEAST_TESTED = 3
_RECENT = 3


@dataclass(frozen=True, slots=True)
class Forecast:
    """value: what is expected. error: mean absolute error of the method over the steps that it was tested on.

    method: "linear", "seasonal" or "recent". tested: how many steps it was tested on.
    """

    value: float
    error: float
    method: str
    tested: int


def forecast(values: Sequence[float], ahead: int, grain: plan.TimeGrain.ValueType) -> Forecast | None:
    """The value `ahead` steps (at least 1) behind the last of an unbroken series; None where too little is known.

    Each method is tested by what it would have said of the last few values from those that were known as far ahead
    (rolling origin); the least wrong is used. "linear": the least-squares line; "seasonal": the value one season
    before; "recent": the mean of the last three. Where two are equally wrong the simpler one is used.
    """
    season = _SEASONS.get(grain, 0)
    methods: dict[str, Callable[[Sequence[float], int], float]] = {"recent": _recent, "linear": _linear}
    if season and len(values) >= season + ahead + _LEAST_TESTED:
        methods["seasonal"] = lambda known, steps: known[len(known) + steps - 1 - season * -(-steps // season)]
    tested = min(_TESTED, len(values) - FEWEST + 1, len(values) - ahead - _LEAST_TESTED)
    if len(values) < FEWEST or tested < 1:
        return None
    best: tuple[float, str] | None = None
    for name, method in methods.items():
        count = min(tested, len(values) - season - ahead + 1) if name == "seasonal" else tested
        errors = []
        for place in range(len(values) - count, len(values)):
            known = values[: place - ahead + 1]
            errors.append(abs(method(known, ahead) - values[place]))
        error = sum(errors) / len(errors)
        if best is None or error < best[0]:
            best = error, name
    assert best is not None
    error, name = best
    return Forecast(methods[name](values, ahead), error, name, tested)


def _recent(known: Sequence[float], _: int) -> float:
    last = known[-_RECENT:]
    return sum(last) / len(last)


def _linear(known: Sequence[float], ahead: int) -> float:
    n = len(known)
    mean_x, mean_y = (n - 1) / 2, sum(known) / n
    spread = sum((x - mean_x) ** 2 for x in range(n))
    slope = sum((x - mean_x) * (y - mean_y) for x, y in enumerate(known)) / spread if spread else 0.0
    return mean_y + slope * (n - 1 + ahead - mean_x)
