"""Measures are never multiplied by a join."""

import pytest

from bench.index_notation import agg, by, calc, cmp, col, count, join, metric, missing, query, window
from maestro.plan.v1 import plan_pb2 as p
from maestro.semantics.v1 import semantics_pb2 as s
from tests.services.loader.conftest import Reader, alike
from tests.services.loader.plan_cases import C, I, O, of_customer, to_customer, to_items, to_product

TOTAL = agg("SUM", col("o.total"))


def sums(*joins: p.Join, **more: object) -> p.Query:
    return query(O, {"s": TOTAL}, *joins, **more)  # type: ignore[arg-type]


@pytest.fixture(params=["postgresql", "sqlite"])
def reader(request: pytest.FixtureRequest, on_postgresql: Reader, on_sqlite: Reader) -> Reader:
    return on_postgresql if request.param == "postgresql" else on_sqlite


async def sql(reader: Reader, made: p.Query) -> str:
    return (await reader.head(made)).statements[0].sql


async def test_a_join_that_only_filters_becomes_exists(reader: Reader) -> None:
    joined = sums(to_items, where=cmp(col("i.quantity"), ">", 5))
    truth = await reader.rows(
        query(O, {"s": TOTAL}, where=in_orders_with_many()),
    )
    assert alike(await reader.rows(joined), truth)
    assert "EXISTS" in await sql(reader, joined)
    assert not alike(await reader.rows(joined, blind=True), truth)


def in_orders_with_many() -> p.Predicate:
    from bench.index_notation import related

    return related("o", join(I, on=cmp(col("i.order_id"), "=", col("o.id"))), where=cmp(col("i.quantity"), ">", 5))


async def test_a_group_by_the_other_side_counts_each_row_once_in_each_group(reader: Reader) -> None:
    made = query(O, {"p": col("i.product_id"), "s": TOTAL}, to_items, group=[col("i.product_id")], order=[by("p")])
    expected: dict[int, set[tuple[int, float]]] = {}
    lines = query(O, {"p": col("i.product_id"), "o": col("o.id"), "t": col("o.total")}, to_items,
                  where=missing(col("o.total"), negated=True))  # fmt: skip
    for product, order, total in await reader.rows(lines):
        expected.setdefault(product, set()).add((order, float(total)))
    sums_of = {key: sum(total for _, total in rows) for key, rows in expected.items()}
    for product, found in await reader.rows(made):
        assert found == pytest.approx(sums_of.get(product)), product


@pytest.mark.parametrize("where", [None, cmp(col("i.quantity"), ">", 2), cmp(col("o.status"), "=", "open"),
                                   cmp(col("i.price"), "<", col("o.total"))])  # fmt: skip
@pytest.mark.parametrize("left", [False, True])
async def test_partners_are_looked_up_row_by_row(left: bool, where: p.Predicate | None, on_postgresql: Reader) -> None:
    """As things that are numbered as they happen are, where the index is in the order of both tables."""
    lines = join(I, on=cmp(col("i.order_id"), "=", col("o.id")), left=left)
    made = query(
        O, {"p": col("i.product_id"), "s": TOTAL}, lines, where=where, group=[col("i.product_id")], order=[by("p")]
    )
    pushed = on_postgresql.pushed()
    assert ("LATERAL (SELECT DISTINCT" in await sql(pushed, made)) is not left
    assert "LATERAL" not in await sql(on_postgresql, made)
    assert alike(await pushed.rows(made), await on_postgresql.rows(made))


async def test_two_measures_of_two_grains(reader: Reader) -> None:
    """The sum of the orders and the sum of their lines, in one select."""
    lines = calc(col("i.quantity"), "*", col("i.price"))
    made = query(
        C, {"uf": col("c.uf"), "o": TOTAL, "l": agg("SUM", lines), "n": count()}, of_customer, to_items,
        group=[col("c.uf")], order=[by("uf")],
    )  # fmt: skip
    has_lines = in_orders_with_lines()
    orders = query(
        C, {"uf": col("c.uf"), "o": TOTAL}, of_customer, where=has_lines, group=[col("c.uf")], order=[by("uf")]
    )
    items = query(C, {"uf": col("c.uf"), "l": agg("SUM", lines), "n": count()}, of_customer, to_items, group=[col("c.uf")], order=[by("uf")])  # fmt: skip
    together = [
        (a, total, line, n)
        for (a, total), (_, line, n) in zip(await reader.rows(orders), await reader.rows(items), strict=True)
    ]
    assert alike(await reader.rows(made), together)


def in_orders_with_lines() -> p.Predicate:
    from bench.index_notation import related

    return related("o", join(I, on=cmp(col("i.order_id"), "=", col("o.id"))))


async def test_what_determines_does_not_multiply(reader: Reader) -> None:
    """To-one joins leave the statement as it was."""
    made = query(
        I, {"n": agg("SUM", col("i.quantity"))}, join(O, on=cmp(col("i.order_id"), "=", col("o.id"))), to_product
    )
    assert "DISTINCT" not in await sql(reader, made)
    assert "EXISTS" not in await sql(reader, made)
    assert "DISTINCT" not in await sql(reader, sums(to_customer))


async def test_having_order_and_windows_follow(reader: Reader) -> None:
    made = query(
        O,
        {"p": col("i.product_id"), "s": TOTAL, "share": window("SHARE", TOTAL)},
        to_items,
        group=[col("i.product_id")],
        having=cmp(TOTAL, ">", 20000),
        order=[by(TOTAL, descending=True), by("p")],
    )
    rows = await reader.rows(made)
    assert [row[1] for row in rows] == sorted((row[1] for row in rows), reverse=True)
    assert all(row[1] > 20000 for row in rows)
    assert sum(row[2] for row in rows) == pytest.approx(1)


async def test_a_metric_counts_at_the_grain_of_its_dataset(reader: Reader) -> None:
    semantics = s.SemanticSlice(
        version="m",
        datasets=[s.Dataset(name="orders", table=p.TableRef(name="orders"))],
        metrics=[s.Metric(name="how_many", dataset="orders", expression=count())],
    )
    made = query(O, {"n": metric("how_many", "o")}, to_items)
    (counted,) = await reader.rows(made, semantics=semantics)
    with_lines = await reader.rows(query(O, {"n": count()}, where=in_orders_with_lines()))
    assert counted == with_lines[0]


async def test_a_column_of_which_any_value_stands_beside_a_measure(reader: Reader) -> None:
    """What is shown but neither grouped nor aggregated has its place in the subquery of the joined rows."""
    made = query(
        O, {"c": col("o.customer_id"), "p": col("i.product_id"), "s": TOTAL}, to_items, group=[col("o.customer_id")]
    )
    alone = query(O, {"c": col("o.customer_id"), "s": TOTAL}, to_items, group=[col("o.customer_id")])
    totals = dict(await reader.rows(alone))
    assert {customer: total for customer, _, total in await reader.rows(made)} == pytest.approx(totals)
