"""Finds measures whose rows a join multiplies.

A sum over a table is right only while each of its rows counts once in a group. Going from the measured table along the
joins, an edge to a table that refers to it may multiply; it does not where the table's key is pinned down by the join,
the groups and the equalities together.

A plan that does this is no fault by itself: the loader computes each measure at its own grain. The asker is told how
the rows were counted, and the statement is judged for having done so (result.py).
"""

from collections.abc import Iterator
from dataclasses import dataclass

from maestro.plan.v1 import plan_pb2
from services.validator.facts import Facts
from services.validator.issues import Issue, warning
from services.validator.joins import aliases, side
from services.validator.visit import Part, Scope, Seen

P = plan_pb2
_SENSITIVE = (
    P.AGGREGATE_FUNCTION_SUM,
    P.AGGREGATE_FUNCTION_AVG,
    P.AGGREGATE_FUNCTION_STDDEV,
    P.AGGREGATE_FUNCTION_MEDIAN,
    P.AGGREGATE_FUNCTION_CORRELATION,
    P.AGGREGATE_FUNCTION_SLOPE,
)


@dataclass(frozen=True, slots=True)
class _Joined:
    """One select as a graph of relations. pinned: columns by alias that have one value in each group."""

    edges: dict[str, list["_Edge"]]
    pinned: dict[str, set[str]]
    scope: Scope
    facts: Facts


@dataclass(frozen=True, slots=True)
class _Edge:
    """A join as seen from one of its ends. many: one row here may meet several there; columns: those there
    that the join compares; sure: whether that is known."""

    there: str
    many: bool
    columns: frozenset[str]
    sure: bool


@dataclass(frozen=True, slots=True)
class Multiplied:
    """A measure whose rows a join multiplies. measured, by: tables. sure: whether the keys that say so are known."""

    path: str
    column: str
    measured: str
    by: str
    sure: bool


def check_fan_out(seen: Seen, facts: Facts) -> Iterator[Issue]:
    """Says of sums and averages over multiplied rows that each row has to count once."""
    for each in multiplied(seen, facts):
        if each.sure:
            message = f"Each row of {each.measured} has to count once, however many rows of {each.by} it meets."
            detail = f"{each.column} × {each.by}"
            yield warning("plan.fan_out", each.path, message, column=each.column, table=each.by, detail=detail)


def multiplied(seen: Seen, facts: Facts) -> Iterator[Multiplied]:
    """Sums and averages over rows that a join multiplies."""
    if not facts.catalog.version and not facts.semantics.version:
        return
    for part in seen.selects:
        select: plan_pb2.Select = part.node
        if not select.joins:
            continue
        edges = _graph(select, part.scope, facts)
        joined = _Joined(edges, _pinned(select, part.scope), part.scope, facts)
        prefix = f"{part.path}."
        for each in seen.expressions:
            if each.scope is part.scope and each.path.startswith(prefix):
                yield from _measure(each, joined)


def _graph(select: plan_pb2.Select, scope: Scope, facts: Facts) -> dict[str, list[_Edge]]:
    graph: dict[str, list[_Edge]] = {alias: [] for alias in scope.own}
    for join in select.joins:
        added, other = scope.find(join.relation.alias), scope.find(join.to_alias)
        known = facts.relationships.get(join.relationship)
        if not join.relationship or known is None:
            for alias in aliases(join.on) - {join.relation.alias}:
                if alias in graph:
                    there = _compared(join, join.relation.alias)
                    here = _compared(join, alias)
                    graph[alias].append(_loose_edge(join.relation.alias, there, scope, facts))
                    graph[join.relation.alias].append(_loose_edge(alias, here, scope, facts))
            continue
        if added is None or other is None or added.table is None or other.table is None:
            continue
        end = side(known, added.table.name.lower(), other.table.name.lower(), join.side)
        begins, ends = frozenset(_lower(known.from_columns)), frozenset(_lower(known.to_columns))
        to_many = not known.to_unique
        if end == P.JOIN_SIDE_REFERRING:
            graph[other.alias].append(_Edge(added.alias, not known.from_unique, begins, True))
            graph[added.alias].append(_Edge(other.alias, to_many, ends, True))
        elif end == P.JOIN_SIDE_REFERRED:
            graph[other.alias].append(_Edge(added.alias, to_many, ends, True))
            graph[added.alias].append(_Edge(other.alias, not known.from_unique, begins, True))
    return graph


def _lower(names: object) -> list[str]:
    return [str(name).lower() for name in names]  # type: ignore[attr-defined]  # a repeated field


def _compared(join: plan_pb2.Join, alias: str) -> frozenset[str]:
    """The columns of an alias that a join's condition compares for equality."""
    found = set()
    for part in _conjuncts(join.on):
        if part.comparison.operator == P.COMPARISON_OPERATOR_EQUAL:
            for expression in (part.comparison.left, part.comparison.right):
                if expression.column.column and expression.column.alias == alias:
                    found.add(expression.column.column.lower())
    return frozenset(found)


def _loose_edge(alias: str, columns: frozenset[str], scope: Scope, facts: Facts) -> _Edge:
    """An edge that no relationship describes: it is to one row where it compares a whole unique key."""
    keys = _keys(alias, scope, facts)
    return _Edge(alias, not any(key <= columns for key in keys), columns, sure=False)


