"""For each check on plans: a plan with the fault planted is caught, and the same plan without it passes."""

import pytest

from maestro.catalog.v1 import catalog_pb2
from maestro.error.v1 import error_pb2
from maestro.plan.v1 import plan_pb2
from maestro.semantics.v1 import semantics_pb2
from services.validator.plan import check_plan
from tests.services.loader.plans import (
    agg,
    among,
    among_query,
    both,
    bucket,
    by,
    calc,
    call,
    cmp,
    col,
    combined,
    count,
    day,
    down,
    either,
    entity,
    flag,
    fld,
    join,
    like,
    lit,
    metric,
    missing,
    no,
    out,
    query,
    related,
    scalar,
    span,
    sub,
    table,
    top,
    window,
)
from tests.services.validator.store import (
    CATALOG,
    CLUB,
    OF_CUSTOMER,
    SEMANTICS,
    SQLITE,
    TO_CLUB,
    TO_CUSTOMER,
    TO_ITEMS,
    TO_MEMBER,
    TO_ORDER,
    C,
    I,
    M,
    O,
    by_name,
)

ID = {"id": col("o.id")}
N = {"n": count()}
S = {"s": agg("SUM", col("o.total"))}


def orders(where, *joins):
    return query(O, ID, *joins, where=where)


def with_order(*terms):
    return query(O, ID, order=list(terms))


def changed(made, **fields):
    copy = plan_pb2.Query()
    copy.CopyFrom(made)
    for name, value in fields.items():
        setattr(copy, name, value)
    return copy


def either_output(name):
    return plan_pb2.OrderTerm(output=name, expression=col("o.id"))


