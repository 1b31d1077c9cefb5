"""Translates between the provider's messages and the loader's."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator
from contextlib import aclosing
from typing import Any

from maestro.loader.v1 import loader_pb2, loader_pb2_grpc
from maestro.provider.v1 import provider_pb2 as pb
from mesh import telemetry
from mesh.deadline import remaining
from mesh.fault import Fault
from services.provider.cache import Cache
from services.provider.flight import SingleFlight
from services.provider.keys import fetch_key


class ProviderServicer:
    """maestro.provider.v1.Provider. Holds no SQL: what it has not got it asks of the loader."""

    def __init__(self, loader: loader_pb2_grpc.LoaderStub, cache: Cache[loader_pb2.ExecuteResponse]) -> None:
        self._loader = loader
        self._cache = cache
        self._flights: SingleFlight[loader_pb2.ExecuteResponse] = SingleFlight()

    async def Fetch(self, request: pb.FetchRequest, context: Any) -> pb.FetchResponse:
        """The head of a result: cached, shared with an equal call under way, or fetched."""
        if request.fresh:
            return _response(await self._execute(request), how="bypass")
        key = fetch_key(request)
        cached = self._cache.get(key, time.monotonic())
        if cached is not None:
            return _response(cached.value, how="hit", age=time.monotonic() - cached.put)
        result, shared = await self._together(key, request)
        if not shared:
            self._cache.put(key, result, request.context.source, result.ByteSize(), time.monotonic())
        return _response(result, how="shared" if shared else "miss")

    async def Stream(self, request: pb.StreamRequest, context: Any) -> AsyncIterator[pb.StreamResponse]:
        """All rows, as the loader sends them; a batch is asked for when the one before was taken."""
        wanted = loader_pb2.StreamRequest(
            context=request.context,
            plan=request.plan,
            catalog=request.catalog if request.HasField("catalog") else None,
            semantics=request.semantics if request.HasField("semantics") else None,
            batch_rows=request.batch_rows,
        )
        async with aclosing(self._loader.Stream(wanted)) as parts:
            async for part in parts:
                # Both messages have the same fields under the same numbers; the provider's summary has one more.
                yield pb.StreamResponse.FromString(part.SerializeToString())

    async def Purge(self, request: pb.PurgeRequest, context: Any) -> pb.PurgeResponse:
        """Drops cached results of a source."""
        return pb.PurgeResponse(dropped=self._cache.purge(request.context.source))

    async def _together(self, key: bytes, request: pb.FetchRequest) -> tuple[loader_pb2.ExecuteResponse, bool]:
        try:
            return await self._flights.do(key, lambda: self._execute(request))
        except Fault as fault:
            # The time that ran out was that of the caller who began; another may have some left.
            left = remaining()
            if fault.reason != "DEADLINE_EXCEEDED" or (left is not None and left < 0.1):
                raise
        return await self._execute(request), False

    async def _execute(self, request: pb.FetchRequest) -> loader_pb2.ExecuteResponse:
        wanted = loader_pb2.ExecuteRequest(
            context=request.context,
            plan=request.plan,
            catalog=request.catalog if request.HasField("catalog") else None,
            semantics=request.semantics if request.HasField("semantics") else None,
            page_size=request.page_size,
            page_token=request.page_token,
            explain=request.explain,
        )
        result: loader_pb2.ExecuteResponse = await self._loader.Execute(wanted)
        return result


def _response(result: loader_pb2.ExecuteResponse, *, how: str, age: float = 0.0) -> pb.FetchResponse:
    response = pb.FetchResponse(
        head=result.head,
        statements=result.statements,
        issues=result.issues,
        enrichable=bool(result.head.rows) and any(column.measure for column in result.head.columns),
    )
    response.cache.hit = how == "hit"
    response.cache.shared = how == "shared"
    response.cache.age.FromNanoseconds(int(age * 1e9))
    telemetry.annotate("maestro.cache", how)
    return response
