"""Which rows of a query one statement fetches: a head, what follows a head, their number, or all.

A page begins behind the last row of the one before it, by the values of that row (keyset), never by OFFSET. For that
every row needs a place in one order: the plan's own, completed by what identifies a row. Three modes:

keyset  the rows are told apart by columns that are known to identify them.
ties    they are not (no key is known): all output columns together, and the number of rows like the last one that were
        given already.
free    the plan asks for no order: the first page comes in whatever order is fastest, later ones by what identifies a
        row, without the rows of the first page. Where that is one column, always; where it is several numbers, as in a
        join, only where their order costs more: it could be that all rows are joined and sorted for the first few.
"""

from dataclasses import dataclass, replace

from services.loader.access.nulls import rejects_null
from services.loader.access.served import serves
from services.loader.access.tables import ORDERED, tables_of
from services.loader.algebra import (
    Aggregate,
    Call,
    Column,
    Combined,
    Excluded,
    Expression,
    Literal,
    Order,
    Output,
    Predicate,
    Query,
    QuerySource,
    Select,
    TableSource,
    Window,
    count_rows,
    outputs,
)
from services.loader.choices import Choices
from services.loader.dependence import Dependence
from services.loader.forks import Forks
from services.loader.keyset import behind
from services.loader.nulls_apart import apart, only_nulls, separable
from services.loader.resolve.names import Names
from services.loader.rewrite import conjunction, conjuncts, walk
from services.loader.types import INTEGER, TEXT, UNKNOWN, Family, Type

MARK_SEPARATOR = ","
_FREE = "after free:"
_UNORDERED = (Family.JSON, Family.BINARY, Family.ARRAY, Family.OTHER)


@dataclass(frozen=True, slots=True)
class Paging:
    """How a head goes on. mode: see above; "": it does not. keys: positions, in the rows, of the values that the next
    page begins behind."""

    mode: str = ""
    keys: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class _Keys:
    """mode: as of Paging, or "open": keyset or free."""

    mode: str
    order: tuple[Order, ...]


def paged(query: Query, names: Names, variant: str, choices: Choices, forks: Forks) -> tuple[Query, Paging]:
    """The query of one variant: "count", "all", "bare" (as the plan says it), "head", "only" (a head that nothing can
    follow, because the plan itself ends there), "after:" and for each key 1 where its last value is NULL, or the same with
    "after free:" where the first page came in no order."""
    if variant == "bare":
        return replace(query, limit=Literal("fetch", "integer", INTEGER)), Paging()
    if variant == "count":
        return _counted(query, names), Paging()
    if variant == "all":
        return query, Paging()
    fetch = Literal("fetch", "integer", INTEGER)
    keys = _keys(query, names)
    if not keys.mode:
        # One row at most: a limit would only have to be planned.
        return replace(query, limit=None), Paging()
    if variant == "only" and len(keys.order) > len(query.order) and not _told_apart(query, names, forks):
        keys = _Keys(keys.mode, query.order)
        if not query.order:
            return replace(query, limit=fetch), Paging()
    later = variant not in ("head", "only")
    masked = variant.partition(":")[2]
    if keys.mode == "open":
        free = variant.startswith(_FREE) if later else not forks.take("rows in the order of what identifies them")
        keys = _Keys("free" if free else "keyset", keys.order)
    shown, positions = _with_keys(query, keys.order)
    paging = Paging(keys.mode, positions)
    if keys.mode != "free" and not query.offset and isinstance(shown.body, Select):
        index = separable(shown.body, keys.order, tables_of(query, names.knowledge), later=later)
        # Behind a value the planner cannot tell how far it would read in vain.
        if index and (later or forks.take("rows without a value apart")):
            column = keys.order[0].expression
            assert isinstance(column, Column)
            name = tables_of(query, names.knowledge).by_alias[column.alias].name
            choices.add(
                name, index, f"order along the index on {column.name}", "rows without a value are fetched apart"
            )
            return _apart(replace(shown, offset=None), keys, names, masked, fetch), paging
    if not later:
        order = query.order if keys.mode == "free" else keys.order
        return replace(shown, order=order, limit=fetch), paging
    whole = replace(shown, order=keys.order, limit=None, offset=None)
    return replace(_later(whole, keys, names, masked), limit=fetch), paging


