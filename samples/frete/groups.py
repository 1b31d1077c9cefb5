"""The client groups of the domain: chains whose stores a question means when it names the chain.

A group is known by its CNPJ roots (first eight digits) or by its name alone; `samples/frete/model` says the
same to Maestro. One root of Bandeirão and one of Mathias trade under a legal name that does not show the
chain's."""

from __future__ import annotations

from typing import NamedTuple


class Brand(NamedTuple):
    """Stores under one legal name.

    legal, short: `{}` stands for the store's number. roots: CNPJ roots; empty gives each store a root of its
    own.
    ufs: states of the stores, in turn.
    """

    legal: str
    short: str
    roots: tuple[str, ...]
    stores: int
    ufs: tuple[str, ...]


class Group(NamedTuple):
    """share: of all volume."""

    name: str
    share: float
    brands: tuple[Brand, ...]


_BUSY = ("SP", "MG", "RJ", "PR", "BA", "PE", "CE")

GROUPS = (
    Group(
        "Bandeirão",
        0.19,
        (
            Brand("BANDEIRAO S.A. LJ {:03d}", "BANDEIRAO {:03d}", ("75315333",), 24, (*_BUSY, "GO", "RS", "PA")),
            Brand(
                "BANDEIRAO ATACADO LTDA LJ {:03d}",
                "BANDEIRAO ATAC {:03d}",
                ("00063960",),
                9,
                ("SP", "BA", "RJ"),
            ),
            Brand("BDR COMERCIO DO SUL LTDA LJ {:03d}", "BDR SUL {:03d}", ("93209765",), 7, ("RS", "SC", "PR")),
        ),
    ),
    Group(
        "Aurora",
        0.17,
        (
            Brand(
                "AURORA DISTRIBUIDORA S/A LJ {:02d}",
                "AURORA LJ {:02d}",
                ("06057223",),
                30,
                ("SP", "SP", "RJ", "BA", "PE", "CE", "MG", "PR", "AM", "DF", "RN"),
            ),
        ),
    ),
    Group(
        "Cruzeiro",
        0.07,
        (
            Brand(
                "CRUZEIRO HIPERMERCADOS LTDA LJ {:02d}",
                "CRUZEIRO LJ {:02d}",
                ("45543915",),
                12,
                ("SP", "SP", "RJ", "MG", "RS", "PE"),
            ),
        ),
    ),
    Group(
        "Forte Atacadista",
        0.06,
        (
            Brand(
                "FORTE ATACADISTA LTDA LJ {:02d}",
                "FORTE ATACADISTA {:02d}",
                ("09477652",),
                12,
                ("SC", "PR", "SP", "MS"),
            ),
        ),
    ),
    Group(
        "Barraca",
        0.05,
        (
            Brand(
                "BARRACA COMERCIO ATACADISTA S/A LJ {:02d}",
                "BARRACA LJ {:02d}",
                ("01157555",),
                10,
                ("BA", "PE", "CE", "SE"),
            ),
        ),
    ),
    Group(
        "Mathias",
        0.04,
        (
            Brand(
                "SUPERMERCADOS MATHIAS S/A LJ {:02d}",
                "MATHIAS LJ {:02d}",
                ("03995515",),
                6,
                ("MG", "RJ", "ES"),
            ),
            Brand("MATHIAS ATACAREJO LTDA LJ {:02d}", "MATHIAS ATACAREJO {:02d}", ("23439441",), 4, ("MG", "BA")),
            Brand("MTS CENTRAL DE COMPRAS LTDA LJ {:02d}", "MTS CENTRAL {:02d}", ("59009691",), 3, ("SP", "MG")),
        ),
    ),
    Group(
        "Coco Verde",
        0.03,
        (Brand("COCO VERDE", "COCO VERDE", (), 7, ("CE", "PE", "RN", "BA", "PB", "AL", "CE")),),
    ),
    Group(
        "Mercantil Ramalho",
        0.025,
        (
            Brand(
                "MERCANTIL RAMALHO LTDA LJ {:02d}",
                "MERC RAMALHO {:02d}",
                ("08214377",),
                8,
                ("CE", "PI", "MA", "CE"),
            ),
        ),
    ),
    Group(
        "Rede Mercado Novo",
        0.02,
        (Brand("REDE MERCADO NOVO LJ {:02d}", "MERCADO NOVO LJ {:02d}", (), 13, ("SP", "SP", "PR")),),
    ),
)


def cnpj(root: str, branch: int) -> str:
    """The CNPJ of a root's branch, with its check digits: 06.057.223/0001-71."""
    digits = [int(digit) for digit in f"{root}{branch:04d}"]
    for weights in ((5, 4, 3, 2, 9, 8, 7, 6, 5, 4, 3, 2), (6, 5, 4, 3, 2, 9, 8, 7, 6, 5, 4, 3, 2)):
        rest = sum(digit * weight for digit, weight in zip(digits, weights, strict=True)) % 11
        digits.append(0 if rest < 2 else 11 - rest)
    text = "".join(map(str, digits))
    return f"{text[:2]}.{text[2:5]}.{text[5:8]}/{text[8:12]}-{text[12:]}"
