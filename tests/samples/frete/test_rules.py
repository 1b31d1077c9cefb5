"""Every rule of the domain holds in the generated rows, and every situation that it speaks of occurs."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from samples.frete.groups import GROUPS, cnpj

Value = Callable[[str], Any]
Ask = Callable[[str], list[tuple[Any, ...]]]

OPEN = "status_finalizacao IS NULL"


def test_check_digits() -> None:
    assert cnpj("00000000", 1) == "00.000.000/0001-91"


@pytest.mark.parametrize(
    ("rule", "broken"),
    {
        "the forecast is the appointment": """entregas_monitoradas
            WHERE data_agenda IS NOT NULL AND data_entrega_prevista IS DISTINCT FROM data_agenda""",
        "without one it is the shipment plus the lead time in business days": """entregas_monitoradas
            WHERE data_agenda IS NULL AND data_embarque IS NOT NULL AND lead_time IS NOT NULL
            AND (extract(isodow FROM data_entrega_prevista) > 5 OR lead_time <> (
                SELECT count(*) FROM generate_series(data_embarque + 1, data_entrega_prevista, '1 day') d
                WHERE extract(isodow FROM d) < 6))""",
        "and else there is none": """entregas_monitoradas
            WHERE data_agenda IS NULL AND (data_embarque IS NULL OR lead_time IS NULL)
            AND data_entrega_prevista IS NOT NULL""",
        "delivered is what finished as delivered": """entregas_monitoradas
            WHERE entregue <> (status_finalizacao IS NOT DISTINCT FROM 'Entregue')
            OR entregue <> (data_hora_entrega_realizada IS NOT NULL)""",
        "nothing is delivered before it left, or after today": """entregas_monitoradas
            WHERE data_hora_entrega_realizada::date <= data_embarque OR data_embarque < data_faturamento
            OR data_hora_entrega_realizada::date > :today OR data_embarque > :today""",
        "a reason is given only where it must be rescheduled": """entregas_monitoradas
            WHERE motivo_reagendamento IS NOT NULL AND NOT reagendar""",
        "only what was delivered has a signed receipt": """entregas_monitoradas
            WHERE canhoto_arquivo IS NOT NULL AND NOT entregue""",
        "a replaced NF names its successor, of the same client": """entregas_monitoradas o
            LEFT JOIN entregas_monitoradas n ON n.id = o.substituida_por_nf_id
            WHERE (o.status_finalizacao = 'Troca de NF') <> (o.nova_nf IS NOT NULL)
            OR o.nova_nf IS DISTINCT FROM n.numero_nf OR o.cnpj_cliente IS DISTINCT FROM
            coalesce(n.cnpj_cliente, o.cnpj_cliente)""",
        "the current appointment is the one made last": """entregas_monitoradas e
            LEFT JOIN (SELECT DISTINCT ON (entrega_id) * FROM agendamentos_entrega
            ORDER BY entrega_id, criado_em DESC) a ON a.entrega_id = e.id
            WHERE e.data_agenda IS DISTINCT FROM a.data_agendada""",
        "no two appointments of a delivery are made at the same time": """(
            SELECT 1 FROM agendamentos_entrega GROUP BY entrega_id, criado_em HAVING count(*) > 1) x""",
        "nobody leaves the client before arriving": """eventos_entrega
            WHERE data_hora_saida < data_hora_chegada""",
        "the order's status follows the precedence": """pedidos WHERE status IS DISTINCT FROM CASE
            WHEN nf_cd THEN 'NF no CD' WHEN nf IS NOT NULL THEN 'FATURADO'
            WHEN data_embarque IS NOT NULL THEN 'EMBARCADO' WHEN cotacao_id IS NOT NULL THEN 'COTADO'
            ELSE 'ABERTO' END""",
        "an order is back in the warehouse when its delivery is": """pedidos p
            JOIN entregas_monitoradas e ON e.numero_nf = p.nf WHERE p.nf_cd <> e.nf_cd""",
        "nobody ships or plans before the order": """pedidos
            WHERE data_embarque < data_pedido OR expedicao < data_pedido OR data_pedido > :today""",
        "a difference above R$ 5,00 is under discussion": """fretes
            WHERE (abs(valor_pago - valor_considerado) > 5 OR abs(valor_considerado - valor_cotado) > 5)
            AND NOT (status = 'EM_TRATATIVA' AND requer_aprovacao)""",
        "and nothing else is": """fretes WHERE status = 'EM_TRATATIVA'
            AND coalesce(abs(valor_pago - valor_considerado), 0) <= 5
            AND abs(valor_considerado - valor_cotado) <= 5""",
        "what is paid has an amount and a CTe": """fretes
            WHERE status = 'PAGO' AND (valor_pago IS NULL OR numero_cte IS NULL)""",
        "RED freights go to Guarulhos": """fretes f JOIN relatorio_faturamento_importado n
            ON n.numero_nf = ANY (string_to_array(f.numeros_nfs, ',')) WHERE n.incoterm = 'RED'
            AND (f.uf_destino, f.cidade_destino) <> ('SP', 'GUARULHOS')""",
        "RED items go to Guarulhos": """embarque_itens i JOIN relatorio_faturamento_importado n
            ON n.numero_nf = i.nota_fiscal WHERE n.incoterm = 'RED'
            AND (i.uf_destino, i.cidade_destino) <> ('SP', 'GUARULHOS')""",
        "other freights go to the client's city": """fretes f JOIN relatorio_faturamento_importado n
            ON n.numero_nf = split_part(f.numeros_nfs, ',', 1) WHERE n.incoterm = 'CIF'
            AND (f.uf_destino, f.cidade_destino) <> (n.estado, n.municipio)""",
        "collected goods have no freight": """fretes WHERE tipo_carga = 'FOB'""",
        "a freight's NFs are counted and summed": """fretes f WHERE (quantidade_nfs, valor_total_nfs) <> (
            SELECT count(*), sum(valor_total) FROM relatorio_faturamento_importado n
            WHERE n.numero_nf = ANY (string_to_array(f.numeros_nfs, ',')))""",
        "and belong to its client": """fretes f JOIN relatorio_faturamento_importado n
            ON n.numero_nf = ANY (string_to_array(f.numeros_nfs, ','))
            WHERE n.cnpj_cliente <> f.cnpj_cliente""",
        "a bill is the sum of its freights": """faturas_frete b LEFT JOIN (
            SELECT fatura_frete_id, sum(valor_considerado) total FROM fretes GROUP BY 1) f
            ON f.fatura_frete_id = b.id WHERE b.valor_total_fatura IS DISTINCT FROM f.total""",
        "a freight is on a bill of its carrier": """fretes f JOIN faturas_frete b ON b.id = f.fatura_frete_id
            WHERE b.transportadora_id <> f.transportadora_id""",
        "an NF is the sum of its products": """relatorio_faturamento_importado n LEFT JOIN (
            SELECT numero_nf, sum(valor) total FROM faturamento_produto GROUP BY 1) p USING (numero_nf)
            WHERE n.valor_total IS DISTINCT FROM p.total""",
        "a product line is quantity times price": """faturamento_produto WHERE valor <> qtd * preco""",
        "a shipment is the sum of its items": """embarques e JOIN (SELECT embarque_id, sum(valor) valor,
            sum(peso) peso, sum(pallets) pallets FROM embarque_itens GROUP BY 1) i ON i.embarque_id = e.id
            WHERE (e.valor_total, e.peso_total, e.pallet_total) <> (i.valor, i.peso, i.pallets)""",
        "no shipment is empty": """embarques
            WHERE id NOT IN (SELECT embarque_id FROM embarque_itens) OR valor_total <= 0""",
        "items of a cancelled shipment are cancelled": """embarque_itens i
            JOIN embarques e ON e.id = i.embarque_id
            WHERE (i.status = 'cancelado') <> (e.status = 'cancelado')""",
        "a draft or cancelled shipment has not left": """embarques
            WHERE data_embarque IS NOT NULL AND status <> 'ativo' OR data_embarque > :today""",
        "the appointment on an item is a date in text": """embarque_itens
            WHERE data_agenda !~ '^[0-3][0-9]/[01][0-9]/20[0-9]{2}$'""",
        "a truck that left is out of the gate, and no other": """controle_portaria g
            JOIN embarques e ON e.id = g.embarque_id
            WHERE (g.status = 'SAIU') <> (e.data_embarque IS NOT NULL)""",
        "the gate's times fit its status": """controle_portaria
            WHERE (data_hora_chegada IS NULL) <> (status = 'PENDENTE')
            OR (data_hora_saida IS NULL) = (status = 'SAIU')
            OR (data_hora_entrada IS NULL) <> (status IN ('PENDENTE', 'AGUARDANDO'))
            OR data_hora_entrada < data_hora_chegada OR data_hora_saida < data_hora_entrada""",
        "each client has one seller": """(SELECT 1 FROM entregas_monitoradas GROUP BY cnpj_cliente
            HAVING count(DISTINCT vendedor) > 1) x""",
        "a seller's user sees a seller that exists": """usuarios u WHERE (perfil = 'vendedor') <>
            (vendedor_vinculado IS NOT NULL) OR perfil = 'vendedor' AND NOT EXISTS (
            SELECT 1 FROM entregas_monitoradas e WHERE e.vendedor = u.vendedor_vinculado)""",
        "origem is the order's number": """relatorio_faturamento_importado WHERE origem !~ '^[0-9]+$'""",
    }.items(),
)
def test_rule(value: Value, rule: str, broken: str) -> None:
    assert value(f"SELECT count(*) FROM {broken}") == 0, rule


@pytest.mark.parametrize(
    ("situation", "at_least"),
    [
        (f"entregas_monitoradas WHERE {OPEN} AND data_entrega_prevista < :today", 50),
        (f"entregas_monitoradas WHERE {OPEN} AND data_entrega_prevista >= :today", 100),
        (f"entregas_monitoradas WHERE {OPEN} AND data_entrega_prevista IS NULL", 10),
        (f"entregas_monitoradas WHERE {OPEN} AND data_embarque IS NOT NULL AND NOT nf_cd", 100),
        (f"entregas_monitoradas WHERE {OPEN} AND nf_cd", 5),
        (f"entregas_monitoradas WHERE {OPEN} AND reagendar", 20),
        (f"entregas_monitoradas WHERE {OPEN} AND pendencia_financeira", 5),
        ("entregas_monitoradas WHERE data_hora_entrega_realizada::date > data_entrega_prevista", 1000),
        ("entregas_monitoradas WHERE data_hora_entrega_realizada::date = :today", 5),
        ("entregas_monitoradas WHERE data_agenda > :today + 7", 20),
        ("entregas_monitoradas WHERE entregue AND canhoto_arquivo IS NULL", 500),
        (
            f"""entregas_monitoradas e WHERE data_agenda IS NULL AND {OPEN} AND EXISTS (SELECT 1
            FROM contatos_agendamento c WHERE c.cnpj = e.cnpj_cliente AND c.forma <> 'SEM AGENDAMENTO')""",
            20,
        ),
        ("relatorio_faturamento_importado WHERE data_fatura = :today", 10),
        ("relatorio_faturamento_importado WHERE NOT ativo", 50),
        ("pedidos WHERE data_pedido = :today", 10),
        ("pedidos WHERE rota = 'NE'", 1000),
        ("pedidos WHERE expedicao > :today", 30),
        ("embarques WHERE data_prevista_embarque = :today + 1", 3),
        ("embarques e JOIN controle_portaria g ON g.embarque_id = e.id WHERE e.data_embarque IS NULL", 3),
        ("controle_portaria WHERE status = 'DENTRO'", 1),
        ("controle_portaria WHERE status = 'AGUARDANDO'", 1),
        ("fretes WHERE numero_cte IS NULL", 50),
        ("fretes WHERE status = 'PENDENTE' AND requer_aprovacao", 20),
        ("fretes WHERE status = 'APROVADO' AND valor_pago IS NULL", 50),
        ("fretes WHERE quantidade_nfs > 2", 500),
        ("transportadoras WHERE freteiro AND ativo", 5),
        ("transportadoras WHERE NOT ativo", 2),
        ("(SELECT 1 FROM pedidos GROUP BY num_pedido HAVING count(*) > 1) x", 100),
        ("(SELECT 1 FROM contatos_agendamento GROUP BY cnpj HAVING count(*) > 1) x", 3),
    ],
)
def test_situation(value: Value, situation: str, at_least: int) -> None:
    assert value(f"SELECT count(*) FROM {situation}") >= at_least


@pytest.mark.parametrize(
    ("column", "values"),
    [
        ("embarques.status", "draft ativo cancelado"),
        ("embarques.tipo_carga", "FRACIONADA DIRETA FOB"),
        ("embarque_itens.status", "ativo cancelado"),
        ("relatorio_faturamento_importado.incoterm", "CIF FOB RED"),
        ("fretes.status", "PENDENTE EM_TRATATIVA APROVADO REJEITADO PAGO CANCELADO"),
        ("faturas_frete.status_conferencia", "PENDENTE EM_CONFERENCIA CONFERIDO"),
        ("agendamentos_entrega.status", "aguardando confirmado"),
        ("controle_portaria.status", "PENDENTE AGUARDANDO DENTRO SAIU"),
        ("usuarios.perfil", "vendedor logistica financeiro gerente"),
    ],
)
def test_the_statuses_are_those_of_the_domain(ask: Ask, column: str, values: str) -> None:
    table, name = column.split(".")
    held = {row[0] for row in ask(f"SELECT DISTINCT {name} FROM {table}")}
    assert held == set(values.split())


@pytest.mark.parametrize(
    ("column", "values"),
    [
        (
            "entregas_monitoradas.status_finalizacao",
            {None, "Entregue", "Cancelada", "Devolvida", "Troca de NF"},
        ),
        ("eventos_entrega.tipo_evento", {"entrega", "reentrega", "tentativa", "NF no CD"}),
        (
            "contatos_agendamento.forma",
            {"PORTAL", "TELEFONE", "E-MAIL", "COMERCIAL", "WhatsApp", "SEM AGENDAMENTO"},
        ),
    ],
)
def test_the_kinds_are_those_of_the_domain(ask: Ask, column: str, values: set[str | None]) -> None:
    table, name = column.split(".")
    assert {row[0] for row in ask(f"SELECT DISTINCT {name} FROM {table}")} == values


@pytest.mark.parametrize(
    ("name", "roots"),
    [
        ("AURORA%", {"06.057.223"}),
        ("BANDEIRAO%", {"75.315.333", "00.063.960"}),
        ("BDR COMERCIO DO SUL%", {"93.209.765"}),
        ("CRUZEIRO%", {"45.543.915"}),
        ("BARRACA%", {"01.157.555"}),
        ("FORTE ATACADISTA%", {"09.477.652"}),
    ],
)
def test_a_group_is_its_cnpj_roots_and_has_several_stores(ask: Ask, name: str, roots: set[str]) -> None:
    rows = ask(f"""SELECT DISTINCT left(cnpj_cliente, 10), cnpj_cliente FROM entregas_monitoradas
        WHERE cliente LIKE '{name}'""")
    assert {root for root, _ in rows} == roots
    assert len(rows) >= 5


def test_groups_without_a_root_of_their_own(ask: Ask, value: Value) -> None:
    coco = ask("""SELECT count(DISTINCT cliente), count(DISTINCT left(cnpj_cliente, 10))
        FROM entregas_monitoradas WHERE cliente LIKE '%COCO VERDE%'""")
    assert coco == [(1, 7)]
    novo = ask("SELECT DISTINCT cliente FROM entregas_monitoradas WHERE cliente LIKE 'REDE MERCADO NOVO%' ORDER BY 1")
    assert [name for (name,) in novo] == [f"REDE MERCADO NOVO LJ {n:02d}" for n in range(1, 14)]
    assert value("SELECT count(DISTINCT cliente) FROM entregas_monitoradas WHERE cliente LIKE 'MERCANTIL RAMALHO%'") > 5


def test_a_few_clients_make_most_of_the_volume(value: Value) -> None:
    groups = sum(len(brand.roots) or brand.stores for group in GROUPS for brand in group.brands)
    share = value(f"""SELECT sum(n) FILTER (WHERE place <= {groups}) / sum(n) FROM (
        SELECT count(*) n, row_number() OVER (ORDER BY count(*) DESC) place
        FROM entregas_monitoradas GROUP BY left(cnpj_cliente, 10)) x""")
    assert share > 0.6


def test_the_states(ask: Ask, value: Value) -> None:
    assert value("SELECT count(DISTINCT uf) FROM entregas_monitoradas") == 27
    busy = value("SELECT avg((uf IN ('SP', 'MG', 'RJ', 'PR', 'BA', 'PE', 'CE'))::int) FROM entregas_monitoradas")
    assert 0.67 < busy < 0.73
    assert value("SELECT count(*) FROM cidades WHERE uf NOT IN (SELECT uf FROM entregas_monitoradas)") == 0


def test_weekends_are_quiet_and_december_peaks(ask: Ask, value: Value) -> None:
    weekend = value("SELECT avg((extract(isodow FROM data_fatura) > 5)::int) FROM relatorio_faturamento_importado")
    assert 0 < weekend < 0.03
    months = ask("""SELECT extract(month FROM data_fatura), count(*) FROM relatorio_faturamento_importado
        WHERE data_fatura >= '2024-01-01' AND data_fatura < '2025-01-01' GROUP BY 1 ORDER BY 2 DESC""")
    assert months[0][0] == 12
    assert months[0][1] > 1.2 * months[1][1]


def test_the_history_spans_two_years_and_looks_ahead(ask: Ask) -> None:
    ((first, last, ahead),) = ask("""SELECT :today - min(data_faturamento), :today - max(data_faturamento),
        max(data_entrega_prevista) - :today FROM entregas_monitoradas""")
    assert 725 <= first <= 740
    assert last == 0
    assert 10 <= ahead <= 45


def test_heavy_loads_slow_carriers_and_december_are_late_more_often(ask: Ask, value: Value) -> None:
    late = "avg((e.data_hora_entrega_realizada::date > e.data_entrega_prevista)::int::float)"
    quarters = [
        row[0]
        for row in ask(f"""SELECT {late} FROM entregas_monitoradas e
        JOIN (SELECT numero_nf, ntile(4) OVER (ORDER BY peso_bruto) q FROM relatorio_faturamento_importado) w
        ON w.numero_nf = e.numero_nf WHERE entregue GROUP BY q ORDER BY q""")
    ]
    assert quarters[3] > 1.5 * quarters[0]
    assert value(f"""SELECT {late} FILTER (WHERE extract(month FROM data_entrega_prevista) = 12) > {late}
        FROM entregas_monitoradas e WHERE entregue""")
    spread = ask(f"""SELECT {late} FROM entregas_monitoradas e WHERE entregue GROUP BY transportadora
        HAVING count(*) > 300 ORDER BY 1""")
    assert spread[-1][0] > 1.4 * spread[0][0]
