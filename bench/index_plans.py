"""Plans over the freight sample, each as an analyzer makes it, and the SQL that an expert who knows the indexes writes.

`served`: an index of the full set can serve the plan better than its plain form does. In the others the plain form is
already what there is, or nothing helps; they are here to show that nothing hurts.
"""

from dataclasses import dataclass

from bench.index_notation import (
    agg,
    among,
    among_query,
    both,
    bucket,
    by,
    call,
    cmp,
    col,
    count,
    day,
    down,
    either,
    exists,
    join,
    like,
    missing,
    query,
    related,
    span,
    table,
    top,
    true,
)
from maestro.plan.v1 import plan_pb2


@dataclass(frozen=True)
class Case:
    """served: an index can help beyond the plain form. page: which page is timed, of 100 rows (0: the first); the expert's
    SQL names the values of the last row before as {k0}, {k1}."""

    name: str
    query: plan_pb2.Query
    expert: str
    served: bool
    page: int = 0
    multiplied: bool = False
    """The plain form counts rows more than once: its result is wrong."""


E, P, F, A, T, I, V = (
    table(*each)
    for each in (
        ("entregas_monitoradas", "e"),
        ("pedidos", "p"),
        ("relatorio_faturamento_importado", "f"),
        ("agendamentos_entrega", "a"),
        ("transportadoras", "t"),
        ("embarque_itens", "i"),
        ("eventos_entrega", "v"),
    )
)
N = {"n": count()}
ROW = {
    "id": col("e.id"),
    "nf": col("e.numero_nf"),
    "cliente": col("e.cliente"),
    "uf": col("e.uf"),
    "d": col("e.data_embarque"),
}
_ROW = "e.id, e.numero_nf, e.cliente, e.uf, e.data_embarque"
_E = "FROM entregas_monitoradas e"
SHIPPED, DUE, DONE = col("e.data_embarque"), col("e.data_entrega_prevista"), col("e.data_hora_entrega_realizada")
CNPJ, NF, CLIENT = col("e.cnpj_cliente"), col("e.numero_nf"), col("e.cliente")
STORE = "06.057.223/0013-05"
OPEN = missing(col("e.status_finalizacao"))
INVOICED = col("f.data_fatura")


def listed(where: plan_pb2.Predicate, *joins: plan_pb2.Join, **more: object) -> plan_pb2.Query:
    return query(E, ROW, *joins, where=where, **more)  # type: ignore[arg-type]  # of query's own keywords


def counted(where: plan_pb2.Predicate, *joins: plan_pb2.Join) -> plan_pb2.Query:
    return query(E, N, *joins, where=where)


def year_month(column: plan_pb2.Expression, year: int, month: int) -> plan_pb2.Predicate:
    return both(cmp(call("YEAR", column), "=", year), cmp(call("MONTH", column), "=", month))


of_delivery = join(A, on=cmp(col("a.entrega_id"), "=", col("e.id")))

