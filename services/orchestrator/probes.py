"""Runs a query twice, whole and with a connection cut, so that what the connection does can be seen."""

import logging
from collections.abc import Awaitable, Callable

from maestro.context.v1 import context_pb2
from maestro.error.v1 import error_pb2
from maestro.memorizer.v1 import memorizer_pb2
from maestro.orchestrator.v1 import orchestrator_pb2
from maestro.result.v1 import result_pb2
from maestro.validator.v1 import validator_pb2
from mesh import telemetry
from mesh.ambient import Ambient, current
from mesh.fault import Fault
from services.orchestrator.ids import uuid7
from services.orchestrator.queries import Queries
from services.orchestrator.run import issue_of

_log = logging.getLogger(__name__)
Forget = Callable[[memorizer_pb2.ForgetConversationRequest], Awaitable[object]]
# A probe is no question that anybody asked: nothing is to be learned from it, nor remembered after it.
_NOT_FOR_PROBES = ("observe",)
_NOT_FOR_THE_LAST = ("remember",)


class Probes:
    """forget: makes the memorizer drop the conversations that probes were held in."""

    def __init__(self, queries: Queries, forget: Forget) -> None:
        self._queries = queries
        self._forget = forget

    async def run(self, context: context_pb2.RequestContext, probe: validator_pb2.Probe) -> validator_pb2.ProbeOutcome:
        """What came of it, whole and cut. Failures of the mesh are values; a malformed probe raises Fault."""
        outcome = validator_pb2.ProbeOutcome(probe=probe)
        whole = await self._asked(context, probe, "whole")
        cut = await self._asked(context, probe, "cut")
        for result, answer, error in (
            (whole, outcome.whole, outcome.whole_error),
            (cut, outcome.cut, outcome.cut_error),
        ):
            if isinstance(result, result_pb2.Answer):
                answer.CopyFrom(result)
            else:
                error.CopyFrom(result)
        return outcome

    async def _asked(
        self, context: context_pb2.RequestContext, probe: validator_pb2.Probe, which: str
    ) -> result_pb2.Answer | error_pb2.Issue:
        """One of the two runs, in a trace and a conversation of its own."""
        around = current.get()
        own = Ambient(around.module, None, around.deadline)
        span = telemetry.begin(f"probe {which} {probe.connection}", "internal", own)
        token = current.set(Ambient(around.module, span, around.deadline))
        conversation = f"probe-{uuid7()}"
        try:
            for earlier in probe.prelude:
                request = self._request(context, conversation, _NOT_FOR_PROBES)
                request.question = earlier
                await self._settled(request)
            request = self._request(context, conversation, _NOT_FOR_PROBES + _NOT_FOR_THE_LAST)
            request.question = probe.question
            if probe.HasField("plan"):
                request.plan.CopyFrom(probe.plan)
            if which == "cut":
                request.ablations.extend(probe.ablations)
                request.context.versions.MergeFrom(probe.cut_versions)
            return (await self._settled(request)).answer
        except Fault as fault:
            span.fail(fault.reason, fault.message)
            return issue_of(fault)
        finally:
            if probe.prelude:
                await self._drop(context, conversation)
            current.reset(token)
            span.end()

    def _request(
        self, context: context_pb2.RequestContext, conversation: str, without: tuple[str, ...]
    ) -> orchestrator_pb2.RunQueryRequest:
        request = orchestrator_pb2.RunQueryRequest(context=context, fresh=True, explain=True)
        request.context.conversation_id = conversation
        request.context.ClearField("request_id")
        definition = self._queries.definition
        request.ablations.extend(name for name in without if definition.step(name) is not None)
        return request

    async def _settled(self, request: orchestrator_pb2.RunQueryRequest) -> orchestrator_pb2.RunQueryResponse:
        """The answer, once everything that follows it is done as well."""
        execution = await self._queries.begin(request)
        tail = None
        try:
            response = self._queries.completed(execution, await execution.output())
        finally:
            tail = self._queries.release(execution, request)
        if tail is not None:
            await tail
        return response

    async def _drop(self, context: context_pb2.RequestContext, conversation: str) -> None:
        request = memorizer_pb2.ForgetConversationRequest(context=context)
        request.context.conversation_id = conversation
        try:
            await self._forget(request)
        except Fault as fault:
            _log.warning("the conversation of a probe was not forgotten: %s", fault)
