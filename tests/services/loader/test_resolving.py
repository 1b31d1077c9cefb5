"""Names mean what the catalog and the model say, and nothing else: what is missing is an error that names it."""

import pytest

from bench.index_notation import (
    agg,
    by,
    calc,
    call,
    cmp,
    col,
    combined,
    count,
    entity,
    flag,
    fld,
    join,
    lit,
    metric,
    out,
    query,
    related,
    sub,
    table,
    top,
    window,
)
from maestro.catalog.v1 import catalog_pb2
from maestro.plan.v1 import plan_pb2 as p
from maestro.semantics.v1 import semantics_pb2
from mesh.fault import Fault
from tests.services.loader.conftest import Reader, alike
from tests.services.loader.meanings import shop
from tests.services.loader.plan_cases import C, O, P

ID = {"id": col("o.id")}
buyer = join(C, "o", "buyer")


async def fault(reader: Reader, made: p.Query, *, blind: bool = False, without_model: bool = False) -> Fault:
    semantics = semantics_pb2.SemanticSlice() if without_model else shop()
    with pytest.raises(Fault) as caught:
        await reader.head(made, semantics=semantics, blind=blind)
    return caught.value


def orders(where: p.Predicate, *joins: p.Join) -> p.Query:
    return query(O, ID, *joins, where=where, order=[by("id")])


@pytest.fixture(params=["postgresql", "sqlite"])
def reader(request: pytest.FixtureRequest, on_postgresql: Reader, on_sqlite: Reader) -> Reader:
    return on_postgresql if request.param == "postgresql" else on_sqlite


# ---- what the model defines ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("blind", [False, True])
@pytest.mark.parametrize(
    ("defined", "spelled"),
    [
        (orders(flag("open", "o")), orders(cmp(col("o.status"), "=", "open"))),
        (orders(flag("late")), orders(p.Predicate(all_of=p.PredicateList(predicates=[
            cmp(col("o.status"), "=", "open"), cmp(col("o.due"), "<", lit("2025-11-21", "date"))])))),
        (orders(flag("weighty", "o")), orders(related("o", join(table("item", "i"), on=cmp(col("i.order_id"), "=", col("o.id"))), where=cmp(col("i.quantity"), ">", 7)))),
        (query(O, {"v": fld("o.value")}, order=[by("v")]), query(O, {"v": col("o.total")}, order=[by("v")])),
        (query(O, {"d": fld("days_to_due"), **ID}, order=[by("id")]), query(O, {"d": call("DAYS_BETWEEN", col("o.due"), call("DATE", col("o.placed"))), **ID}, order=[by("id")])),
        (query(O, {"r": metric("revenue", "o")}), query(O, {"r": agg("SUM", col("o.total"), where=cmp(col("o.status"), "!=", "lost"))})),
        (query(O, {"t": metric("ticket")}), query(O, {"t": calc(agg("SUM", col("o.total")), "/", count())})),
        (query(C, {"id": col("c.id")}, where=entity("Silva", "c"), order=[by("id")]),
         query(C, {"id": col("c.id")}, where=p.Predicate(pattern=p.Pattern(operand=col("c.name"), kind=p.PATTERN_KIND_SUFFIX, text="Silva")), order=[by("id")])),
        (query(O, {**ID, "n": col("c.name")}, buyer, order=[by("id")]),
         query(O, {**ID, "n": col("c.name")}, join(C, on=cmp(col("o.customer_id"), "=", col("c.id"))), order=[by("id")])),
    ],
)  # fmt: skip
async def test_a_definition_is_what_it_stands_for(
    defined: p.Query, spelled: p.Query, blind: bool, reader: Reader
) -> None:
    assert alike(await reader.rows(defined, semantics=shop(), blind=blind), await reader.rows(spelled))


async def test_a_list_is_joined_by_its_items(on_postgresql: Reader, on_sqlite: Reader) -> None:
    made = query(O, {**ID, "t": col("o.tags"), "p": col("p.id")}, join(P, "o", "tagged"), order=[by("id"), by("p")])
    expected = []
    for order, tags in await on_sqlite.rows(query(O, {**ID, "t": col("o.tags")}, order=[by("id")])):
        items = sorted({int(each) for each in (tags or "").replace(" ", "").split(",") if each})
        expected += [(order, tags, each) for each in items if each <= 20]
    for reader in (on_postgresql, on_sqlite):
        for blind in (False, True):
            assert await reader.rows(made, semantics=shop(), blind=blind) == expected


