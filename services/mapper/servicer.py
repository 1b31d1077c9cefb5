"""maestro.mapper.v1.Mapper: messages in, messages out."""

from collections.abc import AsyncIterator
from typing import Any

from maestro.context.v1 import context_pb2
from maestro.mapper.v1 import mapper_pb2, mapper_pb2_grpc
from maestro.semantics.v1 import semantics_pb2
from mesh.fault import Fault
from services.mapper.shelf import Entry, Library

WITHOUT = "none"
"""A version that means: without this knowledge. Checks ask so, to show what the knowledge is worth."""


class MapperServicer(mapper_pb2_grpc.MapperServicer):
    """Answers from the models that are held."""

    def __init__(self, library: Library) -> None:
        self._library = library

    def _entry(self, context: context_pb2.RequestContext) -> Entry:
        return self._library.entry(context.source, context.versions.semantics)

    async def GetModel(self, request: mapper_pb2.GetModelRequest, context: Any) -> mapper_pb2.GetModelResponse:
        """The model of a source."""
        shelf = self._library.shelf(request.context.source)
        if request.context.versions.semantics == WITHOUT:
            model = semantics_pb2.SemanticModel(source=shelf.source, version=WITHOUT)
            return mapper_pb2.GetModelResponse(model=model, catalog_live=shelf.live)
        entry = self._entry(request.context)
        return mapper_pb2.GetModelResponse(model=entry.held.model, catalog_live=shelf.live)

    async def WatchModel(
        self, request: mapper_pb2.WatchModelRequest, context: Any
    ) -> AsyncIterator[mapper_pb2.WatchModelResponse]:
        """The model now, and each new one."""
        async for held in self._library.follow(request.context.source, request.held_version):
            yield mapper_pb2.WatchModelResponse(model=held.model)

    async def GetSlice(self, request: mapper_pb2.GetSliceRequest, context: Any) -> mapper_pb2.GetSliceResponse:
        """What a plan names."""
        if not request.plan.HasField("query"):
            raise Fault("INVALID_ARGUMENT", "plan is empty.", violations=[("plan", "must not be empty")])
        if request.context.versions.semantics == WITHOUT:
            return mapper_pb2.GetSliceResponse(slice=semantics_pb2.SemanticSlice(version=WITHOUT))
        return mapper_pb2.GetSliceResponse(slice=self._entry(request.context).slicer.cut(request.plan))
