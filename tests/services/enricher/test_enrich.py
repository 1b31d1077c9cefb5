"""The enricher over real provider, loader and PostgreSQL; each figure is compared with what SQL by hand gives."""

from datetime import UTC, datetime

import psycopg
import pytest
import pytest_asyncio

from maestro.enricher.v1 import enricher_pb2, enricher_pb2_grpc
from maestro.plan.v1 import plan_pb2
from maestro.provider.v1 import provider_pb2, provider_pb2_grpc
from mesh.testing import start
from services.enricher.__main__ import build as build_enricher
from services.loader.__main__ import build as build_loader
from services.provider.__main__ import build as build_provider
from tests.services.loader import catalogs
from tests.services.loader.plans import agg, both, bucket, cmp, col, count, day, down, moment, query, span, table

O = table("orders", "o")  # noqa: E741  # o as in orders
NOON = datetime(2025, 11, 21, 15, tzinfo=UTC)


class Shop:
    """The mesh, and SQL by hand."""

    def __init__(self, mesh, url):
        self.mesh = mesh
        self.url = url
        self.catalog = catalogs.of_postgresql(url)

    def sql(self, text, *values):
        with psycopg.connect(self.url) as connection:
            return connection.execute(text, values).fetchall()

    async def enriched(self, made, *, at=NOON, page_size=100, locale="pt-BR", **fields):
        """Facts by kind (the last of a kind), and the whole response, of a plan that is run."""
        plan = plan_pb2.QueryPlan(query=made)
        fetch = provider_pb2.FetchRequest(plan=plan, catalog=self.catalog, page_size=page_size)
        fetch.context.source = "shop"
        fetch.context.time_zone = "America/Sao_Paulo"
        fetch.context.as_of_time.FromDatetime(at)
        fetched = await self.mesh.stub(provider_pb2_grpc.ProviderStub, "provider").Fetch(fetch)
        request = enricher_pb2.EnrichRequest(
            context=fetch.context, plan=plan, head=fetched.head, catalog=self.catalog, locale=locale, **fields
        )
        response = await self.mesh.stub(enricher_pb2_grpc.EnricherStub, "enricher").Enrich(request)
        assert all(each.definition for each in response.enrichments)
        return {each.kind: each for each in response.enrichments}, response, fetched.head


@pytest_asyncio.fixture
async def shop(postgres, shop_postgresql):
    builds = {"loader": build_loader, "provider": build_provider, "enricher": build_enricher}
    env = {"MAESTRO_SOURCE_SHOP": postgres.reader(shop_postgresql)}
    async with start(builds, env=env) as mesh:
        yield Shop(mesh, shop_postgresql)


def placed(begin, end):
    return span(col("o.placed"), moment(f"{begin}T00:00:00"), moment(f"{end}T00:00:00"))


def number(value):
    return float(value.decimal or value.float or value.integer)


COUNTED = "SELECT count(*) FROM orders WHERE placed >= %s AND placed < %s"


async def test_a_month_is_compared_with_the_months_before(shop):
    facts, _, head = await shop.enriched(query(O, {"n": count()}, where=placed("2025-03-01", "2025-04-01")))
    now = head.rows[0].values[0].integer
    for kind, begin, end in (
        ("previous_period", "2025-02-01", "2025-03-01"),
        ("year_on_year", "2024-03-01", "2024-04-01"),
    ):
        ((before,),) = shop.sql(COUNTED, begin, end)
        assert number(facts[kind].values["previous"]) == before
        if before:
            assert number(facts[kind].values["change"]) == pytest.approx((now - before) / before)
        assert "current" not in facts[kind].values
        assert facts[kind].statements[0].sql.startswith("SELECT")


