"""Questions typed as people type them, and the readings that must not be taken for them."""

from datetime import date

import pytest

from services.analyzer.decide import Decision, decide
from services.analyzer.explain import sketch
from services.analyzer.link import FoundValue
from services.analyzer.parse import parse, with_values
from services.analyzer.suggest import asks_to_write, asks_what
from services.analyzer.tongue import language_of
from services.analyzer.vocabulary import compile_vocabulary
from tests.services.analyzer.models import freight, terms

TODAY = date(2025, 11, 19)
MODEL = freight()
for _each in MODEL.datasets:
    if _each.name == "pedidos":
        _each.default_measure = "valor_saldo_total"
        _each.terms.extend(terms("order", "orders", locale="en"))
    if _each.name == "fretes":
        _each.default_measure = "valor_considerado"
        _each.terms.extend(terms("freight", "freights", locale="en"))
    if _each.name == "transportadoras":
        _each.terms.extend(terms("carrier", "carriers", locale="en"))
VOCABULARY = compile_vocabulary(MODEL)
INVOICED = "relatorio_faturamento_importado.data_fatura"


def decided(question: str, found: dict[str, list[FoundValue]] | None = None) -> Decision:
    parsed = with_values(parse(question, VOCABULARY, TODAY), found or {}, VOCABULARY)
    return decide(parsed, found or {}, VOCABULARY)


def read(question: str, found: dict[str, list[FoundValue]] | None = None) -> str:
    decision = decided(question, found)
    assert decision.outcome == "plan", decision.findings
    assert decision.best is not None
    return sketch(decision.best.reading)


@pytest.mark.parametrize(
    ("question", "parts"),
    [
        ("menor pedido de outubro de 2025", ["order pedidos.valor_saldo_total limit 1"]),
        ("5 maiores pedidos de 2025", ["order pedidos.valor_saldo_total desc limit 5"]),
        ("maior frete", ["order fretes.valor_considerado desc limit 1"]),
        ("qual rota tem mais peso", ["pedidos.rota, sum(pedidos.peso_total)", "by pedidos.rota order sum(pedidos.peso_total) desc"]),
        ("ticket médio por cliente top 10", ["nome_cliente, ticket_medio", "order ticket_medio desc limit 10"]),
        ("entregas atrasadas por uf top 3", ["by entregas_monitoradas.uf order count(*@entregas_monitoradas) desc limit 3"]),
        ("% de entregas atrasadas por vendedor", ["100 * (count(*@entregas_monitoradas)[entregas_monitoradas.atrasada]"]),
        ("qual % dos fretes está em tratativa", ["100 * (count(*@fretes)[fretes.status = 'EM_TRATATIVA']"]),
        ("participação de SP no faturamento", ["100 * (faturamento[relatorio_faturamento_importado.estado = 'SP'] / faturamento)"]),
        ("participação de cada cliente no faturamento", ["nome_cliente, faturamento, share(faturamento)"]),
        ("fretes com valor pago maior que o valor cotado", ["where fretes.valor_pago > fretes.valor_cotado"]),
        ("clientes com faturamento acima de 10 milhões em 2025", ["having faturamento > 10000000"]),
        ("pedidos acima de 20k", ["pedidos.valor_saldo_total > 20000"]),
        ("pedidos entre 10 e 20 kg", ["pedidos.peso_total in [10, 20]"]),
        ("faturamento por cliente e mês", ["by month(", "nome_cliente"]),
        ("faturamento do 1o trimestre de 2025", [f"{INVOICED} in [2025-01-01, 2025-04-01)"]),
    ],
)  # fmt: skip
def test_what_is_typed_in_a_hurry_is_read(question: str, parts: list[str]) -> None:
    text = read(question)
    for part in parts:
        assert part in text


@pytest.mark.parametrize(
    ("question", "word"),
    [
        ("mediana do valor dos pedidos", "mediana"),
        ("média móvel do faturamento", "móvel"),
        ("crescimento do faturamento", "crescimento"),
        ("clientes que não compraram nada em outubro de 2025", "nada"),
        ("pedidos extraviados", "extraviados"),
        ("pior transportadora", "pior"),
        ("diferença de peso entre pedidos e embarques", "diferença de"),
        ("quantos faturamentos", "quantos"),
    ],
)
def test_a_word_that_changes_the_answer_is_never_left_out(question: str, word: str) -> None:
    decision = decided(question)
    assert decision.outcome != "plan"
    assert word in {dict(each.params).get("text", "").lower() for each in decision.findings}


@pytest.mark.parametrize(
    ("question", "noun"),
    [
        ("senha dos clientes", "senha"),
        ("uf e senha das transportadoras", "senha"),
        ("mostre os salários médios das transportadoras", "salários"),
        ("qual o salário médio das transportadoras", "salário"),
        ("carrier salaries", "salaries"),
    ],
)
def test_what_things_do_not_have_is_said(question: str, noun: str) -> None:
    decision = decided(question)
    (finding,) = decision.findings
    assert (decision.outcome, finding.code) == ("refusal", "question.not_known")
    assert noun in dict(finding.params)["text"]


