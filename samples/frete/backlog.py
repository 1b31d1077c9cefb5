"""Orders that have not been invoiced by today (open, quoted, or on a truck already) and their trucks."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from samples.frete.days import add_business_days
from samples.frete.draws import Bools, Ints
from samples.frete.places import ROUTES, STATES
from samples.frete.world import Scene

OPEN, QUOTED, GONE = range(3)

_LEAD_TIME = np.array([state.lead_time for state in STATES])


@dataclass(frozen=True)
class Waiting:
    """One entry for each order; grams, value in cents, pallets in thousandths, days as numbers."""

    row: Ints
    client: Ints
    stage: Ints  # OPEN, QUOTED or GONE
    ordered: Ints
    planned: Ints
    has_plan: Bools
    grams: Ints
    value: Ints
    pallets: Ints
    appointed: Bools
    appointment: Ints

    @property
    def loaded(self) -> Bools:
        """Whether the order is on a truck, be it a planned one."""
        return self.stage > OPEN


@dataclass(frozen=True)
class Trucks:
    """One entry for each truck. number: over the whole history. of_order: the truck of each loaded order."""

    number: Ints
    planned: Ints
    route: Ints
    gone: Bools
    firm: Bools  # no longer a draft
    carrier: Ints
    of_order: Ints


def waiting(scene: Scene, deliveries: int, first_row: int) -> Waiting:
    """The orders that wait: about one for each 70 deliveries of the history, behind row `first_row`."""
    draws, clients, today = scene.draws, scene.world.clients, scene.today
    count = max(60, deliveries // 70)
    row = first_row + np.arange(count)
    client = draws.pick("backlog client", row, clients.weight)
    old = draws.chance("backlog forgotten", row, 0.03)
    usual = draws.pick("order age", row, (7, 6, 5, 4, 3, 2, 2, 1))
    age = np.where(old, draws.integers("old order", row, 20, 200), usual)
    ordered = add_business_days(np.full(count, today + 1), -(age + 1))
    stage = np.where(old, OPEN, draws.pick("backlog stage", row, (0.55, 0.33, 0.12)))
    planned = _planned(scene, row, ordered, stage)
    cases = draws.quantile("backlog cases", row, (10, 30, 60, 120, 240, 900)) * clients.size[client]
    price = draws.quantile("backlog price", row, (60, 90, 110, 150))
    asked = draws.chance("backlog appointment", row, np.where(stage > OPEN, 0.5, 0.2))
    lead = _LEAD_TIME[clients.state[client]] + draws.integers("backlog wait", row, 0, 4)
    return Waiting(
        row=row,
        client=client,
        stage=stage,
        ordered=np.minimum(ordered, planned),
        planned=planned,
        has_plan=(stage > OPEN) | ~draws.chance("no plan yet", row, 0.15),
        grams=np.rint(cases * 8.1 * 1000).astype(np.int64),
        value=np.rint(cases * price * 100).astype(np.int64),
        pallets=np.rint(cases / 92 * 1000).astype(np.int64),
        appointed=asked & clients.takes_appointments[client],
        appointment=add_business_days(planned, lead),
    )


def _planned(scene: Scene, row: Ints, ordered: Ints, stage: Ints) -> Ints:
    """What is gone left today or on the business day before; what is quoted leaves from tomorrow on."""
    draws, now = scene.draws, np.full(len(row), scene.today)
    wish = add_business_days(ordered, draws.integers("planned after", row, 2, 12))
    gone = np.where(draws.chance("gone today", row, 0.6), now, add_business_days(now, np.full(len(row), -1)))
    future = np.maximum(wish, add_business_days(now, draws.integers("leaves in", row, 1, 6)))
    return np.select([stage == GONE, stage == QUOTED], [gone, future], wish)


def planned_trucks(scene: Scene, orders: Waiting, first_number: int) -> Trucks:
    """The trucks of the loaded orders: one for each day, route and stage, more where there is much."""
    draws, on = scene.draws, orders.loaded
    route = scene.world.clients.route[orders.client[on]]
    slot = draws.integers("backlog slot", orders.row[on], 0, int(on.sum()) // 150)
    key = ((orders.planned[on] * len(ROUTES) + route) * 3 + orders.stage[on]) * 1000 + slot
    keys, of_order = np.unique(key, return_inverse=True)
    number = first_number + np.arange(len(keys))
    route = keys // 3000 % len(ROUTES)
    planned, gone = keys // 3000 // len(ROUTES), keys // 1000 % 3 == GONE
    return Trucks(
        number=number,
        planned=planned,
        route=route,
        gone=gone,
        firm=gone | ((planned <= scene.today + 1) & draws.chance("firm", number, 0.6)),
        carrier=draws.pick_by_kind("backlog carrier", number, route, scene.world.carriers.weight),
        of_order=of_order,
    )
