"""One total where the question wants one for each is caught; what only sounds so passes."""

import pytest

from maestro.plan.v1 import plan_pb2
from maestro.semantics.v1 import semantics_pb2
from services.validator.apart import check_apart
from tests.services.loader.plans import agg, calc, cmp, col, count, down, join, query, table

MODEL = semantics_pb2.SemanticSlice()
for name, terms, fields in (
    (
        "orders",
        ("pedido", "order"),
        {"total": ("valor", "amount"), "status": ("situação", "status"), "due": ("prazo",)},
    ),
    ("customer", ("cliente", "customer"), {"uf": ("estado", "state"), "credit": ("custo por entrega",)}),
):
    made = MODEL.datasets.add(name=name, table=plan_pb2.TableRef(name=name))
    made.terms.extend(semantics_pb2.Term(text=text) for text in terms)
    for field, words in fields.items():
        made.fields.add(name=field).terms.extend(semantics_pb2.Term(text=text) for text in words)
LOCALES = {"por": "pt-BR", "em": "pt-BR", "by": "en", "per": "en", "for": "en"}
O = table("orders", "o")  # noqa: E741  # o as in orders
C = join(table("customer", "c"), "o", "orders_customer")
ALONE = query(O, {"n": count()})
JOINED = query(O, {"n": count()}, C)
TOTAL = query(O, {"s": agg("SUM", col("o.total"))}, C)


def found(question: str, made: plan_pb2.Query, locale: str) -> list[str]:
    told = list(check_apart(question, plan_pb2.QueryPlan(query=made), MODEL, locale))
    assert {each.code for each in told} <= {"coverage.group"}
    return [each.params["term"] for each in told]


@pytest.mark.parametrize(
    ("question", "made", "said"),
    [
        ("Quantos pedidos há por cliente?", JOINED, "por cliente"),
        ("Pedidos por clientes", JOINED, "por clientes"),
        ("Qual o valor total por situação?", TOTAL, "por situacao"),
        ("Quantos pedidos por situação?", ALONE, "por situacao"),
        ("Quantos pedidos fez cada um, por estado do cliente?", JOINED, "por estado"),
        ("Quantos pedidos em cada estado?", JOINED, "em cada estado"),
        ("Quantos clientes por estado?", query(O, {"n": agg("COUNT", col("c.uf"), distinct=True)}, C), "por estado"),
        ("Number of orders by customer", JOINED, "by customer"),
        ("total amount per state", TOTAL, "per state"),
        ("how many orders are there for each customer?", JOINED, "for each customer"),
    ],
)
def test_a_total_of_all_is_none_of_each(question: str, made, said: str) -> None:
    assert found(question, made, LOCALES[said.partition(" ")[0]]) == [said]


@pytest.mark.parametrize(
    ("question", "made"),
    [
        ("Quantos pedidos há por cliente?", query(O, {"c": col("c.uf"), "n": count()}, C, group=[col("c.uf")])),
        ("Quantos pedidos há por cliente?", query(O, {"n": count()}, C, group=[col("o.customer_id")])),
        ("Quantos pedidos foram feitos por clientes de SP?", JOINED),
        (
            "Quantos pedidos foram feitos por clientes de SP?",
            query(O, {"n": count()}, C, where=cmp(col("c.uf"), "=", "SP")),
        ),
        ("Quantos pedidos por cliente de SP?", query(O, {"n": count()}, C, where=cmp(col("c.uf"), "=", "SP"))),
        ("How many orders were placed by customers?", JOINED),
        ("Qual o custo por entrega?", query(table("customer", "c"), {"m": agg("AVG", col("c.credit"))})),
        (
            "Qual cliente tem mais pedidos, por valor?",
            query(O, {"o": col("o.id")}, order=[down(col("o.total"))], limit=1),
        ),
        ("Quantos pedidos por favor", ALONE),
        ("total by order", query(O, {"s": calc(agg("SUM", col("o.total")), "/", count())})),
        ("", JOINED),
    ],
)
def test_what_tells_apart_or_asks_for_one_total_passes(question: str, made) -> None:
    assert found(question, made, "") == []
