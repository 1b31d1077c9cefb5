"""Plans that an index can serve only where the loader knows of it: scanner → loader.

Each asks in a way that reads naturally and defeats an index when it is taken literally: by the day or the month of a
moment, by a text without regard to case and accents, by a number that is written as text.
"""

from collections.abc import Iterator
from datetime import date

from maestro.catalog.v1 import catalog_pb2
from maestro.plan.v1 import plan_pb2
from maestro.validator.v1 import validator_pb2
from services.validator.probes.connections import SCANNER_LOADER
from services.validator.probes.material import Material, both, column, count, equal, known_days, ref

C, P = catalog_pb2, plan_pb2
_MOST = 3
_ORDERED = (C.INDEX_METHOD_BTREE, C.INDEX_METHOD_UNSPECIFIED)


def index_probes(material: Material, today: date) -> list[validator_pb2.Probe]:
    """At most three, of different kinds where there are several, over the largest tables first."""
    # Numbers come last: a database needs the catalog for them only where it is strict about types.
    by_kind: dict[str, list[plan_pb2.QueryPlan]] = {kind: [] for kind in ("day", "month", "text", "number")}
    for kind, plan in _plans(material, today):
        by_kind[kind].append(plan)
    chosen: list[plan_pb2.QueryPlan] = []
    while len(chosen) < _MOST and any(by_kind.values()):
        for plans in by_kind.values():
            if plans and len(chosen) < _MOST:
                chosen.append(plans.pop(0))
    return [
        validator_pb2.Probe(connection=SCANNER_LOADER, plan=plan, ablations=["catalog>fetch"], expectation="cost")
        for plan in chosen
    ]


def _plans(material: Material, today: date) -> Iterator[tuple[str, plan_pb2.QueryPlan]]:
    for table in material.tables():
        columns = {each.name: each for each in table.columns}
        seen: set[str] = set()
        for index in table.indexes:
            if not index.valid or index.predicate or index.method not in _ORDERED or not index.keys:
                continue
            first = columns.get(index.keys[0].column)
            if first is None or first.name in seen:
                continue
            seen.add(first.name)
            made = _condition(first, today)
            if made is not None:
                plan = count(ref(table))
                plan.query.select.where.CopyFrom(made[1])
                yield made[0], plan


def _condition(of: catalog_pb2.Column, today: date) -> tuple[str, plan_pb2.Predicate] | None:
    if of.family == C.TYPE_FAMILY_TIMESTAMP:
        day = P.Literal(date=_day(of, today).isoformat())
        return "day", equal(_call(P.FUNCTION_DATE, of), day)
    if of.family == C.TYPE_FAMILY_DATE:
        day_of = _day(of, today)
        year, month = P.Literal(integer=day_of.year), P.Literal(integer=day_of.month)
        in_year = equal(_call(P.FUNCTION_YEAR, of), year)
        return "month", both(in_year, equal(_call(P.FUNCTION_MONTH, of), month))
    if of.family == C.TYPE_FAMILY_TEXT:
        value = _rare(of)
        if value:
            return "text", equal(column(of.name), P.Literal(text=value.swapcase()), fold=True)
    if of.family == C.TYPE_FAMILY_INTEGER:
        # Numbers come as text out of many programs; which side has to be cast, only the catalog tells.
        number = next((value for value in _known(of) if value.isdigit()), "1")
        return "number", equal(column(of.name), P.Literal(text=number))
    return None


def _call(function: "plan_pb2.Function.ValueType", of: catalog_pb2.Column) -> plan_pb2.Expression:
    return P.Expression(function=P.FunctionCall(function=function, arguments=[column(of.name)]))


def _day(of: catalog_pb2.Column, today: date) -> date:
    """A day that occurs, as far as statistics tell: one in the middle."""
    days = known_days(of)
    return days[len(days) // 2] if days else today


def _known(of: catalog_pb2.Column) -> list[str]:
    return [*of.sample_values, *of.statistics.histogram_bounds]


def _rare(of: catalog_pb2.Column) -> str:
    """A value that occurs, the least frequent that is known; only letters and digits, so that case folding is all."""
    fit = [value for value in _known(of) if 2 <= len(value) <= 60 and value.strip() == value]
    worded = [value for value in fit if any(character.isalpha() for character in value)]
    return (worded or fit or [""])[-1]
