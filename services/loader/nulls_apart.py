"""An order by a column that may be NULL, along an index that puts NULLs at the other end.

`ORDER BY d DESC NULLS LAST LIMIT n` cannot follow an ordinary index on d, which read backwards begins with the
NULLs: the whole table would be sorted. Rows with a value, along the index, and rows without one are fetched apart, n of
each at most, and put together. Rows without a value that come behind the others are not looked for where the others are
n already. PostgreSQL only: SQLite reads its indexes either way.
"""

from collections.abc import Callable
from dataclasses import replace

from services.loader.access.tables import ORDERED, Tables
from services.loader.algebra import (
    Aggregate,
    Column,
    Combined,
    Compare,
    IsNull,
    Literal,
    Order,
    Output,
    Predicate,
    Query,
    QuerySource,
    Scalar,
    Select,
    Window,
    count_rows,
    outputs,
)
from services.loader.rewrite import conjunction, conjuncts, walk
from services.loader.types import INTEGER


def separable(body: Select, order: tuple[Order, ...], tables: Tables, *, later: bool) -> str | None:
    """The index along which rows with a value can be read; None where there is none, or no need. later: the rows begin
    behind a value, which an index finds only where NULL is not one of the answers."""
    first = order[0]
    column = first.expression
    if not isinstance(column, Column) or not first.nulls or tables.sqlite:
        return None
    if body.groups or body.distinct or body.top:
        return None
    if any(isinstance(node, Aggregate | Window) for each in body.outputs for node in walk(each, into_queries=False)):
        return None
    table = tables.by_alias.get(column.alias)
    if table is None or any(each.left and each.source.alias == column.alias for each in body.joins):
        return None
    equal = {
        each.left.name
        for each in conjuncts(body.where)
        if isinstance(each, Compare)
        and each.operator == "EQUAL"
        and isinstance(each.left, Column)
        and each.left.alias == column.alias
        and isinstance(each.right, Literal)
    }
    for index in table.indexes:
        if index.method not in ORDERED or index.predicate:
            continue
        keys = list(index.keys)
        while keys and keys[0].column in equal:
            keys.pop(0)
        if keys and keys[0].column == column.name:
            forward = keys[0].descending == first.descending
            first_in_index = keys[0].nulls_first if forward else not keys[0].nulls_first
            fits = first_in_index == (first.nulls == "first")
            return None if fits and not later else index.name
    return None


def apart(
    query: Query,
    order: tuple[Order, ...],
    with_value: Predicate | None,
    without: Predicate | None,
    fetch: Literal,
    alias: Callable[[str], str],
) -> Query:
    """The rows with a value, then those without, or the other way round. with_value, without: what more is asked of
    each, for a later page. alias: makes an alias of a name that no other relation has."""
    first, rest = order[0], order[1:]
    body = query.body
    assert isinstance(body, Select)
    valued = replace(
        query,
        body=replace(body, where=conjunction(body.where, IsNull(first.expression, negated=True), with_value)),
        order=(replace(first, nulls=""), *rest),
        limit=fetch,
    )
    names = {each.expression: each.name for each in outputs(query)}
    final = tuple(replace(each, output=names[each.expression]) for each in order)
    if first.nulls == "first":
        both = Combined("UNION", valued, only_nulls(query, order, without, fetch), duplicates=True)
        return Query(both, final, fetch)
    found = QuerySource(alias("valued"), valued, fenced=True)
    shown = tuple(
        replace(each, expression=Column(found.alias, each.name, each.expression.type)) for each in outputs(query)
    )
    again = replace(found, alias=alias("valued"))
    number = Scalar(Query(Select(again, (), (Output("n", count_rows()),))), INTEGER)
    missing = conjunction(without, Compare("LESS", number, fetch))
    nulls = only_nulls(query, order, missing, fetch)
    return Query(Combined("UNION", Query(Select(found, (), shown)), nulls, duplicates=True), final, fetch)


def only_nulls(query: Query, order: tuple[Order, ...], without: Predicate | None, fetch: Literal) -> Query:
    """The rows without a value."""
    body = query.body
    assert isinstance(body, Select)
    where = conjunction(body.where, IsNull(order[0].expression), without)
    return replace(query, body=replace(body, where=where), order=order[1:], limit=fetch)
