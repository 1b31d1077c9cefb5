"""Messages of maestro.provider.v1 ↔ the provider's own."""

from collections.abc import AsyncIterator
from contextlib import aclosing
from typing import Any

from maestro.provider.v1 import provider_pb2, provider_pb2_grpc
from services.provider.plans import Plans
from services.provider.serving import Serving

_COUNT = "/maestro.loader.v1.Loader/Count"
_STREAM = "/maestro.loader.v1.Loader/Stream"
# The first byte of a StreamResponse says which part it holds: tag 3, length-delimited, is the summary.
_SUMMARY = b"\x1a"
# And tag 1 the columns, with the statement.
_SCHEMA = b"\x0a"


class ProviderServicer(provider_pb2_grpc.ProviderServicer):
    """Translates; nothing else."""

    def __init__(self, serving: Serving, loader: Any, plans: Plans) -> None:
        self._serving = serving
        self._plans = plans
        # Rows are passed on as the bytes that they came in: both contracts spell these messages alike.
        self._stream = loader.unary_stream(
            _STREAM,
            request_serializer=provider_pb2.StreamRequest.SerializeToString,
            response_deserializer=None,
        )
        self._count = loader.unary_unary(
            _COUNT,
            request_serializer=provider_pb2.CountRequest.SerializeToString,
            response_deserializer=provider_pb2.CountResponse.FromString,
        )

    async def Fetch(  # the name of the RPC
        self, request: provider_pb2.FetchRequest, context: Any
    ) -> provider_pb2.FetchResponse:
        """Returns the head of a plan's result."""
        return await self._serving.fetch(request)

    async def Count(  # as above
        self, request: provider_pb2.CountRequest, context: Any
    ) -> Any:
        """Counts the rows of a plan's result."""
        counted = await self._count(request)
        self._plans.ran(request, counted.statements)
        return counted

    async def Stream(  # as above
        self, request: provider_pb2.StreamRequest, context: Any
    ) -> AsyncIterator[Any]:
        """Sends all rows of a plan's result, then a summary."""
        # Closed also when whoever asked goes away: the loader must not go on reading.
        async with aclosing(self._stream(request)) as responses:
            async for part in responses:
                if part[:1] == _SUMMARY:
                    told = provider_pb2.StreamResponse.FromString(part)
                    told.summary.cache.hit = False
                    yield told
                else:
                    if part[:1] == _SCHEMA:
                        self._plans.ran(request, [provider_pb2.StreamResponse.FromString(part).schema.statement])
                    yield part

    async def Purge(  # as above
        self, request: provider_pb2.PurgeRequest, context: Any
    ) -> provider_pb2.PurgeResponse:
        """Drops cached results of a source."""
        return provider_pb2.PurgeResponse(dropped=self._serving.purge(request.context.source))