# code: [(clean, faulty), …]
PLANTED = {
    "plan.empty": [
        (query(O, ID), query(O, {})),
        (query(O, ID), plan_pb2.Query()),
    ],
    "plan.limit": [(query(O, ID, limit=5), changed(query(O, ID), limit=-1))],
    "plan.output_duplicate": [
        (
            query(O, ID),
            plan_pb2.Query(
                select=plan_pb2.Select(
                    **{"from": O}, projections=[plan_pb2.Projection(name="a", expression=col("o.id"))] * 2
                )
            ),
        )
    ],
    "plan.alias_missing": [(query(O, ID), query(plan_pb2.Relation(table=plan_pb2.TableRef(name="orders")), N))],
    "plan.alias_duplicate": [
        (query(O, ID, TO_CUSTOMER), query(O, ID, by_name(table("customer", "o"), "o", "orders_customer")))
    ],
    "plan.alias_unknown": [
        (orders(cmp(col("o.status"), "=", "open")), orders(cmp(col("x.status"), "=", "open"))),
        (
            query(O, ID, where=among_query(col("o.customer_id"), query(C, {"id": col("c.id")}))),
            query(O, {"id": col("c.id")}, where=among_query(col("o.customer_id"), query(C, {"id": col("c.id")}))),
        ),
    ],
    "plan.alias_ambiguous": [(query(O, {"id": col("id")}), query(O, {"id": col("id")}, TO_CUSTOMER))],
    "plan.order": [
        (with_order(by("id")), with_order(by("nothing"))),
        (with_order(by("id")), with_order(either_output("id"))),
    ],
    "plan.output_unknown": [
        (
            query(sub("s", query(O, S)), {"m": agg("MAX", out("s.s"))}),
            query(sub("s", query(O, S)), {"m": agg("MAX", out("s.t"))}),
        )
    ],
    "plan.operand_missing": [
        (orders(cmp(col("o.id"), ">", 1)), orders(plan_pb2.Predicate())),
        (orders(cmp(col("o.id"), ">", 1)), orders(plan_pb2.Predicate(comparison=plan_pb2.Comparison(operator=3)))),
        (orders(among(col("o.status"), "open")), orders(among(col("o.status")))),
        (orders(span(col("o.id"), 1, 2)), orders(span(col("o.id")))),
        (orders(like(col("o.note"), "PREFIX", "a")), orders(like(col("o.note"), "PREFIX", ""))),
        (query(O, S), query(O, {"s": agg("SUM")})),
        (orders(either(missing(col("o.due")), missing(col("o.note")))), orders(either())),
        (orders(related("o", TO_ITEMS)), orders(related("o"))),
    ],
    "plan.unspecified": [
        (query(O, N), query(O, {"n": plan_pb2.Expression(aggregate=plan_pb2.Aggregate())})),
        (
            query(O, {"b": bucket("MONTH", col("o.due"))}),
            query(O, {"b": plan_pb2.Expression(time_bucket=plan_pb2.TimeBucket(operand=col("o.due")))}),
        ),
    ],
    "plan.set_shape": [
        (
            combined("UNION", query(O, ID), query(C, {"id": col("c.id")})),
            combined("UNION", query(O, ID), query(C, {"id": col("c.id"), "n": col("c.name")})),
        ),
    ],
    "plan.subquery_width": [
        (
            orders(cmp(col("o.total"), ">", scalar(query(table("orders", "x"), {"a": agg("AVG", col("x.total"))})))),
            orders(
                cmp(
                    col("o.total"),
                    ">",
                    scalar(query(table("orders", "x"), {"a": agg("AVG", col("x.total")), "n": count()})),
                )
            ),
        )
    ],
    "plan.top_per_group": [
        (
            query(O, ID, first=top([col("o.customer_id")], [down(col("o.placed"))], 1)),
            query(O, ID, first=top([col("o.customer_id")], [down(col("o.placed"))], 0)),
        )
    ],
    "plan.function_arity": [
        (
            query(O, {"d": call("DAYS_BETWEEN", col("o.due"), col("o.placed"))}),
            query(O, {"d": call("DAYS_BETWEEN", col("o.due"))}),
        ),
        (
            query(O, {"d": call("SECONDS_BETWEEN", col("o.due"), col("o.placed"))}),
            query(O, {"d": call("SECONDS_BETWEEN", col("o.due"))}),
        ),
    ],
    "plan.literal": [
        (orders(cmp(col("o.due"), "=", day("2025-02-28"))), orders(cmp(col("o.due"), "=", day("2025-02-30")))),
        (
            orders(cmp(col("o.total"), "=", lit("1.5", "decimal"))),
            orders(cmp(col("o.total"), "=", lit("1,5", "decimal"))),
        ),
        (
            orders(cmp(col("o.total"), "=", lit(1.5))),
            orders(cmp(col("o.total"), "=", lit(float("nan")))),
        ),
    ],
    "plan.text": [
        (query(O, {"a": col("o.id")}), query(O, {"a\0": col("o.id")})),
        (
            query(O, {"a": lit("b")}),
            query(O, {"a": lit("b\0")}),
        ),
    ],
    "plan.too_wide": [
        (
            query(O, {f"c{at}": col("o.id") for at in range(1000)}),
            query(O, {f"c{at}": col("o.id") for at in range(1001)}),
        ),
    ],
    "plan.aggregate_nested": [(query(O, S), query(O, {"s": agg("SUM", agg("SUM", col("o.total")))}))],
    "plan.aggregate_misplaced": [
        (
            query(O, {"c": col("o.customer_id")}, group=[col("o.customer_id")], having=cmp(count(), ">", 3)),
            query(O, {"c": col("o.customer_id")}, group=[col("o.customer_id")], where=cmp(count(), ">", 3)),
        )
    ],
    "plan.related_path": [
        (
            query(C, {"id": col("c.id")}, where=related("c", OF_CUSTOMER)),
            query(C, {"id": col("c.id")}, by_name(M, "c", "member_customer"), where=related("m", OF_CUSTOMER)),
        ),
    ],
    "plan.ungrouped": [
        (
            query(O, {"u": col("o.status"), "n": count()}, group=[col("o.status")]),
            query(O, {"u": col("o.note"), "n": count()}, group=[col("o.status")]),
        ),
        # The customer's name is the same in each group: his key is grouped by.
        (
            query(C, {"u": col("c.name"), "n": count()}, OF_CUSTOMER, group=[col("o.customer_id")]),
            query(C, {"u": col("o.note"), "n": count()}, OF_CUSTOMER, group=[col("o.customer_id")]),
        ),
    ],
    "plan.join_unconnected": [
        (query(O, ID, TO_CUSTOMER), query(O, ID, plan_pb2.Join(relation=C))),
        (
            query(O, ID, join(C, on=cmp(col("o.customer_id"), "=", col("c.id")))),
            query(O, ID, join(C, on=cmp(col("c.uf"), "=", "SP"))),
        ),
        (query(O, ID, TO_CUSTOMER), query(O, ID, by_name(C, "x", "orders_customer"))),
    ],
    "plan.relationship_unknown": [
        (query(O, ID, TO_CUSTOMER), query(O, ID, by_name(C, "o", "orders_client"))),
    ],
    "plan.relationship_misplaced": [
        (query(O, ID, TO_CUSTOMER), query(O, ID, by_name(C, "o", "item_orders"))),
    ],
    "TABLE_UNKNOWN": [(query(O, N), query(table("order", "o"), N))],
    "COLUMN_UNKNOWN": [(query(O, ID), query(O, {"id": col("o.idd")}))],
    "TERM_UNRESOLVED": [
        (query(O, N, where=flag("late", "o")), query(O, N, where=flag("early", "o"))),
        (query(O, {"r": metric("revenue", "o")}), query(O, {"r": metric("profit", "o")})),
        (query(C, N, where=entity("Aurora", "c")), query(C, N, where=entity("Aurore", "c"))),
        (query(C, N, where=entity("Aurora", "c")), query(O, N, where=entity("Aurora", "o"))),
        (query(O, {"t": fld("o.total")}), query(O, {"t": fld("o.totals")})),
    ],
    "plan.type_mismatch": [
        (orders(cmp(col("o.id"), "=", "17")), orders(cmp(col("o.id"), "=", "seventeen"))),
        (orders(cmp(col("o.due"), "=", "2025-06-15")), orders(cmp(col("o.due"), "=", "tomorrow"))),
        (orders(cmp(col("o.due"), ">", day("2025-06-15"))), orders(cmp(col("o.due"), ">", 2025))),
        (orders(among(col("o.total"), 1, 2)), orders(among(col("o.total"), 1, "x"))),
        (orders(span(col("o.placed"), day("2025-01-01"), day("2025-02-01"))), orders(span(col("o.placed"), 1, 2))),
    ],
    "plan.aggregate_type": [(query(O, S), query(O, {"s": agg("SUM", col("o.status"))}))],
    "plan.time_type": [
        (query(O, {"y": call("YEAR", col("o.due"))}), query(O, {"y": call("YEAR", col("o.total"))})),
        (query(O, {"y": bucket("MONTH", col("o.due"))}), query(O, {"y": bucket("MONTH", col("o.id"))})),
    ],
    "plan.pattern_type": [
        (orders(like(col("o.note"), "CONTAINS", "7")), orders(like(col("o.total"), "CONTAINS", "7")))
    ],
    "plan.identifier_aggregated": [(query(O, S), query(O, {"s": agg("SUM", col("o.id"))}))],
    "plan.fan_out": [
        (query(O, S, TO_CUSTOMER), query(O, S, TO_ITEMS)),
        (query(O, N, TO_ITEMS), query(O, S, TO_ITEMS, where=cmp(col("i.quantity"), ">", 3))),
        (query(O, {"m": agg("MAX", col("o.total"))}, TO_ITEMS), query(O, {"m": agg("AVG", col("o.total"))}, TO_ITEMS)),
        (query(O, {"r": metric("revenue", "o")}), query(O, {"r": metric("revenue", "o")}, TO_ITEMS)),
        # Each line has one order: nothing is multiplied, seen from the line.
        (
            query(I, {"s": agg("SUM", calc(col("i.quantity"), "*", col("i.price")))}, TO_ORDER),
            query(I, {"s": agg("SUM", col("o.total"))}, TO_ORDER),
        ),
        # A customer is in a club once: within a club, and by its name, nobody counts twice.
        (
            query(
                CLUB,
                {"t": col("k.title"), "s": agg("SUM", col("c.credit"))},
                by_name(M, "k", "member_club"),
                by_name(C, "m", "member_customer"),
                group=[col("k.title")],
            ),
            query(
                CLUB,
                {"s": agg("SUM", col("c.credit"))},
                by_name(M, "k", "member_club"),
                by_name(C, "m", "member_customer"),
            ),
        ),
        (
            query(C, {"s": agg("SUM", col("c.credit"))}, TO_MEMBER, TO_CLUB, where=cmp(col("k.title"), "=", "gold")),
            query(C, {"s": agg("SUM", col("c.credit"))}, TO_MEMBER, TO_CLUB),
        ),
        (query(O, S, where=related("o", TO_ITEMS)), query(O, S, TO_ITEMS)),
    ],
    "plan.range_empty": [
        (orders(span(col("o.id"), 1, 9)), orders(span(col("o.id"), 9, 1))),
        (
            orders(span(col("o.due"), day("2025-06-01"), day("2025-07-01"))),
            orders(span(col("o.due"), day("2025-07-01"), day("2025-06-01"))),
        ),
        (orders(span(col("o.id"), 5, 5, half_open=False)), orders(span(col("o.id"), 5, 5))),
    ],
    "plan.contradiction": [
        (
            orders(either(cmp(col("o.status"), "=", "open"), cmp(col("o.status"), "=", "paid"))),
            orders(both(cmp(col("o.status"), "=", "open"), cmp(col("o.status"), "=", "paid"))),
        ),
        (
            orders(both(cmp(col("o.id"), ">", 5), cmp(col("o.id"), "<", 9))),
            orders(both(cmp(col("o.id"), ">", 9), cmp(col("o.id"), "<", 5))),
        ),
        (
            orders(both(cmp(col("o.status"), "=", "open"), cmp(col("o.status"), "!=", "paid"))),
            orders(both(cmp(col("o.status"), "=", "open"), cmp(col("o.status"), "!=", "OPEN"))),
        ),
        (
            orders(both(missing(col("o.due")), cmp(col("o.id"), "=", 1))),
            orders(both(missing(col("o.due")), cmp(col("o.due"), ">", day("2025-01-01")))),
        ),
        (
            orders(both(among(col("o.status"), "a", "b"), among(col("o.status"), "b", "c"))),
            orders(both(among(col("o.status"), "a", "b"), among(col("o.status"), "c", "d"))),
        ),
        (query(O, N, where=flag("late", "o")), query(O, N, where=both(flag("late", "o"), no(flag("late", "o"))))),
        (
            orders(both(cmp(col("o.id"), "=", 7), span(col("o.id"), 1, 9))),
            orders(both(cmp(col("o.id"), "=", 9), span(col("o.id"), 1, 9))),
        ),
    ],
}
PAIRS = [(code, *pair) for code, pairs in PLANTED.items() for pair in pairs]
# These are told, and do not stand in the way: the loader, or the database, makes something sensible of them.
WARNINGS = {"plan.ungrouped", "plan.fan_out", "plan.pattern_type", "plan.identifier_aggregated"}


