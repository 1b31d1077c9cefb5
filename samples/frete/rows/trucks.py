"""embarques, embarque_itens, cotacoes and controle_portaria."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from samples.frete import columns as c
from samples.frete import words
from samples.frete.batch import Batch
from samples.frete.columns import Column, Sheet
from samples.frete.days import add_business_days
from samples.frete.draws import Bools, Draws, Ints
from samples.frete.flow import FIRST_INVOICE, Shipments
from samples.frete.loads import CARGO, MODES
from samples.frete.orders import protocol
from samples.frete.places import CITIES, ROUTES, STATES
from samples.frete.rows.orders import lot
from samples.frete.world import Scene, World, plain

FIRST_NUMBER = 3000
DRAFT, ACTIVE, CANCELLED = range(3)
STATUSES = ("draft", "ativo", "cancelado")
GATE = ("PENDENTE", "AGUARDANDO", "DENTRO", "SAIU")


def shipment_rows(scene: Scene, batch: Batch, quotes: Ints) -> Sheet:
    """Rows of embarques: each shipment, and before it the cancelled attempt, where there was one."""
    draws, shipments, loads = scene.draws, batch.shipments, batch.loads
    which = np.repeat(np.arange(len(shipments)), 1 + shipments.twin)
    twin = np.zeros(len(which), dtype=bool)
    twin[:-1] = which[:-1] == which[1:]
    number = shipments.number[which] - twin
    left = shipments.left[which] & ~twin
    waits = (
        ~shipments.left[which] & (shipments.planned[which] > scene.today) & draws.chance("not yet firm", number, 0.5)
    )
    carrier = np.where(twin, other_carrier(scene, shipments)[which], shipments.carrier[which])
    planned = shipments.planned[which]
    quote = np.where(twin, 0, quotes[which])
    return {
        "id": c.plain(number + 1),
        "numero": c.plain(number + FIRST_NUMBER),
        "data_prevista_embarque": c.dates(
            np.where(twin, add_business_days(planned, np.full(len(planned), -1)), planned)
        ),
        "data_embarque": c.dates(planned, left),
        "transportadora_id": c.plain(carrier + 1, shipments.route[which] != ROUTES.index("FOB")),
        "status": c.texts(STATUSES, np.select([twin, waits], [CANCELLED, DRAFT], ACTIVE)),
        "tipo_carga": c.texts(CARGO, loads.cargo[which]),
        "modalidade": c.texts(MODES, loads.mode[which]),
        "valor_total": c.hundredths(loads.value[which]),
        "peso_total": c.thousandths(loads.grams[which]),
        "pallet_total": c.thousandths(loads.pallets[which]),
        "cotacao_id": c.plain(quote, quote > 0),
    }


def other_carrier(scene: Scene, shipments: Shipments) -> Ints:
    """Another carrier that was asked, for each shipment."""
    weight = scene.world.carriers.weight
    return scene.draws.pick_by_kind("other carrier", shipments.number, shipments.route, weight)


def item_rows(scene: Scene, batch: Batch, last_id: int) -> Sheet:
    """Rows of embarque_itens: each line on its truck, and on the cancelled one before, behind `last_id`."""
    world, lines, shipments, fate = scene.world, batch.lines, batch.shipments, batch.fate
    again = np.flatnonzero(shipments.twin[lines.shipment])
    which = np.concatenate([np.arange(len(lines)), again])
    twin = np.arange(len(which)) >= len(lines)
    row, client, red = lines.row[which], lines.client[which], lines.red[which]
    state, city = destination(world, client, red)
    noted = ~twin & ~scene.draws.chance("NF not noted", row, 0.01) & batch.held.invoiced[which]
    return {
        "id": c.plain(np.where(twin, last_id + row + 1, row + 1)),
        "embarque_id": c.plain(shipments.number[lines.shipment[which]] + 1 - twin),
        "separacao_lote_id": lot(row),
        "cnpj_cliente": c.texts(world.clients.cnpj, client),
        "cliente": c.texts(world.clients.name, client),
        "pedido": c.codes("", batch.held.number[which]),
        "nota_fiscal": c.codes("", FIRST_INVOICE + row, noted),
        "data_agenda": c.day_texts(fate.first_appointment[which], fate.appointed[which]),
        "protocolo_agendamento": c.codes("AG", protocol(row), fate.appointed[which]),
        "peso": c.thousandths(lines.grams[which]),
        "valor": c.hundredths(lines.value[which]),
        "pallets": c.thousandths(lines.pallets[which]),
        "status": c.texts(("ativo", "cancelado"), twin.astype(np.int64)),
        "uf_destino": state,
        "cidade_destino": city,
    }


def destination(world: World, client: Ints, red: Bools) -> tuple[Column, Column]:
    """(state, city) where the truck goes: the client's, but Guarulhos for redispatched loads."""
    ufs, cities = [state.uf for state in STATES], [plain(city.name) for city in CITIES]
    state = np.where(red, ufs.index("SP"), world.clients.state[client])
    city = np.where(red, cities.index("GUARULHOS"), world.clients.city[client])
    return c.texts(ufs, state), c.texts(cities, city)