CASES: tuple[Case, ...] = (
    # ---- calendar functions --------------------------------------------------------------------------------------
    Case("month_count", counted(year_month(SHIPPED, 2025, 10)),
         f"SELECT count(*) {_E} WHERE e.data_embarque >= '2025-10-01' AND e.data_embarque < '2025-11-01'", True),
    Case("month_list", listed(year_month(SHIPPED, 2025, 3)),
         f"SELECT {_ROW} {_E} WHERE e.data_embarque >= '2025-03-01' AND e.data_embarque < '2025-04-01' LIMIT 101", True),
    Case("day_count", counted(cmp(call("DATE", SHIPPED), "=", day("2025-11-03"))),
         f"SELECT count(*) {_E} WHERE e.data_embarque = '2025-11-03'", False),
    Case("bucket_week_sum", query(E, {"v": agg("SUM", col("e.valor_nf"))}, where=cmp(bucket("WEEK", SHIPPED), "=", day("2025-11-10"))),
         f"SELECT sum(e.valor_nf) {_E} WHERE e.data_embarque >= '2025-11-10' AND e.data_embarque < '2025-11-17'", True),
    Case("bucket_month_by_state", query(E, {"uf": col("e.uf"), "n": count()}, where=cmp(bucket("MONTH", SHIPPED), "=", day("2025-10-01")), group=[col("e.uf")]),
         f"SELECT e.uf, count(*) {_E} WHERE e.data_embarque >= '2025-10-01' AND e.data_embarque < '2025-11-01' GROUP BY e.uf LIMIT 101", True),
    Case("revenue_of_a_month", query(F, {"v": agg("SUM", col("f.valor_total"))}, where=year_month(INVOICED, 2025, 6)),
         "SELECT sum(valor_total) FROM relatorio_faturamento_importado WHERE data_fatura >= '2025-06-01' AND data_fatura < '2025-07-01'", True),
    Case("revenue_by_seller", query(F, {"s": col("f.vendedor"), "v": agg("SUM", col("f.valor_total"))}, where=year_month(INVOICED, 2025, 11), group=[col("f.vendedor")], order=[down("v")]),
         "SELECT vendedor, sum(valor_total) v FROM relatorio_faturamento_importado WHERE data_fatura >= '2025-11-01' AND data_fatura < '2025-12-01' GROUP BY vendedor ORDER BY v DESC NULLS LAST LIMIT 101", True),
    Case("orders_of_a_month", query(P, N, where=year_month(col("p.data_pedido"), 2025, 9)),
         "SELECT count(*) FROM pedidos WHERE data_pedido >= '2025-09-01' AND data_pedido < '2025-10-01'", True),
    Case("days_between_functions", counted(span(call("DATE", SHIPPED), day("2025-11-01"), day("2025-11-07"), half_open=False)),
         f"SELECT count(*) {_E} WHERE e.data_embarque BETWEEN '2025-11-01' AND '2025-11-07'", False),
    Case("year_and_client", query(E, {"v": agg("SUM", col("e.valor_nf"))}, where=both(cmp(call("YEAR", SHIPPED), "=", 2025), cmp(CNPJ, "=", STORE))),
         f"SELECT sum(e.valor_nf) {_E} WHERE e.cnpj_cliente = '{STORE}' AND e.data_embarque >= '2025-01-01' AND e.data_embarque < '2026-01-01'", False),
    Case("late_by_function", counted(both(OPEN, cmp(call("DATE", DUE), "<", day("2025-11-10")))),
         f"SELECT count(*) {_E} WHERE e.status_finalizacao IS NULL AND e.data_entrega_prevista < '2025-11-10'", False),
    Case("shipped_this_quarter", query(P, N, where=cmp(bucket("QUARTER", col("p.data_pedido")), "=", day("2025-10-01"))),
         "SELECT count(*) FROM pedidos WHERE data_pedido >= '2025-10-01' AND data_pedido < '2026-01-01'", True),
    Case("delivered_on_a_day", counted(cmp(call("DATE", DONE), "=", day("2025-11-03"))),
         f"SELECT count(*) {_E} WHERE e.data_hora_entrega_realizada >= '2025-11-03' AND e.data_hora_entrega_realizada < '2025-11-04'", False),
    # ---- folded texts that have nothing to fold, or whose values are known ---------------------------------------
    Case("nf_folded", listed(cmp(NF, "=", "512345", fold=True)),
         f"SELECT {_ROW} {_E} WHERE e.numero_nf = '512345' LIMIT 101", True),
    Case("cnpj_folded", counted(cmp(CNPJ, "=", STORE, fold=True)),
         f"SELECT count(*) {_E} WHERE e.cnpj_cliente = '{STORE}'", True),
    Case("cnpjs_folded", counted(among(CNPJ, STORE, "53.904.707/0001-99", fold=True)),
         f"SELECT count(*) {_E} WHERE e.cnpj_cliente IN ('{STORE}', '53.904.707/0001-99')", True),
    Case("order_folded", query(P, {"id": col("p.id"), "s": col("p.status")}, where=cmp(col("p.num_pedido"), "=", "556000", fold=True)),
         "SELECT id, status FROM pedidos WHERE num_pedido = '556000' LIMIT 101", True),
    Case("cte_folded", query(table("fretes", "x"), {"id": col("x.id"), "v": col("x.valor_cte")}, where=cmp(col("x.numero_cte"), "=", "2000123", fold=True)),
         "SELECT id, valor_cte FROM fretes WHERE numero_cte = '2000123' LIMIT 101", True),
    Case("uf_folded_and_month", counted(both(cmp(col("e.uf"), "=", "sp", fold=True), year_month(SHIPPED, 2025, 10))),
         f"SELECT count(*) {_E} WHERE e.uf = 'SP' AND e.data_embarque >= '2025-10-01' AND e.data_embarque < '2025-11-01'", True),
    # ---- the first few by an order -------------------------------------------------------------------------------
    Case("latest_shipped", query(E, ROW, order=[down(SHIPPED)], limit=10),
         f"SELECT {_ROW} {_E} WHERE e.data_embarque IS NOT NULL ORDER BY e.data_embarque DESC, e.id LIMIT 10", True),
    Case("first_shipped", query(E, ROW, order=[by(SHIPPED)], limit=10),
         f"SELECT {_ROW} {_E} ORDER BY e.data_embarque, e.id LIMIT 10", False),
    Case("latest_invoices", query(F, {"id": col("f.id"), "nf": col("f.numero_nf"), "d": INVOICED}, order=[down(INVOICED)], limit=20),
         "SELECT id, numero_nf, data_fatura FROM relatorio_faturamento_importado WHERE data_fatura IS NOT NULL ORDER BY data_fatura DESC, id LIMIT 20", True),
    Case("latest_orders", query(P, {"id": col("p.id"), "d": col("p.data_pedido")}, order=[down(col("p.data_pedido"))], limit=10),
         "SELECT id, data_pedido FROM pedidos WHERE data_pedido IS NOT NULL ORDER BY data_pedido DESC, id LIMIT 10", True),
    Case("latest_embarques", query(table("embarques", "b"), {"id": col("b.id"), "d": col("b.data_embarque")}, order=[down(col("b.data_embarque"))], limit=10),
         "SELECT id, data_embarque FROM embarques WHERE data_embarque IS NOT NULL ORDER BY data_embarque DESC, id LIMIT 10", True),
    Case("newest_by_key", query(E, ROW, order=[down(col("e.id"))], limit=10),
         f"SELECT {_ROW} {_E} ORDER BY e.id DESC LIMIT 10", True),
    Case("client_latest", listed(cmp(CNPJ, "=", STORE), order=[down(SHIPPED)], limit=10),
         f"SELECT {_ROW} {_E} WHERE e.cnpj_cliente = '{STORE}' ORDER BY e.data_embarque DESC NULLS LAST, e.id LIMIT 10", False),
    # ---- pages -----------------------------------------------------------------------------------------------------
    Case("deep_page_by_key", query(E, ROW, order=[by(col("e.id"))]),
         f"SELECT {_ROW} {_E} WHERE e.id > {{k0}} ORDER BY e.id LIMIT 101", True, page=2000),
    Case("deep_page_by_date", query(E, ROW, order=[by(SHIPPED)]),
         f"SELECT {_ROW} {_E} WHERE (e.data_embarque, e.id) > ('{{k0}}', {{k1}}) ORDER BY e.data_embarque, e.id LIMIT 101", True, page=2000),
    # ---- partners ------------------------------------------------------------------------------------------------
    Case("late_with_appointment", counted(both(OPEN, cmp(DUE, "<", day("2025-11-19")), related("e", of_delivery, where=cmp(col("a.status"), "=", "confirmado")))),
         f"SELECT count(*) {_E} WHERE e.status_finalizacao IS NULL AND e.data_entrega_prevista < '2025-11-19' AND EXISTS (SELECT FROM agendamentos_entrega a WHERE a.entrega_id = e.id AND a.status = 'confirmado')", False),
    Case("invoices_without_delivery", query(F, N, where=both(year_month(INVOICED, 2025, 11), among_query(col("f.numero_nf"), query(E, {"nf": NF}), negated=True))),
         "SELECT count(*) FROM relatorio_faturamento_importado f WHERE f.data_fatura >= '2025-11-01' AND f.data_fatura < '2025-12-01' AND NOT EXISTS (SELECT FROM entregas_monitoradas e WHERE e.numero_nf = f.numero_nf)", True),
    Case("many_events", counted(both(cmp(CNPJ, "=", "45.543.915/0001-81"), related("e", join(V, on=cmp(col("v.entrega_id"), "=", col("e.id"))), number=(">=", 2)))),
         f"SELECT count(*) {_E} WHERE e.cnpj_cliente = '45.543.915/0001-81' AND e.id IN (SELECT entrega_id FROM eventos_entrega GROUP BY entrega_id HAVING count(*) >= 2)", True),
    Case("has_event", counted(both(cmp(SHIPPED, "=", day("2025-11-03")), related("e", join(V, on=cmp(col("v.entrega_id"), "=", col("e.id"))), number=(">", 0)))),
         f"SELECT count(*) {_E} WHERE e.data_embarque = '2025-11-03' AND EXISTS (SELECT FROM eventos_entrega v WHERE v.entrega_id = e.id)", True),
    Case("exists_order", counted(both(cmp(SHIPPED, "=", day("2025-11-03")), exists(query(P, {"id": col("p.id")}, where=both(cmp(col("p.num_pedido"), "=", NF), true(col("p.nf_cd"))))))),
         f"SELECT count(*) {_E} WHERE e.data_embarque = '2025-11-03' AND EXISTS (SELECT FROM pedidos p WHERE p.num_pedido = e.numero_nf AND p.nf_cd)", False),
    # ---- joins -----------------------------------------------------------------------------------------------------
    Case("invoice_join_month", query(F, {"uf": col("e.uf"), "v": agg("SUM", col("f.valor_total"))}, join(E, on=cmp(NF, "=", col("f.numero_nf"))), where=year_month(INVOICED, 2025, 10), group=[col("e.uf")]),
         "SELECT e.uf, sum(f.valor_total) FROM relatorio_faturamento_importado f JOIN entregas_monitoradas e ON e.numero_nf = f.numero_nf WHERE f.data_fatura >= '2025-10-01' AND f.data_fatura < '2025-11-01' GROUP BY e.uf LIMIT 101", True),
    Case("one_delivery_with_order", query(E, {**ROW, "p": col("p.num_pedido")}, join(F, on=cmp(col("f.numero_nf"), "=", NF)), join(P, on=cmp(col("p.num_pedido"), "=", col("f.origem"))), where=cmp(NF, "=", "512345", fold=True)),
         f"SELECT {_ROW}, p.num_pedido {_E} JOIN relatorio_faturamento_importado f ON f.numero_nf = e.numero_nf JOIN pedidos p ON p.num_pedido = f.origem WHERE e.numero_nf = '512345' LIMIT 101", True),
    Case("needless_join", query(table("fretes", "x"), {"v": agg("SUM", col("x.valor_pago"))}, join(T, on=cmp(col("x.transportadora_id"), "=", col("t.id")))),
         "SELECT sum(valor_pago) FROM fretes", False),
    Case("filtering_join", query(E, {"v": agg("SUM", col("e.valor_nf"))}, of_delivery, where=both(cmp(SHIPPED, "=", day("2025-11-03")), cmp(col("a.status"), "=", "confirmado"))),
         f"SELECT sum(e.valor_nf) {_E} WHERE e.data_embarque = '2025-11-03' AND EXISTS (SELECT FROM agendamentos_entrega a WHERE a.entrega_id = e.id AND a.status = 'confirmado')", False, multiplied=True),
    # ---- counting ----------------------------------------------------------------------------------------------------
    Case("distinct_clients", query(E, {"n": agg("COUNT", CNPJ, distinct=True)}),
         "WITH RECURSIVE v AS (SELECT min(cnpj_cliente) AS c FROM entregas_monitoradas UNION ALL SELECT (SELECT min(cnpj_cliente) FROM entregas_monitoradas WHERE cnpj_cliente > v.c) FROM v WHERE v.c IS NOT NULL) SELECT count(c) FROM v", True),
    Case("distinct_key", query(E, {"n": agg("COUNT", col("e.id"), distinct=True)}, where=cmp(CNPJ, "=", STORE)),
         f"SELECT count(*) {_E} WHERE e.cnpj_cliente = '{STORE}'", True),
    Case("list_of_clients", query(E, {"c": CNPJ}, distinct=True, order=[by("c")]),
         "WITH RECURSIVE v AS (SELECT min(cnpj_cliente) AS c FROM entregas_monitoradas UNION ALL SELECT (SELECT min(cnpj_cliente) FROM entregas_monitoradas WHERE cnpj_cliente > v.c) FROM v WHERE v.c IS NOT NULL) SELECT c FROM v WHERE c IS NOT NULL ORDER BY c LIMIT 101", True),
    Case("count_all", query(E, {"n": agg("COUNT", col("e.id"))}),
         f"SELECT count(*) {_E}", False),
    # ---- groups and their first rows -----------------------------------------------------------------------------
    Case("last_shipment_of_each_day", query(E, {"d": SHIPPED, "id": col("e.id")}, where=missing(SHIPPED, negated=True), first=top([SHIPPED], [down(col("e.id"))], 1)),
         f"SELECT DISTINCT ON (e.data_embarque) e.data_embarque, e.id {_E} WHERE e.data_embarque IS NOT NULL ORDER BY e.data_embarque, e.id DESC LIMIT 101", False),
    Case("last_invoice_of_each_client", query(table("faturamento_produto", "y"), {"c": col("y.cnpj_cliente"), "d": col("y.data_fatura"), "nf": col("y.numero_nf")}, first=top([col("y.cnpj_cliente")], [down(col("y.data_fatura"))], 1), where=both(missing(col("y.cnpj_cliente"), negated=True), missing(col("y.data_fatura"), negated=True))),
         "WITH RECURSIVE v AS (SELECT min(cnpj_cliente) AS c FROM faturamento_produto UNION ALL SELECT (SELECT min(cnpj_cliente) FROM faturamento_produto WHERE cnpj_cliente > v.c) FROM v WHERE v.c IS NOT NULL) SELECT v.c, l.data_fatura, l.numero_nf FROM v, LATERAL (SELECT data_fatura, numero_nf FROM faturamento_produto y WHERE y.cnpj_cliente = v.c AND y.data_fatura IS NOT NULL ORDER BY y.data_fatura DESC LIMIT 1) l LIMIT 101", True),
    # ---- what an index serves in any form, or none does ----------------------------------------------------------
    Case("by_key", listed(cmp(col("e.id"), "=", 7777)), f"SELECT {_ROW} {_E} WHERE e.id = 7777 LIMIT 101", False),
    Case("by_nf", listed(cmp(NF, "=", "512345")), f"SELECT {_ROW} {_E} WHERE e.numero_nf = '512345' LIMIT 101", False),
    Case("late_open", counted(both(OPEN, cmp(DUE, "<", day("2025-11-19")))),
         f"SELECT count(*) {_E} WHERE e.status_finalizacao IS NULL AND e.data_entrega_prevista < '2025-11-19'", False),
    Case("to_reschedule", counted(both(true(col("e.reagendar")), cmp(CNPJ, "=", STORE))),
         f"SELECT count(*) {_E} WHERE e.reagendar AND e.cnpj_cliente = '{STORE}'", False),
    Case("client_list", listed(cmp(CNPJ, "=", STORE)), f"SELECT {_ROW} {_E} WHERE e.cnpj_cliente = '{STORE}' LIMIT 101", False),
    Case("state_list", listed(cmp(col("e.uf"), "=", "SP")), f"SELECT {_ROW} {_E} WHERE e.uf = 'SP' LIMIT 101", False),
    Case("client_name_contains", counted(like(CLIENT, "CONTAINS", "aurora", fold=True)),
         f"SELECT count(*) {_E} WHERE lower(unaccent(e.cliente)) LIKE '%aurora%'", True),
    Case("by_state", query(E, {"uf": col("e.uf"), "n": count(), "v": agg("SUM", col("e.valor_nf"))}, group=[col("e.uf")], order=[down("v")]),
         f"SELECT e.uf, count(*) n, sum(e.valor_nf) v {_E} GROUP BY e.uf ORDER BY v DESC NULLS LAST LIMIT 101", False),
    Case("cnpj_prefix", counted(like(CNPJ, "PREFIX", "06.057.223")),
         f"SELECT count(*) {_E} WHERE e.cnpj_cliente LIKE '06.057.223%'", False),
    Case("either_of_two", counted(either(cmp(NF, "=", "512345"), cmp(CNPJ, "=", STORE))),
         f"SELECT count(*) {_E} WHERE e.numero_nf = '512345' OR e.cnpj_cliente = '{STORE}'", False),
)  # fmt: skip
