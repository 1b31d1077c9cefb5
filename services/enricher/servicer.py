"""Translates between messages and facts."""

from __future__ import annotations

import asyncio
from datetime import UTC, date
from typing import Any
from zoneinfo import ZoneInfo

from maestro.catalog.v1 import catalog_pb2
from maestro.context.v1 import context_pb2
from maestro.enricher.v1 import enricher_pb2 as pb
from maestro.error.v1 import error_pb2
from maestro.plan.v1 import plan_pb2 as plan
from maestro.provider.v1 import provider_pb2, provider_pb2_grpc
from maestro.result.v1 import result_pb2
from mesh import telemetry
from mesh.fault import Fault
from services.enricher.expected import expect
from services.enricher.from_data import Fetch, Wanted, want
from services.enricher.from_rows import follow_rows
from services.enricher.shape import shape_of

_FEW_ROWS = 50_000


class EnricherServicer:
    """maestro.enricher.v1.Enricher. seconds: time that further queries may take; cost: the planner's, of facts that are
    told only where they are cheap."""

    def __init__(self, provider: provider_pb2_grpc.ProviderStub, seconds: float, cost: float) -> None:
        self._provider = provider
        self._seconds = seconds
        self._cost = cost

    async def Enrich(self, request: pb.EnrichRequest, context: Any) -> pb.EnrichResponse:
        """The facts that fit a result."""
        response = pb.EnrichResponse()
        query, head = request.plan.query, request.head
        shape = shape_of(query, head, request.semantics)
        if shape is None or not shape.measures:
            return response
        locale = request.locale or request.context.locale
        today = _today(request)
        response.enrichments.extend(follow_rows(shape, query, head, today, locale))
        response.enrichments.extend(expect(shape, request.plan, head, today, locale))
        fetch, frugal = self._fetcher(request), self._fetcher(request, self._cost)
        wanted = want(shape, query, head, request.catalog, request.semantics, today, locale)
        # SQLite estimates no cost: there the size of the tables tells.
        cheap = self._estimates(request.catalog) or _rows(request.catalog) <= _FEW_ROWS
        wanted = [each for each in wanted if cheap or not each.frugal]
        computed = (_compute(each, frugal if each.frugal else fetch) for each in wanted)
        for found, issue in await asyncio.gather(*computed):
            response.enrichments.extend(found)
            if issue is not None:
                response.issues.append(issue)
        telemetry.annotate("maestro.facts", len(response.enrichments))
        return response

    @staticmethod
    def _estimates(catalog: catalog_pb2.CatalogSlice) -> bool:
        return catalog.dialect == catalog_pb2.DIALECT_POSTGRESQL

    def _fetcher(self, request: pb.EnrichRequest, cost: float = 0) -> Fetch:
        """cost: the most that the planner may estimate; 0: what the caller may ask for."""
        context = request.context
        if cost:
            context = context_pb2.RequestContext()
            context.CopyFrom(request.context)
            context.limits.max_cost = min(context.limits.max_cost or cost, cost)

        async def fetch(query: plan.Query, purpose: str) -> provider_pb2.FetchResponse:
            wanted = provider_pb2.FetchRequest(
                context=context,
                plan=plan.QueryPlan(query=query, intent=plan.INTENT_VALUE),
                catalog=request.catalog if request.HasField("catalog") else None,
                semantics=request.semantics if request.HasField("semantics") else None,
                page_size=2,
            )
            fetched: provider_pb2.FetchResponse = await self._provider.Fetch(wanted, timeout=self._seconds)
            for statement in fetched.statements:
                statement.purpose = purpose
            return fetched

        return fetch


async def _compute(wanted: Wanted, fetch: Fetch) -> tuple[list[result_pb2.Enrichment], error_pb2.Issue | None]:
    """A fact, or why it could not be had: an answer without it is better than none."""
    try:
        return await wanted.compute(fetch), None
    except Fault as fault:
        if wanted.frugal and fault.reason == "COST_CEILING":
            return [], None
        issue = error_pb2.Issue(
            severity=error_pb2.SEVERITY_INFO,
            code=f"enrichment.{wanted.kind}",
            message=f"{wanted.kind} could not be computed: {fault.message}",
            module="enricher",
            params={"reason": fault.reason},
        )
        return [], issue


def _rows(catalog: catalog_pb2.CatalogSlice) -> int:
    return max((each.row_estimate for each in catalog.tables), default=_FEW_ROWS + 1)


def _today(request: pb.EnrichRequest) -> date:
    zone = request.context.time_zone or request.semantics.time_zone or "UTC"
    return request.context.as_of_time.ToDatetime(UTC).astimezone(ZoneInfo(zone)).date()
