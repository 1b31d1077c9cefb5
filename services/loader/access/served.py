"""Which index serves each table of a statement, as far as the catalog tells, or why none does.

This changes nothing: the database makes its own choice. It is what is said to whoever asks why a question is fast or
slow, and what advice about missing indexes is made from.
"""

from dataclasses import dataclass, field

from maestro.catalog.v1 import catalog_pb2
from services.loader.access.folds import functions_over
from services.loader.access.implied import implied
from services.loader.access.tables import EQUALITY, ORDERED, RANGES, Tables
from services.loader.algebra import (
    Between,
    Column,
    Compare,
    In,
    InQuery,
    IsNull,
    Native,
    Node,
    Order,
    Predicate,
    Query,
    Select,
    TableSource,
    Truth,
)
from services.loader.catalog import TableInfo
from services.loader.choices import Choices
from services.loader.pins import Pins
from services.loader.rewrite import conjuncts, walk

_SMALL = 1000


@dataclass
class _Wanted:
    """What a select asks of one table: columns by how they are tested, all conditions, and its order."""

    equal: set[str] = field(default_factory=set)
    ranged: set[str] = field(default_factory=set)
    expressions: set[tuple[str, ...]] = field(default_factory=set)
    conditions: list[Predicate] = field(default_factory=list)
    order: list[Column] = field(default_factory=list)
    joined: set[str] = field(default_factory=set)


class Served:
    """Records which index serves which part."""

    def __init__(self, tables: Tables, pins: Pins, choices: Choices) -> None:
        self._tables = tables
        self._pins = pins
        self._choices = choices

    def record(self, query: Query) -> None:
        """Looks at every select of the statement."""
        for node in walk(query):
            if isinstance(node, Query) and isinstance(node.body, Select):
                self._select(node, node.body)

    def _select(self, query: Query, body: Select) -> None:
        sources = [body.source, *(each.source for each in body.joins)]
        conditions = [*conjuncts(body.where), *(c for each in body.joins for c in conjuncts(each.on))]
        for source in sources:
            table = self._tables.by_alias.get(source.alias) if isinstance(source, TableSource) else None
            if source is None or table is None:
                continue
            wanted = _wanted(source.alias, conditions, query.order if query.limit is not None else ())
            self._table(table, wanted)

    def _table(self, table: TableInfo, wanted: _Wanted) -> None:
        best: tuple[int, catalog_pb2.Index, list[str]] | None = None
        for each in table.indexes:
            if each.predicate and not implied(each.predicate, wanted.conditions, self._pins):
                continue
            score, parts = _score(each, wanted)
            if score and (best is None or score > best[0]):
                best = (score, each, parts)
        if best is not None:
            parts = [*best[2], "its predicate is implied"] if best[1].predicate else best[2]
            self._choices.add(table.name, best[1].name, "index", ", ".join(parts))
            return
        tested = sorted(wanted.equal | wanted.ranged | wanted.joined)
        if tested and table.rows > _SMALL:
            self._choices.add(table.name, "", "whole table", f"no index begins with {' or '.join(tested)}")


def serves(table: TableInfo, alias: str, conditions: list[Predicate]) -> bool:
    """Whether some index over all rows serves one of the conditions."""
    wanted = _wanted(alias, conditions, ())
    return any(not each.predicate and _score(each, wanted)[0] for each in table.indexes)


def _wanted(alias: str, conditions: list[Predicate], order: tuple[Order, ...]) -> _Wanted:
    made = _Wanted()
    for each in conditions:
        _test(made, each, alias)
    for term in order:
        if not isinstance(term.expression, Column) or term.expression.alias != alias:
            break
        made.order.append(term.expression)
    return made


def _test(made: _Wanted, condition: Predicate, alias: str) -> None:
    mine = [each for each in walk(condition) if isinstance(each, Column) and each.alias == alias]
    if not mine:
        return
    made.conditions.append(condition)
    operand: Node = getattr(condition, "operand", getattr(condition, "left", None))
    if isinstance(operand, Native) and isinstance(operand.operand, Column) and operand.operand.alias == alias:
        made.expressions.add((*operand.function, operand.operand.name))
        return
    match condition:
        case Compare(operator="EQUAL", left=left, right=right):
            for one, other in ((left, right), (right, left)):
                if isinstance(one, Column) and one.alias == alias:
                    target = made.joined if isinstance(other, Column) else made.equal
                    target.add(one.name)
        case In(operand=Column() as column, negated=False) | InQuery(operand=Column() as column, negated=False):
            _add(made.equal, column, alias)
        case Between(operand=Column() as column) | Compare(left=Column() as column):
            if not isinstance(condition, Compare) or condition.operator != "NOT_EQUAL":
                _add(made.ranged, column, alias)
        case IsNull(operand=Column() as column, negated=False) | Truth(operand=Column() as column):
            _add(made.equal, column, alias)


def _add(target: set[str], column: Column, alias: str) -> None:
    if column.alias == alias:
        target.add(column.name)


def _score(index: catalog_pb2.Index, wanted: _Wanted) -> tuple[int, list[str]]:
    """How much of what is wanted an index serves, and which parts."""
    parts: list[str] = []
    score = 0
    first = index.keys[0]
    for expression in wanted.expressions:
        if first.expression and functions_over(first.expression, expression[-1]) == expression[:-1]:
            return 8, [f"folded {expression[-1]}"]
    if index.method not in (*EQUALITY, *RANGES):
        return 0, []
    at = 0
    for key in index.keys:
        if key.column in wanted.equal | wanted.joined and index.method in EQUALITY:
            score += 8
            parts.append(f"{key.column} =")
        elif key.column in wanted.ranged and index.method in RANGES:
            return score + 4, [*parts, f"range of {key.column}"]
        else:
            break
        at += 1
    follows = [each.name for each in wanted.order]
    ordered = [each.column for each in index.keys[at:]][: len(follows)]
    if follows and index.method in ORDERED and ordered and follows[: len(ordered)] == ordered:
        score += 4
        parts.append(f"order of {', '.join(ordered)}")
    if index.predicate:
        score += 1
    return score, parts
