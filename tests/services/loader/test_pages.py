"""Pages put together are the whole result, each row once, whatever the order and however rows are told apart."""

import pytest

from bench.index_notation import (
    agg,
    among,
    bucket,
    by,
    cmp,
    col,
    combined,
    count,
    down,
    join,
    query,
    table,
    top,
    window,
)
from maestro.plan.v1 import plan_pb2 as p
from mesh.fault import Fault
from tests.services.loader.conftest import Reader, plain
from tests.services.loader.plan_cases import C, I, O, to_customer, to_items

L = table("log", "l")
LOG = {"at": col("l.at"), "what": col("l.what"), "size": col("l.size")}
SAME_CUSTOMER = join(table("orders", "p"), on=cmp(col("p.customer_id"), "=", col("o.customer_id")))
CASES: dict[str, p.Query] = {
    "no_order": query(O, {"s": col("o.status")}),
    "no_order_filtered": query(O, {"id": col("o.id"), "s": col("o.status")}, where=cmp(col("o.status"), "=", "open")),
    "by_key": query(O, {"id": col("o.id")}, order=[down(col("o.id"))]),
    "by_other": query(O, {"s": col("o.status"), "t": col("o.total")}, order=[by("s"), by("t")]),
    "by_nullable": query(O, {"d": col("o.due"), "id": col("o.id")}, order=[by(col("o.due"))]),
    "by_nullable_down": query(O, {"d": col("o.due"), "id": col("o.id")}, order=[down(col("o.due"))]),
    "nulls_first": query(O, {"d": col("o.due"), "id": col("o.id")}, order=[by(col("o.due"), first=True)]),
    "nulls_first_down": query(O, {"d": col("o.due"), "id": col("o.id")}, order=[by(col("o.due"), descending=True, first=True)]),
    "by_indexed_nullable_down": query(O, {"c": col("o.customer_id"), "id": col("o.id")}, order=[down(col("o.customer_id"))]),
    "by_indexed_nullable_first": query(O, {"c": col("o.customer_id"), "id": col("o.id")}, order=[by(col("o.customer_id"), first=True)]),
    "by_two_nullables": query(O, {"d": col("o.due"), "n": col("o.note")}, order=[down(col("o.note")), by(col("o.due"))]),
    "by_moment": query(O, {"p": col("o.placed")}, order=[down("p")]),
    "by_float": query(O, {"f": col("o.freight")}, order=[by("f")]),
    "by_flag": query(C, {"v": col("c.vip"), "n": col("c.name")}, order=[down("v"), by("n")]),
    "by_char": query(C, {"u": col("c.uf")}, order=[by("u")]),
    "limited": query(O, {"id": col("o.id")}, order=[by("id")], limit=50),
    "limited_no_order": query(O, {"id": col("o.id")}, limit=50),
    "offset": query(O, {"id": col("o.id")}, order=[by("id")], limit=50, offset=7),
    "joined": query(O, {"id": col("o.id"), "n": col("c.name")}, to_customer, order=[by("n")]),
    "joined_many": query(O, {"id": col("o.id"), "q": col("i.quantity")}, to_items, order=[down("q")]),
    "left_joined_many": query(C, {"n": col("c.name"), "o": col("o.id")}, join(O, on=cmp(col("o.customer_id"), "=", col("c.id")), left=True), order=[by("n")]),
    "joined_no_order": query(O, {"id": col("o.id"), "q": col("i.quantity")}, to_items),
    "joined_both_many": query(O, {"t": col("o.total"), "o": col("p.total")}, SAME_CUSTOMER, where=cmp(col("o.id"), "<", 60)),
    "joined_both_many_limited": query(O, {"id": col("o.id"), "o": col("p.id")}, SAME_CUSTOMER, order=[by(col("o.id")), by(col("p.id"))], limit=60),
    "joined_both_many_left": query(O, {"t": col("o.total"), "o": col("p.total")}, join(table("orders", "p"), on=SAME_CUSTOMER.on, left=True), where=cmp(col("o.id"), "<", 60)),
    "grouped": query(O, {"c": col("o.customer_id"), "n": count()}, group=[col("o.customer_id")], order=[down("n")]),
    "grouped_no_order": query(O, {"m": bucket("MONTH", col("o.placed")), "n": agg("SUM", col("o.total"))}, group=[bucket("MONTH", col("o.placed"))]),
    "grouped_hidden_key": query(O, {"n": count()}, group=[col("o.customer_id")], order=[down("n")]),
    "distinct": query(O, {"c": col("o.customer_id"), "s": col("o.status")}, distinct=True),
    "distinct_ordered": query(O, {"c": col("o.customer_id"), "s": col("o.status")}, distinct=True, order=[down("c")]),
    "without_a_key": query(L, LOG),
    "without_a_key_ordered": query(L, LOG, order=[by("what")]),
    "without_a_key_few_columns": query(L, {"what": col("l.what")}, order=[down("what")]),
    "union": combined("UNION", query(O, {"c": col("o.customer_id")}), query(C, {"c": col("c.id")}), order=[down("c")]),
    "union_all": combined("UNION", query(O, {"c": col("o.customer_id")}, where=among(col("o.status"), "open")), query(C, {"c": col("c.id")}), keep=True),
    "windowed": query(O, {"id": col("o.id"), "r": window("RANK", order=[by(col("o.status"))])}, order=[by("r")]),
    "ranked": query(O, {"c": col("o.customer_id"), "id": col("o.id")}, join(I, on=cmp(col("i.order_id"), "=", col("o.id"))), where=cmp(col("i.line"), "=", 1), first=top([col("o.customer_id")], [down(col("o.id"))], 3)),
}  # fmt: skip


