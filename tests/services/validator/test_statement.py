"""For each check on SQL: a statement with the fault planted is caught, and the same without it passes."""

import pytest

from maestro.plan.v1 import plan_pb2
from maestro.result.v1 import result_pb2
from services.validator.statement import blocks, check_sending, check_statement
from services.validator.tokens import tokens
from tests.services.loader.plans import both, cmp, col, count, query
from tests.services.validator.store import CATALOG, TO_CUSTOMER, O

PLAN = plan_pb2.QueryPlan(
    query=query(
        O,
        {"n": count()},
        TO_CUSTOMER,
        where=both(cmp(col("c.uf"), "=", "SP"), cmp(col("o.total"), ">", 5000)),
    )
)
CLEAN = (
    'SELECT count(*) AS n FROM public.orders AS o JOIN "customer" AS c ON o.customer_id = c.id '
    "WHERE c.uf = %(p1)s AND o.total > %(p2)s LIMIT %(p3)s"
)
PARAMETERS = ["SP", "5000", "101"]


def judged(sql, parameters=PARAMETERS, plan=PLAN):
    statement = result_pb2.Statement(sql=sql, parameters=parameters)
    return [each.code for each in check_statement(plan, statement, CATALOG)]


PLANTED = [
    ("statement.empty", "  "),
    ("statement.empty", "-- nothing"),
    ("statement.several", CLEAN + "; SELECT 1"),
    ("statement.comment", CLEAN + " -- hello"),
    ("statement.comment", CLEAN.replace("count(*)", "count(*) /* hm */")),
    ("statement.not_read_only", "DELETE FROM orders o USING customer c WHERE c.uf = %s AND o.total > %s AND %s"),
    ("statement.not_read_only", "WITH gone AS (DELETE FROM orders RETURNING total) " + CLEAN),
    ("statement.not_read_only", CLEAN.replace(" FROM", " INTO copy FROM", 1)),
    ("statement.not_read_only", CLEAN + " FOR UPDATE"),
    ("statement.not_read_only", CLEAN.replace("count(*)", "count(pg_sleep(9))")),
    ("statement.not_read_only", CLEAN.replace("count(*)", "count(load_extension(c.uf))")),
    ("statement.literal", CLEAN.replace("%(p1)s", "'SP'")),
    ("statement.literal", CLEAN.replace("%(p2)s", "5000")),
    ("statement.literal", CLEAN.replace("%(p1)s", "'somebody else'")),
    ("statement.parameters", CLEAN.replace(" LIMIT %(p3)s", "")),
    ("statement.table_unknown", CLEAN.replace("WHERE", "JOIN salaries AS s ON s.id = c.id WHERE")),
    ("statement.table_unknown", CLEAN.replace("orders AS o", "orders AS o, salaries")),
    ("statement.table_missing", "SELECT count(*) AS n FROM orders o WHERE o.uf = %s AND o.total > %s LIMIT %s"),
    ("statement.filter_missing", CLEAN.replace("o.total > %(p2)s", "o.id > %(p2)s")),
]


@pytest.mark.parametrize(("code", "sql"), PLANTED)
def test_the_fault_is_caught(code, sql):
    assert code in judged(sql)


@pytest.mark.parametrize(
    "sql",
    [
        CLEAN,
        CLEAN.replace("%(p1)s", "%s").replace("%(p2)s", "%s").replace("%(p3)s", "%s"),
        CLEAN.replace("%(p1)s", "?").replace("%(p2)s", "?").replace("%(p3)s", "?"),
        CLEAN.replace("%(p1)s", ":1").replace("%(p2)s", ":2").replace("%(p3)s", ":3"),
        CLEAN.replace("%(p1)s", "$1").replace("%(p2)s", "$2").replace("%(p3)s", "$3"),
        CLEAN + ";",
        f"WITH big AS ({CLEAN}) SELECT n FROM big",
        CLEAN.replace("c.uf", "lower(unaccent(c.uf))"),
        CLEAN.replace("o.total", "CASE WHEN o.total IS DISTINCT FROM 0 THEN o.total ELSE 1 END"),
        CLEAN.replace("count(*)", "count(date_trunc('month', o.placed))"),
        CLEAN.replace("count(*)", "count(EXTRACT(YEAR FROM o.placed))"),
        CLEAN.replace("count(*)", "count(strftime('%Y-%m-01', o.placed))"),
        CLEAN.replace("count(*)", "count(CAST(o.total AS TEXT) || '')"),
        CLEAN.replace("count(*)", "count(o.placed AT TIME ZONE 'America/Sao_Paulo')"),
        CLEAN.replace("count(*)", 'count("update")'),
        # Counting through the key of the other table: the join is not needed for that.
        CLEAN.replace(
            "c.uf = %(p1)s", "EXISTS (SELECT 1 FROM customer x WHERE x.id = o.customer_id AND x.uf = %(p1)s)"
        ),
    ],
)
def test_what_a_loader_may_write_passes(sql):
    assert judged(sql) == []


def test_a_join_that_only_repeats_a_key_may_be_left_out():
    plan = plan_pb2.QueryPlan(query=query(O, {"n": count()}, TO_CUSTOMER, where=cmp(col("c.id"), "=", 7)))
    assert judged("SELECT count(*) AS n FROM orders o WHERE o.customer_id = %s", ["7"], plan) == []


def test_what_is_quoted_is_no_keyword_and_what_is_text_is_no_token():
    found = tokens("SELECT \"select\", 'it''s; DELETE', $$;$$ FROM a::text")
    assert [(each.kind, each.text) for each in found][:4] == [
        ("word", "SELECT"),
        ("quoted", "select"),
        ("sign", ","),
        ("string", "it's; DELETE"),
    ]
    assert ";" not in [each.text for each in found if each.kind == "sign"]


def test_selects_are_told_apart():
    found = blocks(
        "SELECT sum(x.t) FROM (SELECT DISTINCT o.id, o.total AS t FROM orders o JOIN item i ON i.order_id = o.id) AS x "
        "WHERE EXISTS (SELECT 1 FROM customer c)"
    )
    assert [(each.tables, each.distinct) for each in found] == [
        (set(), False),
        ({"orders", "item"}, True),
        ({"customer"}, False),
    ]
    assert found[0].calls >= {"sum"}


def test_sending_is_judged_without_a_catalog():
    statement = result_pb2.Statement(sql=CLEAN, parameters=PARAMETERS)
    assert check_sending(PLAN, statement) == []
    statement.sql += "; DROP TABLE orders"
    assert check_sending(PLAN, statement)
