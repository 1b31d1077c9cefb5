"""The small tables: transportadoras, cidades, usuarios, contatos_agendamento."""

from __future__ import annotations

import numpy as np

from samples.frete import columns as c
from samples.frete.columns import Sheet
from samples.frete.groups import cnpj
from samples.frete.places import CITIES, STATES
from samples.frete.world import CONTACT_FORMS, SELLERS, Scene, plain

_TERMS = ("28 DDL", "21 DDL", "15 DDL", "30 DDL", "A VISTA")
_OTHERS = (("logistica", 8), ("financeiro", 4), ("gerente", 3))


def carrier_rows(scene: Scene) -> Sheet:
    """Rows of transportadoras."""
    draws, carriers = scene.draws, scene.world.carriers
    every = np.arange(len(carriers.name))
    return {
        "id": c.plain(every + 1),
        "cnpj": c.texts(carriers.cnpj, every),
        "razao_social": c.texts(carriers.name, every),
        "cidade": c.texts([plain(city.name) for city in CITIES], carriers.city),
        "uf": c.texts([city.uf for city in CITIES], carriers.city),
        "optante": c.plain(carriers.simples),
        "freteiro": c.plain(carriers.self_employed),
        "condicao_pgto": c.texts(
            _TERMS, draws.pick("terms", every, (5, 3, 2, 2, 1)), ~draws.chance("no terms", every, 0.1)
        ),
        "ativo": c.plain(carriers.active),
    }


def city_rows() -> Sheet:
    """Rows of cidades."""
    every = np.arange(len(CITIES))
    rates = {state.uf: state.icms for state in STATES}
    return {
        "id": c.plain(every + 1),
        "nome": c.texts([city.name for city in CITIES], every),
        "uf": c.texts([city.uf for city in CITIES], every),
        "codigo_ibge": c.texts([city.ibge for city in CITIES], every),
        "icms": c.plain(np.array([rates[city.uf] for city in CITIES])),
        "microrregiao": c.texts([city.micro for city in CITIES], every),
        "mesorregiao": c.texts([city.meso for city in CITIES], every),
    }


def user_rows(scene: Scene) -> Sheet:
    """Rows of usuarios: each seller, who sees only what is theirs, and the other departments."""
    profiles = ["vendedor"] * SELLERS + [profile for profile, count in _OTHERS for _ in range(count)]
    names = [name.title() for name in scene.world.sellers]
    names += [f"{profile.title()} {i + 1}" for profile, count in _OTHERS for i in range(count)]
    mails = [f"{name.lower().replace(' ', '.')}@atacado.example" for name in names]
    every = np.arange(len(names))
    return {
        "id": c.plain(every + 1),
        "nome": c.texts(names, every),
        "email": c.texts(mails, every),
        "perfil": c.texts(profiles, every),
        "vendedor_vinculado": c.texts([*scene.world.sellers, *[""] * (len(names) - SELLERS)], every, every < SELLERS),
    }


def contact_rows(scene: Scene) -> Sheet:
    """Rows of contatos_agendamento: how to get an appointment with each client.

    A few clients have two contacts, some have none, and some contacts are of clients who never bought.
    """
    draws, clients = scene.draws, scene.world.clients
    known = np.flatnonzero(clients.contact >= 0)
    second = known[clients.takes_appointments[known] & draws.chance("second contact", known, 0.04)]
    strangers = 12
    numbers = [clients.cnpj[i] for i in (*known, *second)] + [
        cnpj(f"{77_000_000 + i * 1371}", 1) for i in range(strangers)
    ]
    forms = np.concatenate([clients.contact[known], np.zeros(len(second), dtype=np.int64), np.arange(strangers) % 6])
    every = np.arange(len(numbers))
    phones = draws.integers("phone", every, 30_000_000, 39_999_999)
    portal = c.codes("https://portal.agenda.example/", every + 1)
    mail = c.joined("agenda", c.codes("", every + 1), "@cliente.example")
    phone = c.codes("(11) ", phones)
    choice = np.select([forms == 0, forms == 1, forms == len(CONTACT_FORMS) - 1], [0, 1, 3], 2)
    contact = c.chosen(choice, portal, mail, phone, c.constant(None, len(numbers)))
    return {
        "id": c.plain(every + 1),
        "cnpj": c.texts(numbers, every),
        "forma": c.texts(CONTACT_FORMS, forms),
        "contato": contact,
    }
