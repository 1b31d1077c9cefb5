"""Orchestrator on the wire: translates messages."""

from collections.abc import AsyncGenerator
from typing import Any

from maestro.error.v1 import error_pb2
from maestro.orchestrator.v1 import orchestrator_pb2, orchestrator_pb2_grpc
from services.orchestrator import question
from services.orchestrator.compiler import compile_text
from services.orchestrator.contracts import Contracts
from services.orchestrator.engine import Engine
from services.orchestrator.history import History
from services.orchestrator.probes import Probes
from services.orchestrator.problems import InvalidWorkflowError
from services.orchestrator.queries import Queries
from services.orchestrator.streaming import Event, Streaming
from services.orchestrator.workflows import Workflows

_LARGEST_TEXT = 1024 * 1024


class OrchestratorServicer(orchestrator_pb2_grpc.OrchestratorServicer):
    """The public interface, and the runs of workflows."""

    def __init__(
        self,
        *,
        engine: Engine,
        contracts: Contracts,
        queries: Queries,
        streaming: Streaming,
        workflows: Workflows,
        history: History,
        probes: Probes,
        learner: Any,
    ) -> None:
        self._engine, self._contracts, self._queries, self._streaming = engine, contracts, queries, streaming
        self._workflows, self._history, self._probes, self._learner = workflows, history, probes, learner

    async def RunQuery(
        self, request: orchestrator_pb2.RunQueryRequest, context: Any
    ) -> orchestrator_pb2.RunQueryResponse:
        """As the contract says."""
        return await self._queries.answer(request)

    async def StreamQuery(  # type: ignore[override]  # bytes pass as they are
        self, request: orchestrator_pb2.StreamQueryRequest, context: Any
    ) -> AsyncGenerator[Event, None]:
        """As the contract says; batches are given as bytes that are serialized already."""
        events = self._streaming.events(request)
        try:
            async for event in events:
                yield event
        finally:
            await events.aclose()

    async def RunWorkflow(
        self, request: orchestrator_pb2.RunWorkflowRequest, context: Any
    ) -> orchestrator_pb2.RunWorkflowResponse:
        """As the contract says."""
        return await self._workflows.run(request)

    async def GetRun(self, request: orchestrator_pb2.GetRunRequest, context: Any) -> orchestrator_pb2.GetRunResponse:
        """As the contract says."""
        told = await self._workflows.told(request.run_id)
        return orchestrator_pb2.GetRunResponse(run=told.run, output=told.output if told.HasField("output") else None)

    async def ListRuns(
        self, request: orchestrator_pb2.ListRunsRequest, context: Any
    ) -> orchestrator_pb2.ListRunsResponse:
        """As the contract says."""
        runs, token = await self._history.page(request.workflow, request.state, request.page_size, request.page_token)
        return orchestrator_pb2.ListRunsResponse(runs=runs, next_page_token=token)

    async def CancelRun(
        self, request: orchestrator_pb2.CancelRunRequest, context: Any
    ) -> orchestrator_pb2.CancelRunResponse:
        """As the contract says."""
        return orchestrator_pb2.CancelRunResponse(run=await self._history.cancel(request.run_id))

    async def ListWorkflows(
        self, request: orchestrator_pb2.ListWorkflowsRequest, context: Any
    ) -> orchestrator_pb2.ListWorkflowsResponse:
        """As the contract says."""
        return orchestrator_pb2.ListWorkflowsResponse(
            workflows=[
                orchestrator_pb2.LoadedWorkflow(workflow=each.proto, version=each.version, order=each.order)
                for each in self._engine.definitions.values()
            ]
        )

    async def ValidateWorkflow(
        self, request: orchestrator_pb2.ValidateWorkflowRequest, context: Any
    ) -> orchestrator_pb2.ValidateWorkflowResponse:
        """As the contract says."""
        if len(request.text) > _LARGEST_TEXT:
            raise question.invalid([("text", f"is longer than {_LARGEST_TEXT} characters")])
        try:
            compile_text(request.text, request.file_name or "workflow.yaml", self._contracts)
        except InvalidWorkflowError as error:
            return orchestrator_pb2.ValidateWorkflowResponse(
                issues=[
                    error_pb2.Issue(
                        severity=error_pb2.SEVERITY_ERROR,
                        code="WORKFLOW_INVALID",
                        path=each.place,
                        message=each.message,
                        module="orchestrator",
                    )
                    for each in error.problems
                ]
            )
        return orchestrator_pb2.ValidateWorkflowResponse()

    async def RunProbe(
        self, request: orchestrator_pb2.RunProbeRequest, context: Any
    ) -> orchestrator_pb2.RunProbeResponse:
        """As the contract says."""
        outcome = await self._probes.run(request.context, request.probe)
        return orchestrator_pb2.RunProbeResponse(outcome=outcome)

    async def GiveFeedback(
        self, request: orchestrator_pb2.GiveFeedbackRequest, context: Any
    ) -> orchestrator_pb2.GiveFeedbackResponse:
        """As the contract says."""
        told = await self._learner.GiveFeedback(request.feedback)
        return orchestrator_pb2.GiveFeedbackResponse(recorded=told.recorded)
