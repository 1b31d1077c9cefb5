"""Values from the database, through the loader: the mapper holds no SQL."""

from typing import Any, Protocol

from maestro.catalog.v1 import catalog_pb2 as catalog
from maestro.context.v1 import context_pb2
from maestro.loader.v1 import loader_pb2
from maestro.plan.v1 import plan_pb2 as plan
from services.mapper.model import HeldModel
from services.mapper.values.columns import PAGE, Wanted

_ALIAS = "t"


class Loader(Protocol):
    """What is asked of the loader: a generated stub."""

    Execute: Any
    LookUpValues: Any


def _slice(held: HeldModel, tables: list[catalog.Table]) -> catalog.CatalogSlice:
    found = held.catalog
    return catalog.CatalogSlice(
        version=found.version,
        dialect=found.dialect,
        tables=tables,
        extensions=found.extensions,
        server_version=found.server_version,
    )


def _page(wanted: Wanted, last: str | None) -> plan.QueryPlan:
    """The distinct values of a column that come after one, in the database's own order."""
    column = plan.Expression(column=plan.ColumnRef(alias=_ALIAS, column=wanted.physical))
    conditions = [plan.Predicate(null_test=plan.NullTest(operand=column, negated=True))]
    if last is not None:
        bound = plan.Expression(literal=plan.Literal(text=last))
        greater = plan.COMPARISON_OPERATOR_GREATER
        conditions.append(plan.Predicate(comparison=plan.Comparison(operator=greater, left=column, right=bound)))
    made = plan.QueryPlan(proposer="mapper")
    select = made.query.select
    start = getattr(select, "from")
    start.alias = _ALIAS
    start.table.schema = wanted.table.schema
    start.table.name = wanted.table.name
    select.projections.add(expression=column, name="value")
    select.distinct = True
    select.where.all_of.predicates.extend(conditions)
    made.query.order_by.add(output="value")
    made.query.limit = PAGE
    return made


async def read(loader: Loader, held: HeldModel, wanted: Wanted, timeout: float) -> list[str] | None:
    """All distinct values of a column, or None where it has more than it may have. Raises Fault."""
    context = context_pb2.RequestContext(source=held.model.source)
    context.limits.statement_timeout_ms = int(timeout * 1000)
    slices = _slice(held, [wanted.table])
    found: list[str] = []
    last: str | None = None
    while True:
        request = loader_pb2.ExecuteRequest(context=context, plan=_page(wanted, last), catalog=slices, page_size=PAGE)
        response = await loader.Execute(request, timeout=timeout)
        values = [row.values[0].text for row in response.head.rows if row.values]
        fresh = [value for value in values if value]
        found += fresh
        if len(found) > wanted.most:
            return None
        # Where the database's order is not the one that it compares by, a page could begin where the last one did.
        if len(values) < PAGE or not fresh or fresh[-1] == last:
            return found
        last = fresh[-1]


async def look_up(
    loader: Loader, held: HeldModel, columns: list[Wanted], text: str, most: int, timeout: float
) -> list[tuple[Wanted, str]]:
    """Values of large columns that a text finds through an index. Raises Fault."""
    tables = {(wanted.table.schema, wanted.table.name): wanted.table for wanted in columns}
    addresses = {(wanted.table.schema, wanted.table.name, wanted.physical): wanted for wanted in columns}
    request = loader_pb2.LookUpValuesRequest(
        context=context_pb2.RequestContext(source=held.model.source),
        columns=[
            loader_pb2.ColumnAddress(table=plan.TableRef(schema=schema, name=name), column=column)
            for schema, name, column in addresses
        ],
        text=text,
        max_values=most,
        catalog=_slice(held, list(tables.values())),
    )
    response = await loader.LookUpValues(request, timeout=timeout)
    found = []
    for value in response.values:
        address = (value.column.table.schema, value.column.table.name, value.column.column)
        wanted = addresses.get(address)
        if wanted is not None:
            found.append((wanted, value.value))
    return found
