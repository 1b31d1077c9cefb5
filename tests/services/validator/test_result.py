"""For each check on results: a result with the fault planted is caught, and the same without it passes."""

import pytest

from maestro.context.v1 import context_pb2
from maestro.plan.v1 import plan_pb2
from maestro.result.v1 import result_pb2
from maestro.semantics.v1 import semantics_pb2
from services.validator.facts import Facts
from services.validator.result import check_result
from tests.services.loader.plans import (
    agg,
    among,
    both,
    bucket,
    by,
    cmp,
    col,
    count,
    day,
    down,
    missing,
    query,
    span,
)
from tests.services.validator.store import CATALOG, DATE, DECIMAL, INTEGER, SQLITE, TEXT, TO_ITEMS, O, head

ID = {"id": col("o.id")}
N = {"n": count()}
COUNTED = [("n", INTEGER)]
LISTED = [("id", INTEGER)]
STATEMENT = result_pb2.Statement(sql="SELECT count(*) AS n FROM orders AS o", purpose="main")


def judged(made, found, statements=(STATEMENT,), catalog=CATALOG, limits=None):
    plan = plan_pb2.QueryPlan(query=made)
    facts = Facts(catalog, semantics_pb2.SemanticSlice())
    sent = []
    for each in statements:
        copy = result_pb2.Statement()
        copy.CopyFrom(each)
        sent.append(copy)
    return [each.code for each in check_result(plan, found, sent, facts, limits or context_pb2.Limits())]


BY_STATUS = query(O, {"u": col("o.status"), "n": count()}, group=[col("o.status")])
GROUPED = [("u", TEXT), ("n", INTEGER)]
FILTERED = query(
    O,
    {"id": col("o.id"), "u": col("o.status"), "d": col("o.due")},
    where=both(
        cmp(col("o.id"), ">", 5),
        among(col("o.status"), "open", "paid"),
        span(col("o.due"), day("2025-06-01"), day("2025-07-01")),
        missing(col("o.id"), negated=True),
    ),
)
THREE = [("id", INTEGER), ("u", TEXT), ("d", DATE)]
RANKED = query(O, {"id": col("o.id"), "t": col("o.total")}, order=[down("t")], limit=3)
PAIR = [("id", INTEGER), ("t", DECIMAL)]

# (code, plan, clean head, faulty head)
PLANTED = [
    ("result.columns", query(O, N), head(COUNTED, [(3,)]), head([("n", INTEGER), ("m", INTEGER)], [(3, 4)])),
    ("result.columns", query(O, N), head(COUNTED, [(3,)]), head([("m", INTEGER)], [(3,)])),
    ("result.row_width", query(O, ID), head(LISTED, [(1,), (2,)]), head(LISTED, [(1,), (2, 3)])),
    ("result.rows_over_limit", query(O, ID, limit=2), head(LISTED, [(1,), (2,)]), head(LISTED, [(1,), (2,), (3,)])),
    (
        "result.rows_over_limit",
        query(O, ID, limit=2),
        head(LISTED, [(1,)], complete=False, total_rows=2, next_page_token="t"),
        head(LISTED, [(1,)], complete=False, total_rows=9, next_page_token="t"),
    ),
    ("result.complete", query(O, ID), head(LISTED, [(1,)]), head(LISTED, [(1,)], next_page_token="t")),
    (
        "result.complete",
        query(O, ID),
        head(LISTED, [(1,)]),
        head(LISTED, [(1,)], truncated=True, truncation_reason="ROW_CEILING"),
    ),
    ("result.total", query(O, ID), head(LISTED, [(1,)]), head(LISTED, [(1,)], total_rows=7)),
    ("result.total", query(O, ID), head(LISTED, [(1,), (2,)], total_rows=-1), head(LISTED, [(1,), (2,)], total_rows=1)),
    (
        "result.rest_unsaid",
        query(O, ID),
        head(LISTED, [(1,)], complete=False, total_rows=9, next_page_token="t"),
        head(LISTED, [(1,)], complete=False, total_rows=-1),
    ),
    (
        "result.truncation_unsaid",
        query(O, ID),
        head(LISTED, [(1,)], complete=False, total_rows=-1, truncated=True, truncation_reason="BYTE_CEILING"),
        head(LISTED, [(1,)], complete=False, total_rows=-1, truncated=True),
    ),
    ("result.single_row", query(O, N), head(COUNTED, [(3,)]), head(COUNTED, [(3,), (4,)])),
    ("result.single_row", query(O, N), head(COUNTED, [(0,)]), head(COUNTED, [])),
    ("result.type", query(O, ID), head(LISTED, [(1,), (None,)]), head(LISTED, [(1,), ("two",)])),
    ("result.count", query(O, N), head(COUNTED, [(0,)]), head(COUNTED, [(-1,)])),
    ("result.count", query(O, N), head(COUNTED, [(0,)]), head(COUNTED, [(None,)])),
    ("result.duplicate", BY_STATUS, head(GROUPED, [("a", 1), ("b", 1)]), head(GROUPED, [("a", 1), ("a", 2)])),
    ("result.duplicate", query(O, ID, distinct=True), head(LISTED, [(1,), (2,)]), head(LISTED, [(1,), (1,)])),
    (
        "result.filter",
        FILTERED,
        head(THREE, [(6, "open", "date|2025-06-30")]),
        head(THREE, [(5, "open", "date|2025-06-30")]),
    ),
    (
        "result.filter",
        FILTERED,
        head(THREE, [(6, "PAID ", "date|2025-06-01")]),
        head(THREE, [(6, "lost", "date|2025-06-01")]),
    ),
    (
        "result.filter",
        FILTERED,
        head(THREE, [(6, "paid", "date|2025-06-01")]),
        head(THREE, [(6, "paid", "date|2025-07-01")]),
    ),
    (
        "result.filter",
        FILTERED,
        head(THREE, [(6, "paid", "date|2025-06-01")]),
        head(THREE, [(6, "paid", "date|2025-05-31")]),
    ),
    (
        "result.filter",
        FILTERED,
        head(THREE, [(6, "paid", "date|2025-06-01")]),
        head(THREE, [(None, "paid", "date|2025-06-01")]),
    ),
    ("result.order", RANKED, head(PAIR, [(1, 9.5), (2, 9.5), (3, 1.0)]), head(PAIR, [(1, 9.5), (2, 1.0), (3, 2.0)])),
    (
        "result.order",
        query(O, {"id": col("o.id")}, order=[by(col("o.id"))]),
        head(LISTED, [(1,), (2,), (None,)]),
        head(LISTED, [(2,), (1,)]),
    ),
]


