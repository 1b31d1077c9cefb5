"""pedidos."""

from __future__ import annotations

import numpy as np

from samples.frete import columns as c
from samples.frete.batch import Batch
from samples.frete.columns import Column, Sheet
from samples.frete.draws import Ints
from samples.frete.flow import FIRST_INVOICE
from samples.frete.orders import STATUSES, protocol, status
from samples.frete.places import CITIES, ROUTES, STATES
from samples.frete.world import Scene, World, plain


def lot(row: Ints) -> Column:
    """The lot number of each line."""
    return c.codes("LOTE_", row * 7 + 1_000_003)


def order_rows(scene: Scene, batch: Batch, quotes: Ints) -> Sheet:
    """Rows of pedidos. quotes: id of each shipment's quote, 0 where it has none."""
    draws, world, lines, fate, held = scene.draws, scene.world, batch.lines, batch.fate, batch.held
    row, client = lines.row, lines.client
    quote = quotes[lines.shipment]
    left = fate.left & ~draws.chance("shipment not written back", row, 0.004)
    state = status(fate.back & held.invoiced, held.invoiced, left, quote > 0)
    return c.select(
        {
            "id": c.plain(row + 1),
            **order_head(scene, row, client, held.number, held.ordered),
            "separacao_lote_id": lot(row),
            "valor_saldo_total": c.hundredths(lines.value),
            "peso_total": c.thousandths(lines.grams),
            "pallet_total": c.thousandths(lines.pallets),
            **routes(world, client, np.where(lines.red, 1, np.where(lines.fob, 2, 0))),
            "expedicao": c.dates(held.planned),
            "agendamento": c.dates(fate.first_appointment, fate.appointed),
            "protocolo": c.codes("AG", protocol(row), fate.appointed),
            "data_embarque": c.dates(fate.shipped, left),
            "nf": c.codes("", FIRST_INVOICE + row, held.invoiced),
            "status": c.texts(STATUSES, state),
            "nf_cd": c.plain(fate.back & held.invoiced),
            "cotacao_id": c.plain(quote, quote > 0),
        },
        held.kept,
    )


def order_head(scene: Scene, key: Ints, client: Ints, number: Ints, ordered: Ints) -> Sheet:
    """The columns that an order has from the day it is typed in."""
    draws, world = scene.draws, scene.world
    cities = [plain(city.name) for city in CITIES]
    seller = world.clients.seller[client]
    return {
        "num_pedido": c.codes("", number),
        "data_pedido": c.dates(ordered),
        "cnpj_cpf": c.texts(world.clients.cnpj, client),
        "raz_social_red": c.texts(world.clients.short, client),
        "nome_cidade": c.texts(cities, world.clients.city[client]),
        "cod_uf": c.texts([state.uf for state in STATES], world.clients.state[client]),
        "usuario_id": c.plain(seller + 1),
        "criado_em": c.moments(ordered, draws.integers("typed at", key, 11 * 3600, 21 * 3600), zone="UTC"),
    }


def routes(world: World, client: Ints, special: Ints) -> Sheet:
    """Route and sub-route; special: 0 usual, 1 redispatched (RED), 2 collected (FOB)."""
    names = [*ROUTES]
    route = np.select(
        [special == 1, special == 2], [names.index("RED"), names.index("FOB")], world.clients.route[client]
    )
    ufs = [state.uf for state in STATES]
    usual = [f"{name}-{uf}" for name in names for uf in ufs]
    position = route * len(ufs) + world.clients.state[client]
    return {
        "rota": c.texts(names, route),
        "sub_rota": c.texts(usual, position, special != 2),
    }
