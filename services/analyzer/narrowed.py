"""A metric over some rows only: its definition written out, each of its aggregates with a filter."""

from maestro.plan.v1 import plan_pb2 as plan
from maestro.semantics.v1 import semantics_pb2


def narrowed(metric: semantics_pb2.Metric, alias: str, only: plan.Predicate) -> plan.Expression:
    """The metric's expression on the relation `alias`, where only rows for which `only` holds count."""
    made = plan.Expression()
    made.CopyFrom(metric.expression)
    _rename(made, alias)
    _filter(made, only)
    return made


def _rename(message: object, alias: str) -> None:
    """Definitions name the dataset's own row by an empty alias."""
    for value in _parts(message):
        if isinstance(value, (plan.ColumnRef, plan.FieldRef, plan.NamedFilterRef, plan.EntityRef)) and not value.alias:
            value.alias = alias
        if isinstance(value, plan.RelatedTest) and not value.from_alias:
            value.from_alias = alias
        # Joins of a subquery and what it calls its rows are its own.
        if not isinstance(value, plan.Query):
            _rename(value, alias)


def _filter(message: object, only: plan.Predicate) -> None:
    for value in _parts(message):
        if isinstance(value, plan.Aggregate):
            both = [value.filter] if value.HasField("filter") else []
            merged = plan.Predicate(all_of=plan.PredicateList(predicates=[*both, only])) if both else only
            value.filter.CopyFrom(merged)
        elif not isinstance(value, plan.Query):
            _filter(value, only)


def _parts(message: object) -> list[object]:
    """The messages inside a message."""
    found: list[object] = []
    for descriptor, value in message.ListFields():  # type: ignore[attr-defined]  # every generated message has it
        if descriptor.message_type is None:
            continue
        found.extend(value if descriptor.is_repeated else [value])
    return found
