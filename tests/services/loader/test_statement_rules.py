"""The rules that every statement is held to can be broken, and what keeps them is not taken for a breach."""

from pathlib import Path

import pytest

from bench.index_notation import call, cmp, col, count, query
from mesh.fault import Fault
from mesh.sources import sources
from services.loader.compiler import Compiler
from services.loader.settings import LoaderSettings
from services.loader.shape import shape_of
from services.loader.sources import Sources
from services.loader.statement_log import StatementLog
from tests.services.loader.conftest import Reader
from tests.services.loader.plan_cases import O
from tests.services.loader.statement_rules import Known, all_faults, faults

INDEXED = frozenset({"orders.placed", "orders.due", "orders.note", "orders.total"})

PLANTED = {
    "SELECT o.id FROM orders AS o WHERE EXTRACT(YEAR FROM o.placed) = $1::bigint": "a function on an indexed column",
    "SELECT o.id FROM orders AS o WHERE date_part($6::text, o.placed) = $1::bigint": "a function on an indexed column",
    "SELECT o.id FROM orders AS o WHERE date_trunc($3::text, o.placed) >= $1::timestamp": "a function on an indexed column",
    "SELECT o.id FROM orders AS o WHERE CAST(o.placed AS DATE) = $1::date": "a function on an indexed column",
    "SELECT o.id FROM orders AS o WHERE CAST(o.placed AS DATE) IN ($1::date, $2::date)": "a function on an indexed column",
    "SELECT o.id FROM orders AS o WHERE DATE(o.placed) BETWEEN $1::date AND $2::date": "a function on an indexed column",
    "SELECT o.id FROM orders AS o WHERE to_char(o.placed, $5::text) = $1::text": "a function on an indexed column",
    "SELECT o.id FROM orders AS o WHERE $1::date = date_trunc($3::text, o.due)::date": "a function on an indexed column",
    "SELECT o.id FROM orders AS o WHERE left(o.note, $1::integer) = $2::text": "a function on an indexed column",
    "SELECT o.id FROM orders AS o WHERE o.total + $1::numeric > $2::numeric": "a function on an indexed column",
    "SELECT c.id FROM customer AS c JOIN orders AS o ON o.customer_id = c.id AND DATE(o.placed) = $1::date": "a function",
    "SELECT (SELECT count(*) FROM orders AS o WHERE DATE(o.placed) = $1::date) AS n FROM customer AS c": "a function",
    "WITH w AS (SELECT o.id FROM orders AS o WHERE DATE(o.placed) = $1::date) SELECT * FROM w": "a function on an indexed",
    "SELECT o.id FROM orders AS o ORDER BY o.id LIMIT $1::bigint OFFSET $2::bigint": "an OFFSET that no plan asked for",
    "SELECT o.id FROM orders AS o ORDER BY o.id LIMIT $1::bigint OFFSET 100": "an OFFSET that no plan asked for",
    "SELECT o.id FROM orders AS o WHERE o.note = 'x'": "holds the literal 'x'",
    "SELECT o.id FROM orders AS o WHERE o.total > 5": "holds the literal 5",
    "SELECT o.id FROM orders AS o WHERE o.note IN ($1::text, E'\\x41')": "holds the literal",
    "UPDATE orders SET note = $1::text": "is no SELECT",
    "WITH d AS (DELETE FROM orders RETURNING id) SELECT d.id FROM d": "writes: Delete",
    "SELECT o.id INTO copy FROM orders AS o": "writes: Into",
    "SELECT o.id FROM orders AS o FOR UPDATE": "writes: Lock",
    "SELECT nextval($1::text)": "calls nextval",
    "SELECT pg_sleep($1::float8)": "calls pg_sleep",
    "SELECT o.id FROM orders AS o; DROP TABLE orders": "is not one statement",
    "COPY orders TO PROGRAM $1": "",
    "SELECT FROM WHERE": "cannot be parsed",
}  # fmt: skip

