"""Runs a query twice, whole and with a connection cut, so that what the connection does can be seen."""

import asyncio
import logging
import time
import uuid
from collections.abc import Awaitable, Callable

from maestro.context.v1 import context_pb2
from maestro.error.v1 import error_pb2
from maestro.memorizer.v1 import memorizer_pb2
from maestro.monitor.v1 import monitor_pb2
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
Recorded = Callable[[monitor_pb2.GetTraceRequest], Awaitable[monitor_pb2.GetTraceResponse]]
_PATIENCE, _PAUSE = 6.0, 0.3
"""Seconds until what happened stands with the monitor, which writes down what it hears once a second."""
# A probe is no question that anybody asked: nothing is to be learned from it, nor remembered after it.
_NOT_FOR_PROBES = ("observe",)
_NOT_FOR_THE_LAST = ("remember",)


class Probes:
    """forget: makes the memorizer drop the conversations that probes were held in. recorded: the monitor's GetTrace."""

    def __init__(self, queries: Queries, forget: Forget, recorded: Recorded) -> None:
        self._queries = queries
        self._forget = forget
        self._recorded = recorded

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
        if probe.untraced:
            outcome.whole_recorded.extend(await self._known(outcome.whole.provenance.trace_id, _PATIENCE))
            outcome.cut_recorded.extend(await self._known(outcome.cut.provenance.trace_id, 0.0))
        return outcome

    async def _known(self, trace: str, seconds: float) -> list[str]:
        """The modules of which the monitor knows what they did in a trace, once it knows of the provider's part, which is
        among the last to be told; at most after so many seconds."""
        end = time.monotonic() + seconds
        while True:
            modules: set[str] = set()
            try:
                modules = {
                    span.module for span in (await self._recorded(monitor_pb2.GetTraceRequest(trace_id=trace))).spans
                }
            except Fault as fault:
                if fault.reason != "TRACE_UNKNOWN":
                    _log.warning("the monitor does not tell of a probe: %s", fault)
            if {"orchestrator", "provider"} <= modules or time.monotonic() >= end:
                return sorted(modules)
            await asyncio.sleep(_PAUSE)

    async def _asked(
        self, context: context_pb2.RequestContext, probe: validator_pb2.Probe, which: str
    ) -> result_pb2.Answer | error_pb2.Issue:
        """One of the two runs, in a trace and a conversation of its own."""
        around = current.get()
        span = _span(f"probe {which} {probe.connection}", around, probe.untraced, which == "whole")
        token = current.set(Ambient(around.module, span, around.deadline))
        conversation = f"probe-{uuid7()}"
        try:
            for earlier in probe.prelude:
                request = self._request(context, probe, conversation, _NOT_FOR_PROBES)
                request.question = earlier
                await self._settled(request)
            request = self._request(context, probe, conversation, _NOT_FOR_PROBES + _NOT_FOR_THE_LAST)
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
        self,
        context: context_pb2.RequestContext,
        probe: validator_pb2.Probe,
        conversation: str,
        without: tuple[str, ...],
    ) -> orchestrator_pb2.RunQueryRequest:
        request = orchestrator_pb2.RunQueryRequest(context=context, fresh=True, explain=True)
        if probe.HasField("context"):
            request.context.ClearField("as_of_time")
            request.context.time_zone = probe.context.time_zone
            if probe.context.HasField("as_of_time"):
                request.context.as_of_time.CopyFrom(probe.context.as_of_time)
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


def _span(name: str, around: Ambient, untraced: bool, whole: bool) -> telemetry.Span | telemetry.Unrecorded:
    """The root of a run's own trace. Where it matters who hears of it: recorded for sure, or not at all."""
    if not untraced:
        return telemetry.begin(name, "internal", Ambient(around.module, None, around.deadline))
    trace = uuid.uuid4().hex
    if whole:
        return telemetry.Span(name, "internal", around.module, trace, "")
    return telemetry.Unrecorded(trace, uuid.uuid4().hex[:16], sampled=False)