def _keys(alias: str, scope: Scope, facts: Facts) -> list[frozenset[str]]:
    table = facts.table(scope.find(alias))
    if table is None:
        return []
    keys = [frozenset(_lower(table.primary_key))] if table.primary_key else []
    return keys + [frozenset(_lower(key.columns)) for key in table.unique_keys]


def _conjuncts(predicate: plan_pb2.Predicate) -> list[plan_pb2.Predicate]:
    if predicate.WhichOneof("kind") != "all_of":
        return [predicate]
    return [part for each in predicate.all_of.predicates for part in _conjuncts(each)]


def _pinned(select: plan_pb2.Select, scope: Scope) -> dict[str, set[str]]:
    """Columns by alias that have one value in each group: grouped by, or equal to a constant."""
    pinned: dict[str, set[str]] = {}
    expressions = list(select.group_by)
    for part in _conjuncts(select.where):
        if part.WhichOneof("kind") == "comparison" and part.comparison.operator == P.COMPARISON_OPERATOR_EQUAL:
            if part.comparison.right.WhichOneof("kind") == "literal":
                expressions.append(part.comparison.left)
        elif part.WhichOneof("kind") == "membership" and len(part.membership.values) == 1:
            expressions.append(part.membership.operand)
        elif part.WhichOneof("kind") == "entity":
            source = scope.find(part.entity.alias)
            if source is not None:
                pinned.setdefault(source.alias, set()).add("")
    for expression in expressions:
        kind = expression.WhichOneof("kind")
        if kind in ("column", "field"):
            source = scope.find(expression.column.alias if kind == "column" else expression.field.alias)
            name = expression.column.column if kind == "column" else expression.field.field
            if source is not None:
                pinned.setdefault(source.alias, set()).add(name.lower())
    return pinned


def _measure(part: Part, joined: _Joined) -> Iterator[Multiplied]:
    expression: plan_pb2.Expression = part.node
    kind = expression.WhichOneof("kind")
    if kind == "aggregate":
        aggregate = expression.aggregate
        if aggregate.distinct or aggregate.function not in _SENSITIVE:
            return
        used = aliases(aggregate.operand) | aliases(aggregate.second_operand)
        name = aggregate.operand.column.column or aggregate.operand.field.field or "…"
    elif kind == "metric":
        if not _adds(expression.metric.metric, joined.facts):
            return
        used, name = {expression.metric.alias}, expression.metric.metric
    else:
        return
    measured = {source.alias for alias in used if (source := part.scope.find(alias)) is not None}
    # A value made of several tables (quantity × price) stands at the grain of the finest of them.
    found = [(base, _multiplies(base, measured, joined)) for base in sorted(measured & joined.edges.keys())]
    multiplying = [(base, by) for base, by in found if by is not None]
    if found and len(multiplying) == len(found):
        base, (there, sure) = min(multiplying, key=lambda each: not each[1][1])
        yield Multiplied(part.path, name, _table(part.scope, base), _table(part.scope, there), sure)


def _table(scope: Scope, alias: str) -> str:
    source = scope.find(alias)
    return source.table.name if source is not None and source.table is not None else alias


def _adds(name: str, facts: Facts) -> bool:
    """Whether a metric adds rows up, so that a row that stands twice counts twice."""
    metric = facts.metric(name)
    if metric is None:
        return False
    expression = metric.expression
    found = [expression]
    while found:
        each = found.pop()
        kind = each.WhichOneof("kind")
        if kind == "aggregate":
            extreme = each.aggregate.function in (P.AGGREGATE_FUNCTION_MIN, P.AGGREGATE_FUNCTION_MAX)
            if not each.aggregate.distinct and not extreme:
                return True
        elif kind == "arithmetic":
            found += [each.arithmetic.left, each.arithmetic.right]
        elif kind == "function":
            found += list(each.function.arguments)
    return False


def _multiplies(base: str, measured: set[str], joined: _Joined) -> tuple[str, bool] | None:
    """The first relation that multiplies the rows of another, and whether that is known for sure; None where none
    does."""
    open_, done = [(base, True)], {base}
    while open_:
        here, sure = open_.pop()
        for edge in joined.edges[here]:
            if edge.there in done:
                continue
            done.add(edge.there)
            known = sure and edge.sure
            if edge.many:
                if edge.there in measured:
                    return edge.there, known
                keys = _keys(edge.there, joined.scope, joined.facts)
                fixed = edge.columns | _fixed(edge.there, here, joined)
                if not any(key <= fixed for key in keys):
                    # Without a key nobody knows whether groups and filters leave one row of several.
                    free = not joined.pinned.get(edge.there) and fixed == edge.columns
                    return edge.there, known and (bool(keys) or free)
            open_.append((edge.there, known))
    return None


def _fixed(there: str, here: str, joined: _Joined) -> frozenset[str]:
    """Columns of a relation that have one value in each group: pinned themselves, or referring to a row of
    another relation that is pinned by any of its columns (its name stands for it)."""
    fixed = set(joined.pinned.get(there, ()))
    for edge in joined.edges[there]:
        if edge.there != here and not edge.many and joined.pinned.get(edge.there):
            back = next((each for each in joined.edges[edge.there] if each.there == there), None)
            if back is not None:
                fixed |= back.columns
    return frozenset(fixed)
