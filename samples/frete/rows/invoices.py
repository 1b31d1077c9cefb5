"""relatorio_faturamento_importado and faturamento_produto: the invoices, and the products on them."""

from __future__ import annotations

import numpy as np

from samples.frete import columns as c
from samples.frete.batch import Batch
from samples.frete.columns import Sheet
from samples.frete.flow import FIRST_INVOICE
from samples.frete.places import CITIES, STATES
from samples.frete.world import Scene, plain

INCOTERMS = ("CIF", "FOB", "RED")
PRODUCT_STATUSES = ("Lançado", "Cancelado", "Provisório")


def invoice_rows(scene: Scene, batch: Batch) -> Sheet:
    """Rows of relatorio_faturamento_importado: every invoice. `origem` holds the order's number."""
    draws, world, lines = scene.draws, scene.world, batch.lines
    row, client = lines.row, lines.client
    cities = [plain(city.name) for city in CITIES]
    terms = np.where(lines.red, INCOTERMS.index("RED"), np.where(lines.fob, INCOTERMS.index("FOB"), 0))
    return {
        "id": c.plain(row + 1),
        "numero_nf": c.codes("", FIRST_INVOICE + row),
        "data_fatura": c.dates(lines.invoiced),
        "cnpj_cliente": c.texts(world.clients.cnpj, client),
        "nome_cliente": c.texts(world.clients.name, client),
        "valor_total": c.hundredths(lines.value),
        "peso_bruto": c.thousandths(lines.grams),
        "municipio": c.texts(cities, world.clients.city[client]),
        "estado": c.texts([state.uf for state in STATES], world.clients.state[client]),
        "codigo_ibge": c.texts([city.ibge for city in CITIES], world.clients.city[client]),
        "origem": c.codes("", batch.held.number, ~draws.chance("no order number", row, 0.008)),
        "incoterm": c.texts(INCOTERMS, terms),
        "vendedor": c.texts(world.sellers, world.clients.seller[client]),
        "ativo": c.plain(~lines.cancelled),
    }


def product_rows(scene: Scene, batch: Batch) -> Sheet:
    """Rows of faturamento_produto: each product on each invoice."""
    world, lines, items = scene.world, batch.lines, batch.items
    line, client = items.line, lines.client[items.line]
    recent = (scene.today - lines.invoiced < 2)[line] & scene.draws.chance("provisional", lines.row[line], 0.3)
    state = np.select([lines.cancelled[line], recent], [1, 2], 0)
    return {
        "id": c.plain(items.number + 1),
        "numero_nf": c.codes("", FIRST_INVOICE + lines.row[line]),
        "data_fatura": c.dates(lines.invoiced[line]),
        "cnpj_cliente": c.texts(world.clients.cnpj, client),
        "cod_produto": c.texts(world.products.code, items.product),
        "nome_produto": c.texts(world.products.name, items.product),
        "qtd": c.plain(items.quantity),
        "preco": c.hundredths(items.price),
        "valor": c.hundredths(items.value),
        "status_nf": c.texts(PRODUCT_STATUSES, state),
    }
