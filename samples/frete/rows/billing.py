"""fretes, despesas_extras and faturas_frete."""

from __future__ import annotations

import numpy as np

from samples.frete import columns as c
from samples.frete import words
from samples.frete.batch import Batch
from samples.frete.billing import STATUSES, billing
from samples.frete.columns import Sheet
from samples.frete.days import HISTORY, half_month, half_month_end
from samples.frete.draws import Ints
from samples.frete.flow import FIRST_INVOICE
from samples.frete.loads import CARGO, MODES
from samples.frete.rows.trucks import destination
from samples.frete.world import Scene


class Bills:
    """The carriers' invoices, which gather freights over half a month: totals grow chunk by chunk."""

    def __init__(self, scene: Scene) -> None:
        self._scene, self._carriers = scene, len(scene.world.carriers.name)
        self._first = int(half_month(np.array([scene.today - HISTORY - 7]))[0])
        halves = int(half_month(np.array([scene.today + 31]))[0]) - self._first + 1
        self._total = np.zeros(halves * self._carriers, dtype=np.int64)

    def add(self, half: Ints, carrier: Ints, amount: Ints) -> Ints:
        """Put freights on their bills; returns the bills' ids."""
        position = (half - self._first) * self._carriers + carrier
        np.add.at(self._total, position, amount)
        return position + 1

    def due(self, bill: Ints) -> Ints:
        """The day when a bill is to be paid."""
        return half_month_end((bill - 1) // self._carriers + self._first) + 21 + bill % 3 * 7

    def rows(self) -> Sheet:
        """Rows of faturas_frete: every bill that got a freight."""
        bill = np.flatnonzero(self._total) + 1
        carrier, half = (bill - 1) % self._carriers, (bill - 1) // self._carriers + self._first
        issued = half_month_end(half) + 1
        age = self._scene.today - issued
        checked = self._scene.draws.uniform("bill checked", bill)
        state = np.where(checked < np.clip(age / 60, 0.1, 0.97), 2, np.where(checked > 0.985, 0, 1))
        number = (bill * 37 % 9000 + 1000).astype(np.int64)
        return {
            "id": c.plain(bill),
            "transportadora_id": c.plain(carrier + 1),
            "numero_fatura": c.joined(
                "FT-", c.codes("", carrier + 1, width=3), "-", c.codes("", bill * 10_000 + number)
            ),
            "data_emissao": c.dates(issued),
            "valor_total_fatura": c.hundredths(self._total[bill - 1]),
            "vencimento": c.dates(self.due(bill)),
            "status_conferencia": c.texts(("PENDENTE", "EM_CONFERENCIA", "CONFERIDO"), state),
        }


def freight_rows(scene: Scene, batch: Batch, bills: Bills, next_id: int) -> Sheet:
    """Rows of fretes: the freights that were entered."""
    draws, world, today = scene.draws, scene.world, scene.today
    charged, shipments, loads = batch.charged, batch.shipments, batch.loads
    keep, shipment, client = charged.launched, charged.shipment, charged.client
    left, carrier = shipments.planned[shipment], shipments.carrier[shipment]
    bill = billing(draws, charged.number, charged.quoted, left, today)
    billed = bill.billed & keep
    bill_id = np.zeros(len(client), dtype=np.int64)
    bill_id[billed] = bills.add(bill.half[billed], carrier[billed], bill.considered[billed])
    state, city = destination(world, client, charged.red)
    cte = c.codes("", 400_000 + charged.number % 9_000_000, bill.has_cte)
    return c.select(
        {
            "id": c.plain(next_id + np.cumsum(keep) - 1),
            "embarque_id": c.plain(shipments.number[shipment] + 1),
            "transportadora_id": c.plain(carrier + 1),
            "fatura_frete_id": c.plain(bill_id, billed),
            "cnpj_cliente": c.texts(world.clients.cnpj, client),
            "nome_cliente": c.texts(world.clients.name, client),
            "tipo_carga": c.texts(CARGO, loads.cargo[shipment]),
            "modalidade": c.texts(MODES, loads.mode[shipment]),
            "uf_destino": state,
            "cidade_destino": city,
            "peso_total": c.thousandths(charged.grams),
            "valor_total_nfs": c.hundredths(charged.value),
            "quantidade_nfs": c.plain(np.diff(charged.starts)),
            "numeros_nfs": c.lists(c.codes("", FIRST_INVOICE + batch.lines.row[charged.order]), charged.starts),
            "valor_cotado": c.hundredths(charged.quoted),
            "valor_cte": c.hundredths(bill.cte, bill.has_cte),
            "valor_considerado": c.hundredths(bill.considered),
            "valor_pago": c.hundredths(bill.paid, bill.has_paid),
            "numero_cte": cte,
            "data_emissao_cte": c.dates(bill.issued, bill.has_cte),
            "vencimento": c.dates(np.where(billed, bills.due(bill_id), bill.issued + 30), bill.has_cte),
            "status": c.texts(STATUSES, bill.status),
            "requer_aprovacao": c.plain(bill.asks),
            "criado_em": c.moments(
                np.minimum(left + draws.integers("entered after", charged.number, 0, 2), today),
                draws.integers("entered at", charged.number, 40_000, 76_000),
                zone="UTC",
            ),
        },
        keep,
    )


def expense_rows(scene: Scene, batch: Batch, first: int, next_id: int) -> Sheet:
    """Rows of despesas_extras: what some freights cost besides. first: id of the batch's first freight."""
    draws, charged = scene.draws, batch.charged
    freight = np.cumsum(charged.launched) - 1
    chance = 0.02 + 0.09 * scene.world.clients.slowness[charged.client]
    which = np.flatnonzero(charged.launched & draws.chance("extra expense", charged.number, chance))
    number = charged.number[which]
    sort = draws.pick("expense", number, (5, 4, 2, 4, 2, 1.5, 1.5))
    amount = np.rint(draws.quantile("expense amount", number, (60, 120, 200, 350, 600, 1800)) * 100)
    kinds, departments, reasons = (list(column) for column in zip(*words.EXPENSES, strict=True))
    due = batch.shipments.planned[charged.shipment[which]] + draws.integers("expense due", number, 15, 40)
    return {
        "id": c.plain(next_id + np.arange(len(which))),
        "frete_id": c.plain(first + freight[which]),
        "tipo_despesa": c.texts(kinds, sort),
        "setor_responsavel": c.texts(departments, sort),
        "motivo_despesa": c.texts(reasons, sort),
        "numero_documento": c.codes("ND-", number % 100_000, ~draws.chance("no document", number, 0.15)),
        "valor_despesa": c.hundredths(amount.astype(np.int64)),
        "vencimento_despesa": c.dates(due),
    }