async def test_a_period_under_way_is_compared_as_far_as_both_have_come(shop):
    at = datetime(2025, 3, 10, 12, tzinfo=UTC)
    facts, _, _ = await shop.enriched(query(O, {"n": count()}, where=placed("2025-03-01", "2025-04-01")), at=at)
    ((now,),) = shop.sql(COUNTED, "2025-03-01", "2025-03-11")
    ((before,),) = shop.sql(COUNTED, "2025-02-01", "2025-02-11")
    fact = facts["previous_period"]
    assert (number(fact.values["current"]), number(fact.values["previous"])) == (now, before)


async def test_a_period_to_come_is_compared_with_nothing(shop):
    at = datetime(2025, 2, 10, 12, tzinfo=UTC)
    facts, _, _ = await shop.enriched(query(O, {"n": count()}, where=placed("2025-03-01", "2025-04-01")), at=at)
    assert facts == {}


async def test_a_year_has_one_year_before(shop):
    facts, _, _ = await shop.enriched(query(O, {"n": count()}, where=placed("2024-01-01", "2025-01-01")))
    assert "previous_period" in facts
    assert "year_on_year" not in facts


async def test_shares_of_all_groups_are_of_their_sum(shop):
    made = query(O, {"u": col("o.status"), "n": count()}, group=[col("o.status")])
    facts, _, head = await shop.enriched(made)
    ((total,),) = shop.sql("SELECT count(*) FROM orders")
    assert number(facts["share"].values["total"]) == total
    assert sum(number(each) for each in facts["share"].row_values) == pytest.approx(1)
    assert len(facts["share"].row_values) == len(head.rows)
    assert not facts["share"].statements


async def test_shares_of_some_groups_are_of_what_the_database_counts(shop):
    made = query(
        O, {"c": col("o.customer_id"), "s": agg("SUM", col("o.total"))}, group=[col("o.customer_id")],
        order=[down("s")], limit=3,
    )  # fmt: skip
    facts, _, head = await shop.enriched(made)
    ((total,),) = shop.sql("SELECT sum(total) FROM orders")
    assert number(facts["share"].values["total"]) == pytest.approx(float(total))
    first = number(head.rows[0].values[1])
    assert number(facts["share"].row_values[0]) == pytest.approx(first / float(total))
    assert facts["share"].statements


async def test_what_does_not_add_up_has_no_shares(shop):
    averages = query(O, {"u": col("o.status"), "a": agg("AVG", col("o.total"))}, group=[col("o.status")])
    distinct = query(
        O, {"u": col("o.status"), "a": agg("COUNT", col("o.customer_id"), distinct=True)}, group=[col("o.status")]
    )
    for made in (averages, distinct):
        facts, _, _ = await shop.enriched(made)
        assert "share" not in facts


async def test_a_trend_leaves_out_what_is_not_over(shop):
    months = bucket("MONTH", col("o.placed"))
    made = query(O, {"t": months, "n": count()}, group=[months], where=placed("2024-06-01", "2025-06-01"))
    at = datetime(2025, 5, 3, 12, tzinfo=UTC)
    under_way, _, _ = await shop.enriched(made, at=at)
    over, _, _ = await shop.enriched(made)
    ((slope,),) = shop.sql(
        "SELECT regr_slope(n, m) FROM (SELECT extract(year FROM placed) * 12 + extract(month FROM placed) AS m, "
        "count(*) AS n FROM orders WHERE placed >= %s AND placed < %s GROUP BY 1) AS x",
        "2024-06-01",
        "2025-05-01",
    )
    assert number(under_way["trend"].values["slope"]) == pytest.approx(slope)
    assert number(over["trend"].values["slope"]) != pytest.approx(slope)
    assert under_way["trend"].definition != over["trend"].definition
    assert under_way["trend"].values["direction"].text in ("up", "down", "flat")


