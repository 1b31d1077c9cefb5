"""Answers, word by word, in both languages. Each of them passes the validator's check of answers."""

import pytest
from google.protobuf.duration_pb2 import Duration

from maestro.analyzer.v1 import analyzer_pb2
from maestro.error.v1 import error_pb2
from maestro.memorizer.v1 import memorizer_pb2
from maestro.plan.v1 import plan_pb2
from maestro.result.v1 import result_pb2
from services.processor.compose import compose
from services.validator.answer import check_answer
from tests.services.loader.plans import (
    agg,
    among,
    both,
    bucket,
    cmp,
    col,
    count,
    day,
    down,
    flag,
    like,
    lit,
    metric,
    missing,
    no,
    query,
    related,
    span,
    table,
)
from tests.services.processor.store import DATE, DECIMAL, FLOAT, INTEGER, TEXT, TRUTH, head, request
from tests.services.validator.store import by_name

O = table("orders", "o")  # noqa: E741  # o as in orders
N = {"m": count()}
S = {"m": agg("SUM", col("o.total"))}
P = plan_pb2
JUNE = span(col("o.due"), day("2025-06-01"), day("2025-07-01"))


def said(made, items=5):
    answer = compose(made, items, "pt-BR")
    wrong = [each.message for each in check_answer(made.question, made.context.locale, answer)]
    assert wrong == []
    return answer


def text(*arguments, **fields):
    return said(request(*arguments, **fields)).text


ONE = head([("m", INTEGER)], [(1234,)])
GROUPED = query(O, {"u": col("o.status"), "m": count()}, group=[col("o.status")])
GROUPS = head([("u", TEXT), ("m", INTEGER)], [("aberto", 1200), ("pago", 34), ("perdido", None)])
MANY = head([("u", TEXT), ("m", INTEGER)], [(f"s{number}", number) for number in range(1, 9)])
MONTHLY = query(O, {"t": bucket("MONTH", col("o.due")), "m": count()}, group=[bucket("MONTH", col("o.due"))])
MONTHS = head(
    [("t", DATE), ("m", INTEGER)],
    [("date|2025-06-01", 5), ("date|2025-04-01", 9), ("date|2025-05-01", 2)],
)

