"""One plan means the same in every database, with and without knowledge of it."""

import pytest

from bench.index_notation import (
    agg,
    among,
    among_query,
    by,
    calc,
    call,
    cmp,
    col,
    combined,
    count,
    down,
    join,
    like,
    moment,
    query,
    related,
    span,
    table,
)
from tests.services.loader.conftest import Reader, alike
from tests.services.loader.plan_cases import CASES, I, O, P

# Plans whose meaning depends on the types of columns, which nobody can tell without a catalog.
TYPED = {
    "date_plus",
    "aggregate_of_flag",
    "dates_subtracted",
    "moments_subtracted",
    "moved_date",
    "date_difference",
    "seconds_between_texts",
    "hour_of_a_day",
}


@pytest.mark.parametrize("name", CASES)
async def test_the_same_everywhere(name: str, on_postgresql: Reader, on_sqlite: Reader) -> None:
    query = CASES[name]
    expected = await on_sqlite.rows(query)
    assert alike(await on_postgresql.rows(query), expected)
    assert alike(await on_postgresql.pushed().rows(query), expected)
    assert alike(await on_sqlite.pushed().rows(query), expected)
    if name not in TYPED:
        assert alike(await on_sqlite.rows(query, blind=True), expected)
        assert alike(await on_postgresql.rows(query, blind=True), expected)


async def test_seconds_keep_their_fraction(on_postgresql: Reader, on_sqlite: Reader) -> None:
    later, earlier = moment("2024-03-01T00:00:01.25"), moment("2024-02-28T23:59:00")
    made = query(None, {"s": call("SECONDS_BETWEEN", later, earlier), "back": call("SECONDS_BETWEEN", earlier, later)})
    for reader in (on_postgresql, on_sqlite):
        assert await reader.rows(made) == [(86400 + 61.25, -86400 - 61.25)]


async def test_a_join_behind_an_outer_join_still_takes_rows_away(on_postgresql: Reader, on_sqlite: Reader) -> None:
    """Its own key is complete, but rows without a partner before have none to look up."""
    made = query(
        P, {"n": count()},
        join(I, on=cmp(col("i.product_id"), "=", col("p.id")), left=True),
        join(O, on=cmp(col("o.id"), "=", col("i.order_id"))),
    )  # fmt: skip
    lines = await on_sqlite.rows(query(I, {"n": count()}))
    for reader in (on_postgresql, on_sqlite):
        assert await reader.rows(made) == lines


async def test_nulls_that_an_outer_join_made_are_no_values(on_postgresql: Reader, on_sqlite: Reader) -> None:
    inner = query(P, {"o": col("i.order_id")}, join(I, on=cmp(col("i.product_id"), "=", col("p.id")), left=True))
    made = query(O, {"n": count()}, where=among_query(col("o.id"), inner, negated=True))
    without_lines = query(
        O, {"n": count()}, where=related("o", join(I, on=cmp(col("i.order_id"), "=", col("o.id"))), negated=True)
    )
    for reader in (on_postgresql, on_sqlite):
        assert await reader.rows(made) == await reader.rows(without_lines)
        assert await reader.rows(made, blind=True) == await reader.rows(without_lines)


async def test_a_column_beside_an_aggregate_is_that_of_any_row(on_postgresql: Reader, on_sqlite: Reader) -> None:
    made = query(O, {"m": agg("MAX", col("o.total")), "s": col("o.status")})
    nothing = query(O, {"m": agg("MAX", col("o.total")), "s": col("o.status")}, where=cmp(col("o.id"), "=", -1))
    for reader in (on_postgresql, on_sqlite):
        ((most, status),) = await reader.rows(made)
        assert (most,) in await reader.rows(query(O, {"m": agg("MAX", col("o.total"))}))
        assert (status,) in await reader.rows(query(O, {"s": col("o.status")}, distinct=True))
        assert "result.any_value" in [code for code, _ in (await reader.head(made)).warnings]
        assert await reader.rows(nothing) == [(None, None)]