def test_a_part_of_a_name_stands_for_all_that_have_it() -> None:
    several = [FoundValue("pedidos", "raz_social_red", f"ATACADO {name} LTDA", 0.92, "word") for name in ("SOL", "LUA")]
    assert "raz_social_red words 'atacado'" in read("valor dos pedidos do atacado", {"atacado": several})
    one = [FoundValue("pedidos", "raz_social_red", "ATACADO SOL LTDA", 0.92, "word")]
    assert "raz_social_red = 'ATACADO SOL LTDA'" in read("valor dos pedidos do atacado", {"atacado": one})


@pytest.mark.parametrize("number", ["9" * 30, "-" + "9" * 30, "9" * 190, "9" * 18])
def test_numbers_beyond_all_bounds_are_numbers(number: str) -> None:
    assert number.strip("-") in str(decided(f"pedidos com peso maior que {number}").best.plan)  # type: ignore[union-attr]


def test_signs_and_figures_resemble_no_name() -> None:
    found = {"' OR 1=1 --": [FoundValue("transportadoras", "razao_social", "GERENTE 1", 0.9, "alike")]}
    assert decided('pedidos do cliente "\' OR 1=1 --"', found).outcome != "plan"


def test_a_carrier_is_the_one_that_the_freight_refers_to() -> None:
    name = "expresso azul"
    found = {
        name: [
            FoundValue("entregas_monitoradas", "transportadora", "EXPRESSO AZUL", 1.0, "exact"),
            FoundValue("transportadoras", "razao_social", "EXPRESSO AZUL LTDA", 0.9, "alike"),
        ]
    }
    assert "transportadoras.razao_social = 'EXPRESSO AZUL LTDA'" in read(f"valor dos fretes da {name}", found)


def test_values_of_one_field_are_alternatives_however_many_spellings_each_has() -> None:
    def spelled(*names: str) -> list[FoundValue]:
        return [FoundValue("entregas_monitoradas", "transportadora", name, 1.0, "exact") for name in names]

    found = {"alfa": spelled("ALFA", "ALFA LTDA"), "beta": spelled("BETA", "BETA LTDA")}
    text = read("lead time médio das entregas da alfa e da beta", found)
    assert "transportadora in ['ALFA', 'ALFA LTDA', 'BETA', 'BETA LTDA']" in text


@pytest.mark.parametrize(
    "question", ["delete all orders", "apague os pedidos", "cancele o pedido 123", "drop table pedidos"]
)
def test_data_are_not_changed(question: str) -> None:
    assert asks_to_write(question)
    assert [each.code for each in decided(question).findings] == ["NOT_READ_ONLY"]


@pytest.mark.parametrize("question", ["pedidos cancelados", "entregas excluídas", "set de 2025"])
def test_what_was_changed_may_be_asked(question: str) -> None:
    assert not asks_to_write(question)


@pytest.mark.parametrize("question", ["bom dia", "oi, tudo bem?", "Hello!", "o q posso perguntar", "o que vc responde"])
def test_greetings_and_cries_for_help_are_no_questions_about_data(question: str) -> None:
    assert asks_what(question)


@pytest.mark.parametrize(
    ("question", "language"),
    [
        ("freights due tomorrow", "en"),
        ("carriers freights", "en"),
        ("pedidos w/o nf", "en"),
        ("fretes vencidos", "pt"),
        ("email do cliente", "pt"),
    ],
)
def test_words_of_the_model_tell_the_language_where_no_others_do(question: str, language: str) -> None:
    assert language_of(question, VOCABULARY).code == language


def test_a_place_behind_where_things_are_is_a_place() -> None:
    (finding,) = decided("transportadoras situadas em atlantida").findings
    assert (finding.code, dict(finding.params)["text"]) == ("question.value_unknown", "atlantida")


def test_a_word_that_the_model_knows_is_not_told_to_be_missing_in_the_data() -> None:
    decision = decided("diferença entre pedidos por placa")
    assert "question.value_unknown" not in {each.code for each in decision.findings}


@pytest.mark.parametrize(
    "question",
    [
        "carriers that never delivered to SP",
        "transportadoras que nunca entregaram em SP",
        "pedidos que nunca foram de SP",
    ],
)
def test_what_never_happened_is_not_what_is_otherwise(question: str) -> None:
    decision = decided(question)
    where = sketch(decision.best.reading) if decision.outcome == "plan" and decision.best else ""
    assert "<>" not in where


def test_what_never_happened_has_no_partner() -> None:
    assert "no related transportadoras->" in read("transportadoras que nunca tiveram fretes")