@pytest.mark.parametrize("known", ["nothing", "all", "pushed"])
@pytest.mark.parametrize("name", CASES)
async def test_pages_are_the_whole(name: str, known: str, on_postgresql: Reader, on_sqlite: Reader) -> None:
    made, blind = CASES[name], known == "nothing"
    for each in (on_postgresql, on_sqlite):
        reader = each.pushed() if known == "pushed" else each
        whole = await reader.head(made, blind=blind)
        assert whole.head.complete
        size = 7 if len(whole.head.rows) < 100 else 50
        rows, token, pages = [], "", 0
        while True:
            got = await reader.head(made, blind=blind, page_size=size, page_token=token)
            assert not got.head.complete
            assert got.head.total_rows == len(whole.head.rows)
            assert all("OFFSET" not in each.sql for each in got.statements) or not pages
            rows += plain(got.head)
            token, pages = got.head.next_page_token, pages + 1
            if not token:
                break
        if made.order_by and not made.select.HasField("top_per_group"):
            # What ties in the plan's order may come in any.
            keys = [_key(made, each) for each in rows]
            assert keys == [_key(made, each) for each in plain(whole.head)]
        if name != "limited_no_order":
            assert sorted(map(repr, rows)) == sorted(map(repr, plain(whole.head)))
        assert len(rows) == len(whole.head.rows) == len(rows)


def _key(made: p.Query, row: tuple[object, ...]) -> list[object]:
    shown = made.select if made.HasField("select") else made.set_operation.left.select
    names = [each.name for each in shown.projections]
    expressions = [each.expression for each in shown.projections]
    return [
        row[names.index(each.output) if each.output else expressions.index(each.expression)] for each in made.order_by
    ]


async def test_a_join_is_not_sorted_for_its_first_rows(on_postgresql: Reader) -> None:
    """Where no order is asked for and the planner says that one would cost more."""
    made = CASES["joined_both_many"]
    first = await on_postgresql.head(made, page_size=7)
    second = await on_postgresql.head(made, page_size=7, page_token=first.head.next_page_token)
    third = await on_postgresql.head(made, page_size=7, page_token=second.head.next_page_token)
    assert "ORDER BY" not in first.statements[0].sql
    assert "ORDER BY" in second.statements[0].sql
    assert third.head.next_page_token


async def test_a_token_of_another_plan_is_refused(on_sqlite: Reader) -> None:
    token = (await on_sqlite.head(CASES["by_key"], page_size=5)).head.next_page_token
    for other in (
        CASES["by_other"],
        query(O, {"id": col("o.id")}, where=cmp(col("o.id"), ">", 3), order=[down(col("o.id"))]),
    ):
        with pytest.raises(Fault) as caught:
            await on_sqlite.head(other, page_size=5, page_token=token)
        assert caught.value.reason == "PAGE_TOKEN_INVALID"


@pytest.mark.parametrize("token", ["x", "!!!", "AAAA", "a" * 3000])
async def test_what_is_no_token_is_refused(token: str, on_sqlite: Reader) -> None:
    with pytest.raises(Fault) as caught:
        await on_sqlite.head(CASES["by_key"], page_token=token)
    assert caught.value.reason == "PAGE_TOKEN_INVALID"


async def test_a_token_outlives_the_loader(on_postgresql: Reader, on_sqlite: Reader) -> None:
    """Another process, which never saw the first page, goes on from it."""
    from services.loader.compiler import Compiler
    from services.loader.execution import Execution

    for reader in (on_postgresql, on_sqlite):
        first = await reader.head(CASES["by_other"], page_size=100)
        reader.execution = Execution(Compiler(), reader.settings)
        second = await reader.head(CASES["by_other"], page_size=100, page_token=first.head.next_page_token)
        assert plain(second.head) == (await reader.rows(CASES["by_other"]))[100:200]