async def test_a_column_of_having_is_that_of_any_row(on_postgresql: Reader, on_sqlite: Reader) -> None:
    made = query(
        O,
        {"c": col("o.customer_id")},
        group=[col("o.customer_id"), col("o.status")],
        having=cmp(col("o.note"), "!=", "?"),
    )
    grouped = query(O, {"c": col("o.customer_id")}, group=[col("o.customer_id"), col("o.status")])
    every = await on_postgresql.rows(grouped)
    for reader in (on_postgresql, on_sqlite):
        found = await reader.rows(made)
        assert found
        assert set(found) <= set(every)


async def test_numbers_of_four_bytes_are_the_numbers_that_they_show(on_postgresql: Reader, on_sqlite: Reader) -> None:
    weight = col("l.weight")

    async def same(made) -> float:
        (one,), (other,) = await on_postgresql.rows(made), await on_sqlite.rows(made)
        assert float(one[0]) == pytest.approx(float(other[0]), rel=1e-7)
        return round(float(other[0]), 2)

    def counted(where):
        return query(table("log", "l"), {"n": count()}, where=where)

    assert await same(query(table("log", "l"), {"s": agg("SUM", weight)})) == 75816.0
    assert await same(query(table("log", "l"), {"s": agg("SUM", calc(weight, "*", weight))})) > 9e7
    assert await same(counted(cmp(weight, "=", 1240.1))) == 1
    assert await same(counted(cmp(weight, ">", 1240.1))) == 53
    assert await same(counted(cmp(weight, "<=", 1240.1))) == 7
    assert await same(counted(among(weight, 1235.1, 1240.1))) == 2
    assert await same(counted(span(weight, 1240.1, 1242.1))) == 2
    assert await same(counted(cmp(weight, "<", 1e300))) == 60
    assert (
        await same(query(table("log", "l"), {"s": agg("SUM", weight)}, having=cmp(agg("SUM", weight), ">", 75815.9)))
        == 75816.0
    )


async def test_texts_and_numbers_are_put_together_as_texts(on_postgresql: Reader) -> None:
    """Which SQLite does by itself, and PostgreSQL refuses to."""
    numbers, texts = query(O, {"c": col("o.customer_id")}), query(O, {"c": call("TO_TEXT", col("o.customer_id"))})
    for operator in ("UNION", "INTERSECT", "EXCEPT"):
        made = combined(operator, numbers, texts, order=[by("c")])
        same = combined(operator, texts, texts, order=[by("c")])
        assert await on_postgresql.rows(made) == await on_postgresql.rows(same)


async def test_pushing_reaches_the_rewrites(on_postgresql: Reader) -> None:
    """So that the tests above say something of them."""
    reader, made = on_postgresql.pushed(), set()
    more = [
        query(O, {"n": agg("COUNT", col("o.customer_id"), distinct=True)}),
        query(O, {"c": col("o.customer_id")}, distinct=True),
        query(O, {"n": count()}, where=like(col("o.note"), "CONTAINS", "as", fold=True)),
        query(O, {"c": col("o.customer_id"), "id": col("o.id")}, order=[down("c")]),
        query(table("customer", "c"), {"n": agg("COUNT", col("c.id"))}, where=like(col("c.name"), "CONTAINS", "Silva")),
        query(table("customer", "c"), {"n": count()}, where=like(col("c.name"), "CONTAINS", "Si")),
        query(O, {"id": col("o.id")}, where=cmp(col("o.note"), "=", "as", fold=True)),
    ]
    for each in [*CASES.values(), *more]:
        for statement in (await reader.head(each)).statements:
            made |= {choice.choice for choice in statement.choices}
    text = "\n".join(made)
    for part in (
        "read without customer_name_trgm", "range instead of a function", "distinct customer_id by jumps", "note is tested value by value", "partners are counted once",
        "groups by jumps", "first rows of each customer", "order along the index on customer_id", "NOT EXISTS instead of NOT IN",
        "placed is tested row by row", "common values of note are told without folding",
        "EXISTS instead of a count", "prefix of note as a range", "by trigrams", "rows instead of",
    ):  # fmt: skip
        assert part in text, part
