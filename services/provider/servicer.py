"""Messages of maestro.provider.v1 ↔ the provider's own."""

from collections.abc import AsyncIterator
from contextlib import aclosing
from typing import Any

import grpc

from maestro.provider.v1 import provider_pb2, provider_pb2_grpc
from services.provider.plans import Plans
from services.provider.serving import Serving

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

    async def Fetch(  # the name of the RPC
        self, request: provider_pb2.FetchRequest, context: Any
    ) -> provider_pb2.FetchResponse:
        """Returns the head of a plan's result."""
        return await self._serving.fetch(request)

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


def _serialized(response: Any) -> bytes:
    made: bytes = response if isinstance(response, bytes) else response.SerializeToString()
    return made


def add_to_server(servicer: ProviderServicer, server: Any) -> None:
    """As the generated function, but for Stream, whose responses may be bytes already."""
    provider_pb2_grpc.add_ProviderServicer_to_server(servicer, _Raw(server))


class _Raw:
    """Passes handlers on, with a serializer for bytes in the streaming one."""

    def __init__(self, server: Any) -> None:
        self._server = server

    def add_generic_rpc_handlers(self, handlers: Any) -> None:
        """Nothing: the registered handlers say the same."""

    def add_registered_method_handlers(self, service: str, handlers: dict[str, Any]) -> None:
        """Called by generated code."""
        stream = handlers["Stream"]
        changed = grpc.unary_stream_rpc_method_handler(
            stream.unary_stream,
            request_deserializer=stream.request_deserializer,
            response_serializer=_serialized,
        )
        self._server.add_registered_method_handlers(service, {**handlers, "Stream": changed})
