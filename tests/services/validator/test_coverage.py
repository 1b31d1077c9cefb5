"""What a question says exactly and the plan does not is caught; what the plan says in its own way passes."""

import pytest

from maestro.error.v1 import error_pb2
from maestro.plan.v1 import plan_pb2
from maestro.semantics.v1 import semantics_pb2
from services.validator.coverage import check_coverage
from tests.services.loader.plans import (
    agg,
    among,
    as_of,
    both,
    call,
    cmp,
    col,
    combined,
    count,
    day,
    down,
    entity,
    flag,
    like,
    lit,
    metric,
    missing,
    moment,
    no,
    query,
    related,
    scalar,
    span,
    table,
)
from tests.services.validator.store import TO_ITEMS, O

N = {"n": count()}
ALL = query(O, N)


def where(*parts):
    return query(O, N, where=both(*parts) if len(parts) > 1 else parts[0])


def top(number):
    return query(O, {"id": col("o.id")}, order=[down(col("o.total"))], limit=number)


JUNE = span(col("o.due"), day("2025-06-01"), day("2025-07-01"))
LAST_30 = span(col("o.due"), day("2025-10-23"), day("2025-11-22"))

# (question, a plan that covers it, a plan that does not, the check)
CASES = [
    ("Quantos pedidos acima de 5000?", where(cmp(col("o.total"), ">", 5000)), ALL, "coverage.number"),
    (
        "Quantos pedidos acima de R$ 5.000,50?",
        where(cmp(col("o.total"), ">", lit("5000.50", "decimal"))),
        ALL,
        "coverage.number",
    ),
    ("How many orders above 1,500?", where(cmp(col("o.total"), ">", 1500)), ALL, "coverage.number"),
    (
        "Pedidos acima de 10 mil",
        where(cmp(col("o.total"), ">", 10_000)),
        where(cmp(col("o.total"), ">", 1)),
        "coverage.number",
    ),
    ("Orders over 1.5 million", where(cmp(col("o.total"), ">", 1_500_000)), ALL, "coverage.number"),
    ("Pedidos com desconto de 10%", where(cmp(col("o.total"), "=", 0.1)), ALL, "coverage.number"),
    ("Os 7 maiores pedidos", top(7), top(0), "coverage.number"),
    ("Os 7 maiores pedidos", top(7), top(8), "coverage.number"),
    ("top five orders", top(5), top(0), "coverage.number"),
    ("clientes com mais de três pedidos", where(related("o", TO_ITEMS, number=(">", 3))), ALL, "coverage.number"),
    ("clients with at least 4 orders", where(related("o", TO_ITEMS, number=(">", 3))), ALL, "coverage.number"),
    (
        "orders with more than 5 items",
        where(cmp(col("o.id"), ">=", 6)),
        where(cmp(col("o.id"), ">=", 5 + 3)),
        "coverage.number",
    ),
    ("pedido 123456", where(cmp(col("o.note"), "=", "123456")), ALL, "coverage.number"),
    ("pedidos do CNPJ 06.057.223", where(like(col("o.note"), "PREFIX", "06057223")), ALL, "coverage.number"),
    ("pedidos de 2025", where(span(col("o.due"), day("2025-01-01"), day("2026-01-01"))), ALL, "coverage.number"),
    (
        "pedidos de 2025",
        where(cmp(call("YEAR", col("o.due")), "=", 2025)),
        where(cmp(call("YEAR", col("o.due")), "=", 2024)),
        "coverage.number",
    ),
    (
        "pedidos dos últimos 30 dias",
        where(LAST_30),
        where(span(col("o.due"), day("2025-11-15"), day("2025-11-22"))),
        "coverage.number",
    ),
    ('pedidos com a nota "urgente já"', where(cmp(col("o.note"), "=", "Urgente Já")), ALL, "coverage.quoted"),
    (
        "orders with note 'to be checked'",
        where(like(col("o.note"), "CONTAINS", "to be checked")),
        where(like(col("o.note"), "CONTAINS", "checking")),
        "coverage.quoted",
    ),
    ("pedidos de 15/06/2025", where(cmp(col("o.due"), "=", day("2025-06-15"))), ALL, "coverage.date"),
    (
        "pedidos de 15/06/2025",
        where(span(col("o.placed"), moment("2025-06-15T00:00:00"), moment("2025-06-16T00:00:00"))),
        where(cmp(col("o.due"), "=", day("2025-06-14"))),
        "coverage.date",
    ),
    (
        "quero para 27/11",
        where(cmp(col("o.due"), "=", day("2025-11-27"))),
        where(cmp(col("o.due"), "=", day("2025-11-25"))),
        "coverage.date",
    ),
    ("orders of 2025-06-15", where(cmp(col("o.due"), "=", day("2025-06-15"))), ALL, "coverage.date"),
    ("pedidos em junho", where(JUNE), ALL, "coverage.date"),
    (
        "pedidos em maio",
        where(span(col("o.due"), day("2025-05-01"), day("2025-06-01"))),
        where(span(col("o.due"), day("2025-08-01"), day("2025-09-01"))),
        "coverage.date",
    ),
    ("orders of June 15, 2025", where(cmp(col("o.due"), "=", day("2025-06-15"))), ALL, "coverage.date"),
    ("orders in June 2025", where(JUNE), ALL, "coverage.date"),
    ("quanto faturou hoje?", where(cmp(col("o.due"), "=", day("2025-11-21"))), ALL, "coverage.date"),
    ("orders due today", where(cmp(col("o.due"), "=", as_of())), ALL, "coverage.date"),
    (
        "pedidos da semana passada",
        where(span(col("o.due"), day("2025-11-10"), day("2025-11-17"))),
        ALL,
        "coverage.date",
    ),
    ("orders of last month", where(JUNE), ALL, "coverage.date"),
    ("pedidos sem data", where(missing(col("o.due"))), ALL, "coverage.negation"),
    (
        "orders that are not paid",
        where(cmp(col("o.status"), "!=", "paid")),
        where(cmp(col("o.status"), "=", "paid")),
        "coverage.negation",
    ),
    (
        "clientes que não têm pedidos",
        where(related("o", TO_ITEMS, negated=True)),
        where(related("o", TO_ITEMS)),
        "coverage.negation",
    ),
    (
        "orders without items",
        where(related("o", TO_ITEMS, number=("=", 0))),
        where(related("o", TO_ITEMS)),
        "coverage.negation",
    ),
    (
        "pedidos exceto os abertos",
        combined("EXCEPT", ALL, where(cmp(col("o.status"), "=", "open"))),
        where(cmp(col("o.status"), "=", "open")),
        "coverage.negation",
    ),
    (
        "orders that aren't open",
        where(no(cmp(col("o.status"), "=", "open"))),
        where(cmp(col("o.status"), "=", "open")),
        "coverage.negation",
    ),
    (
        "which orders were never paid",
        where(among(col("o.status"), "paid", negated=True)),
        where(among(col("o.status"), "paid")),
        "coverage.negation",
    ),
    (
        "pedidos com não mais de 5 itens",
        where(cmp(col("o.id"), "<=", 5)),
        where(cmp(col("o.id"), "=", 5)),
        "coverage.negation",
    ),
    (
        "orders that do not have the lowest total",
        where(cmp(col("o.total"), ">", scalar(query(table("orders", "x"), {"m": agg("MIN", col("x.total"))})))),
        where(cmp(col("o.total"), "=", scalar(query(table("orders", "x"), {"m": agg("MIN", col("x.total"))})))),
        "coverage.negation",
    ),
]


