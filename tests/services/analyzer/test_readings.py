"""Kinds of questions, each as the reading that the grammar makes of it; on a model without a line of configuration."""

from datetime import date

import pytest

from services.analyzer.decide import Decision, decide
from services.analyzer.explain import sketch
from services.analyzer.parse import parse, with_values
from services.analyzer.suggest import asks_what, suggestions
from services.analyzer.vocabulary import compile_vocabulary
from tests.services.analyzer.models import freight

VOCABULARY = compile_vocabulary(freight())
TODAY = date(2025, 11, 19)
INVOICED = "relatorio_faturamento_importado.data_fatura"


def decided(question: str) -> Decision:
    parsed = with_values(parse(question, VOCABULARY, TODAY), {}, VOCABULARY)
    return decide(parsed, {}, VOCABULARY)


def read(question: str) -> str:
    decision = decided(question)
    assert decision.outcome == "plan", decision.findings
    assert decision.best is not None
    return f"{decision.best.reading.intent}: {sketch(decision.best.reading)}"


@pytest.mark.parametrize(
    ("question", "parts"),
    [
        ("Qual o percentual de entregas atrasadas por vendedor?",
         ["100 * (count(*@entregas_monitoradas)[entregas_monitoradas.atrasada] / count(", "by entregas_monitoradas.vendedor"]),
        ("Qual foi a diferença de faturamento entre outubro e setembro de 2025?",
         [f"(faturamento[{INVOICED} in [2025-10-01, 2025-11-01)] - faturamento[{INVOICED} in [2025-09-01, 2025-10-01)])"]),
        ("Compare o faturamento de setembro com o de outubro de 2025",
         [f"by month({INVOICED})", "[2025-09-01, 2025-10-01) or "]),
        ("Por que o faturamento de outubro de 2025 foi diferente do de setembro de 2025?",
         ["explanation:", "contrast faturamento of", "with relatorio_faturamento_importado.data_fatura in [2025-09-01"]),
        ("Por que o faturamento caiu em outubro de 2025?", ["explanation:", "in [2025-10-01, 2025-11-01) with", "[2025-09-01"]),
        ("Existe correlação entre o valor e o lead time das entregas?",
         ["correlation: corr(entregas_monitoradas.valor_nf, entregas_monitoradas.lead_time)"]),
        ("Qual a previsão de faturamento para o próximo mês?", ["forecast: month(", f"{INVOICED} in [None, 2025-11-01)"]),
        ("Entregas pendentes há mais de 60 dias", ["entregas_monitoradas.data_embarque in [None, 2025-09-20)", "pendente"]),
        ("Quantos pedidos entraram nos fins de semana?", ["count: count(*@pedidos)", "weekday(pedidos.data_pedido) > 5"]),
        ("Quem é o vendedor com mais entregas?", ["order count(*@entregas_monitoradas) desc limit 1"]),
        ("Em qual mês de 2025 mais se faturou?", [f"by month({INVOICED}) order faturamento desc limit 1"]),
        ("Quantas entregas por dia da semana?", ["by weekday(entregas_monitoradas.data_embarque)"]),
        ("Pedidos acima de 50 mil reais", ["pedidos.valor_saldo_total > 50000"]),
        ("Pedidos entre 10 mil e 20 mil reais", ["pedidos.valor_saldo_total in [10000, 20000]"]),
        ("Pedidos com mais de 300 kg", ["pedidos.peso_total > 300"]),
        ("Quais transportadoras não tiveram embarques em outubro de 2025?",
         ["no related transportadoras->embarques [embarques.data_embarque in [2025-10-01, 2025-11-01)]"]),
        ("Mostre os últimos 5 pedidos", ["order pedidos.data_pedido desc limit 5", "is not null"]),
        ("Qual a diferença entre o valor cotado e o valor pago dos fretes?",
         ["(sum(fretes.valor_cotado) - sum(fretes.valor_pago))"]),
        ("Quando saiu a nota 123?", ["list: entregas_monitoradas.data_embarque", "numero_nf = '123'"]),
        ("Quantas entregas por cliente e período?", ["by month(entregas_monitoradas.data_embarque), entregas_monitoradas.cliente"]),
        ("Média de valor por pedido", ["value: avg(pedidos.valor_saldo_total) from pedidos"]),
        ("Quanto faturou o Aurora em outubro de 2025, por vendedor? Quero só o total", ["value: faturamento from"]),
        ("Exportar dados de junho para planilha", ["from entregas_monitoradas", "data_embarque in [2025-06-01, 2025-07-01)"]),
        ("Mostre dados do Aurora", ["list: ", "from entregas_monitoradas where entregas_monitoradas:Aurora"]),
    ],
    ids=lambda value: value[:40] if isinstance(value, str) else "",
)  # fmt: skip
def test_each_kind_of_question_has_its_reading(question: str, parts: list[str]) -> None:
    text = read(question)
    for part in parts:
        assert part in text


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("entrgas atrasadsa do aurora", "entregas atrasadas do Aurora"),
        ("embarques do mez passado", "embarques do mês passado"),
        ("qtsa entregas por vendedro?", "quantas entregas por vendedor?"),
        ("pedidos dests semana", "pedidos desta semana"),
        ("notas dos ultimos 7 das", "notas dos últimos 7 dias"),
        ("comapre o faturamento de setembro com o de outbro de 2025", "compare o faturamento de setembro com o de outubro de 2025"),
    ],
)  # fmt: skip
def test_typing_errors_change_nothing(typed: str, meant: str) -> None:
    assert read(typed) == read(meant)


@pytest.mark.parametrize("question", ["pedidos por dron", "entregas em Xptolandia", "entregas da semna retrasada"])
def test_a_word_in_the_place_of_a_value_is_never_ignored(question: str) -> None:
    assert decided(question).outcome == "refusal"


@pytest.mark.parametrize(
    "question", ["Fretes do cliente X", "fretes do cliente x", "Embarques da transportadora [NOME]"]
)
def test_a_name_left_open_is_asked_for(question: str) -> None:
    assert decided(question).outcome == "clarification"


def test_what_the_words_do_not_name_is_not_taken() -> None:
    # "em dia", "no prazo" and "prazo de entrega" share their words with these.
    assert "atrasada" not in read("Entregas por dia na semana passada")
    assert (
        "entregas_monitoradas.prazo"
        not in read("Entregas do Aurora no prazo de outubro de 2025").partition(" from ")[2]
    )


def test_a_default_is_told() -> None:
    decision = decided("Exportar dados de junho para planilha")
    assert decision.best is not None
    assert [each.kind for each in decision.best.plan.assumptions] == ["dataset"]


def test_what_can_be_asked_is_proposed_in_the_language_of_the_asker() -> None:
    assert asks_what("O que posso perguntar?")
    assert asks_what("what can I ask?")
    assert not asks_what("O que posso perguntar sobre o Aurora?")
    assert suggestions(VOCABULARY, "pt", 5)


def test_contributions_stand_in_one_table() -> None:
    decision = decided("Por que o faturamento de outubro de 2025 foi diferente do de setembro de 2025?")
    assert decision.best is not None
    query = decision.best.plan.query
    assert [each.name for each in query.select.projections] == ["dimensao", "valor", "antes", "depois", "diferenca"]
    assert query.order_by[0].descending
    assert query.limit
    assert [each.kind for each in decision.best.plan.assumptions] == ["method"]
