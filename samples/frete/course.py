"""What became of each invoice: appointment, forecast, arrival, end. The rules of the domain live here.

- The forecast is the appointment, where there is one; else the day the truck left plus the lead time in
  business
  days; and nothing where it did not leave or nobody entered a lead time.
- Chance of a delay grows with the carrier's and the client's slowness, the weight of the load, the distance,
  and
  in December.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from samples.frete.days import add_business_days, month
from samples.frete.draws import Bools, Draws, Floats, Ints
from samples.frete.flow import Lines, Shipments, share_of_rank
from samples.frete.places import ROUTES, STATES
from samples.frete.world import Scene

OPEN, DELIVERED, CANCELLED, RETURNED, REPLACED = range(5)

_LEAD_TIME = np.array([state.lead_time for state in STATES])
_USUAL_GRAMS = np.array([10, 100, 250, 480, 790, 1300, 2100, 3700, 20_000]) * 1000.0


@dataclass(frozen=True)
class Course:
    """One entry for each line; a day is meaningful only where the flag beside it is true."""

    left: Bools
    shipped: Ints
    lead_time: Ints
    has_lead_time: Bools
    appointed: Bools
    appointments: Ints  # how many were made, 0 where none
    first_appointment: Ints
    appointment: Ints  # the current one
    has_forecast: Bools
    forecast: Ints
    state: Ints  # OPEN … REPLACED
    arrived: Bools  # delivered, or refused at the door
    arrival: Ints
    arrival_second: Ints
    back: Bools  # the goods are back in the warehouse
    reschedule: Bools
    unpaid: Bools


def course(scene: Scene, lines: Lines, shipments: Shipments) -> Course:
    """What became of each line by today."""
    draws, today, clients, row = scene.draws, scene.today, scene.world.clients, lines.row
    monitored = lines.delivery >= 0
    left, planned = shipments.left[lines.shipment], shipments.planned[lines.shipment]
    age = today - planned
    slow = clients.slowness[lines.client]
    extra = (slow * 2.5).astype(np.int64) + np.where(lines.red, 2, 0)
    lead = _LEAD_TIME[clients.state[lines.client]] + extra
    has_lead = ~draws.chance("no lead time", row, np.where(age < 20, 0.04, 0.004))

    wants = clients.takes_appointments[lines.client] & monitored
    likely = np.where(left, np.where(age > 4, 0.97, 0.75), 0.35)
    appointed = wants & draws.chance("appointed", row, likely)
    first = add_business_days(planned, lead + draws.integers("appointment", row, 0, 4))
    moves = np.where(appointed, draws.pick("moved appointment", row, (0.84, 0.13, 0.03)), 0)
    later = draws.integers("appointment moved by", row, 2, 7)
    appointment = np.where(moves > 0, add_business_days(first, moves * later), first)
    usual = add_business_days(planned, lead)
    has_forecast = appointed | (left & has_lead)
    due = np.where(appointed, appointment, usual)

    arrival, second = _arrival(scene, lines, shipments, due, appointed)
    forgotten = (age > 20) & draws.chance("forgotten", row, 0.006)
    in_time = (arrival < today) | ((arrival == today) & draws.chance("arrives today", row, 0.5))
    arrived = monitored & left & ~forgotten & in_time
    state = _state(draws, lines, arrived, slow)
    open_ = state == OPEN
    missed = open_ & appointed & (appointment < today)
    return Course(
        left=left,
        shipped=planned,
        lead_time=lead,
        has_lead_time=has_lead,
        appointed=appointed,
        appointments=np.where(appointed, 1 + moves, 0),
        first_appointment=first,
        appointment=appointment,
        has_forecast=has_forecast,
        forecast=due,
        state=state,
        arrived=arrived & (state != CANCELLED),
        arrival=arrival,
        arrival_second=second,
        back=(monitored & open_ & left & (age > 1) & draws.chance("back", row, 0.04))
        | ((state == RETURNED) & draws.chance("still back", row, 0.35)),
        reschedule=draws.chance("reschedule", row, np.where(missed, 0.5, np.where(open_, 0.02, 0.002))) & monitored,
        unpaid=draws.chance("unpaid", lines.bundle, clients.unpaid[lines.client] * np.where(open_, 3.0, 1.0)),
    )


def _arrival(scene: Scene, lines: Lines, shipments: Shipments, due: Ints, appointed: Bools) -> tuple[Ints, Ints]:
    """When the truck is at the client's door: day, and second of the day."""
    draws, world = scene.draws, scene.world
    row, route = lines.row, shipments.route[lines.shipment]
    chance = (
        0.02
        + 0.09 * world.carriers.slowness[shipments.carrier[lines.shipment]]
        + 0.10 * world.clients.slowness[lines.client]
        + 0.16 * share_of_rank(lines.grams, _USUAL_GRAMS) ** 3
        + np.where(month(due) == 11, 0.05, 0.0)
        + np.where((route == ROUTES.index("NE")) | (route == ROUTES.index("NO")), 0.03, 0.0)
    )
    late = draws.chance("late", row, chance)
    by = np.rint(draws.quantile("late by", row, (1, 1, 1, 2, 3, 5, 9, 16))).astype(np.int64)
    early = np.where(appointed, 0, draws.pick("early by", row, (0.6, 0.3, 0.1)))
    day = add_business_days(due, np.where(late, by, -early))
    # Trucks do unload on a Saturday now and then, when a delivery without appointment is late.
    day += (late & ~appointed & draws.chance("saturday", row, 0.05)) * np.maximum(0, 5 - (day + 3) % 7)
    day = np.maximum(day, shipments.planned[lines.shipment] + 1)
    return day, draws.integers("arrival second", row, 7 * 3600, 17 * 3600 + 1800)


def _state(draws: Draws, lines: Lines, arrived: Bools, slow: Floats) -> Ints:
    row = lines.row
    monitored = lines.delivery >= 0
    state = np.where(arrived, DELIVERED, OPEN)
    state[arrived & draws.chance("refused", row, 0.006 + 0.02 * slow)] = RETURNED
    # An invoice with an error is replaced by the bundle's next one.
    followed = np.zeros(len(lines), dtype=bool)
    followed[:-1] = lines.bundle[:-1] == lines.bundle[1:]
    state[arrived & followed & draws.chance("replaced", row, 0.02)] = REPLACED
    state[monitored & draws.chance("cancelled", row, 0.008)] = CANCELLED
    return state
