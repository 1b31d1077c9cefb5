"""What carriers charge for freights, and what becomes of it.

A difference above R$ 5,00 between paid and considered, or considered and quoted, puts a freight under
discussion (EM_TRATATIVA) and asks for approval; once it is settled, the difference is gone.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from samples.frete.days import half_month, half_month_end
from samples.frete.draws import Bools, Draws, Ints

PENDING, DISPUTED, APPROVED, REJECTED, PAID, CANCELLED = range(6)
STATUSES = ("PENDENTE", "EM_TRATATIVA", "APROVADO", "REJEITADO", "PAGO", "CANCELADO")
TOLERANCE = 500
"""Cents of difference that nobody discusses."""


@dataclass(frozen=True)
class Billing:
    """One entry for each freight; amounts in cents, days as numbers."""

    status: Ints
    asks: Bools  # for approval
    has_cte: Bools
    cte: Ints
    considered: Ints
    has_paid: Bools
    paid: Ints
    issued: Ints
    half: Ints  # half month in which the carrier bills it
    billed: Bools


def billing(draws: Draws, number: Ints, quoted: Ints, left: Ints, today: int) -> Billing:
    """What became of freights whose trucks left on the days `left`."""
    age = today - left
    has_cte = ~draws.chance("no CTe", number, np.select([age <= 2, age <= 7], [0.7, 0.25], 0.015))
    issued = np.minimum(left + draws.integers("CTe after", number, 0, 3), today)
    sort = draws.pick("CTe differs", number, (0.58, 0.24, 0.18))  # not at all, little, much
    little = draws.integers("little", number, -TOLERANCE, TOLERANCE)
    cte = quoted + np.select([sort == 1, sort == 2], [little, _much(draws, number, quoted)], 0)
    settled = draws.chance("settled", number, np.clip((age - 15) / 60, 0.0, 0.96))
    considered = np.where((sort == 2) & settled, quoted + little // 2, cte)
    considered = np.where(has_cte, considered, quoted)

    pays = has_cte & draws.chance("pays", number, np.where(age > 33, 0.93, 0.03))
    wrongly, roughly = draws.chance("wrongly", number, 0.012), draws.chance("roughly", number, 0.06)
    wrong_by = TOLERANCE + draws.integers("wrong by", number, 100, 30_000)
    paid = considered + np.select([wrongly, roughly], [wrong_by, draws.integers("rough by", number, -300, 300)], 0)
    differs = (np.abs(considered - quoted) > TOLERANCE) | (pays & (np.abs(paid - considered) > TOLERANCE))

    fate = draws.uniform("freight fate", number)
    approved = has_cte & (fate < np.select([age <= 7, age <= 33], [0.15, 0.65], 0.9))
    status = np.select(
        [fate > 0.985, differs, pays, (fate > 0.975) & has_cte, approved],
        [CANCELLED, DISPUTED, PAID, REJECTED, APPROVED],
        PENDING,
    )
    has_paid = pays & np.isin(status, [PAID, DISPUTED])
    status[(status == PAID) & draws.chance("not closed yet", number, 0.01)] = APPROVED
    half = half_month(issued)
    return Billing(
        status=status,
        asks=(status == DISPUTED) | ((status == PENDING) & draws.chance("asks", number, 0.12)),
        has_cte=has_cte,
        cte=cte,
        considered=np.where((status == CANCELLED) & differs, quoted, considered),
        has_paid=has_paid,
        paid=paid,
        issued=issued,
        half=half,
        billed=has_cte & (half_month_end(half) < today - 3) & np.isin(status, [DISPUTED, APPROVED, PAID]),
    )


def _much(draws: Draws, number: Ints, quoted: Ints) -> Ints:
    """A difference beyond the tolerance: mostly dearer, at times cheaper."""
    share = draws.quantile("much", number, (0.06, 0.1, 0.2, 0.5))
    by = np.rint(quoted * share).astype(np.int64) + TOLERANCE + 1
    return np.where(draws.chance("cheaper", number, 0.25) & (by * 2 < quoted), -by, by)
