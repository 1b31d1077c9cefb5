"""Rows of pedidos, cotacoes, embarques and embarque_itens for the orders that have not been invoiced yet."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from samples.frete import columns as c
from samples.frete.backlog import GONE, OPEN, Trucks, Waiting, planned_trucks, waiting
from samples.frete.columns import Sheet
from samples.frete.draws import Ints
from samples.frete.freights import quoted
from samples.frete.loads import CARGO, MODES, kind
from samples.frete.orders import FIRST_ORDER, STATUSES, protocol, status
from samples.frete.rows.orders import lot, order_head, routes
from samples.frete.rows.trucks import ACTIVE, DRAFT, FIRST_NUMBER
from samples.frete.rows.trucks import STATUSES as SHIPMENT_STATUSES
from samples.frete.world import Scene


@dataclass(frozen=True)
class Used:
    """What the history before has used up; quotes: the next id, items: the highest."""

    rows: int
    shipments: int
    quotes: int
    items: int


def backlog(scene: Scene, deliveries: int, used: Used) -> Iterator[tuple[str, Sheet]]:
    """(table, rows) of everything that waits."""
    orders = waiting(scene, deliveries, used.rows)
    trucks = planned_trucks(scene, orders, used.shipments)
    quotes = used.quotes + np.arange(len(trucks.number))
    yield "pedidos", _orders(scene, orders, trucks, quotes)
    yield "embarque_itens", _items(scene, orders, trucks, used.items)
    yield from _trucks(scene, orders, trucks, quotes)


def _orders(scene: Scene, orders: Waiting, trucks: Trucks, quotes: Ints) -> Sheet:
    row, client, stage = orders.row, orders.client, orders.stage
    never = np.zeros(len(row), dtype=bool)
    quote = np.zeros(len(row), dtype=np.int64)
    quote[orders.loaded] = quotes[trucks.of_order]
    return {
        "id": c.plain(row + 1),
        **order_head(scene, row, client, FIRST_ORDER + row, orders.ordered),
        "separacao_lote_id": lot(row),
        "valor_saldo_total": c.hundredths(orders.value),
        "peso_total": c.thousandths(orders.grams),
        "pallet_total": c.thousandths(orders.pallets),
        **routes(scene.world, client, np.zeros(len(row), dtype=np.int64)),
        "expedicao": c.dates(orders.planned, orders.has_plan),
        "agendamento": c.dates(orders.appointment, orders.appointed),
        "protocolo": c.codes("AG", protocol(row), orders.appointed),
        "data_embarque": c.dates(orders.planned, stage == GONE),
        "nf": c.constant(None, len(row)),
        "status": c.texts(STATUSES, status(never, never, stage == GONE, stage > OPEN)),
        "nf_cd": c.plain(never),
        "cotacao_id": c.plain(quote, orders.loaded),
    }


def _items(scene: Scene, orders: Waiting, trucks: Trucks, last_id: int) -> Sheet:
    on = np.flatnonzero(orders.loaded)
    row, client, appointed = orders.row[on], orders.client[on], orders.appointed[on]
    head = order_head(scene, row, client, FIRST_ORDER + row, orders.ordered[on])
    return {
        "id": c.plain(last_id + 1 + np.arange(len(on))),
        "embarque_id": c.plain(trucks.number[trucks.of_order] + 1),
        "separacao_lote_id": lot(row),
        "cnpj_cliente": head["cnpj_cpf"],
        "cliente": c.texts(scene.world.clients.name, client),
        "pedido": head["num_pedido"],
        "nota_fiscal": c.constant(None, len(on)),
        "data_agenda": c.day_texts(orders.appointment[on], appointed),
        "protocolo_agendamento": c.codes("AG", protocol(row), appointed),
        "peso": c.thousandths(orders.grams[on]),
        "valor": c.hundredths(orders.value[on]),
        "pallets": c.thousandths(orders.pallets[on]),
        "status": c.constant("ativo", len(on)),
        "uf_destino": head["cod_uf"],
        "cidade_destino": head["nome_cidade"],
    }


def _trucks(scene: Scene, orders: Waiting, trucks: Trucks, quotes: Ints) -> Iterator[tuple[str, Sheet]]:
    on, count = orders.loaded, len(trucks.number)
    value, grams, pallets = (
        np.bincount(trucks.of_order, weights=column[on], minlength=count).astype(np.int64)
        for column in (orders.value, orders.grams, orders.pallets)
    )
    cargo, mode = kind(scene.draws, trucks.number, grams, trucks.route)
    price = quoted(scene.draws, trucks.number, grams, value, trucks.route)
    carrier = c.plain(trucks.carrier + 1)
    yield (
        "embarques",
        {
            "id": c.plain(trucks.number + 1),
            "numero": c.plain(trucks.number + FIRST_NUMBER),
            "data_prevista_embarque": c.dates(trucks.planned),
            "data_embarque": c.dates(trucks.planned, trucks.gone),
            "transportadora_id": carrier,
            "status": c.texts(SHIPMENT_STATUSES, np.where(trucks.firm, ACTIVE, DRAFT)),
            "tipo_carga": c.texts(CARGO, cargo),
            "modalidade": c.texts(MODES, mode),
            "valor_total": c.hundredths(value),
            "peso_total": c.thousandths(grams),
            "pallet_total": c.thousandths(pallets),
            "cotacao_id": c.plain(quotes),
        },
    )
    yield (
        "cotacoes",
        {
            "id": c.plain(quotes),
            "transportadora_id": carrier,
            "data_cotacao": c.dates(np.minimum(trucks.planned - 2, scene.today)),
            "valor_cotado": c.hundredths(price),
            "status": c.texts(("ABERTA", "FECHADA"), trucks.firm.astype(np.int64)),
        },
    )
