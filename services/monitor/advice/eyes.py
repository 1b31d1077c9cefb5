"""Looks at plans through the modules that know: mapper, scanner, loader."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence

from maestro.catalog.v1 import catalog_pb2
from maestro.context.v1 import context_pb2
from maestro.loader.v1 import loader_pb2, loader_pb2_grpc
from maestro.mapper.v1 import mapper_pb2, mapper_pb2_grpc
from maestro.plan.v1 import plan_pb2
from maestro.scanner.v1 import scanner_pb2, scanner_pb2_grpc
from maestro.semantics.v1 import semantics_pb2
from mesh.fault import Fault
from services.monitor.advice import ddl
from services.monitor.advice.advisor import Looked
from services.monitor.advice.candidates import Candidate
from services.monitor.advice.postgres import KeptPlan


class MeshEyes:
    """Stubs of the modules."""

    def __init__(
        self,
        scanner: scanner_pb2_grpc.ScannerStub,
        mapper: mapper_pb2_grpc.MapperStub,
        loader: loader_pb2_grpc.LoaderStub,
    ) -> None:
        self._scanner = scanner
        self._mapper = mapper
        self._loader = loader

    async def look(self, source: str, plan: KeptPlan) -> Looked:
        """As Eyes.look."""
        semantics, catalog = await self._slices(source, plan)
        compiled = await self._compile(source, plan, semantics, catalog, ())
        return Looked(compiled.statement.sql, compiled.explanation, catalog, "hypopg" in catalog.extensions)

    async def weigh(self, source: str, plan: KeptPlan, looked: Looked, candidate: Candidate) -> float:
        """As Eyes.weigh: the loader is told of the index as of one that is there, so that it chooses its form by it."""
        semantics, _ = await self._slices(source, plan)
        catalog = catalog_pb2.CatalogSlice()
        catalog.CopyFrom(looked.catalog)
        statement = ddl.hypothetical(candidate)
        # A catalog of its own: what is compiled with it must not be taken for what is there.
        catalog.version = hashlib.sha256(f"{catalog.version} {statement}".encode()).hexdigest()[:16]
        for table in catalog.tables:
            if (table.schema, table.name) == (candidate.schema, candidate.table):
                table.indexes.append(ddl.as_index(candidate))
        compiled = await self._compile(source, plan, semantics, catalog, (statement,))
        return float(json.loads(compiled.explanation)[0]["Plan"]["Total Cost"])

    async def tables(self, source: str, names: Sequence[str]) -> dict[str, catalog_pb2.Table]:
        """As applied.Tables."""
        found: dict[str, catalog_pb2.Table] = {}
        for name in names:
            request = scanner_pb2.GetSliceRequest(context=_context(source), tables=[plan_pb2.TableRef(name=name)])
            try:
                response = await self._scanner.GetSlice(request)
            except Fault as fault:
                if fault.reason != "TABLE_UNKNOWN":
                    raise
                continue
            found |= {table.name: table for table in response.slice.tables if table.name == name}
        return found

    async def _slices(
        self, source: str, plan: KeptPlan
    ) -> tuple[semantics_pb2.SemanticSlice, catalog_pb2.CatalogSlice]:
        context = _context(source, plan)
        mapped = await self._mapper.GetSlice(mapper_pb2.GetSliceRequest(context=context, plan=plan.plan))
        request = scanner_pb2.GetSliceRequest(context=context, plan=plan.plan, tables=mapped.slice.tables)
        return mapped.slice, (await self._scanner.GetSlice(request)).slice

    async def _compile(
        self,
        source: str,
        plan: KeptPlan,
        semantics: semantics_pb2.SemanticSlice,
        catalog: catalog_pb2.CatalogSlice,
        hypothetical: Sequence[str],
    ) -> loader_pb2.CompileResponse:
        request = loader_pb2.CompileRequest(
            context=_context(source, plan),
            plan=plan.plan,
            catalog=catalog,
            semantics=semantics,
            explain=True,
            hypothetical_indexes=hypothetical,
        )
        response: loader_pb2.CompileResponse = await self._loader.Compile(request)
        return response


def _context(source: str, plan: KeptPlan | None = None) -> context_pb2.RequestContext:
    context = context_pb2.RequestContext(source=source, caller=context_pb2.Caller(id="maestro-advice"))
    if plan is not None:
        context.time_zone = plan.time_zone
        if plan.as_of is not None:
            context.as_of_time.FromDatetime(plan.as_of)
        else:
            context.as_of_time.GetCurrentTime()
    return context