GOOD = [
    "SELECT o.id FROM orders AS o WHERE o.placed >= $1::timestamp AND o.placed < $2::timestamp LIMIT $3::bigint",
    "SELECT date_trunc($3::text, o.placed) AS m, count(*) AS n FROM orders AS o GROUP BY date_trunc($3::text, o.placed)",
    "SELECT o.id FROM orders AS o WHERE EXTRACT(MONTH FROM o.placed) = $1::bigint",
    "SELECT o.id FROM orders AS o WHERE date_part($3::text, o.placed) = $1::bigint",
    "SELECT o.id FROM orders AS o WHERE to_char(o.placed, $3::text) = $1::text",
    "SELECT o.id FROM orders AS o WHERE o.placed::date = o.due",
    "SELECT o.id FROM orders AS o WHERE date_trunc($3::text, o.shipped) = $1::timestamp",
    "SELECT CASE WHEN DATE(o.placed) = $1::date THEN $2::numeric(10, 2) END AS x FROM orders AS o",
    "SELECT o.id FROM orders AS o ORDER BY o.id OFFSET $4::bigint",
]
KNOWN = Known(("v0", "fetch", "=month", "v1", "=YYYY-MM", "=year"), INDEXED)


@pytest.mark.parametrize("sql", PLANTED)
def test_a_breach_is_found(sql: str) -> None:
    found = faults(sql, "postgresql", KNOWN)
    assert any(each.startswith(PLANTED[sql]) for each in found), found


@pytest.mark.parametrize("sql", GOOD)
def test_what_is_right_is_let_through(sql: str) -> None:
    assert not faults(sql, "postgresql", KNOWN)


def test_a_later_page_has_no_offset_even_of_the_plan() -> None:
    sql = "SELECT o.id FROM orders AS o ORDER BY o.id LIMIT $2::bigint OFFSET $1::bigint"
    assert not faults(sql, "postgresql", KNOWN)
    assert faults(sql, "postgresql", Known(KNOWN.slots, INDEXED, "after:0")) == [
        "a later page by OFFSET: OFFSET $1"
    ] or ("later page" in faults(sql, "postgresql", Known(KNOWN.slots, INDEXED, "after:0"))[0])


async def test_whatever_is_sent_is_in_the_log(shop_sqlite: Path, tmp_path: Path) -> None:
    """A statement that comes from no plan, sent through the loader's own connection, stands out."""
    path = tmp_path / "log"
    settings = LoaderSettings(statement_log=str(path))
    opened = Sources(sources({"MAESTRO_SOURCE_SHOP": f"sqlite:///{shop_sqlite}"}), settings)
    database = opened.get("shop")[1]
    await database.run("SELECT id FROM orders LIMIT 1 OFFSET 7", [], single=False, timeout=5)
    await database.explain("SELECT id FROM orders", [], 5)
    StatementLog(str(path)).write("compiled", sql="SELECT id FROM orders", variant="head", slots=[], indexed=[])
    with pytest.raises(Fault):
        await database.run("DELETE FROM orders", [], single=False, timeout=5)
    await opened.close()
    found = list(all_faults(path))
    assert [each for each, _ in found] == ["was not made from a plan"] * 2
    assert [sql.split()[0] for _, sql in found] == ["SELECT", "DELETE"]


def test_the_plain_form_would_be_found(on_postgresql: Reader, tmp_path: Path) -> None:
    """A function where the catalog knows an index is a breach, however it came to be sent."""
    log = StatementLog(str(tmp_path / "log"))
    compiler = Compiler(log=log)
    made = query(O, {"n": count()}, where=cmp(call("YEAR", col("o.placed")), "=", 2025))
    plain, ours = (
        compiler.compile(on_postgresql.ask(made, blind=blind).task, shape_of(made), "head") for blind in (True, False)
    )
    for each in (plain, ours):
        log.write("sent", source="shop", system="postgresql", how="run", sql=each.sql, values=1)
    assert ours.indexed
    assert not list(all_faults(tmp_path / "log"))
    slots = [each.slot or f"={each.fixed}" for each in plain.parameters]
    log.write("compiled", sql=plain.sql, variant="head", slots=slots, indexed=ours.indexed)
    assert [sql for _, sql in all_faults(tmp_path / "log")] == [plain.sql]