async def test_the_model_names_columns_and_units(reader: Reader) -> None:
    head = (await reader.head(query(O, {"v": fld("o.value"), "s": agg("SUM", col("o.total")), "r": metric("revenue")}, group=[fld("o.value")]), semantics=shop())).head  # fmt: skip
    told = {each.name: (each.label, each.unit, each.measure) for each in head.columns}
    assert told == {"v": ("Order value", "BRL", False), "s": ("", "BRL", True), "r": ("Faturamento", "BRL", True)}


# ---- what is missing ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("blind", [False, True])
@pytest.mark.parametrize(
    ("made", "term", "nearest"),
    [
        (query(O, {"x": fld("o.valeu")}), "valeu", "value"),
        (query(O, {"x": metric("revenues", "o")}), "revenues", "revenue"),
        (orders(flag("lates", "o")), "lates", "late"),
        (query(C, {"n": col("c.name")}, where=entity("Sylva", "c")), "Sylva", "Silva"),
        (query(O, ID, join(C, "o", "buyers")), "buyers", "buyer"),
    ],
)
async def test_an_unknown_term_is_unresolved(
    made: p.Query, term: str, nearest: str, blind: bool, reader: Reader
) -> None:
    said = await fault(reader, made, blind=blind)
    assert (said.reason, said.metadata["term"]) == ("TERM_UNRESOLVED", term)
    assert nearest in said.metadata["nearest"].split(", ")
    assert said.violations[0][0].startswith("query.")
    assert (await fault(reader, made, blind=blind, without_model=True)).reason == "TERM_UNRESOLVED"


async def test_an_entity_that_the_dataset_cannot_express_is_unresolved(reader: Reader) -> None:
    assert (await fault(reader, orders(entity("Silva", "o")))).reason == "TERM_UNRESOLVED"


async def test_an_unknown_table_and_column_are_named_with_the_nearest(reader: Reader) -> None:
    said = await fault(reader, query(table("ordres", "o"), ID))
    assert (said.reason, said.metadata["table"], said.metadata["nearest"]) == ("TABLE_UNKNOWN", "ordres", "orders")
    said = await fault(reader, query(O, {"x": col("o.totel")}))
    assert (said.reason, said.metadata["column"], said.metadata["nearest"].split(", ")[0]) == (
        "COLUMN_UNKNOWN",
        "totel",
        "total",
    )
    assert said.violations[0][0] == "query.select.projections[0].expression.column"
    said = await fault(reader, query(sub("s", query(O, ID)), {"x": out("s.idd")}))
    assert said.reason == "COLUMN_UNKNOWN"


async def test_without_a_catalog_the_database_says_so(reader: Reader) -> None:
    assert (await fault(reader, query(table("ordres", "o"), ID), blind=True)).reason == "TABLE_UNKNOWN"
    assert (await fault(reader, query(O, {"x": col("o.totel")}), blind=True)).reason == "COLUMN_UNKNOWN"


def test_columns_of_sqlite_have_no_case(on_sqlite: Reader) -> None:
    from services.loader.catalog import Knowledge

    knowledge = Knowledge(on_sqlite.catalog, "x", catalog_pb2.DIALECT_SQLITE)
    found = knowledge.table("", "ORDERS")
    assert found is not None
    column = found.column("TOTAL")
    assert column is not None
    assert column.name == "total"


# ---- what is wrong with a plan -----------------------------------------------------------------------------------------

