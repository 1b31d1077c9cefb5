"""How a question was read: filters, period and tables of its plan, in words."""

from dataclasses import dataclass

from maestro.plan.v1 import plan_pb2
from services.processor.expressions import Wording
from services.processor.names import selects
from services.processor.period import is_period, period
from services.processor.predicates import Conditions


@dataclass(frozen=True, slots=True)
class Reading:
    """filters: each condition in words. period: the bounds in time, or empty for all time. tables: as the
    database spells them."""

    filters: tuple[str, ...]
    period: str
    tables: tuple[str, ...]


def read(plan: plan_pb2.QueryPlan, words: Wording) -> Reading:
    """The reading of a plan."""
    conditions = Conditions(words)
    filters: list[str] = []
    periods: list[str] = []
    for select in selects(plan.query):
        for predicate in _conjuncts(select.where) if select.HasField("where") else ():
            if is_period(predicate):
                periods.append(period(predicate, words))
            else:
                filters.append(conditions.predicate(predicate))
        if select.HasField("having"):
            filters.extend(conditions.predicate(each) for each in _conjuncts(select.having))
    return Reading(
        tuple(dict.fromkeys(text for text in filters if text)),
        "; ".join(dict.fromkeys(periods)),
        tuple(words.names.tables()),
    )


def _conjuncts(predicate: plan_pb2.Predicate) -> list[plan_pb2.Predicate]:
    """The conditions that all have to hold."""
    if predicate.WhichOneof("kind") != "all_of":
        return [predicate]
    return [part for each in predicate.all_of.predicates for part in _conjuncts(each)]
