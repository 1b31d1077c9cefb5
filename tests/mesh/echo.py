# gRPC's names
"""A service to test the mesh with: it does what the payload says."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

from maestro.mesh.v1 import link_pb2, link_pb2_grpc
from mesh import deadline, telemetry
from mesh.fault import Fault
from mesh.node import Build, Node

FAULT = Fault(
    "SOURCE_UNKNOWN",
    'There is no source "fretes"; known are frete.',
    metadata={"source": "fretes", "known": "frete"},
    retry_after=1.5,
    violations=[("source", "must be one of frete"), ("a.b[2]", "não é número")],
)


class Echo(link_pb2_grpc.EchoServicer):
    """Payloads: `fault`, `bug`, `sleep`, `timeout`, `cancelled`, `remaining`, `metadata`, `span`; others come
    back.

    name: is given back for `name`. behind: stubs by module; the payload `mapper>x` says x to mapper and
    returns what it says, `mapper>loader>x` goes further.
    """

    def __init__(self, name: str, behind: dict[str, Any]) -> None:
        self.name = name
        self.behind = behind
        self.calls: list[bytes] = []
        self.running = 0
        self.cancelled = 0
        self.entered = asyncio.Event()
        self.release = asyncio.Event()

    async def _do(self, payload: bytes, context: Any) -> bytes:
        self.calls.append(payload)
        self.running += 1
        self.entered.set()
        try:
            return await self._obey(payload, context)
        except asyncio.CancelledError:
            self.cancelled += 1
            raise
        finally:
            self.running -= 1

    async def _obey(  # one word after the other
        self, payload: bytes, context: Any
    ) -> bytes:
        word = payload.decode("utf-8", "replace")
        if ">" in word:
            module, _, rest = word.partition(">")
            said = await self.behind[module].Say(link_pb2.SayRequest(payload=rest.encode()))
            return bytes(said.payload)
        if word == "fault":
            raise Fault(
                FAULT.reason,
                FAULT.message,
                metadata=FAULT.metadata,
                retry_after=FAULT.retry_after,
                violations=FAULT.violations,
            )
        if word == "unavailable":
            raise Fault("SOURCE_UNAVAILABLE", "The database does not answer.")
        if word == "bug":
            raise ZeroDivisionError("a secret")
        if word == "sleep":
            await asyncio.sleep(60)
        if word == "wait":
            await self.release.wait()
        if word == "timeout":
            raise TimeoutError("inner")
        if word == "cancelled":
            raise asyncio.CancelledError
        if word == "metadata":
            return repr([tuple(pair) for pair in context.invocation_metadata()]).encode()
        if word == "remaining":
            return str(deadline.remaining()).encode()
        if word == "name":
            return self.name.encode()
        if word == "span":
            with telemetry.span("work", attributes={"maestro.rows": 3}):
                return telemetry.trace_id().encode()
        return payload

    async def Say(self, request: Any, context: Any) -> Any:
        return link_pb2.SayResponse(payload=await self._do(request.payload, context))

    async def SayOnce(self, request: Any, context: Any) -> Any:
        return link_pb2.SayOnceResponse(payload=await self._do(request.payload, context))

    async def Repeat(self, request: Any, context: Any) -> AsyncIterator[Any]:
        for _ in range(request.count):
            yield link_pb2.RepeatResponse(payload=await self._do(request.payload, context))


class Service:
    """Builds a node that echoes, and keeps hold of its servicer.

    behind: the modules that it may call.
    """

    def __init__(self, name: str, *behind: str) -> None:
        self.name = name
        self.behind = behind
        self.echo: Echo
        self.node: Node

    @property
    def build(self) -> Build:
        async def build(node: Node) -> None:
            self.node = node
            stubs = {module: node.stub(link_pb2_grpc.EchoStub, module) for module in self.behind}
            self.echo = Echo(self.name, stubs)
            node.serve(link_pb2_grpc.add_EchoServicer_to_server, self.echo, link_pb2.DESCRIPTOR)

        return build


def say(payload: bytes) -> Any:
    return link_pb2.SayRequest(payload=payload)


def once(payload: bytes) -> Any:
    return link_pb2.SayOnceRequest(payload=payload)


async def until(condition: Any, seconds: float = 5.0) -> None:
    """Waits until a condition holds; fails when it does not in time."""
    async with asyncio.timeout(seconds):
        while not condition():  # any condition, of any code
            await asyncio.sleep(0.005)