CASES = [
    (query(O, N), ONE, P.INTENT_COUNT, "Quantidade de pedidos: 1.234.", "Number of orders: 1,234."),
    (
        query(O, S),
        head([("m", DECIMAL)], [("decimal|1234.5",)]),
        P.INTENT_VALUE,
        "Total de valor: R$ 1.234,50.",
        "Total amount: R$1,234.50.",
    ),
    (
        query(O, {"m": metric("revenue", "o")}),
        head([("m", DECIMAL)], [("decimal|-7",)]),
        P.INTENT_VALUE,
        "Faturamento: -R$ 7,00.",
        "Revenue: -R$7.00.",
    ),
    (
        query(O, {"m": agg("AVG", col("o.weight"))}),
        head([("m", FLOAT)], [(3.14159,)]),
        P.INTENT_VALUE,
        "Média de peso: 3,14 kg.",
        "Average peso: 3.14 kg.",
    ),
    (
        query(O, {"m": agg("AVG", col("o.weight"))}),
        head([("m", FLOAT)], [(0.00042,)]),
        P.INTENT_VALUE,
        "Média de peso: 0,00042 kg.",
        "Average peso: 0.00042 kg.",
    ),
    # An aggregate over nothing is no 0; a count of nothing is one.
    (
        query(O, S, where=flag("late", "o")),
        head([("m", DECIMAL)], [(None,)]),
        P.INTENT_VALUE,
        "Não há total de valor a calcular: nenhum registro de pedidos atende ao pedido. Filtro: atrasado.",
        "There is no total amount to compute: no row of orders matches. Filter: late.",
    ),
    (
        query(O, N, where=flag("late", "o")),
        head([("m", INTEGER)], [(0,)]),
        P.INTENT_COUNT,
        "Quantidade de pedidos: 0. Filtro: atrasado.",
        "Number of orders: 0. Filter: late.",
    ),
    (
        query(O, {"s": col("o.status")}, where=cmp(col("o.status"), "=", "x")),
        head([("s", TEXT)], []),
        P.INTENT_LIST,
        "Nenhum registro de pedidos atende ao pedido. Filtro: situação = x.",
        "No row of orders matches. Filter: status = x.",
    ),
    (
        query(O, {"s": col("o.status")}),
        head([("s", TEXT)], []),
        P.INTENT_LIST,
        "Pedidos: não há registros.",
        "Orders: there are no rows.",
    ),
    (
        query(O, {"s": col("o.status"), "t": col("o.total")}),
        head([("s", TEXT), ("t", DECIMAL)], [("pago", "decimal|5"), (None, "decimal|6")]),
        P.INTENT_LIST,
        "2 registros de pedidos. Pago, R$ 5,00; R$ 6,00.",
        "2 rows of orders. Pago, R$5.00; R$6.00.",
    ),
    (
        query(O, {"s": col("o.status")}),
        head([("s", TEXT)], [("a",)] * 100, complete=False, total_rows=1234, next_page_token="t"),
        P.INTENT_LIST,
        "Mostrando 100 de 1.234 registros de pedidos.",
        "Showing 100 of 1,234 rows of orders.",
    ),
    (
        query(O, {"s": col("o.status")}),
        head([("s", TEXT)], [("a",)] * 3, complete=False, total_rows=-1, next_page_token="t"),
        P.INTENT_LIST,
        "Mostrando os primeiros 3 registros de pedidos; há mais.",
        "Showing the first 3 rows of orders; there are more.",
    ),
    (
        GROUPED,
        GROUPS,
        P.INTENT_GROUPS,
        "3 grupos por situação. Por quantidade de pedidos: aberto: 1.200; pago: 34; perdido: —.",
        "3 groups by status. By number of orders: aberto: 1,200; pago: 34; perdido: —.",
    ),
    (
        GROUPED,
        MANY,
        P.INTENT_GROUPS,
        "8 grupos por situação. Maior quantidade de pedidos: s8 (8). Menor: s1 (1).",
        "8 groups by status. Highest number of orders: s8 (8). Lowest: s1 (1).",
    ),
    (
        query(O, {"u": col("o.status"), "m": count()}, group=[col("o.status")], order=[down("m")], limit=2),
        head([("u", TEXT), ("m", INTEGER)], [("a", 9), ("b", 7)]),
        P.INTENT_RANKING,
        "Por quantidade de pedidos: 1. a (9); 2. b (7).",
        "By number of orders: 1. a (9); 2. b (7).",
    ),
    (
        MONTHLY,
        MONTHS,
        P.INTENT_TREND,
        (
            "Quantidade de pedidos por mês: de abril de 2025 (9) a junho de 2025 (5). "
            "Pico em abril de 2025 (9), mínimo em maio de 2025 (2)."
        ),
        "Number of orders by month: from April 2025 (9) to June 2025 (5). Peak in April 2025 (9), low in May 2025 (2).",
    ),
    (
        query(O, {"s": col("o.status"), "t": col("o.total"), "d": col("o.due")}),
        head([("s", TEXT), ("t", DECIMAL), ("d", DATE)], [("pago", "decimal|5", "date|2025-06-01")]),
        P.INTENT_DETAIL,
        "Situação: pago; Valor: R$ 5,00; Previsão: 01/06/2025.",
        "Status: pago; Amount: R$5.00; Due date: Jun 1, 2025.",
    ),
    (query(O, N), ONE, P.INTENT_EXISTENCE, "Sim: quantidade de pedidos 1.234.", "Yes: number of orders 1,234."),
    (
        query(O, N),
        head([("m", INTEGER)], [(0,)]),
        P.INTENT_EXISTENCE,
        "Não: nenhum registro de pedidos atende ao pedido.",
        "No: no row of orders matches.",
    ),
    (query(O, {"b": col("o.status")}), head([("b", TRUTH)], [(True,)]), P.INTENT_EXISTENCE, "Sim.", "Yes."),
    (
        query(O, {"s": col("o.status")}),
        head([("s", TEXT)], []),
        P.INTENT_EXISTENCE,
        "Não: nenhum registro de pedidos atende ao pedido.",
        "No: no row of orders matches.",
    ),
    (
        query(O, {"m": agg("CORRELATION", col("o.total"), second=col("o.weight"))}),
        head([("m", FLOAT)], [(-0.25,)]),
        P.INTENT_CORRELATION,
        "Correlação entre valor e peso: -0,25 (de -1 a 1; não prova causa).",
        "Correlation of amount and peso: -0.25 (from -1 to 1; it proves no cause).",
    ),
]