SELECT = query(O, ID)
WRONG: dict[str, tuple[p.Query, str]] = {
    "empty": (p.Query(), "query"),
    "no_projection": (query(O, {}), "query.select"),
    "unknown_alias": (query(O, {"x": col("z.id")}), "query.select.projections[0].expression"),
    "ambiguous_alias": (query(O, {"x": col("id")}, join(C, on=cmp(col("o.customer_id"), "=", col("c.id")))), "query.select.projections[0].expression"),
    "alias_twice": (query(O, ID, join(table("customer", "o"), on=cmp(col("o.id"), "=", 1))), "query.select.joins[0].relation.alias"),
    "name_twice": (p.Query(select=p.Select(projections=[p.Projection(name="a", expression=lit(1)), p.Projection(name="a", expression=lit(2))])), "query.select.projections[1].name"),
    "empty_expression": (query(O, {"x": p.Expression()}), "query.select.projections[0].expression"),
    "empty_literal": (query(O, {"x": p.Expression(literal=p.Literal())}), "query.select.projections[0].expression.literal"),
    "empty_predicate_list": (orders(p.Predicate(all_of=p.PredicateList())), "query.select.where.all_of"),
    "unspecified_operator": (orders(p.Predicate(comparison=p.Comparison(left=col("o.id"), right=lit(1)))), "query.select.where.comparison"),
    "unknown_function": (query(O, {"x": p.Expression(function=p.FunctionCall(function=99, arguments=[lit(1)]))}), "query.select.projections[0].expression.function"),  # type: ignore[arg-type]
    "too_many_arguments": (query(O, {"x": call("LOWER", "a", "b")}), "query.select.projections[0].expression.function"),
    "sum_of_nothing": (query(O, {"x": agg("SUM")}), "query.select.projections[0].expression.aggregate"),
    "one_operand_missing": (query(O, {"x": agg("CORRELATION", col("o.total"))}), "query.select.projections[0].expression.aggregate"),
    "membership_of_nothing": (orders(p.Predicate(membership=p.Membership(operand=col("o.id")))), "query.select.where.membership"),
    "boundless_range": (orders(p.Predicate(range=p.Range(operand=col("o.id")))), "query.select.where.range"),
    "empty_pattern": (orders(p.Predicate(pattern=p.Pattern(operand=col("o.note"), kind=p.PATTERN_KIND_PREFIX))), "query.select.where.pattern"),
    "empty_path": (orders(related("o")), "query.select.where.related"),
    "two_columns_for_one": (orders(p.Predicate(membership=p.Membership(operand=col("o.id"), query=query(C, {"a": col("c.id"), "b": col("c.uf")})))), "query.select.where.membership.query"),
    "unequal_operands": (combined("UNION", SELECT, query(C, {"a": col("c.id"), "b": col("c.uf")})), "query.set_operation"),
    "order_of_nothing_shown": (query(O, ID, order=[by("nope")]), "query.order_by[0].output"),
    "combination_by_expression": (combined("UNION", SELECT, SELECT, order=[by(col("o.id"))]), "query.order_by[0]"),
    "negative_limit": (query(O, ID, limit=-1), "query.limit"),
    "top_of_none": (query(O, ID, first=top([col("o.status")], [by(col("o.id"))], 0)), "query.select.top_per_group"),
    "window_without_order": (query(O, {"x": window("RANK")}), "query.select.projections[0].expression.window"),
    "join_without_condition": (query(O, ID, p.Join(relation=C)), "query.select.joins[0]"),
    "relationship_of_others": (query(O, ID, join(P, "o", "buyer")), "query.select.joins[0].relationship"),
    "side_that_does_not_fit": (query(O, ID, join(C, "o", "buyer", side=p.JOIN_SIDE_REFERRING)), "query.select.joins[0].relationship"),
    "definition_in_a_circle": (orders(flag("circle", "o")), "query.select.where.named_filter"),
    "metric_of_another_dataset": (query(C, {"x": metric("revenue", "c")}), "query.select.projections[0].expression.metric"),
    "no_number": (orders(cmp(col("o.id"), "=", "many")), ""),
    "no_day": (orders(cmp(col("o.due"), "<", "soon")), ""),
}  # fmt: skip


@pytest.mark.parametrize("name", WRONG)
async def test_what_is_wrong_with_a_plan_is_said_with_its_place(name: str, on_postgresql: Reader) -> None:
    made, path = WRONG[name]
    said = await fault(on_postgresql, made)
    assert said.reason == "PLAN_INVALID"
    assert said.violations
    if path:
        assert said.violations[0][0].startswith(path)
        assert said.message.startswith(path)


def test_an_unspecified_side_of_a_table_joined_to_itself_is_asked_for() -> None:
    from services.loader.catalog import Knowledge
    from services.loader.meaning import Meaning
    from services.loader.resolve import queries
    from services.loader.resolve.names import Names
    from services.loader.shape import Shape

    semantics = semantics_pb2.SemanticSlice()
    semantics.relationships.add().relationship.CopyFrom(
        catalog_pb2.Relationship(name="boss", from_table="staff", from_columns=["boss_id"], to_table="staff", to_columns=["id"])
    )  # fmt: skip
    for side, on in ((0, ""), (p.JOIN_SIDE_REFERRED, "s.boss_id"), (p.JOIN_SIDE_REFERRING, "b.boss_id")):
        made = query(table("staff", "s"), {"n": col("b.name")}, join(table("staff", "b"), "s", "boss", side=side))
        names = Names(Knowledge(catalog_pb2.CatalogSlice(), "x", 1), Meaning(semantics), Shape(made))
        if not on:
            with pytest.raises(Fault) as caught:
                queries.resolve(names, None, made, "query")
            assert caught.value.violations[0][0] == "query.select.joins[0].side"
            continue
        body = queries.resolve(names, None, made, "query").body
        left = body.joins[0].on.left  # type: ignore[union-attr]
        assert f"{left.alias}.{left.name}" == on