def judged(question, made, semantics=None, **fields):
    plan = plan_pb2.QueryPlan(query=made, **fields)
    return list(check_coverage(question, plan, semantics or semantics_pb2.SemanticSlice(), ""))


@pytest.mark.parametrize(("question", "covering", "dropping", "code"), CASES)
def test_what_is_dropped_is_caught(question, covering, dropping, code):
    assert [each.message for each in judged(question, covering)] == []
    found = judged(question, dropping)
    assert code in {each.code for each in found}
    assert {each.severity for each in found} == {error_pb2.SEVERITY_ERROR}
    assert all(each.params["term"] in question for each in found)


@pytest.mark.parametrize(
    "question",
    [
        "Quantas entregas?",
        "Qual o maior pedido?",
        "entregas no estado de São Paulo",  # "no" is a contraction in Portuguese
        "pedidos no mês",
        "mais ou menos quantos pedidos?",
        "Show at least one order of each",
        "pelo menos um pedido por cliente",
        "May I see the orders?",
        "the one with the highest total",
        "pedidos ou não",
        "orders of the 3rd carrier",
        "o 2º maior",
        "What is the student's name?",
        "LJ01 e LJ02",
        "modelo A4",
        "the last day of each order",
        "show the set of orders going out",
    ],
)
def test_small_words_are_no_promises(question):
    assert judged(question, ALL) == []


def test_what_the_plan_itself_calls_unexplained_is_only_told():
    question = "Quantos pedidos acima de 5000 sem nota?"
    spans = [
        plan_pb2.WordSpan(start=question.index(text), end=question.index(text) + len(text), text=text)
        for text in ("5000", "sem")
    ]
    found = judged(question, ALL, unexplained=spans)
    assert {each.severity for each in found} == {error_pb2.SEVERITY_WARNING}
    assert {each.code for each in found} == {"coverage.number", "coverage.negation"}


def test_a_slot_that_came_from_the_words_covers_them():
    question = 'pedidos do terceiro trimestre, 3 por cliente, não os do EUA de "América"'
    for text in ("3", "não", '"América"'):
        condition = cmp(col("o.note"), "=", "x")
        start = question.index(text)
        condition.origin.words.add(start=start, end=start + len(text), text=text)
        left = {each.params["term"] for each in judged(question, where(condition))}
        assert text.strip('"') not in left


def test_words_of_another_spelling_of_the_question_cover_by_their_text():
    condition = cmp(col("o.note"), "=", "x")
    condition.origin.words.add(text="5000")
    assert judged("Pedidos ACIMA de 5000", where(condition)) == []


def test_a_named_condition_may_deny_and_be_about_today():
    assert judged("entregas que hoje não foram entregues", where(flag("pending", "o"))) == []
    assert judged("pedidos da Rede Mercado 13", where(entity("Rede Mercado 13", "o"))) == []
    assert judged("faturamento de hoje", query(O, {"r": metric("revenue_today", "o")})) == []


def test_definitions_of_the_model_cover_their_numbers():
    semantics = semantics_pb2.SemanticSlice(version="s")
    dataset = semantics.datasets.add(name="orders")
    dataset.table.name = "orders"
    field = dataset.fields.add(name="large")
    field.predicate.CopyFrom(cmp(col("total"), ">", 5000))
    assert judged("pedidos grandes, acima de 5000", where(flag("large", "o")), semantics) == []


def test_columns_cover_what_they_are_named_for():
    assert judged("scores in 100 meter", query(O, {"m": col("o.meter_100")})) == []
    assert judged("the temperature in February", query(O, {"m": col("o.Feb")})) == []
    assert judged('the "active to date"', query(O, {"m": col("o.active_to_date")})) == []


def test_a_program_s_plan_without_a_question_owes_nothing():
    assert judged("", ALL) == []
