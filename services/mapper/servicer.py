"""maestro.mapper.v1.Mapper: messages in, messages out."""
# the contract names the methods

from collections.abc import AsyncIterator, Callable
from typing import Any

from maestro.context.v1 import context_pb2
from maestro.error.v1 import error_pb2
from maestro.mapper.v1 import mapper_pb2, mapper_pb2_grpc
from maestro.semantics.v1 import semantics_pb2
from mesh.fault import Fault
from services.mapper.model import HeldModel
from services.mapper.shelf import Entry, Library
from services.mapper.similarity import Relation, Similarity
from services.mapper.source import ModelFile
from services.mapper.values.lookup import LookUp

WITHOUT = "none"
"""A version that means: without this knowledge. Checks ask so, to show what the knowledge is worth."""
_LARGEST = 4 * 1024 * 1024

Check = Callable[[HeldModel, ModelFile], Any]
"""Checks a model file against a source's catalog; awaited, it gives the issues."""


class MapperServicer(mapper_pb2_grpc.MapperServicer):
    """Answers from the models that are held."""

    def __init__(self, library: Library, look_up: LookUp, similarity: Similarity, check: Check) -> None:
        self._library = library
        self._look_up = look_up
        self._similarity = similarity
        self._check = check

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
            raise _bad("plan", "must not be empty")
        if request.context.versions.semantics == WITHOUT:
            return mapper_pb2.GetSliceResponse(slice=semantics_pb2.SemanticSlice(version=WITHOUT))
        return mapper_pb2.GetSliceResponse(slice=self._entry(request.context).slicer.cut(request.plan))

    async def LookUpValues(
        self, request: mapper_pb2.LookUpValuesRequest, context: Any
    ) -> mapper_pb2.LookUpValuesResponse:
        """Which stored values texts may mean."""
        _bounded("texts", request.texts, 32, 200)
        if not 0 <= request.max_matches <= 100:
            raise _bad("max_matches", "must be between 0 and 100")
        if not 0 <= request.min_score <= 1:
            raise _bad("min_score", "must be between 0 and 1")
        if request.context.versions.semantics == WITHOUT:
            return mapper_pb2.LookUpValuesResponse(
                results=[mapper_pb2.TextMatches(text=text) for text in request.texts]
            )
        source = self._library.shelf(request.context.source).source
        results = await self._look_up.find(
            source,
            request.texts,
            frozenset(request.datasets),
            request.max_matches or 10,
            request.min_score or 0.8,
            in_database=request.in_database,
        )
        return mapper_pb2.LookUpValuesResponse(results=results, complete=self._look_up.complete(source))

    async def RelateTerms(self, request: mapper_pb2.RelateTermsRequest, context: Any) -> mapper_pb2.RelateTermsResponse:
        """What words come near in meaning."""
        _bounded("texts", request.texts, 16, 100)
        if not 0 <= request.max_relations <= 20:
            raise _bad("max_relations", "must be between 0 and 20")
        found: list[list[Relation]] = [[] for _ in request.texts]
        if WITHOUT not in (request.context.versions.semantics, request.context.versions.similarity):
            model = self._entry(request.context).held.model
            found = await self._similarity.relate(
                model, request.texts, frozenset(request.datasets), request.max_relations or 5
            )
        results = [
            mapper_pb2.TextRelations(
                text=text,
                relations=[
                    mapper_pb2.TermRelation(
                        dataset=each.dataset, field=each.field, score=each.score, phrase=each.phrase
                    )
                    for each in relations
                ],
            )
            for text, relations in zip(request.texts, found, strict=True)
        ]
        return mapper_pb2.RelateTermsResponse(results=results, available=self._similarity.available)

    async def CheckModel(self, request: mapper_pb2.CheckModelRequest, context: Any) -> mapper_pb2.CheckModelResponse:
        """What is wrong with a model file."""
        if len(request.text.encode()) > _LARGEST:
            raise _bad("text", "must have at most 4 MiB")
        held = self._library.entry(request.context.source, "").held
        file = ModelFile(request.file_name or "model.yaml", request.text)
        issues: list[error_pb2.Issue] = await self._check(held, file)
        return mapper_pb2.CheckModelResponse(issues=issues)


def _bounded(field: str, texts: Any, most: int, longest: int) -> None:
    if len(texts) > most:
        raise _bad(field, f"must hold at most {most} texts")
    if any(len(text) > longest for text in texts):
        raise _bad(field, f"each must have at most {longest} characters")


def _bad(field: str, what: str) -> Fault:
    return Fault("INVALID_ARGUMENT", f"{field} {what}.", violations=[(field, what)])
