"""Messages of the enricher, in and out."""

from typing import Any

from maestro.enricher.v1 import enricher_pb2, enricher_pb2_grpc
from maestro.plan.v1 import plan_pb2

from services.enricher.enrich import enrich
from services.enricher.provider import Provider
from services.enricher.subject import Fetched, Subject


class EnricherServicer(enricher_pb2_grpc.EnricherServicer):
    """Serves maestro.enricher.v1.Enricher."""

    def __init__(self, provider: Provider) -> None:
        self._provider = provider

    async def Enrich(  # noqa: N802  # named by the contract
        self, request: enricher_pb2.EnrichRequest, context: Any
    ) -> enricher_pb2.EnrichResponse:
        """Computes what fits the result."""

        async def fetch(plan: plan_pb2.QueryPlan, purpose: str) -> Fetched:
            return await self._provider.fetch(request, plan, purpose)

        locale = request.locale or request.context.locale
        language = "en" if locale[:2].lower() == "en" else "pt"
        facts, issues = await enrich(Subject(request, language), fetch)
        return enricher_pb2.EnrichResponse(enrichments=facts, issues=issues)
