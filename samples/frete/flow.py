"""The flow of goods: who gets how much, when, on which truck.

Everything starts from the days on which trucks leave. Each day has its invoices ("lines"), in order; the
lines that a client gets together form a bundle; the bundles that go the same way on the same day share a
shipment. Chunks are runs of whole days, so that no shipment is cut; nothing depends on where the cuts are.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from samples.frete.days import HISTORY, add_business_days, busyness, spread
from samples.frete.draws import Bools, Draws, Floats, Ints
from samples.frete.places import ROUTES
from samples.frete.world import World

UNMONITORED = 0.045
"""Invoices besides the monitored ones, as a share of them: collected by the client (FOB), or missed."""

FIRST_INVOICE = 110_000
"""The first NF number."""

_LINES_A_SHIPMENT = 5.0


@dataclass(frozen=True)
class Lines:
    """Invoices of some days, in order; the arrays run in parallel.

    row: number over the whole history, which all draws are made for. delivery: number among the monitored
    ones, -1 for the others. first: row's bundle starts here. shipment: position in the chunk's Shipments.
    """

    row: Ints
    delivery: Ints
    invoiced: Ints  # day
    bundle: Ints  # row of the bundle's first line
    client: Ints
    fob: Bools
    red: Bools  # redispatched: the truck goes to Guarulhos, another carrier takes over
    cancelled: Bools  # the invoice was cancelled
    shipment: Ints
    items: Ints  # products on the invoice
    value: Ints  # cents
    grams: Ints
    pallets: Ints  # thousandths

    def __len__(self) -> int:
        return len(self.row)


@dataclass(frozen=True)
class Shipments:
    """Trucks of some days, in order. number: over the whole history."""

    number: Ints
    planned: Ints  # day
    left: Bools
    route: Ints
    carrier: Ints
    twin: Bools  # a first attempt with another carrier was cancelled before this one

    def __len__(self) -> int:
        return len(self.number)


@dataclass(frozen=True)
class Items:
    """Products of the invoices of a chunk, in order of the lines. line: position in Lines."""

    number: Ints
    line: Ints
    product: Ints
    quantity: Ints
    price: Ints  # cents
    value: Ints  # cents
    grams: Ints
    pallets: Ints  # thousandths


@dataclass(frozen=True)
class Chunk:
    """Some whole days of business."""

    lines: Lines
    shipments: Shipments
    items: Items


class Flow:
    """The whole history of one seed: `deliveries` monitored ones up to `today` (a day number)."""

    def __init__(self, draws: Draws, world: World, deliveries: int, today: int) -> None:
        self.draws = draws
        self.world = world
        self.deliveries = deliveries
        self.today = today
        # The last day's trucks leave on the next business day, with what was invoiced today.
        following = int(add_business_days(np.array([today]), np.array([1]))[0])
        self._days = np.append(np.arange(today - HISTORY, today + 1), following)
        weights = busyness(self._days)
        weights[-1] *= 0.4
        self._monitored = spread(deliveries, weights)
        self._others = spread(round(deliveries * UNMONITORED), weights)

    @property
    def rows(self) -> int:
        """How many invoices there are in all."""
        return int(self._monitored[-1] + self._others[-1])

    def chunks(self, rows: int) -> Iterator[Chunk]:
        """The history in runs of whole days of about `rows` invoices each."""
        starts = self._monitored + self._others
        shipments = items = day = 0
        while day < len(self._days):
            last = int(np.searchsorted(starts, starts[day] + rows, side="left"))
            last = min(max(last, day + 1), len(self._days))
            chunk = self._chunk(day, last, shipments, items)
            shipments += len(chunk.shipments) + int(chunk.shipments.twin.sum())
            items += len(chunk.items.number)
            day = last
            if len(chunk.lines):
                yield chunk

    def _chunk(self, first: int, last: int, shipments: int, items: int) -> Chunk:
        monitored = np.diff(self._monitored[first : last + 1])
        others = np.diff(self._others[first : last + 1])
        counts = monitored + others
        position = np.repeat(np.arange(first, last), counts)  # of the day
        start = (self._monitored + self._others)[first]
        row = start + np.arange(counts.sum())
        inside = row - (self._monitored + self._others)[position]
        is_monitored = inside < (self._monitored[position + 1] - self._monitored[position])
        delivery = np.where(is_monitored, self._monitored[position] + inside, -1)
        leaves = self._days[position]
        # Invoiced on the business day before the truck leaves, or on the same day.
        share = inside / np.maximum(1, counts[position - first])
        before = (share < 0.4) | (leaves > self.today)
        invoiced = np.where(before, add_business_days(leaves, np.full(len(row), -1)), leaves)
        new = np.ones(len(row), dtype=bool)
        new[1:] = (
            (leaves[1:] != leaves[:-1])
            | (invoiced[1:] != invoiced[:-1])
            | (is_monitored[1:] != is_monitored[:-1])
            | self.draws.chance("new bundle", row[1:], 0.62)
        )
        bundle = row[np.maximum.accumulate(np.where(new, np.arange(len(row)), 0))]
        client = self.draws.pick("client", bundle, self.world.clients.weight)
        fob = ~is_monitored & self.draws.chance("fob", bundle, 0.7)
        far = np.isin(self.world.clients.route[client], [ROUTES.index("NE"), ROUTES.index("NO")])
        red = ~fob & self.draws.chance("red", bundle, np.where(far, 0.14, 0.02))
        route = np.where(red, ROUTES.index("RED"), self.world.clients.route[client])
        route = np.where(fob, ROUTES.index("FOB"), route)
        shipment, trucks = self._shipments(leaves, bundle, route, shipments)
        goods, value, grams, pallets = self._items(row, client, items)
        lines = Lines(
            row=row,
            delivery=delivery,
            invoiced=invoiced,
            bundle=bundle,
            client=client,
            fob=fob,
            red=red,
            cancelled=~is_monitored & ~fob & self.draws.chance("cancelled invoice", row, 0.5),
            shipment=shipment,
            items=np.bincount(goods.line, minlength=len(row)),
            value=value,
            grams=grams,
            pallets=pallets,
        )
        return Chunk(lines, trucks, goods)

    def _shipments(self, leaves: Ints, bundle: Ints, route: Ints, offset: int) -> tuple[Ints, Shipments]:
        """Which shipment each line goes on, and the shipments. leaves: day; route: position in ROUTES."""
        way = (leaves - leaves.min(initial=self.today)) * len(ROUTES) + route
        trucks = np.maximum(1, np.rint(np.bincount(way) / _LINES_A_SHIPMENT).astype(np.int64))
        slot = (self.draws.uniform("truck", bundle) * trucks[way]).astype(np.int64)
        key = (leaves * len(ROUTES) + route) * 100_000 + slot
        keys, position = np.unique(key, return_inverse=True)
        day, way = keys // 100_000 // len(ROUTES), keys // 100_000 % len(ROUTES)
        late = self.today - day
        twin = (way != ROUTES.index("FOB")) & (late >= 0) & self.draws.chance("cancelled shipment", keys, 0.015)
        left = np.where(
            late > 0,
            ~((late < 10) & self.draws.chance("stuck", keys, 0.03)),
            (late == 0) & self.draws.chance("left today", keys, 0.5),
        )
        # A cancelled first attempt takes the number before.
        number = offset + np.arange(len(keys)) + np.cumsum(twin)
        carrier = self.draws.pick_by_kind("carrier", keys, way, self.world.carriers.weight)
        return position, Shipments(number, day, left, way, carrier, twin)

    def _items(self, row: Ints, client: Ints, offset: int) -> tuple[Items, Ints, Ints, Ints]:
        """Products of each line, and each line's value (cents), weight (grams) and pallets (thousandths)."""
        draws, goods = self.draws, self.world.products
        count = 1 + draws.pick("items", row, (0.42, 0.27, 0.17, 0.09, 0.05))
        line = np.repeat(np.arange(len(row)), count)
        which = row[line] * 8 + np.arange(len(line)) - np.repeat(np.cumsum(count) - count, count)
        product = draws.pick("product", which, goods.weight)
        size = self.world.clients.size[client][line]
        cases = draws.quantile("cases", which, (4, 10, 18, 28, 42, 65, 110, 220, 520)) * size
        quantity = np.maximum(1, np.rint(cases)).astype(np.int64)
        price = np.rint(goods.price[product] * draws.quantile("price", which, (0.9, 0.98, 1.02, 1.1)) * 100)
        cents = price.astype(np.int64)
        value = cents * quantity
        grams = np.rint(goods.kilograms[product] * quantity * 1000).astype(np.int64)
        pallets = np.rint(quantity / goods.pallet[product] * 1000).astype(np.int64)
        items = Items(offset + np.arange(len(line)), line, product, quantity, cents, value, grams, pallets)
        totals = [_total(line, column, len(row)) for column in (value, grams, pallets)]
        return items, totals[0], totals[1], totals[2]


def _total(group: Ints, values: Ints, groups: int) -> Ints:
    """Sum of integer values by group (exact: totals stay far below 2**53)."""
    return np.bincount(group, weights=values.astype(np.float64), minlength=groups).astype(np.int64)


def share_of_rank(values: Ints | Floats, reference: Floats) -> Floats:
    """Where each value stands among reference quantiles: 0 (smallest) to 1 (largest)."""
    return np.interp(values, reference, np.linspace(0.0, 1.0, len(reference)))
