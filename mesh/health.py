"""grpc.health.v1, for each service of a node and for the node as a whole (the empty name)."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

from grpc_health.v1 import health_pb2, health_pb2_grpc

from mesh.fault import Fault

Status = health_pb2.HealthCheckResponse


class Health(health_pb2_grpc.HealthServicer):  # type: ignore[misc]  # untyped
    """Says NOT_SERVING until `set_serving`, and again from the beginning of the drain."""

    def __init__(self) -> None:
        self._names: set[str] = {""}
        self._status = Status.NOT_SERVING
        self._changed = asyncio.Event()

    def add(self, service: str) -> None:
        """Answers for a service."""
        self._names.add(service)

    def set_serving(self, serving: bool) -> None:
        """Changes the status of every service, and tells whoever watches."""
        self._status = Status.SERVING if serving else Status.NOT_SERVING
        self._changed.set()
        self._changed = asyncio.Event()

    @property
    def serving(self) -> bool:
        """Whether the node is ready and does not drain."""
        return bool(self._status == Status.SERVING)

    async def Check(self, request: Any, context: Any) -> Any:  # noqa: N802  # gRPC's
        """The status now. Raises Fault SERVICE_UNKNOWN for a service that the node does not have."""
        if request.service not in self._names:
            raise Fault(
                "SERVICE_UNKNOWN",
                f"There is no service {request.service!r} here.",
                metadata={"service": request.service},
            )
        return Status(status=self._status)

    async def Watch(self, request: Any, context: Any) -> AsyncIterator[Any]:  # noqa: N802  # gRPC's
        """The status now and whenever it changes."""
        last = None
        while True:
            changed = self._changed
            status = self._status if request.service in self._names else Status.SERVICE_UNKNOWN
            if status != last:
                yield Status(status=status)
                last = status
            await changed.wait()
