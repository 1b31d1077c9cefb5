"""What one client's goods cost on one shipment: how lines make freights, and what is quoted for them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from samples.frete.draws import Bools, Draws, Ints
from samples.frete.flow import Lines, Shipments
from samples.frete.places import ROUTE_RATE, ROUTES
from samples.frete.world import Scene


@dataclass(frozen=True)
class Freights:
    """One entry for each client on each shipment, in that order; amounts in cents.

    number: over the whole history, for the draws. order: the chunk's lines sorted by freight; starts: where
    each freight's lines start in it (one more than freights). launched: False where nobody has entered the
    freight."""

    number: Ints
    shipment: Ints  # position in the chunk's shipments
    client: Ints
    red: Bools
    order: Ints
    starts: Ints
    grams: Ints
    value: Ints
    quoted: Ints
    launched: Bools


def freights(scene: Scene, lines: Lines, shipments: Shipments) -> Freights:
    """The freights of a chunk."""
    draws, clients = scene.draws, len(scene.world.clients.cnpj)
    key = lines.shipment * clients + lines.client
    order = np.argsort(key, kind="stable")
    keys, first, counts = np.unique(key[order], return_index=True, return_counts=True)
    shipment, client = keys // clients, keys % clients
    group = np.repeat(np.arange(len(keys)), counts)
    grams, value = (
        np.bincount(group, weights=column[order], minlength=len(keys)).astype(np.int64)
        for column in (lines.grams, lines.value)
    )
    number = shipments.number[shipment] * clients + client
    age = scene.today - shipments.planned
    collected = shipments.route == ROUTES.index("FOB")
    forgotten = draws.chance("no freight", shipments.number, np.where(age < 4, 0.25, 0.01))
    return Freights(
        number=number,
        shipment=shipment,
        client=client,
        red=lines.red[order][first],
        order=order,
        starts=np.append(first, len(order)),
        grams=grams,
        value=value,
        quoted=quoted(draws, number, grams, value, shipments.route[shipment]),
        launched=(shipments.left & ~collected & ~forgotten)[shipment],
    )


def quoted(draws: Draws, number: Ints, grams: Ints, value: Ints, route: Ints) -> Ints:
    """What a carrier asks (cents): small loads pay more a kilogram, valuable ones insurance."""
    kilograms = grams / 1000
    rate = np.asarray(ROUTE_RATE)[route] * (1.0 + 0.5 / (1.0 + kilograms / 400))
    rate = rate * draws.quantile("freight rate", number, (0.82, 0.94, 1.0, 1.06, 1.22))
    asked = np.rint(np.maximum(60.0, kilograms * rate + value / 100 * 0.003) * 100)
    return np.where(route == ROUTES.index("FOB"), 0, asked).astype(np.int64)
