"""The whole sample as a stream of rows, in bounded memory: small tables, the history, what still waits."""

from __future__ import annotations

from collections.abc import Iterator

from samples.frete.batch import batch
from samples.frete.columns import Sheet
from samples.frete.days import day_number
from samples.frete.draws import Draws
from samples.frete.flow import Chunk, Flow
from samples.frete.rows import billing, deliveries, invoices, orders, registers, trucks
from samples.frete.rows.backlog import Used, backlog
from samples.frete.sample import Sample
from samples.frete.world import Scene, World


def generate(sample: Sample, *, chunk_rows: int = 100_000) -> Iterator[tuple[str, Sheet]]:
    """All rows, as (table, rows) in no particular order of tables; foreign keys hold when all are in.

    chunk_rows: about how many invoices are in memory at a time (some 1 kB each); the rows do not depend on
    it."""
    draws = Draws(sample.seed)
    scene = Scene(draws, World(draws, sample.rows), day_number(sample.anchor))
    flow = Flow(draws, scene.world, sample.rows, scene.today)
    yield "transportadoras", registers.carrier_rows(scene)
    yield "cidades", registers.city_rows()
    yield "usuarios", registers.user_rows(scene)
    yield "contatos_agendamento", registers.contact_rows(scene)
    history = _History(scene, flow)
    for chunk in flow.chunks(chunk_rows):
        yield from history.sheets(chunk)
    yield "faturas_frete", history.bills.rows()
    yield from backlog(scene, sample.rows, history.used())


class _History:
    """Turns chunks into rows and counts the ids that they use up."""

    def __init__(self, scene: Scene, flow: Flow) -> None:
        self._scene, self._rows = scene, flow.rows
        self._next: dict[str, int] = {}
        self._shipments = 0
        self.bills = billing.Bills(scene)

    def used(self) -> Used:
        """What the rows so far have used up."""
        return Used(self._rows, self._shipments, self._id("cotacoes"), 2 * self._rows)

    def sheets(self, chunk: Chunk) -> Iterator[tuple[str, Sheet]]:
        """The rows of every table for one chunk."""
        scene, facts = self._scene, batch(self._scene, chunk)
        self._shipments += len(facts.shipments) + int(facts.shipments.twin.sum())
        quotes = trucks.quotes(scene, facts, self._id("cotacoes"))
        yield self._counted("cotacoes", quotes.sheet)
        yield "pedidos", orders.order_rows(scene, facts, quotes.winner)
        yield "embarques", trucks.shipment_rows(scene, facts, quotes.winner)
        yield "embarque_itens", trucks.item_rows(scene, facts, self._rows)
        yield "relatorio_faturamento_importado", invoices.invoice_rows(scene, facts)
        yield "faturamento_produto", invoices.product_rows(scene, facts)
        first = self._id("fretes")
        extra = billing.expense_rows(scene, facts, first, self._id("despesas_extras"))
        yield self._counted("despesas_extras", extra)
        yield self._counted("fretes", billing.freight_rows(scene, facts, self.bills, first))
        yield "entregas_monitoradas", deliveries.delivery_rows(scene, facts)
        made = deliveries.appointment_rows(scene, facts, self._id("agendamentos_entrega"))
        yield self._counted("agendamentos_entrega", made)
        told = deliveries.event_rows(scene, facts, self._id("eventos_entrega"))
        yield self._counted("eventos_entrega", told)
        passed = trucks.gate_rows(scene, facts.shipments, self._id("controle_portaria"))
        yield self._counted("controle_portaria", passed)

    def _id(self, table: str) -> int:
        return self._next.get(table, 1)

    def _counted(self, table: str, sheet: Sheet) -> tuple[str, Sheet]:
        self._next[table] = self._id(table) + len(sheet["id"])
        return table, sheet