async def test_a_missing_month_leaves_a_gap(shop):
    months = bucket("MONTH", col("o.placed"))
    ((customer,),) = shop.sql(
        "SELECT customer_id FROM orders WHERE placed < '2025-06-01' AND customer_id IS NOT NULL GROUP BY 1 "
        "HAVING count(DISTINCT date_trunc('month', placed)) BETWEEN 5 AND 12 ORDER BY 1 LIMIT 1"
    )
    holes = query(
        O, {"t": months, "n": count()}, group=[months],
        where=both(placed("2024-01-01", "2025-06-01"), cmp(col("o.customer_id"), "=", customer)),
    )  # fmt: skip
    facts, _, head = await shop.enriched(holes)
    found = [
        (int(row.values[0].date[:4]) * 12 + int(row.values[0].date[5:7]), row.values[1].integer) for row in head.rows
    ]
    steps = sorted(found)
    mean_x = sum(x for x, _ in steps) / len(steps)
    mean_y = sum(y for _, y in steps) / len(steps)
    slope = sum((x - mean_x) * (y - mean_y) for x, y in steps) / sum((x - mean_x) ** 2 for x, _ in steps)
    assert steps[-1][0] - steps[0][0] > len(steps) - 1
    assert number(facts["trend"].values["slope"]) == pytest.approx(slope)


async def test_rows_without_a_value_are_counted(shop):
    facts, _, _ = await shop.enriched(query(O, {"s": agg("SUM", col("o.total"))}))
    ((rows, missing),) = shop.sql("SELECT count(*), count(*) - count(total) FROM orders")
    fact = facts["completeness"]
    assert (number(fact.values["rows"]), number(fact.values["without_value"])) == (rows, missing)
    assert fact.statements
    facts, _, _ = await shop.enriched(query(O, {"s": agg("SUM", col("o.id"))}))
    assert "completeness" not in facts


async def test_data_that_have_not_arrived_are_said(shop):
    ((newest,),) = shop.sql("SELECT max(placed) FROM orders WHERE placed < %s", "2100-01-01")
    at = datetime(newest.year + 1, 5, 15, 12, tzinfo=UTC)
    begin, end = f"{newest.year + 1}-05-01", f"{newest.year + 1}-06-01"
    facts, _, _ = await shop.enriched(query(O, {"n": count()}, where=placed(begin, end)), at=at)
    assert facts["freshness"].values["latest"].timestamp[:10] == newest.date().isoformat()
    fresh = datetime(newest.year, newest.month, newest.day, 15, tzinfo=UTC)
    whole = placed(f"{newest.year}-01-01", f"{newest.year + 1}-01-01")
    facts, _, _ = await shop.enriched(query(O, {"n": count()}, where=whole), at=fresh)
    assert "freshness" not in facts


async def test_what_cannot_be_had_is_an_issue_and_the_rest_is_there(shop):
    made = query(O, {"n": count()}, where=span(col("o.due"), day("2025-03-01"), day("2025-04-01")))
    await shop.mesh.stop("loader")
    request = enricher_pb2.EnrichRequest(plan=plan_pb2.QueryPlan(query=made))
    request.context.source = "shop"
    request.context.as_of_time.FromDatetime(NOON)
    request.head.columns.add(name="n", measure=True)
    request.head.rows.add().values.add(integer=7)
    request.head.complete = True
    response = await shop.mesh.stub(enricher_pb2_grpc.EnricherStub, "enricher").Enrich(request)
    assert list(response.enrichments) == []
    assert {each.code for each in response.issues} == {"enrichment.previous_period", "enrichment.year_on_year"}


async def test_a_list_has_no_facts(shop):
    facts, response, _ = await shop.enriched(query(O, {"id": col("o.id")}, limit=5))
    assert facts == {}
    assert list(response.issues) == []


async def test_definitions_are_in_the_asker_s_language(shop):
    made = query(O, {"n": count()}, where=placed("2025-03-01", "2025-04-01"))
    portuguese, _, _ = await shop.enriched(made)
    english, _, _ = await shop.enriched(made, locale="en-US")
    assert portuguese["previous_period"].definition.startswith("Variação")
    assert english["previous_period"].definition.startswith("Change")
