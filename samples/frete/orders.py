"""Each line's order, whose number and lot many tables repeat."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from samples.frete.days import add_business_days
from samples.frete.draws import Bools, Ints
from samples.frete.flow import Lines, Shipments
from samples.frete.world import Scene

FIRST_ORDER = 556_000
"""The first order number."""

STATUSES = ("ABERTO", "COTADO", "EMBARCADO", "FATURADO", "NF no CD")


@dataclass(frozen=True)
class Orders:
    """One entry for each line; `kept` is False where the order is no longer held."""

    kept: Bools
    number: Ints
    ordered: Ints  # day
    planned: Ints  # day when it should leave
    invoiced: Bools  # whether the NF has been written back to the order


def orders(scene: Scene, lines: Lines, shipments: Shipments) -> Orders:
    """The order of each line. Some orders go out in two lots, which are two rows of the same number."""
    draws, row = scene.draws, lines.row
    leaves = shipments.planned[lines.shipment]
    ordered = add_business_days(lines.invoiced, -draws.integers("ordered before", row, 2, 9))
    delay = draws.pick("left late by", row, (0.8, 0.12, 0.05, 0.03))
    planned = np.maximum(add_business_days(leaves, -delay), ordered + 1)
    split = np.zeros(len(row), dtype=bool)
    split[1:] = (lines.bundle[1:] == lines.bundle[:-1]) & draws.chance("second lot", row[1:], 0.1)
    first = np.maximum.accumulate(np.where(split, 0, np.arange(len(row))))
    return Orders(
        kept=~draws.chance("order not held", row, 0.012),
        number=FIRST_ORDER + row[first] if len(row) else row,
        ordered=ordered[first] if len(row) else row,
        planned=planned,
        invoiced=~((scene.today - leaves < 2) & draws.chance("NF not written back", row, 0.2)),
    )


def status(back: Bools, invoiced: Bools, left: Bools, quoted: Bools) -> Ints:
    """Positions in STATUSES, by precedence."""
    return np.select([back, invoiced, left, quoted], [4, 3, 2, 1], 0)


def protocol(row: Ints, nth: Ints | int = 0) -> Ints:
    """The number of a line's nth appointment."""
    return row * 4 + nth + 3_000_000
