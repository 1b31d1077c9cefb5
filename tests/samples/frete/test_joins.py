"""The joins that nobody declared do join, at the rates of real life: high, and not always complete."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

Value = Callable[[str], Any]


@pytest.mark.parametrize(
    ("column", "other", "low", "high"),
    [
        ("relatorio_faturamento_importado.origem", "pedidos.num_pedido", 0.95, 0.999),
        ("pedidos.nf", "entregas_monitoradas.numero_nf", 0.93, 0.999),
        ("pedidos.nf", "relatorio_faturamento_importado.numero_nf", 1.0, 1.0),
        ("entregas_monitoradas.numero_nf", "relatorio_faturamento_importado.numero_nf", 1.0, 1.0),
        ("embarque_itens.nota_fiscal", "relatorio_faturamento_importado.numero_nf", 1.0, 1.0),
        ("embarque_itens.nota_fiscal", "entregas_monitoradas.numero_nf", 0.93, 0.999),
        ("embarque_itens.separacao_lote_id", "pedidos.separacao_lote_id", 0.95, 0.999),
        ("embarque_itens.pedido", "pedidos.num_pedido", 0.95, 0.999),
        ("entregas_monitoradas.cnpj_cliente", "contatos_agendamento.cnpj", 0.9, 0.999),
        ("entregas_monitoradas.transportadora", "transportadoras.razao_social", 0.95, 0.999),
        ("faturamento_produto.numero_nf", "relatorio_faturamento_importado.numero_nf", 1.0, 1.0),
        ("relatorio_faturamento_importado.codigo_ibge", "cidades.codigo_ibge", 1.0, 1.0),
    ],
)
def test_values_of_one_column_are_found_in_the_other(
    value: Value, column: str, other: str, low: float, high: float
) -> None:
    (table, name), (to, key) = column.split("."), other.split(".")
    share = value(f"""SELECT avg(({name} IN (SELECT {key} FROM {to}))::int) FROM {table}
        WHERE {name} IS NOT NULL""")
    assert low <= share <= high


@pytest.mark.parametrize(
    ("column", "low", "high"),
    [
        ("pedidos.separacao_lote_id", 1.0, 1.0),
        ("pedidos.num_pedido", 0.95, 0.999),
        ("entregas_monitoradas.numero_nf", 1.0, 1.0),
        ("relatorio_faturamento_importado.numero_nf", 1.0, 1.0),
        ("contatos_agendamento.cnpj", 0.95, 0.999),
        ("transportadoras.razao_social", 1.0, 1.0),
    ],
)
def test_how_unique_the_other_side_is(value: Value, column: str, low: float, high: float) -> None:
    table, name = column.split(".")
    assert low <= value(f"SELECT count(DISTINCT {name})::float / count({name}) FROM {table}") <= high


def test_a_freight_lists_nfs_that_exist(value: Value) -> None:
    assert (
        value("""SELECT avg((nf IN (SELECT numero_nf FROM relatorio_faturamento_importado))::int)
        FROM fretes, unnest(string_to_array(numeros_nfs, ',')) nf""")
        == 1
    )


def test_only_what_the_domain_declares_is_declared(value: Value) -> None:
    assert value("SELECT count(*) FROM pg_constraint WHERE contype = 'f'") == 15
