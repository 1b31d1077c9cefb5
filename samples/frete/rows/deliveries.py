"""entregas_monitoradas, and what belongs to a delivery: agendamentos_entrega, eventos_entrega."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from samples.frete import columns as c
from samples.frete import words
from samples.frete.batch import Batch
from samples.frete.columns import Sheet
from samples.frete.course import CANCELLED, DELIVERED, OPEN, REPLACED, RETURNED
from samples.frete.days import add_business_days
from samples.frete.draws import Bools, Draws, Ints
from samples.frete.flow import FIRST_INVOICE, Lines
from samples.frete.orders import protocol
from samples.frete.places import CITIES, STATES
from samples.frete.world import CONTACT_FORMS, Scene, plain

_ENDS = ("", "Entregue", "Cancelada", "Devolvida", "Troca de NF")
EVENTS = ("entrega", "reentrega", "tentativa", "NF no CD")


def delivery_rows(scene: Scene, batch: Batch) -> Sheet:
    """Rows of entregas_monitoradas: the monitored lines."""
    draws, world, lines, fate = scene.draws, scene.world, batch.lines, batch.fate
    row, client = lines.row, lines.client
    carrier = batch.shipments.carrier[lines.shipment]
    names = world.carriers.name
    # Typed by hand now and then: without the company form, which joins to nothing.
    typed = names + [name.rsplit(" ", 1)[0] for name in names]
    spelled = np.where(draws.chance("carrier typed", row, 0.025), carrier + len(names), carrier)
    replaced = fate.state == REPLACED
    closed = fate.state != OPEN
    signed = (fate.state == DELIVERED) & draws.chance("canhoto", row, 0.9)
    cities = [plain(city.name) for city in CITIES]
    number = FIRST_INVOICE + row
    keep = lines.delivery >= 0
    return c.select(
        {
            "id": c.plain(lines.delivery + 1),
            "numero_nf": c.codes("", number),
            "cliente": c.texts(world.clients.name, client),
            "cnpj_cliente": c.texts(world.clients.cnpj, client),
            "transportadora": c.texts(typed, spelled, ~draws.chance("no carrier yet", row, 0.004)),
            "municipio": c.texts(cities, world.clients.city[client]),
            "uf": c.texts([state.uf for state in STATES], world.clients.state[client]),
            "vendedor": c.texts(world.sellers, world.clients.seller[client]),
            "valor_nf": c.hundredths(lines.value),
            "data_faturamento": c.dates(lines.invoiced),
            "data_embarque": c.dates(fate.shipped, fate.left),
            "data_entrega_prevista": c.dates(fate.forecast, fate.has_forecast),
            "data_agenda": c.dates(fate.appointment, fate.appointed),
            "data_hora_entrega_realizada": c.moments(fate.arrival, fate.arrival_second, fate.state == DELIVERED),
            "entregue": c.plain(fate.state == DELIVERED),
            "lead_time": c.plain(fate.lead_time, fate.has_lead_time),
            "reagendar": c.plain(fate.reschedule),
            "motivo_reagendamento": c.texts(
                words.REASONS_TO_RESCHEDULE,
                draws.pick("reason", row, (5, 4, 3, 2, 2, 1)),
                fate.reschedule & draws.chance("reason known", row, 0.9),
            ),
            "pendencia_financeira": c.plain(fate.unpaid),
            "nf_cd": c.plain(fate.back),
            "status_finalizacao": c.texts(_ENDS, fate.state, closed),
            "nova_nf": c.codes("", number + 1, replaced),
            "substituida_por_nf_id": c.plain(lines.delivery + 2, replaced),
            "canhoto_arquivo": c.joined("canhotos/nf_", c.codes("", number, signed), ".jpg"),
        },
        keep,
    )


def appointment_rows(scene: Scene, batch: Batch, next_id: int) -> Sheet:
    """Rows of agendamentos_entrega: every appointment that was made; the one made last is in force."""
    draws, today, lines, fate = scene.draws, scene.today, batch.lines, batch.fate
    count = fate.appointments
    which = np.repeat(np.arange(len(lines)), count)
    nth = np.arange(len(which)) - np.repeat(np.cumsum(count) - count, count)
    last = nth == fate.appointments[which] - 1
    key = lines.row[which] * 4 + nth
    moved = nth > 0
    # An intermediate one lies between the first and the last.
    between = (fate.first_appointment[which] + fate.appointment[which]) // 2
    day = np.where(last, fate.appointment[which], np.where(nth == 0, fate.first_appointment[which], between))
    # Made some days before; a later one is made after the one that it replaces fell through.
    usual = np.minimum(lines.invoiced[which], day - 1)
    made = np.minimum(np.where(moved, fate.first_appointment[which] - 1 + nth, usual), today)
    confirmed = draws.chance("confirmed", key, np.where(day < today, 0.95, 0.55))
    forms = scene.world.clients.contact[lines.client][which]
    known = forms >= 0
    return {
        "id": c.plain(next_id + np.arange(len(which))),
        "entrega_id": c.plain(lines.delivery[which] + 1),
        "data_agendada": c.dates(day),
        "hora_agendada": c.hours(
            draws.integers("appointment hour", key, 12, 34) * 1800, ~draws.chance("no hour", key, 0.2)
        ),
        "forma_agendamento": c.texts(CONTACT_FORMS, np.maximum(forms, 0), known),
        "protocolo_agendamento": c.codes(
            "AG", protocol(lines.row[which], nth), ~draws.chance("no protocol", key, 0.06)
        ),
        "motivo": c.texts(words.REASONS_TO_RESCHEDULE, draws.integers("appointment reason", key, 0, 5), moved),
        "status": c.texts(("aguardando", "confirmado"), confirmed.astype(np.int64)),
        "criado_em": c.moments(
            made,
            draws.integers("appointment made at", lines.row[which], 40_000, 70_000) + nth * 900,
            zone="UTC",
        ),
    }


def event_rows(scene: Scene, batch: Batch, next_id: int) -> Sheet:
    """Rows of eventos_entrega: what drivers reported at the client's door."""
    draws, lines, fate = scene.draws, batch.lines, batch.fate
    row = lines.row
    happened = fate.arrived & (fate.state != CANCELLED)
    twice = happened & (draws.chance("second attempt", row, 0.05) | (fate.state == RETURNED))
    before = add_business_days(fate.arrival, -draws.integers("attempted", row, 1, 4))
    tried = _Event(EVENTS.index("tentativa"), np.maximum(before, fate.shipped))
    done = _Event(
        np.where(twice, EVENTS.index("reentrega"), EVENTS.index("entrega")), fate.arrival, fate.arrival_second
    )
    back = _Event(EVENTS.index("NF no CD"), np.minimum(fate.shipped + 2, scene.today))
    delivered = (fate.state == DELIVERED) & draws.chance("reported", row, 0.93)
    parts = (
        tried.where(draws, lines, twice),
        done.where(draws, lines, delivered),
        back.where(draws, lines, fate.back),
    )
    owner, day, second, stay, kind = (np.concatenate(column) for column in zip(*parts, strict=True))
    order = np.lexsort((second, day, owner))
    owner, day, second, stay, kind = owner[order], day[order], second[order], stay[order], kind[order]
    driver = draws.integers("driver", lines.bundle[owner], 0, len(_DRIVERS) - 1)
    return {
        "id": c.plain(next_id + np.arange(len(owner))),
        "entrega_id": c.plain(lines.delivery[owner] + 1),
        "data_hora_chegada": c.moments(day, np.maximum(second - stay, 0)),
        "data_hora_saida": c.moments(day, second, ~draws.chance("no departure", lines.row[owner], 0.03)),
        "motorista": c.texts(_DRIVERS, driver),
        "tipo_evento": c.texts(EVENTS, kind),
    }


@dataclass(frozen=True)
class _Event:
    """One sort of event, as it would be for each line; second: of leaving, drawn where None."""

    kind: Ints | int
    day: Ints
    second: Ints | None = None

    def where(self, draws: Draws, lines: Lines, happened: Bools) -> tuple[Ints, Ints, Ints, Ints, Ints]:
        """(line, day, second of leaving, seconds of stay, kind) of those that happened to monitored lines."""
        owner = np.flatnonzero(happened & (lines.delivery >= 0))
        kinds = np.broadcast_to(np.asarray(self.kind), len(lines))[owner].astype(np.int64)
        key = lines.row[owner] * len(EVENTS) + kinds
        second = draws.integers("event second", key, 30_000, 63_000) if self.second is None else self.second[owner]
        stay = draws.quantile("stay", key, (600, 1800, 3600, 7200, 14_400, 25_000)).astype(np.int64)
        return owner, self.day[owner], second, stay, kinds


_DRIVERS = [f"{first} {last}" for first in words.FIRST_NAMES[:12] for last in words.LAST_NAMES[:10]]