@pytest.mark.parametrize(("code", "made", "clean", "faulty"), PLANTED)
def test_the_fault_is_caught_and_its_clean_twin_passes(code, made, clean, faulty):
    assert judged(made, clean) == []
    assert code in judged(made, faulty)


def test_rows_come_with_the_statement_that_fetched_them():
    assert judged(query(O, N), head(COUNTED, [(3,)]), ()) == ["result.unexplained"]


def test_a_callers_own_limit_holds():
    limits = context_pb2.Limits(max_rows=1)
    assert judged(query(O, ID), head(LISTED, [(1,), (2,)]), limits=limits) == ["result.rows_over_limit"]
    assert judged(query(O, ID), head(LISTED, [(1,)]), limits=limits) == []


def test_statements_are_judged_with_their_result():
    faulty = result_pb2.Statement(sql="SELECT count(*) AS n FROM orders AS o; DROP TABLE orders", purpose="main")
    assert "statement.several" in judged(query(O, N), head(COUNTED, [(3,)]), (faulty,))


def test_a_sum_is_not_taken_in_the_select_whose_join_multiplies_it():
    made = query(O, {"s": agg("SUM", col("o.total"))}, TO_ITEMS)
    found = head([("s", DECIMAL)], [(9.5,)])
    flat = "SELECT sum(o.total) AS s FROM orders AS o JOIN item AS i ON i.order_id = o.id"
    apart = (
        "SELECT sum(x.total) AS s FROM (SELECT DISTINCT o.id, o.total FROM orders AS o JOIN item AS i "
        "ON i.order_id = o.id) AS x"
    )
    exists = "SELECT sum(o.total) AS s FROM orders AS o WHERE EXISTS (SELECT 1 FROM item AS i WHERE i.order_id = o.id)"
    assert judged(made, found, (result_pb2.Statement(sql=flat),)) == ["result.fan_out"]
    assert judged(made, found, (result_pb2.Statement(sql=apart),)) == []
    assert judged(made, found, (result_pb2.Statement(sql=exists),)) == []


def test_values_of_sqlite_may_be_of_any_type():
    found = head(LISTED, [("two",)])
    assert judged(query(O, ID), found, catalog=SQLITE) == ["result.type"]
    plan = plan_pb2.QueryPlan(query=query(O, ID))
    facts = Facts(SQLITE, semantics_pb2.SemanticSlice())
    (issue,) = check_result(plan, found, [STATEMENT], facts, context_pb2.Limits())
    assert issue.severity == 2


def test_moments_with_a_zone_are_not_compared_as_text():
    made = query(O, {"p": col("o.placed")}, where=span(col("o.placed"), day("2025-06-01"), day("2025-07-01")))
    found = head([("p", 7)], [("timestamp|2025-05-31T23:30:00-03:00",)])
    assert judged(made, found) == []


def test_groups_in_time_that_are_not_all_shown_may_repeat():
    made = query(O, {"n": count()}, group=[bucket("MONTH", col("o.placed"))])
    assert judged(made, head(COUNTED, [(1,), (1,)])) == []
