"""Further data, fetched through the provider."""

from maestro.enricher.v1 import enricher_pb2
from maestro.plan.v1 import plan_pb2
from maestro.provider.v1 import provider_pb2, provider_pb2_grpc
from maestro.result.v1 import result_pb2

from services.enricher.subject import Fetched


class Provider:
    """Runs plans that were derived from the one in a request, with its context and its knowledge."""

    def __init__(self, stub: provider_pb2_grpc.ProviderStub, timeout: float) -> None:
        self._stub = stub
        self._timeout = timeout

    async def fetch(
        self, request: enricher_pb2.EnrichRequest, plan: plan_pb2.QueryPlan, purpose: str
    ) -> Fetched:
        """The one row that a plan yields. Fails like Provider.Fetch."""
        response = await self._stub.Fetch(
            provider_pb2.FetchRequest(
                context=request.context,
                plan=plan,
                catalog=request.catalog if request.HasField("catalog") else None,
                semantics=request.semantics if request.HasField("semantics") else None,
                page_size=2,
            ),
            timeout=self._timeout,
        )
        statements: list[result_pb2.Statement] = list(response.statements)
        for statement in statements:
            statement.purpose = purpose
        rows = response.head.rows
        return Fetched(tuple(rows[0].values) if rows else (), tuple(statements))
