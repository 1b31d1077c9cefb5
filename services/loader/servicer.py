"""Messages of maestro.loader.v1 ↔ the loader's own."""

from collections.abc import AsyncIterator
from contextlib import aclosing
from dataclasses import replace
from typing import Any

from maestro.error.v1 import error_pb2
from maestro.loader.v1 import loader_pb2, loader_pb2_grpc
from mesh.fault import Fault
from services.loader.batches import Rows, serialized
from services.loader.execution import Ask, Execution
from services.loader.lookups import Lookups, Wanted
from services.loader.requests import limits_of, moment_of, task_of
from services.loader.settings import LoaderSettings
from services.loader.source import Database
from services.loader.sources import Sources
from services.loader.streaming import Begun, Ended, Streaming


class LoaderServicer(loader_pb2_grpc.LoaderServicer):
    """Translates; nothing else."""

    def __init__(self, sources: Sources, execution: Execution, settings: LoaderSettings) -> None:
        self._sources = sources
        self._execution = execution
        self._streaming = Streaming(execution, settings.stream_timeout)
        self._lookups = Lookups(execution)
        self._settings = settings

    async def Execute(  # the name of the RPC
        self, request: loader_pb2.ExecuteRequest, context: Any
    ) -> loader_pb2.ExecuteResponse:
        """Runs a plan and returns the head of its result."""
        _within("page_size", request.page_size, 1000)
        database, ask = self._ask(request, request.page_size, request.page_token, explain=request.explain)
        ask = replace(ask, without_total=request.without_total)
        made = await self._execution.head(database, ask)
        return loader_pb2.ExecuteResponse(
            head=made.head, statements=made.statements, issues=[_issue(*each) for each in made.warnings]
        )

    async def Count(  # as above
        self, request: loader_pb2.CountRequest, context: Any
    ) -> loader_pb2.CountResponse:
        """Counts the rows of a plan's result."""
        database, ask = self._ask(request, 0, "", explain=False)
        total, statements = await self._execution.count(database, ask)
        return loader_pb2.CountResponse(total_rows=total, statements=statements)

    async def Compile(  # as above
        self, request: loader_pb2.CompileRequest, context: Any
    ) -> loader_pb2.CompileResponse:
        """Builds the statement without running it."""
        database, ask = self._ask(request, 0, "", explain=request.explain)
        ask = replace(ask, hypothetical=tuple(request.hypothetical_indexes))
        made = await self._execution.compile(database, ask)
        return loader_pb2.CompileResponse(statement=made.statement, columns=made.columns, explanation=made.explanation)

    async def Stream(  # as above
        self, request: loader_pb2.StreamRequest, context: Any
    ) -> AsyncIterator[Any]:
        """Runs a plan and sends all rows as they come, then a summary."""
        _within("batch_rows", request.batch_rows, 100_000)
        database, ask = self._ask(request, 0, "", explain=False, streaming=True)
        async with aclosing(self._streaming.stream(database, ask, request.batch_rows)) as parts:
            async for part in parts:
                yield _part(part)

    async def LookUpValues(  # as above
        self, request: loader_pb2.LookUpValuesRequest, context: Any
    ) -> loader_pb2.LookUpValuesResponse:
        """Finds values of columns that begin with or contain a text."""
        _within("columns", len(request.columns), 16)
        _within("text", len(request.text), 200)
        _within("max_values", request.max_values, 100)
        source, database = self._sources.get(request.context.source)
        found = await self._lookups.find(
            database,
            Wanted(
                columns=[(each.table.schema, each.table.name, each.column) for each in request.columns],
                text=request.text,
                most=request.max_values or 10,
                catalog=request.catalog,
                moment=moment_of(request, source, self._settings),
                limits=limits_of(request.context, source, self._settings),
            ),
        )
        return loader_pb2.LookUpValuesResponse(
            values=[loader_pb2.FoundValue(column=request.columns[at], value=value) for at, value in found.values],
            skipped=[request.columns[at] for at in found.skipped],
        )

    def _ask(
        self, request: Any, page_size: int, page_token: str, *, explain: bool, streaming: bool = False
    ) -> tuple[Database, Ask]:
        source, database = self._sources.get(request.context.source)
        return database, Ask(
            task=task_of(request, database.name, database.dialect),
            moment=moment_of(request, source, self._settings),
            limits=limits_of(request.context, source, self._settings, streaming=streaming),
            page_size=page_size,
            page_token=page_token,
            explain=explain,
        )


def _within(field: str, number: int, most: int) -> None:
    if not 0 <= number <= most:
        why = f"must be between 0 and {most}"
        raise Fault("INVALID_ARGUMENT", f"{field} {why}.", violations=[(field, why)])


def _part(part: Begun | Rows | Ended) -> loader_pb2.StreamResponse | bytes:
    if isinstance(part, Rows):
        return serialized(part)
    if isinstance(part, Begun):
        return loader_pb2.StreamResponse(schema=loader_pb2.StreamSchema(columns=part.columns, statement=part.statement))
    return loader_pb2.StreamResponse(
        summary=loader_pb2.StreamSummary(
            row_count=part.rows,
            truncated=bool(part.truncated),
            truncation_reason=part.truncated,
            statements=part.statements,
        )
    )


def _issue(code: str, message: str) -> error_pb2.Issue:
    return error_pb2.Issue(severity=error_pb2.SEVERITY_WARNING, code=code, message=message, module="loader")
