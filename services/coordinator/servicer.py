"""Translates between messages and admissions, routes and topology."""

from __future__ import annotations

import time
import uuid
from typing import Any

from maestro.context.v1 import context_pb2
from maestro.coordinator.v1 import coordinator_pb2 as pb
from services.coordinator.admission import Admissions
from services.coordinator.routing import Routes
from services.coordinator.topology import Instance, Topology

_HEALTH = {
    "serving": pb.HEALTH_SERVING,
    "not serving": pb.HEALTH_NOT_SERVING,
    "unreachable": pb.HEALTH_UNREACHABLE,
    None: pb.HEALTH_UNSPECIFIED,
}


class CoordinatorServicer:
    """maestro.coordinator.v1.Coordinator."""

    def __init__(self, admissions: Admissions, routes: Routes, topology: Topology) -> None:
        self._admissions = admissions
        self._routes = routes
        self._topology = topology

    async def Admit(self, request: pb.AdmitRequest, context: Any) -> pb.AdmitResponse:
        """Completes the context and lets the request in."""
        completed = context_pb2.RequestContext()
        completed.CopyFrom(request.context)
        completed.source = self._routes.source(completed.source)
        completed.time_zone = self._routes.time_zone(completed.time_zone, completed.source)
        if not completed.HasField("as_of_time"):
            completed.as_of_time.FromDatetime(self._routes.moment(completed.source, completed.time_zone))
        # A name of the caller's own makes a repeated call the same admission.
        admission = request.admission_id or uuid.uuid4().hex
        seconds = request.time_left.seconds + request.time_left.nanos / 1e9
        now = time.monotonic()
        end = self._admissions.admit(admission, completed.caller.id, completed.source, now, seconds)
        response = pb.AdmitResponse(admission_id=admission, context=completed, workflow=request.workflow or "query")
        response.expire_time.FromNanoseconds(time.time_ns() + int((end - now) * 1e9))
        return response

    async def Release(self, request: pb.ReleaseRequest, context: Any) -> pb.ReleaseResponse:
        """Gives an admission back."""
        return pb.ReleaseResponse(released=self._admissions.release(request.admission_id))

    async def GetTopology(self, request: pb.GetTopologyRequest, context: Any) -> pb.GetTopologyResponse:
        """Modules, instances and connections, as they are at this moment."""
        await self._topology.refresh()
        modules = [
            pb.ModuleStatus(name=name, target=target, instances=[_instance(each) for each in instances])
            for name, (target, instances) in self._topology.modules().items()
        ]
        connections = [
            pb.ConnectionStatus(caller=caller, callee=callee, healthy=healthy, carries=carries)
            for caller, callee, healthy, carries in self._topology.connections()
        ]
        admitted = self._admissions.count(time.monotonic())
        return pb.GetTopologyResponse(modules=modules, connections=connections, admitted=admitted)


def _instance(instance: Instance) -> pb.InstanceStatus:
    message = pb.InstanceStatus(address=instance.address, health=_HEALTH[instance.state])
    message.latency.FromNanoseconds(int(instance.seconds * 1e9))
    if instance.checked:
        message.check_time.FromNanoseconds(int(instance.checked * 1e9))
    return message