def judged(made, catalog=CATALOG, semantics=SEMANTICS):
    return check_plan(plan_pb2.QueryPlan(query=made), "", "", catalog, semantics)


@pytest.mark.parametrize(("code", "clean", "faulty"), PAIRS)
def test_the_fault_is_caught_and_its_clean_twin_passes(code, clean, faulty):
    assert [each.message for each in judged(clean)] == []
    found = {each.code: each for each in judged(faulty)}
    assert code in found
    wanted = error_pb2.SEVERITY_WARNING if code in WARNINGS else error_pb2.SEVERITY_ERROR
    assert found[code].severity == wanted
    assert found[code].module == "validator"
    assert found[code].message


def test_without_knowledge_only_the_form_is_judged():
    nothing = (catalog_pb2.CatalogSlice(), semantics_pb2.SemanticSlice())
    assert judged(query(table("anything", "t"), {"x": fld("t.whatever")}), *nothing) == []
    assert judged(query(O, {}), *nothing)


def test_where_a_database_stores_anything_a_mismatch_is_only_told():
    doubtful = orders(cmp(col("o.id"), "=", "seventeen"))
    assert {each.severity for each in judged(doubtful, SQLITE)} == {error_pb2.SEVERITY_WARNING}


def test_numbers_that_sqlite_keeps_as_text_may_be_summed():
    numbers = catalog_pb2.CatalogSlice()
    numbers.CopyFrom(SQLITE)
    note = next(each for each in numbers.tables[1].columns if each.name == "note")
    made = query(O, {"s": agg("SUM", col("o.note"))})
    note.sample_values.extend(["12", "7.5"])
    assert judged(made, numbers) == []
    note.sample_values.append("urgent")
    assert [each.code for each in judged(made, numbers)] == ["plan.aggregate_type"]


