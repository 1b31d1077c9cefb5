"""Few distinct values in many rows: what is asked of the values is answered by the values, not by the rows.

The distinct values of a column come by jumps along its index (PostgreSQL would read the whole of it); where there is no
index, by one pass that computes nothing. A text test that would be computed for every row, such as one that folds case
and accents, is computed for every distinct value instead.
"""

from dataclasses import dataclass, replace
from typing import Final

from services.loader.access.common import common_values
from services.loader.access.nulls import rejects_null
from services.loader.access.served import serves
from services.loader.access.tables import ORDERED, Tables
from services.loader.algebra import (
    NOTHING,
    Aggregate,
    Column,
    Combined,
    Compare,
    Folded,
    In,
    InQuery,
    IsNull,
    Literal,
    LooseSource,
    Match,
    Node,
    Output,
    Predicate,
    Query,
    QuerySource,
    Select,
    Source,
    TableSource,
)
from services.loader.choices import Choices
from services.loader.resolve.names import Names
from services.loader.rewrite import bottom_up, conjunction, conjuncts, substitute, walk
from services.loader.types import INTEGER

_ROWS_PER_VALUE: Final = 50
_MOST_VALUES: Final = 50_000
_FEWEST_ROWS: Final = 10_000
_NEARLY_ALL: Final = 0.95


@dataclass(frozen=True)
class _Few:
    """A column of few values. index: one that begins with it, or ""."""

    table: str
    index: str


