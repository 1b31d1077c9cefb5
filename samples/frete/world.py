"""What does not change while the business goes on: clients, carriers, products, people, and the odds of each.

Everything here is small (thousands of rows at most) and held in memory; the flow of orders refers to it by
position."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from samples.frete import words
from samples.frete.draws import Bools, Draws, Floats, Ints
from samples.frete.groups import GROUPS, cnpj
from samples.frete.places import BUSY_SHARE, BUSY_STATES, CITIES, ROUTES, STATES

NO_APPOINTMENT = "SEM AGENDAMENTO"
CONTACT_FORMS = ("PORTAL", "E-MAIL", "TELEFONE", "WhatsApp", "COMERCIAL", NO_APPOINTMENT)
SELLERS = 12


@dataclass(frozen=True)
class Clients:
    """One entry for each store (each CNPJ); the arrays run in parallel."""

    cnpj: list[str]
    name: list[str]
    short: list[str]
    city: Ints  # position in CITIES
    state: Ints  # position in STATES
    route: Ints  # position in ROUTES
    seller: Ints
    contact: Ints  # position in CONTACT_FORMS, -1 where nobody registered one
    slowness: Floats  # 0 (receives at once) to 1 (queues, refusals)
    unpaid: Floats  # chance that a delivery has a financial pendency
    size: Floats  # how much larger than usual its orders are
    weight: Floats  # share of the orders, sums to 1

    @cached_property
    def takes_appointments(self) -> Bools:
        """Whether the client receives by appointment only."""
        by_appointment: Bools = (self.contact >= 0) & (self.contact != CONTACT_FORMS.index(NO_APPOINTMENT))
        return by_appointment


@dataclass(frozen=True)
class Carriers:
    """One entry for each carrier."""

    cnpj: list[str]
    name: list[str]
    city: Ints
    self_employed: Bools
    simples: Bools
    active: Bools
    slowness: Floats
    weight: Floats  # [route, carrier]: which carrier serves which route


@dataclass(frozen=True)
class Products:
    """One entry for each product: price (R$ a case), kilograms a case, cases a pallet."""

    code: list[str]
    name: list[str]
    price: Floats
    kilograms: Floats
    pallet: Floats
    weight: Floats


class World:
    """All of it, for one seed; `deliveries` only sets how many small clients there are."""

    def __init__(self, draws: Draws, deliveries: int) -> None:
        self.clients = _clients(draws, max(60, min(4000, int(1.7 * deliveries**0.5))))
        self.carriers = _carriers(draws)
        self.products = _products(draws)
        self.sellers = _people(draws, "seller", SELLERS)


@dataclass(frozen=True)
class Scene:
    """What every part of the generator needs to know; today: a day number."""

    draws: Draws
    world: World
    today: int


def plain(text: str) -> str:
    """Upper case without accents, as names are stored: SAO PAULO."""
    return unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode().upper()


def _clients(draws: Draws, independents: int) -> Clients:
    chains = _chain_stores(draws)
    rank = np.arange(independents)
    name_order = np.argsort(draws.uniform("shop order", np.arange(_SHOP_NAMES)))
    ufs = [state.uf for state in STATES]
    # Wherever the business is, but the smallest one in each state, so that all 27 are there.
    place = draws.pick("shop state", rank, [state.weight for state in STATES])
    place[-len(ufs) :] = np.arange(len(ufs))
    shops = [
        (_shop_name(int(name_order[i % _SHOP_NAMES]), i // _SHOP_NAMES), _root(draws, 10_000 + i), ufs[p])
        for i, p in enumerate(place)
    ]
    names = [name for name, _, _, _, _ in chains] + [name for name, _, _ in shops]
    shorts = [short for _, short, _, _, _ in chains] + [name for name, _, _ in shops]
    numbers = [number for _, _, number, _, _ in chains] + [cnpj(root, 1) for _, root, _ in shops]
    states = np.array([ufs.index(uf) for *_, uf, _ in chains] + [ufs.index(uf) for *_, uf in shops])
    small = 1.0 / (1.0 + rank) ** 0.9
    left = 1.0 - sum(group.share for group in GROUPS)
    weight = np.concatenate([[share for *_, share in chains], small / small.sum() * left])
    everyone = np.arange(len(names))
    city = _city_of(draws, everyone, states)
    return Clients(
        cnpj=numbers,
        name=names,
        short=shorts,
        city=city,
        state=states,
        route=_route_of(city, states),
        seller=draws.integers("client seller", everyone, 0, SELLERS - 1),
        contact=np.where(
            draws.chance("client has contact", everyone, 0.95) | (weight > 0.004),
            draws.pick("client contact", everyone, (0.34, 0.25, 0.15, 0.10, 0.05, 0.11)),
            -1,
        ),
        slowness=draws.uniform("client slowness", everyone) ** 2,
        unpaid=np.where(draws.chance("client unpaid", everyone, 0.12), 0.09, 0.008),
        size=draws.quantile("client size", everyone, (0.4, 0.6, 0.8, 1.0, 1.3, 1.9)),
        weight=_calibrated(weight / weight.sum(), states),
    )


def _chain_stores(draws: Draws) -> list[tuple[str, str, str, str, float]]:
    """(name, short name, CNPJ, uf, share of the volume) of each store of each chain."""
    found = []
    for group in GROUPS:
        stores = sum(brand.stores for brand in group.brands)
        unevenness = 0.4 + draws.uniform(f"store of {group.name}", np.arange(stores))
        share = iter(unevenness / unevenness.sum() * group.share)
        for brand in group.brands:
            for i in range(brand.stores):
                # A brand without roots of its own is a name that unrelated companies share.
                root = brand.roots[0] if brand.roots else _root(draws, 100 * GROUPS.index(group) + i)
                branch = i + 1 if brand.roots else 1
                uf = brand.ufs[i % len(brand.ufs)]
                found.append(
                    (
                        brand.legal.format(i + 1),
                        brand.short.format(i + 1),
                        cnpj(root, branch),
                        uf,
                        float(next(share)),
                    )
                )
    return found


def _calibrated(weight: Floats, states: Ints) -> Floats:
    """The same weights, scaled so that each state has its share of the volume, and the busy ones theirs."""
    target = np.array([state.weight for state in STATES])
    busy = np.array([state.uf in BUSY_STATES for state in STATES])
    target = np.where(busy, BUSY_SHARE * target / target[busy].sum(), (1 - BUSY_SHARE) * target / target[~busy].sum())
    scaled: Floats = weight * (target / np.bincount(states, weights=weight, minlength=len(STATES)))[states]
    return scaled


def _city_of(draws: Draws, rows: Ints, states: Ints) -> Ints:
    """A city of each one's state: the capital half the time, the others by turns."""
    table = np.zeros((len(STATES), len(CITIES)))
    for s, state in enumerate(STATES):
        inside = [i for i, city in enumerate(CITIES) if city.uf == state.uf]
        table[s, inside] = 1.0
        table[s, inside[0]] = max(1.0, len(inside) - 1)
    return draws.pick_by_kind("client city", rows, states, table)