def _told_apart(query: Query, names: Names, forks: Forks) -> bool:
    """Whether rows of equal order are told apart where no later page needs it: the same rows come every time then.

    Along an index that does not tell them apart, every row that is equal to the last one would have to be read for it,
    which the planner knows. Where all rows are read and sorted, each that is equal to the last one is compared twice,
    which the planner does not know: up to a tenth of the time. Both ways the rows come in one order anyway, as long as
    they are read in one order."""
    body = query.body
    rows = isinstance(body, Select) and not (body.groups or body.distinct or body.top)
    if rows and query.order and not names.knowledge.blind:
        assert isinstance(body, Select)
        tables = tables_of(query, names.knowledge)
        first = query.order[0].expression
        conditions = list(conjuncts(body.where))
        leads = isinstance(first, Column) and tables.index_on(first, ORDERED)
        if not leads and not any(serves(table, alias, conditions) for alias, table in tables.by_alias.items()):
            return False
    return forks.take("rows of equal order told apart")


def _apart(query: Query, keys: _Keys, names: Names, masked: str, fetch: Literal) -> Query:
    """Rows with a value of the first key and rows without, each behind the last row of the page before, if any."""
    values = _key_values(keys)
    inclusive = keys.mode == "ties"
    if not masked:
        return apart(query, keys.order, None, None, fetch, names.alias)
    rest = behind(keys.order[1:], values[1:], masked[1:], inclusive=inclusive) if keys.order[1:] else None
    if masked[0] == "1" and keys.order[0].nulls == "last":
        return only_nulls(query, keys.order, rest, fetch)
    if masked[0] == "1":
        return apart(query, keys.order, None, rest, fetch, names.alias)
    valued = (replace(keys.order[0], nulls=""), *keys.order[1:])
    follows = behind(valued, values, masked, inclusive=inclusive)
    if keys.order[0].nulls == "last":
        return apart(query, keys.order, follows, None, fetch, names.alias)
    # NULLs came first and were all given.
    body = query.body
    assert isinstance(body, Select)
    return replace(query, body=replace(body, where=conjunction(body.where, follows)), order=valued, limit=fetch)


def _key_values(keys: _Keys) -> tuple[Literal, ...]:
    return tuple(Literal(f"k{i}", "key", Type()) for i in range(len(keys.order)))


def _keys(query: Query, names: Names) -> _Keys:
    body = query.body
    if isinstance(body, Combined):
        exact = not body.duplicates
        return _completed(query, _all_outputs(query), "keyset" if exact else "ties")
    aggregated = any(isinstance(each, Aggregate) for part in body.outputs for each in _own(part.expression))
    if body.groups:
        return _completed(query, tuple(Order(each, nulls="last") for each in body.groups), "keyset")
    if aggregated or body.source is None:
        return _Keys("", ())
    if body.distinct:
        return _completed(query, _all_outputs(query), "keyset")
    identity = Dependence(body, names.knowledge).row_identity()
    if identity is None:
        return _completed(query, _all_outputs(query), "ties")
    optional = {each.source.alias for each in body.joins if each.left}
    places = tuple(_place(alias, name, names, body, alias in optional) for alias, name in identity)
    if not query.order and not query.offset and not any(each.nulls for each in places):
        if len(places) == 1:
            return _Keys("free", places)
        if all(each.expression.type.family is Family.INTEGER for each in places):
            return _Keys("open", places)
    return _completed(query, places, "keyset")


def _own(expression: Expression) -> list[object]:
    return list(walk(expression, into_queries=False))


def _place(alias: str, name: str, names: Names, body: Select, optional: bool) -> Order:
    sources = [body.source, *(each.source for each in body.joins)]
    kind, nullable = UNKNOWN, True
    for each in sources:
        if each is None or each.alias != alias:
            continue
        if isinstance(each, QuerySource):
            shown = next(out.expression for out in outputs(each.query) if out.name == name)
            kind = shown.type
            nullable = (not isinstance(shown, Column) or shown.nullable) and not _rejected(each.query, shown)
        elif isinstance(each, TableSource):
            table = names.knowledge.table(each.schema, each.name)
            found = None if table is None else table.column(name)
            if found is not None:
                kind, nullable = found.type, found.nullable
            if table is not None and name in table.identity:
                nullable = False
    return Order(Column(alias, name, kind), nulls="last" if nullable or optional else "")