class Loose:
    """Rewrites selects that ask for values."""

    def __init__(self, names: Names, tables: Tables, choices: Choices) -> None:
        self._names = names
        self._tables = tables
        self._choices = choices

    def apply(self, node: Node) -> Node:
        """The tree with values for rows."""
        return bottom_up(node, self._change)

    def _change(self, node: Node) -> Node:
        if not isinstance(node, Query) or not isinstance(node.body, Select) or node.body.top is not None:
            return node
        body = node.body
        if isinstance(body.source, TableSource) and not body.joins and not body.groups and body.having == NOTHING:
            changed = self._distinct(node, body) or self._counted(node, body)
            if changed is not None:
                return changed
        return self._tested(node, body)

    # ---- distinct values themselves --------------------------------------------------------------------------------

    def _distinct(self, query: Query, body: Select) -> Query | None:
        """SELECT DISTINCT column."""
        if not body.distinct or len(body.outputs) != 1 or query.offset is not None:
            return None
        output = body.outputs[0]
        column = output.expression
        if not isinstance(column, Column) or not _only_not_null(body.where, column):
            return None
        few = self._few(column)
        if few is None or not few.index:
            return None
        self._choices.add(few.table, few.index, f"distinct {column.name} by jumps along the index", "few values")
        values = self._values(column, body.source)
        value = Column(values.alias, "value", column.type, nullable=False)
        if not column.nullable or body.where != NOTHING:
            order = tuple(replace(each, expression=value, nulls="") for each in query.order)
            return replace(query, body=Select(values, (), (replace(output, expression=value),)), order=order)
        found = Query(Select(values, (), (Output("value", value),)))
        one = Literal("", "integer", INTEGER, fixed=1)
        null = Query(Select(body.source, (), (Output("value", column),), where=IsNull(column)), (), one)
        alias = self._names.alias("each_value")
        both = QuerySource(alias, Query(Combined("UNION", found, null, duplicates=True)))
        shown = Column(alias, "value", column.type)
        order = tuple(replace(each, expression=shown) for each in query.order)
        return replace(query, body=Select(both, (), (replace(output, expression=shown),)), order=order)

    def _counted(self, query: Query, body: Select) -> Query | None:
        """SELECT count(DISTINCT column)."""
        if len(body.outputs) != 1 or body.distinct or query.order:
            return None
        output = body.outputs[0]
        counted = output.expression
        if not isinstance(counted, Aggregate) or counted.function != "COUNT" or not counted.distinct:
            return None
        column = counted.operand
        if not isinstance(column, Column) or counted.filter is not None or not _only_not_null(body.where, column):
            return None
        few = self._few(column)
        if few is None or not few.index:
            return None
        self._choices.add(few.table, few.index, f"distinct {column.name} by jumps along the index", "few values")
        values = self._values(column, body.source)
        number = replace(counted, operand=None, distinct=False)
        return replace(query, body=Select(values, (), (replace(output, expression=number),)))

    # ---- tests of rows that are tests of values --------------------------------------------------------------------

    def _tested(self, query: Query, body: Select) -> Query:
        """Text tests of a select that has to read all rows that meet them, where no index serves anything better."""
        if not _reads_all(query, body):
            return query
        parts = list(conjuncts(body.where))
        for at, part in enumerate(parts):
            column = _text_test(part)
            few = None if column is None else self._few(column)
            if column is None or few is None or self._better(body, column, part):
                continue
            if not few.index and (self._tables.sqlite or self._all_common(column, part)):
                # SQLite has no fence; and where nearly all rows hold values that are known, one pass tells them.
                continue
            source = self._source_of(body, column.alias)
            if source is None:
                continue
            parts[at] = self._of_values(part, column, few, source)
            how = "by jumps along the index" if few.index else "in one pass"
            self._choices.add(
                few.table,
                few.index,
                f"{column.name} is tested value by value",
                f"its few values are found {how} and tested once each",
            )
        return replace(query, body=replace(body, where=conjunction(*parts)))

    def _of_values(self, part: Predicate, column: Column, few: _Few, source: TableSource) -> Predicate:
        values: Source
        if few.index:
            values = self._values(column, source)
            value = Column(values.alias, "value", column.type, nullable=False)
        else:
            inner = replace(source, alias=self._names.alias(source.alias))
            plain = replace(column, alias=inner.alias)
            distinct = Query(Select(inner, (), (Output("value", plain),), distinct=True))
            # Without the fence PostgreSQL tests every row before it makes them distinct.
            values = QuerySource(self._names.alias("each_value"), distinct, fenced=True)
            value = Column(values.alias, "value", column.type)
        tested: Predicate = substitute(part, {column: value})
        return InQuery(column, Query(Select(values, (), (Output("value", value),), where=tested)))

    def _all_common(self, column: Column, part: Predicate) -> bool:
        return not isinstance(part, Match) and common_values(self._tables, column)[1] >= _NEARLY_ALL

    def _better(self, body: Select, column: Column, part: Predicate) -> bool:
        """Whether rows are found by something else: an index for another condition, or a relation that is filtered."""
        others = [each for each in conjuncts(body.where) if each != part]
        table = self._tables.by_alias.get(column.alias)
        if table is None or serves(table, column.alias, others):
            return True
        elsewhere = {node.alias for each in others for node in walk(each) if isinstance(node, Column)}
        return bool(body.joins) and bool(elsewhere - {column.alias})

    # ---- columns ---------------------------------------------------------------------------------------------------

    def _few(self, column: Column) -> _Few | None:
        info, table = self._tables.column(column), self._tables.table(column)
        if info is None or table is None or table.rows < _FEWEST_ROWS:
            return None
        distinct = info.proto.statistics.distinct
        values = distinct if distinct > 0 else -distinct * table.rows
        if not 0 < values <= _MOST_VALUES or table.rows < values * _ROWS_PER_VALUE:
            return None
        index = self._tables.index_on(column, ORDERED)
        return _Few(table.name, index.name if index is not None else "")

    def _values(self, column: Column, source: Source | None) -> LooseSource:
        assert isinstance(source, TableSource)
        return LooseSource(self._names.alias("each_value"), source.schema, source.name, column.name, column.type)

    @staticmethod
    def _source_of(body: Select, alias: str) -> TableSource | None:
        for each in [body.source, *(joined.source for joined in body.joins if not joined.left)]:
            if isinstance(each, TableSource) and each.alias == alias:
                return each
        return None


def _reads_all(query: Query, body: Select) -> bool:
    """Whether the select cannot stop after its first rows."""
    if body.groups:
        return True
    return any(isinstance(node, Aggregate) for each in body.outputs for node in walk(each, into_queries=False))


def _text_test(part: Predicate) -> Column | None:
    """The column of a test that is computed for every row."""
    match part:
        case Compare(operator="EQUAL", left=Folded(operand=Column() as column)):
            return column
        case In(operand=Folded(operand=Column() as column), negated=False):
            return column
        case Match(operand=Column() as column, negated=False) if part.fold or part.kind == "WORDS":
            return column
    return None


def _only_not_null(where: Predicate, column: Column) -> bool:
    """Whether nothing is asked of rows but, maybe, that the column is not NULL."""
    return all(isinstance(each, IsNull) and rejects_null(each) == (column,) for each in conjuncts(where))
