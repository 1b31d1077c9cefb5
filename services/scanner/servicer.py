# the contract names the methods
"""maestro.scanner.v1.Scanner: messages in, messages out."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

from google.protobuf import timestamp_pb2

from maestro.catalog.v1 import catalog_pb2
from maestro.scanner.v1 import scanner_pb2 as pb
from maestro.scanner.v1 import scanner_pb2_grpc
from services.scanner.fitting import fitted
from services.scanner.house import House
from services.scanner.keeper import Keeper
from services.scanner.snapshot import Snapshot


class ScannerServicer(scanner_pb2_grpc.ScannerServicer):
    """Answers from the catalogs that are held; only Scan reads a source."""

    def __init__(self, house: House, most_bytes: int) -> None:
        self._house = house
        self._most_bytes = most_bytes

    async def ListSources(self, request: pb.ListSourcesRequest, context: Any) -> pb.ListSourcesResponse:
        """Every configured source and how it is doing."""
        listed = [self._status(keeper) for keeper in self._house.keepers.values()]
        return pb.ListSourcesResponse(sources=listed)

    async def GetCatalog(self, request: pb.GetCatalogRequest, context: Any) -> pb.GetCatalogResponse:
        """The catalog of the version that the context names, or the current one."""
        snapshot = self._house.keeper(request.context.source).get(request.context.versions.catalog)
        return pb.GetCatalogResponse(catalog=await self._fitted(snapshot))

    async def GetSlice(self, request: pb.GetSliceRequest, context: Any) -> pb.GetSliceResponse:
        """The part of it that a plan touches."""
        snapshot = self._house.keeper(request.context.source).get(request.context.versions.catalog)
        return pb.GetSliceResponse(slice=self._house.slicer(snapshot).cut(request.plan, request.tables))

    async def WatchCatalog(
        self, request: pb.WatchCatalogRequest, context: Any
    ) -> AsyncIterator[pb.WatchCatalogResponse]:
        """The current catalog, then each new one."""
        async for snapshot in self._house.keeper(request.context.source).watch(request.held_version):
            yield pb.WatchCatalogResponse(catalog=await self._fitted(snapshot))

    async def Scan(self, request: pb.ScanRequest, context: Any) -> pb.ScanResponse:
        """Reads what changed, now."""
        report = await self._house.keeper(request.context.source).refresh()
        return pb.ScanResponse(
            previous_version=report.before,
            version=report.snapshot.version,
            added_tables=report.difference.added,
            removed_tables=report.difference.removed,
            changed_tables=report.difference.changed,
            tables_read=report.read,
        )

    async def _fitted(self, snapshot: Snapshot) -> catalog_pb2.Catalog:
        """In a thread: thousands of tables take a second that other callers must not wait."""
        return await asyncio.to_thread(lambda: fitted(snapshot.message(), self._most_bytes))

    def _status(self, keeper: Keeper) -> pb.SourceStatus:
        status = pb.SourceStatus(
            name=keeper.source.name,
            dialect=keeper.dialect,
            available=keeper.available,
            problem=keeper.problem,
            address=keeper.address,
            default_source=keeper.source.name == self._house.default_source,
        )
        held = keeper.current
        if held is not None:
            status.catalog_version = held.version
            status.table_count = len(held.tables)
            scan_time = timestamp_pb2.Timestamp()
            scan_time.FromDatetime(held.scan_time)
            status.scan_time.CopyFrom(scan_time)
        return status