@pytest.mark.parametrize(("made", "found", "intent", "portuguese", "english"), CASES)
def test_answers(made, found, intent, portuguese, english):
    assert text(made, found, intent=intent) == portuguese
    assert text(made, found, intent=intent, locale="en-US") == english


@pytest.mark.parametrize(
    ("where", "portuguese", "english"),
    [
        (JUNE, "Período: junho de 2025 em previsão.", "Period: June 2025 by due date."),
        (
            span(col("o.due"), day("2025-01-01"), day("2026-01-01")),
            "Período: 2025 em previsão.",
            "Period: 2025 by due date.",
        ),
        (
            cmp(col("o.due"), "=", day("2025-06-05")),
            "Período: 05/06/2025 em previsão.",
            "Period: Jun 5, 2025 by due date.",
        ),
        (
            span(col("o.due"), day("2025-06-05"), day("2025-06-11")),
            "Período: 05/06/2025 a 10/06/2025 em previsão.",
            "Period: Jun 5, 2025 to Jun 10, 2025 by due date.",
        ),
        (
            span(col("o.due"), upper=day("2025-06-11")),
            "Período: até 10/06/2025 em previsão.",
            "Period: until Jun 10, 2025 by due date.",
        ),
        (
            cmp(col("o.total"), ">", lit("10000", "decimal")),
            "Filtro: valor maior que R$ 10.000,00.",
            "Filter: amount more than R$10,000.00.",
        ),
        (
            cmp(col("o.due"), "<", day("2025-06-11")),
            "Filtro: previsão antes de 11/06/2025.",
            "Filter: due date before Jun 11, 2025.",
        ),
        (among(col("o.status"), "a", "b", "c"), "Filtro: situação entre a, b ou c.", "Filter: status among a, b or c."),
        (
            among(col("o.status"), "a", "b", negated=True),
            "Filtro: situação fora de a ou b.",
            "Filter: status none of a or b.",
        ),
        (like(col("o.status"), "CONTAINS", "pa"), "Filtro: situação contém “pa”.", "Filter: status contains “pa”."),
        (missing(col("o.due")), "Filtro: sem previsão.", "Filter: without due date."),
        (no(flag("late", "o")), "Filtro: não (atrasado).", "Filter: not (late)."),
        (
            both(flag("late", "o"), JUNE, cmp(col("o.status"), "=", "a")),
            "Período: junho de 2025 em previsão. Filtros: atrasado; situação = a.",
            "Period: June 2025 by due date. Filters: late; status = a.",
        ),
        (
            related("o", by_name(table("item", "i"), "o", "r"), negated=True),
            "Filtro: sem itens.",
            "Filter: without items.",
        ),
        (
            related("o", by_name(table("item", "i"), "o", "r"), number=(">=", 3)),
            "Filtro: com ≥ 3 de itens.",
            "Filter: with ≥ 3 of items.",
        ),
    ],
)
def test_the_reading_is_told_from_plan_and_model(where, portuguese, english):
    assert text(query(O, N, where=where), ONE) == f"Quantidade de pedidos: 1.234. {portuguese}"
    assert text(query(O, N, where=where), ONE, locale="en") == f"Number of orders: 1,234. {english}"


def test_the_name_that_the_asker_gave_a_period_is_kept():
    where = span(col("o.due"), day("2025-10-23"), day("2025-11-22"))
    where.range.label = "últimos 30 dias"
    assert "Período: últimos 30 dias (23/10/2025 a 21/11/2025) em previsão." in text(query(O, N, where=where), ONE)


