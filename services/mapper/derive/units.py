"""Units of quantities, as names tell them, and the aggregate that fits each."""

from maestro.plan.v1 import plan_pb2 as plan
from services.mapper.derive.facts import Facts
from services.mapper.lexicon import judging

CURRENCY = "currency"
"""Stands for the model's currency where the name says money and nothing says which."""

# Words → unit. The first that matches decides: "price per kg" is money, "peso_kg" is not.
_UNITS = judging.ordered("units")

_NOT_MONEY = judging.words("not_money")

# Quantities whose sum means nothing.
_AVERAGED = judging.words("averaged")


def unit_of(facts: Facts, currency: str) -> str:
    """Unit of a measure: an ISO 4217 code, "kg", "days", "percent", "currency" …; "" where the name tells none."""
    for words, unit in _UNITS:
        if facts.says(words):
            if unit != CURRENCY:
                # A weight without its own unit is in kilograms only where kilograms are what people use.
                return "" if unit == "kg" and not _states_kg(facts) and currency not in ("BRL", "EUR") else unit
            return "" if facts.says(_NOT_MONEY) else (currency or CURRENCY)
    return ""


def _states_kg(facts: Facts) -> bool:
    return any(word.startswith(("kg", "kilo", "quilo")) for word in facts.name.folded)


def aggregate_of(facts: Facts, unit: str) -> plan.AggregateFunction.ValueType:
    """The aggregate of a measure that fits when none is asked."""
    if facts.says(_AVERAGED) or unit == "percent":
        return plan.AGGREGATE_FUNCTION_AVG
    return plan.AGGREGATE_FUNCTION_SUM