@dataclass(frozen=True)
class Quotes:
    """winner: id of the accepted quote of each shipment, 0 where it has none (FOB)."""

    winner: Ints
    sheet: Sheet


def quotes(scene: Scene, batch: Batch, next_id: int) -> Quotes:
    """cotacoes: for each shipment the accepted quote and, now and then, another carrier's rejected one."""
    draws, shipments, charged = scene.draws, batch.shipments, batch.charged
    asked = shipments.route != ROUTES.index("FOB")
    rival = asked & draws.chance("rival quote", shipments.number, 0.35)
    counts = asked.astype(np.int64) + rival
    which = np.repeat(np.arange(len(shipments)), counts)
    first = np.ones(len(which), dtype=bool)
    first[1:] = which[1:] != which[:-1]
    ids = next_id + np.arange(len(which))
    winner = np.zeros(len(shipments), dtype=np.int64)
    winner[which[first]] = ids[first]
    number = shipments.number[which]
    dearer = draws.quantile("rival price", number, (1.01, 1.05, 1.12, 1.4))
    total = np.bincount(charged.shipment, weights=charged.quoted, minlength=len(shipments))
    price = np.rint(total[which] * np.where(first, 1.0, dearer)).astype(np.int64)
    day = add_business_days(shipments.planned[which], -draws.integers("quoted before", number, 1, 3))
    return Quotes(
        winner,
        {
            "id": c.plain(ids),
            "transportadora_id": c.plain(
                np.where(first, shipments.carrier[which], other_carrier(scene, shipments)[which]) + 1
            ),
            "data_cotacao": c.dates(day),
            "valor_cotado": c.hundredths(price),
            "status": c.texts(("FECHADA", "REJEITADA"), 1 - first.astype(np.int64)),
        },
    )


def gate_rows(scene: Scene, shipments: Shipments, next_id: int) -> Sheet:
    """Rows of controle_portaria: trucks that came, or are expected, to load."""
    draws, today = scene.draws, scene.today
    due = shipments.planned <= today
    which = np.flatnonzero(due & draws.chance("through the gate", shipments.number, 0.93))
    number, day, left = shipments.number[which], shipments.planned[which], shipments.left[which]
    state = np.where(left, GATE.index("SAIU"), draws.pick("at the gate", number, (0.2, 0.4, 0.4)))
    came = draws.integers("came at", number, 6 * 3600, 11 * 3600)
    entered = came + draws.quantile("waited", number, (300, 900, 1800, 3600, 7200, 14_400)).astype(np.int64)
    gone = entered + draws.quantile("loaded in", number, (1200, 2400, 3600, 5400, 9000)).astype(np.int64)
    # One that did not leave on its day is still expected, or waits since this morning.
    day = np.where(left, day, today)
    return {
        "id": c.plain(next_id + np.arange(len(which))),
        "embarque_id": c.plain(number + 1, ~draws.chance("gate without shipment", number, 0.01) | ~left),
        "motorista": c.texts(DRIVERS, draws.integers("gate driver", number, 0, len(DRIVERS) - 1)),
        "placa": plates(draws, number),
        "data_hora_chegada": c.moments(day, came, state > GATE.index("PENDENTE")),
        "data_hora_entrada": c.moments(day, entered, state > GATE.index("AGUARDANDO")),
        "data_hora_saida": c.moments(day, gone, left),
        "status": c.texts(GATE, state),
    }


def plates(draws: Draws, number: Ints) -> Column:
    """Number plates; a truck comes again and again."""
    truck = draws.integers("truck", number, 0, 399)
    letters = [chr(65 + i) for i in range(26)]
    digits = [str(i) for i in range(10)]
    parts = [
        c.texts(
            letters if kind == "L" else digits,
            draws.integers(f"plate {i}", truck, 0, 25 if kind == "L" else 9),
        )
        for i, kind in enumerate("LLLDLDD")
    ]
    return c.joined(*parts)


DRIVERS = [f"{first} {last}" for first in words.FIRST_NAMES[12:] for last in words.LAST_NAMES[8:]]