def test_columns_are_titled_and_units_filled_in():
    answer = said(
        request(
            query(O, {"s": col("o.status"), **S}, group=[col("o.status")]),
            head([("s", TEXT), ("m", DECIMAL)], [("a", "decimal|1")]),
        )
    )
    assert [(each.name, each.label, each.unit) for each in answer.result.columns] == [
        ("s", "Situação", ""),
        ("m", "Total de valor", "BRL"),
    ]


def test_identifiers_are_not_written_as_quantities():
    found = head([("id", INTEGER), ("year", INTEGER)], [(123456, 2025)])
    made = query(O, {"id": col("o.id"), "year": col("o.year")})
    assert "123456, 2025" in text(made, found, intent=P.INTENT_LIST)


def enriched(kind, **values):
    made = result_pb2.Enrichment(kind=kind, column="m", definition="…")
    for name, value in values.items():
        made.values[name].CopyFrom(value)
    return made


V = result_pb2.Value


@pytest.mark.parametrize(
    ("fact", "portuguese"),
    [
        (
            enriched("previous_period", previous=V(integer=1000), change=V(float=0.234)),
            "23,4% acima do período anterior: 1.000.",
        ),
        (
            enriched("previous_period", previous=V(integer=2000), change=V(float=-0.383)),
            "38,3% abaixo do período anterior: 2.000.",
        ),
        (
            enriched("year_on_year", previous=V(integer=1234), change=V(float=0.0)),
            "Sem variação em relação ao valor do mesmo período do ano anterior: 1.234.",
        ),
        (enriched("previous_period", previous=V(integer=0)), "Período anterior: 0, sem variação percentual."),
        (
            enriched("completeness", rows=V(integer=50), without_value=V(integer=7)),
            "7 de 50 registros não têm quantidade de pedidos e ficam fora do cálculo.",
        ),
        (enriched("freshness", latest=V(date="2025-11-20")), "O registro mais recente é de 20/11/2025."),
    ],
)
def test_facts_are_told(fact, portuguese):
    assert text(query(O, N), ONE, enrichments=[fact]) == f"Quantidade de pedidos: 1.234. {portuguese}"


def test_the_largest_share_is_told():
    fact = enriched("share", total=V(integer=1234))
    fact.row_values.extend([V(float=1200 / 1234), V(float=34 / 1234), V()])
    assert "Aberto responde por 97,2% do total (1.234)." in text(GROUPED, GROUPS, enrichments=[fact])


def test_a_trend_is_told_with_its_direction_only_where_there_is_one():
    up = enriched("trend", slope=V(float=3.5), direction=V(text="up"))
    flat = enriched("trend", slope=V(float=0.1), direction=V(text="flat"))
    assert "Tendência de alta: 3,5 por mês." in text(MONTHLY, MONTHS, enrichments=[up])
    assert "Sem tendência clara." in text(MONTHLY, MONTHS, enrichments=[flat])


def test_readings_beside_the_first_are_said_once():
    made = request(query(O, N), ONE)
    made.analysis.issues.add(
        code="question.unsure", severity=error_pb2.SEVERITY_WARNING, message="Others are likely too."
    )
    alone = "Quantidade de pedidos: 1.234. A pergunta também pode ser lida de outra forma."
    assert said(made).text == alone
    made.analysis.choices.add(text="outra", probability=0.3)
    assert said(made).text == f"{alone[:-1]}: veja as leituras abaixo, a primeira é a respondida."


def test_a_cut_result_is_said_to_be_cut():
    found = head(
        [("s", TEXT)], [("a",)] * 3, complete=False, total_rows=-1, truncated=True, truncation_reason="ROW_CEILING"
    )
    told = text(query(O, {"s": col("o.status")}), found)
    assert "O resultado foi cortado no limite de linhas; os totais não se calculam sobre ele." in told


def test_assumptions_unused_words_and_warnings_are_said():
    made = request(query(O, N), ONE)
    made.plan.assumptions.add(kind="field", subject="valor", chosen="valor pago", others=["valor cotado"])
    made.plan.assumptions.add(kind="period", chosen="o período de 7 dias")
    made.plan.unexplained.add(text="urgente")
    made.issues.add(code="question.word_unexplained", severity=error_pb2.SEVERITY_WARNING, params={"text": "já"})
    made.issues.add(code="coverage.number", severity=error_pb2.SEVERITY_WARNING, params={"term": "12"})
    made.issues.add(code="whatever.info", severity=error_pb2.SEVERITY_INFO)
    assert said(made).text == (
        "Quantidade de pedidos: 1.234. Entendi “valor” como valor pago; também poderia ser valor cotado. "
        "Considerei o período de 7 dias. Não usei na consulta: “urgente” e “já”. "
        "O número 12 da pergunta não entrou na consulta."
    )


