"""The third stage: the shape that the existing indexes serve, each choice recorded with its reason. Without a catalog
nothing is changed but what has no other form, so that the plain form comes out."""

from services.loader.algebra import (
    Aggregate,
    Combined,
    Compare,
    Literal,
    Output,
    Query,
    Select,
    TableSource,
    Window,
)
from services.loader.catalog import Knowledge
from services.loader.choices import Choices
from services.loader.normalise.top import Ranked
from services.loader.pins import Pins
from services.loader.resolve.names import Names
from services.loader.rewrite import conjuncts, walk


def choose(query: Query, names: Names, pins: Pins, choices: Choices) -> Query:
    """The query in the form that is fetched fastest."""
    made: Query = Ranked(names).apply(query)
    return made


def is_measure(query: Query, output: Output) -> bool:
    """Whether an output column is an aggregated number."""
    if isinstance(query.body, Combined):
        return False
    return any(isinstance(each, Aggregate | Window) for each in walk(output.expression, into_queries=False))


def tables_in(query: Query) -> tuple[str, ...]:
    """The tables that are read, each once."""
    return tuple(dict.fromkeys(each.name for each in walk(query) if isinstance(each, TableSource)))


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
        and hasattr(each.left, "alias")
        and hasattr(each.left, "name")
        and isinstance(each.right, Literal)
    )
    return table.identifies(equal)
