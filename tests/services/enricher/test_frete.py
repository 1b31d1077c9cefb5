"""Every fact on the frete sample, against SQL written by hand."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, date, datetime
from typing import Any

import psycopg
import pytest
import pytest_asyncio

from maestro.catalog.v1 import catalog_pb2
from maestro.context.v1 import context_pb2
from maestro.enricher.v1 import enricher_pb2, enricher_pb2_grpc
from maestro.plan.v1 import plan_pb2
from maestro.provider.v1 import provider_pb2, provider_pb2_grpc
from maestro.result.v1 import result_pb2
from maestro.scanner.v1 import scanner_pb2, scanner_pb2_grpc
from mesh.testing import Mesh, start
from samples.frete.postgres import fill
from samples.frete.sample import ANCHOR, Sample
from services.enricher.__main__ import build as build_enricher
from services.loader.__main__ import build as build_loader
from services.provider.__main__ import build as build_provider
from services.scanner.__main__ import build as build_scanner
from tests.fixtures.postgres import TestServer
from tests.services.loader.plans import agg, both, bucket, cmp, col, count, day, down, lit, query, span, table

E = table("entregas_monitoradas", "e")
BUILDS = {"scanner": build_scanner, "loader": build_loader, "provider": build_provider, "enricher": build_enricher}
JUNE = span(col("e.data_embarque"), day("2025-06-01"), day("2025-07-01"))


class Frete:
    """The modules, and SQL by hand."""

    def __init__(self, mesh: Mesh, connection: Any, catalog: catalog_pb2.CatalogSlice) -> None:
        self.mesh = mesh
        self.connection = connection
        self.catalog = catalog

    def sql(self, text: str) -> list[tuple[Any, ...]]:
        rows: list[tuple[Any, ...]] = self.connection.execute(text).fetchall()
        return rows

    async def enriched(
        self, made: plan_pb2.Query, *, at: date = ANCHOR, page_size: int = 1000
    ) -> tuple[dict[str, result_pb2.Enrichment], result_pb2.ResultHead]:
        """Facts by kind, and the head, of a plan that is run."""
        plan = plan_pb2.QueryPlan(query=made)
        context = context_pb2.RequestContext(source="frete", time_zone="America/Sao_Paulo")
        context.as_of_time.FromDatetime(datetime(at.year, at.month, at.day, 15, tzinfo=UTC))
        fetch = provider_pb2.FetchRequest(context=context, plan=plan, catalog=self.catalog, page_size=page_size)
        fetched = await self.mesh.stub(provider_pb2_grpc.ProviderStub, "provider").Fetch(fetch)
        request = enricher_pb2.EnrichRequest(
            context=context, plan=plan, head=fetched.head, catalog=self.catalog, locale="pt-BR"
        )
        response = await self.mesh.stub(enricher_pb2_grpc.EnricherStub, "enricher").Enrich(request)
        assert all(each.definition for each in response.enrichments), "each says what it is"
        assert list(response.issues) == []
        return {each.kind: each for each in response.enrichments}, fetched.head


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def frete(postgres: TestServer) -> AsyncIterator[Frete]:
    url = postgres.fresh()
    fill(url, Sample(rows=6_000))
    context = context_pb2.RequestContext(source="frete")
    with psycopg.connect(url, autocommit=True) as connection:
        async with start(BUILDS, env={"MAESTRO_SOURCE_FRETE": postgres.reader(url)}) as mesh:
            scanner = mesh.stub(scanner_pb2_grpc.ScannerStub, "scanner")
            await scanner.Scan(scanner_pb2.ScanRequest(context=context))
            request = scanner_pb2.GetSliceRequest(context=context, tables=[E.table])
            catalog = (await scanner.GetSlice(request)).slice
            yield Frete(mesh, connection, catalog)


pytestmark = pytest.mark.asyncio(loop_scope="module")


def number(value: result_pb2.Value) -> float:
    return float(value.decimal or value.float or value.integer)


async def test_previous_period_and_year_on_year(frete: Frete) -> None:
    facts, head = await frete.enriched(query(E, {"v": agg("SUM", col("e.valor_nf"))}, where=JUNE))
    months = dict(
        frete.sql(
            "SELECT to_char(data_embarque, 'YYYY-MM'), sum(valor_nf) FROM entregas_monitoradas "
            "WHERE data_embarque BETWEEN '2025-05-01' AND '2025-06-30' OR data_embarque BETWEEN '2024-06-01' AND '2024-06-30' "
            "GROUP BY 1"
        )
    )
    assert number(head.rows[0].values[0]) == pytest.approx(float(months["2025-06"]))
    for kind, month in (("previous_period", "2025-05"), ("year_on_year", "2024-06")):
        before = months.get(month)
        assert before, "the sample has that month"
        assert number(facts[kind].values["previous"]) == pytest.approx(float(before))
        change = float(months["2025-06"]) / float(before) - 1
        assert number(facts[kind].values["change"]) == pytest.approx(change)
        assert facts[kind].statements[0].parameters


@pytest.mark.parametrize("limit", [0, 3])
async def test_share_of_total(frete: Frete, limit: int) -> None:
    made = query(E, {"uf": col("e.uf"), "n": count()}, where=JUNE, group=[col("e.uf")], order=[down("n")], limit=limit)
    facts, head = await frete.enriched(made)
    wanted = dict(
        frete.sql(
            "SELECT uf, count(*)::float8 / sum(count(*)) OVER () FROM entregas_monitoradas "
            "WHERE data_embarque >= '2025-06-01' AND data_embarque < '2025-07-01' GROUP BY uf"
        )
    )
    found = {row.values[0].text: number(share) for row, share in zip(head.rows, facts["share"].row_values, strict=True)}
    assert found == pytest.approx({uf: float(wanted[uf]) for uf in found})
    assert len(found) == (limit or len(wanted))
    assert bool(facts["share"].statements) == bool(limit), "a part is never taken for the whole"


async def test_rank_among_all_groups(frete: Frete) -> None:
    ranked = frete.sql(
        "SELECT uf, rank() OVER (ORDER BY sum(valor_nf) DESC), count(*) OVER () FROM entregas_monitoradas "
        "WHERE uf IS NOT NULL AND data_embarque >= '2025-06-01' AND data_embarque < '2025-07-01' "
        "AND data_hora_entrega_realizada IS NOT NULL GROUP BY uf HAVING sum(valor_nf) IS NOT NULL"
    )
    delivered = plan_pb2.Predicate(
        null_test=plan_pb2.NullTest(operand=col("e.data_hora_entrega_realizada"), negated=True)
    )
    for uf, place, of in ranked:
        where = both(JUNE, delivered, cmp(col("e.uf"), "=", lit(uf)))
        facts, _ = await frete.enriched(query(E, {"v": agg("SUM", col("e.valor_nf"))}, where=where))
        if of < 3:
            assert "rank" not in facts
            continue
        assert (number(facts["rank"].values["rank"]), number(facts["rank"].values["of"])) == (place, of)
        assert facts["rank"].statements
    assert len(ranked) > 3


async def test_no_rank_where_none_is_meant(frete: Frete) -> None:
    for where in (
        JUNE,
        cmp(col("e.numero_nf"), "=", lit("110312")),
        both(cmp(col("e.uf"), "=", lit("SP")), cmp(col("e.transportadora"), "=", lit("x"))),
    ):
        facts, _ = await frete.enriched(query(E, {"n": count()}, where=where))
        assert "rank" not in facts


async def test_trend_is_the_least_squares_line_of_the_database(frete: Frete) -> None:
    made = query(
        E,
        {"m": bucket("MONTH", col("e.data_embarque")), "n": count()},
        where=span(col("e.data_embarque"), day("2025-01-01"), day("2025-11-01")),
        group=[bucket("MONTH", col("e.data_embarque"))],
    )
    facts, head = await frete.enriched(made)
    ((slope, r2),) = frete.sql(
        "SELECT regr_slope(n, m), regr_r2(n, m) FROM (SELECT count(*) AS n, extract(month FROM data_embarque) AS m "
        "FROM entregas_monitoradas WHERE data_embarque >= '2025-01-01' AND data_embarque < '2025-11-01' GROUP BY 2) months"
    )
    assert len(head.rows) > 5
    assert number(facts["trend"].values["slope"]) == pytest.approx(slope)
    assert number(facts["trend"].values["r_squared"]) == pytest.approx(r2)


OUTLIERS = """
WITH groups AS (SELECT transportadora AS g, avg(valor_nf)::float8 AS v FROM entregas_monitoradas GROUP BY 1),
middle AS (SELECT percentile_cont(0.5) WITHIN GROUP (ORDER BY v) AS m FROM groups),
deviation AS (SELECT percentile_cont(0.5) WITHIN GROUP (ORDER BY abs(v - m)) AS d FROM groups, middle)
SELECT g, abs(v - m) * 0.6745 / d > 3.5, m, d FROM groups, middle, deviation ORDER BY v DESC
"""


@pytest.mark.parametrize("limit", [0, 4])
async def test_outliers_among_all_groups(frete: Frete, limit: int) -> None:
    # One carrier's invoices are much higher than all others' are.
    most = frete.sql("SELECT transportadora FROM entregas_monitoradas GROUP BY 1 ORDER BY sum(valor_nf) DESC LIMIT 1")[
        0
    ][0]
    frete.connection.execute(
        "UPDATE entregas_monitoradas SET valor_nf = valor_nf + 100000 WHERE id IN "
        "(SELECT id FROM entregas_monitoradas WHERE transportadora = %s LIMIT 150)", (most,)
    )  # fmt: skip
    made = query(
        E, {"t": col("e.transportadora"), "v": agg("AVG", col("e.valor_nf"))}, group=[col("e.transportadora")],
        order=[down("v")], limit=limit,
    )  # fmt: skip
    facts, head = await frete.enriched(made)
    wanted = frete.sql(OUTLIERS)
    outlying = {g: far for g, far, _, _ in wanted}
    fact = facts["outliers"]
    found = {row.values[0].text or None: each.boolean for row, each in zip(head.rows, fact.row_values, strict=True)}
    assert found == {g: outlying[g] for g in found}
    assert found[most]
    assert number(fact.values["median"]) == pytest.approx(wanted[0][2])
    assert number(fact.values["deviation"]) == pytest.approx(wanted[0][3])
    assert number(fact.values["groups"]) == len(wanted)
    assert len(found) == (limit or len(wanted))
    assert bool(fact.statements) == bool(limit)


async def test_completeness(frete: Frete) -> None:
    where = cmp(col("e.uf"), "=", lit("SP"))
    facts, _ = await frete.enriched(query(E, {"v": agg("AVG", col("e.lead_time"))}, where=where))
    ((rows, without),) = frete.sql(
        "SELECT count(*), count(*) - count(lead_time) FROM entregas_monitoradas WHERE uf = 'SP'"
    )
    assert without, "some have not arrived yet"
    values = facts["completeness"].values
    assert (number(values["rows"]), number(values["without_value"])) == (rows, without)


async def test_freshness(frete: Frete) -> None:
    where = span(col("e.data_faturamento"), day("2025-01-01"), day("2026-01-01"))
    at = date(2025, 12, 20)
    facts, _ = await frete.enriched(query(E, {"n": count()}, where=where), at=at)
    ((latest,),) = frete.sql(
        "SELECT max(data_faturamento) FROM entregas_monitoradas WHERE data_faturamento <= '2025-12-20'"
    )
    assert latest < at
    assert facts["freshness"].values["latest"].date == latest.isoformat()
