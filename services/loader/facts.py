"""What is told of a compiled query."""

from services.loader.algebra import (
    Aggregate,
    Column,
    Combined,
    Compare,
    Literal,
    LooseSource,
    Output,
    Query,
    QuerySource,
    Select,
    TableSource,
    Window,
    outputs,
)
from services.loader.catalog import Knowledge
from services.loader.rewrite import conjuncts, walk


def is_measure(query: Query, output: Output) -> bool:
    """Whether an output column is an aggregated number, here or in a subquery that it comes from."""
    body = query.body
    if isinstance(body, Combined):
        return False
    sources = {} if body.source is None else {body.source.alias: body.source}
    sources |= {each.source.alias: each.source for each in body.joins}
    for node in walk(output.expression, into_queries=False):
        if isinstance(node, Aggregate | Window):
            return True
        source = sources.get(node.alias) if isinstance(node, Column) else None
        if isinstance(source, QuerySource) and isinstance(node, Column):
            inner = next((each for each in outputs(source.query) if each.name == node.name), None)
            if inner is not None and is_measure(source.query, inner):
                return True
    return False


def tables_in(query: Query) -> tuple[str, ...]:
    """The tables that are read, each once."""
    return tuple(dict.fromkeys(each.name for each in walk(query) if isinstance(each, TableSource | LooseSource)))


def is_single(query: Query, knowledge: Knowledge) -> bool:
    """Whether the query reads at most one row of one table, by equality on a unique key."""
    body = query.body
    if not isinstance(body, Select) or body.joins or not isinstance(body.source, TableSource):
        return False
    table = knowledge.table(body.source.schema, body.source.name)
    if table is None or any(isinstance(each, Query) and each is not query for each in walk(query)):
        return False
    equal = frozenset(
        each.left.name
        for each in conjuncts(body.where)
        if isinstance(each, Compare)
        and each.operator == "EQUAL"
        and isinstance(each.left, Column)
        and isinstance(each.right, Literal)
    )
    return table.identifies(equal)