def test_recalled_context_and_facts_are_named():
    made = request(query(O, N), ONE, analysis=analyzer_pb2.AnalyzeResponse(recalled=["Aurora"], confidence=0.8))
    made.recollection.facts.add(text="o Aurora paga em 30 dias")
    answer = said(made)
    assert answer.text == (
        "Continuando sobre Aurora. Quantidade de pedidos: 1.234. Lembrado: o Aurora paga em 30 dias."
    )
    assert list(answer.recalled) == ["Aurora", "o Aurora paga em 30 dias"]
    assert answer.confidence == 0.8


def test_what_a_plan_carried_over_is_named_by_the_question_before():
    condition = cmp(col("o.status"), "=", "a")
    condition.origin.kind = plan_pb2.LINK_KIND_CONTEXT
    made = request(query(O, N, where=condition), ONE)
    made.recollection.turns.add(question="Quantos pedidos do Aurora?")
    assert said(made).text.startswith("Continuando sobre “Quantos pedidos do Aurora?”.")
    made = request(query(O, N), ONE)
    made.recollection.turns.add(question="Quantos pedidos do Aurora?")
    assert said(made).recalled == []


def test_provenance_says_where_the_answer_is_from():
    made = request(
        query(O, N, by_name(table("item", "i"), "o", "r"), where=both(JUNE, flag("late", "o"))),
        ONE,
        statements=[result_pb2.Statement(sql="SELECT 1", purpose="main")],
        cache=result_pb2.CacheState(hit=True, age=Duration(seconds=3)),
        recollection=memorizer_pb2.Recollection(),
    )
    made.context.versions.catalog = "c1"
    made.context.as_of_time.FromSeconds(1763700000)
    provenance = said(made).provenance
    assert list(provenance.tables) == ["orders", "item"]
    assert list(provenance.filters) == ["atrasado"]
    assert provenance.period == "junho de 2025 em previsão"
    assert provenance.statements[0].sql == "SELECT 1"
    assert provenance.versions.catalog == "c1"
    assert provenance.cache.hit
    assert provenance.source == "store"
    assert provenance.as_of_time.seconds == 1763700000


@pytest.mark.parametrize(
    ("question", "locale"),
    [("Quantos pedidos?", "pt-BR"), ("How many orders are there?", "en-US"), ("", "pt-BR"), ("total", "pt-BR")],
)
def test_the_language_is_that_of_the_question_where_nobody_says(question, locale):
    made = request(query(O, N), ONE, locale="", question=question)
    assert compose(made, 5, "pt-BR").locale == locale


@pytest.mark.parametrize(
    ("made", "found", "kind", "x", "y"),
    [
        (MONTHLY, MONTHS, "line", "t", ["m"]),
        (GROUPED, GROUPS, "bar", "u", ["m"]),
        (query(O, N), ONE, "", "", []),
        (query(O, {"s": col("o.status")}), head([("s", TEXT)], [("a",), ("b",)]), "", "", []),
    ],
)
def test_a_chart_is_proposed_where_one_fits(made, found, kind, x, y):
    chart = said(request(made, found)).chart
    assert (chart.kind, chart.x, list(chart.y)) == (kind, x, y)


def test_a_wish_for_a_file_is_passed_on():
    made = request(query(O, N), ONE)
    made.plan.output_form = plan_pb2.OUTPUT_FORM_SPREADSHEET
    assert said(made).output_form == plan_pb2.OUTPUT_FORM_SPREADSHEET


def test_composing_changes_nothing_that_it_was_given():
    made = request(query(O, N, where=JUNE), ONE)
    before = made.SerializeToString(deterministic=True)
    compose(made, 5, "pt-BR")
    assert made.SerializeToString(deterministic=True) == before