def _rejected(query: Query, expression: Expression) -> bool:
    """Whether the query's conditions leave no row in which this is NULL."""
    if not isinstance(query.body, Select):
        return False
    return any(expression in rejects_null(each) for each in conjuncts(query.body.where))


def _all_outputs(query: Query) -> tuple[Order, ...]:
    return tuple(
        Order(each.expression, output=each.name)
        for each in outputs(query)
        if each.expression.type.family not in _UNORDERED
    )


def _completed(query: Query, more: tuple[Order, ...], mode: str) -> _Keys:
    """The plan's order and then the rest, each expression once."""
    order: dict[object, Order] = {}
    for each in (*query.order, *more):
        order.setdefault(each.output if isinstance(query.body, Combined) else each.expression, each)
    return _Keys(mode, tuple(order.values()))


def _with_keys(query: Query, order: tuple[Order, ...]) -> tuple[Query, tuple[int, ...]]:
    """The query with every key among its outputs, hidden where it was not, and the keys' positions."""
    shown = list(outputs(query))
    positions = []
    for each in order:
        at = next((i for i, out in enumerate(shown) if _is(out, each)), None)
        if at is None:
            at = len(shown)
            shown.append(Output(f"key_{at}", each.expression, hidden=True))
        positions.append(at)
    if isinstance(query.body, Combined) or len(shown) == len(query.body.outputs):
        return query, tuple(positions)
    return replace(query, body=replace(query.body, outputs=tuple(shown))), tuple(positions)


def _is(output: Output, order: Order) -> bool:
    return output.name == order.output if order.output else output.expression == order.expression


def _later(query: Query, keys: _Keys, names: Names, nulls: str) -> Query:
    body = query.body
    values = _key_values(keys)
    plain = isinstance(body, Select) and not (body.groups or body.distinct or body.top)
    computed = any(isinstance(node, Window | Aggregate) for each in keys.order for node in _own(each.expression))
    if plain and isinstance(body, Select) and not computed:
        where = _follows(keys, values, nulls)
        return replace(query, body=replace(body, where=conjunction(body.where, where)))
    alias = names.alias("page")
    columns = {each.name: Column(alias, each.name, each.expression.type) for each in outputs(query)}
    order = tuple(
        replace(each, expression=next(columns[out.name] for out in outputs(query) if _is(out, each)), output="")
        for each in keys.order
    )
    outer = tuple(replace(each, expression=columns[each.name]) for each in outputs(query))
    where = _follows(_Keys(keys.mode, order), values, nulls)
    return Query(Select(QuerySource(alias, replace(query, order=())), (), outer, where=where), order)


def _follows(keys: _Keys, values: tuple[Literal, ...], nulls: str) -> Predicate:
    if keys.mode == "free":
        key = _mark([each.expression for each in keys.order])
        kind = {Family.INTEGER: "bigint[]", Family.TEXT: "text[]"}.get(key.type.family, "")
        first = Excluded(key, Literal("excluded", "list", Type(Family.ARRAY, kind)))
        return conjunction(first, behind(keys.order, values, nulls)) if nulls else first
    return behind(keys.order, values, nulls, inclusive=keys.mode == "ties")


def _mark(keys: list[Expression]) -> Expression:
    """What identifies a row, as one value: several numbers are written one after the other, as Token.following does."""
    if len(keys) == 1:
        return keys[0]
    comma = Literal("", "text", TEXT, fixed=MARK_SEPARATOR)
    parts = [part for key in keys for part in (comma, Call("TO_TEXT", (key,), TEXT))]
    return Call("CONCAT", tuple(parts[1:]), TEXT)


def _counted(query: Query, names: Names) -> Query:
    body = query.body
    total = Output("total", count_rows())
    if (
        isinstance(body, Select)
        and not (body.groups or body.distinct or body.top or query.limit or query.offset)
        and body.source is not None
        and not any(isinstance(each, Aggregate) for part in body.outputs for each in _own(part.expression))
    ):
        return Query(replace(body, outputs=(total,)))
    whole = query if query.limit or query.offset else replace(query, order=())
    return Query(Select(QuerySource(names.alias("whole"), whole), (), (total,)))