def _route_of(city: Ints, states: Ints) -> Ints:
    near = np.array([place.near for place in CITIES])
    usual = np.array([ROUTES.index("SPI" if state.route == "SP" else state.route) for state in STATES])
    sao_paulo = [state.uf for state in STATES].index("SP")
    return np.where((states == sao_paulo) & near[city], ROUTES.index("SPC"), usual[states])


_SHOP_NAMES = len(words.SHOP_KINDS) * len(words.SHOP_NAMES)


def _shop_name(number: int, turn: int) -> str:
    kind = words.SHOP_KINDS[number % len(words.SHOP_KINDS)]
    name = words.SHOP_NAMES[number // len(words.SHOP_KINDS)]
    return f"{kind} {name}{f' {turn + 1}' if turn else ''} LTDA"


def _root(draws: Draws, number: int) -> str:
    return f"{int(draws.bits('root', np.array([number]))[0] % np.uint64(89_000_000)) + 10_000_000}"


def _people(draws: Draws, purpose: str, count: int) -> list[str]:
    pairs = len(words.FIRST_NAMES) * len(words.LAST_NAMES)
    order = np.argsort(draws.uniform(f"people {purpose}", np.arange(pairs)))[:count]
    return [
        f"{words.FIRST_NAMES[n % len(words.FIRST_NAMES)]} {words.LAST_NAMES[n // len(words.FIRST_NAMES)]}"
        for n in map(int, order)
    ]


def _carriers(draws: Draws) -> Carriers:
    firms = len(words.CARRIER_NAMES)
    drivers = [f"{name} TRANSPORTES ME" for name in _people(draws, "driver", 12)]
    kinds = draws.integers("carrier kind", np.arange(firms), 0, len(words.CARRIER_KINDS) - 1)
    names = [f"{words.CARRIER_KINDS[k]} {n} LTDA" for k, n in zip(kinds, words.CARRIER_NAMES, strict=True)] + drivers
    every = np.arange(len(names))
    self_employed = every >= firms
    active = ~draws.chance("carrier inactive", every, 0.12)
    # Each carrier has a main route and a second one; self-employed drivers stay around São Paulo.
    weight = np.zeros((len(ROUTES), len(names)))
    for c in every:
        main = c % (len(ROUTES) - 1) if not self_employed[c] else c % 2
        second = int(draws.integers("carrier second route", np.array([c]), 0, len(ROUTES) - 2)[0])
        weight[main, c] += 1.0
        weight[second if not self_employed[c] else 1 - c % 2, c] += 0.3
    weight *= draws.quantile("carrier strength", every, (0.3, 0.6, 1.0, 2.0, 4.0))[None, :]
    weight[:, ~active] *= 0.15  # they drove once
    weight[ROUTES.index("FOB")] = 1.0
    return Carriers(
        cnpj=[cnpj(_root(draws, 500_000 + c), 1) for c in map(int, every)],
        name=names,
        city=draws.pick("carrier city", every, [5.0 if city.uf == "SP" else 0.4 for city in CITIES]),
        self_employed=self_employed,
        simples=self_employed | draws.chance("carrier simples", every, 0.3),
        active=active,
        slowness=draws.uniform("carrier slowness", every) ** 2,
        weight=weight,
    )


def _products(draws: Draws) -> Products:
    lines = [
        (f"{line[0]} {pack} {brand}", *line[1:])
        for line in words.PRODUCT_LINES
        for pack, brand in zip(words.PACKS, (*words.BRANDS, words.BRANDS[0]), strict=True)
    ]
    every = np.arange(len(lines))
    return Products(
        code=[f"43{20_000 + 17 * i}" for i in map(int, every)],
        name=[line[0] for line in lines],
        price=np.array([line[1] for line in lines]) * draws.quantile("product price", every, (0.8, 1.0, 1.25)),
        kilograms=np.array([line[2] for line in lines]),
        pallet=np.array([line[3] for line in lines], dtype=np.float64),
        weight=draws.quantile("product weight", every, (0.2, 0.4, 0.8, 1.5, 4.0)),
    )