def test_numbers_that_postgresql_keeps_as_text_may_be_summed_beside_words():
    numbers = catalog_pb2.CatalogSlice()
    numbers.CopyFrom(SQLITE)
    numbers.dialect = catalog_pb2.DIALECT_POSTGRESQL
    note = next(each for each in numbers.tables[1].columns if each.name == "note")
    made = query(O, {"s": agg("AVG", col("o.note"))})
    note.sample_values.extend(["12", "7.5", "n/a"])
    for form, codes in (("decimal", []), ("digits", ["plan.aggregate_type"]), ("", ["plan.aggregate_type"])):
        note.text_form = form
        assert [each.code for each in judged(made, numbers)] == codes


def test_names_are_compared_as_databases_compare_them():
    assert judged(query(table("ORDERS", "o"), {"id": col("o.Id")})) == []


def test_unknown_names_come_with_the_nearest_known_one():
    (found,) = judged(query(table("orderz", "o"), N))
    assert found.params["nearest"] == "orders"
    (found,) = judged(query(O, {"id": col("o.custumer_id")}))
    assert found.params["nearest"] == "customer_id"


def test_windows_and_subqueries_beside_groups_are_no_fault():
    made = query(
        O,
        {
            "m": bucket("MONTH", col("o.placed")),
            "n": count(),
            "before": window("PREVIOUS", count(), order=[by(bucket("MONTH", col("o.placed")))]),
            "all": scalar(query(table("orders", "x"), {"n": count()})),
        },
        group=[bucket("MONTH", col("o.placed"))],
    )
    assert judged(made) == []


def test_what_a_check_says_never_depends_on_the_order_of_conditions():
    one, other = cmp(col("o.status"), "=", "open"), cmp(col("o.status"), "=", "paid")
    assert [each.code for each in judged(orders(both(one, other)))] == [
        each.code for each in judged(orders(both(other, one)))
    ]
