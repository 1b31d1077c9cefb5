"""Messages of maestro.loader.v1 ↔ the loader's own."""

from typing import Any

from maestro.error.v1 import error_pb2
from maestro.loader.v1 import loader_pb2, loader_pb2_grpc

from mesh.fault import Fault
from services.loader.execution import Ask, Execution
from services.loader.requests import limits_of, moment_of, task_of
from services.loader.settings import LoaderSettings
from services.loader.sources import Sources


class LoaderServicer(loader_pb2_grpc.LoaderServicer):
    """Translates; nothing else."""

    def __init__(self, sources: Sources, execution: Execution, settings: LoaderSettings) -> None:
        self._sources = sources
        self._execution = execution
        self._settings = settings

    async def Execute(  # noqa: N802  # the name of the RPC
        self, request: loader_pb2.ExecuteRequest, context: Any
    ) -> loader_pb2.ExecuteResponse:
        """Runs a plan and returns the head of its result."""
        database, ask = self._ask(request)
        made = await self._execution.head(database, ask)
        return loader_pb2.ExecuteResponse(
            head=made.head, statements=made.statements, issues=[_issue(*each) for each in made.warnings]
        )

    def _ask(self, request: loader_pb2.ExecuteRequest) -> tuple[Any, Ask]:
        if not 0 <= request.page_size <= 1000:
            raise Fault(
                "INVALID_ARGUMENT", "page_size must be between 0 and 1000.",
                violations=[("page_size", "must be between 0 and 1000")],
            )  # fmt: skip
        source, database = self._sources.get(request.context.source)
        return database, Ask(
            task=task_of(request, database.name, database.dialect),
            moment=moment_of(request, source, self._settings),
            limits=limits_of(request.context, self._settings),
            page_size=request.page_size,
            page_token=request.page_token,
            explain=request.explain,
        )


def _issue(code: str, message: str) -> error_pb2.Issue:
    return error_pb2.Issue(severity=error_pb2.SEVERITY_WARNING, code=code, message=message, module="loader")
