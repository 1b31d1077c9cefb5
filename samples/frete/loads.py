"""What is on each truck, and what sort of truck that calls for."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from samples.frete.draws import Draws, Ints
from samples.frete.flow import Lines, Shipments
from samples.frete.places import ROUTES
from samples.frete.world import Scene

CARGO = ("FRACIONADA", "DIRETA", "FOB")
MODES = ("FRETE PESO", "FRETE VALOR", "FIORINO", "VAN/HR", "3/4", "TOCO", "TRUCK", "CARRETA", "FOB")
_CAPACITY = np.array([600, 1500, 3500, 6000, 12_000]) * 1000  # grams, from FIORINO to TRUCK


@dataclass(frozen=True)
class Load:
    """What is on each shipment: cents, grams, thousandths of pallets; positions in CARGO and MODES."""

    value: Ints
    grams: Ints
    pallets: Ints
    cargo: Ints
    mode: Ints


def load(scene: Scene, lines: Lines, shipments: Shipments) -> Load:
    """Totals of each shipment, and the kind of truck that they call for."""
    value, grams, pallets = (
        np.bincount(lines.shipment, weights=column, minlength=len(shipments)).astype(np.int64)
        for column in (lines.value, lines.grams, lines.pallets)
    )
    return Load(value, grams, pallets, *kind(scene.draws, shipments.number, grams, shipments.route))


def kind(draws: Draws, number: Ints, grams: Ints, route: Ints) -> tuple[Ints, Ints]:
    """(cargo, mode) of shipments of this weight on this route."""
    fob = route == ROUTES.index("FOB")
    whole = ~fob & (grams > 4_000_000) & draws.chance("whole truck", number, 0.6)
    cargo = np.where(fob, 2, np.where(whole, 1, 0))
    mode = np.where(whole, 2 + np.searchsorted(_CAPACITY, grams), draws.pick("freight mode", number, (0.8, 0.2)))
    return cargo, np.where(fob, MODES.index("FOB"), mode)
