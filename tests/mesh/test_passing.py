"""Streams whose responses are bytes already."""

from collections.abc import AsyncIterator
from typing import Any

from maestro.mesh.v1 import link_pb2, link_pb2_grpc
from mesh.node import Node
from mesh.passing import passing
from mesh.testing import start


class Echo(link_pb2_grpc.EchoServicer):
    """Gives the payload as a message and as the bytes of one."""

    async def Say(self, request: Any, context: Any) -> Any:
        return link_pb2.SayResponse(payload=request.payload)

    async def Repeat(self, request: Any, context: Any) -> AsyncIterator[Any]:  # type: ignore[override]  # bytes too
        made = link_pb2.RepeatResponse(payload=request.payload)
        yield made
        yield made.SerializeToString()


async def test_messages_and_their_bytes_arrive_alike() -> None:
    async def build(node: Node) -> None:
        node.serve(passing(link_pb2_grpc.add_EchoServicer_to_server), Echo(), link_pb2.DESCRIPTOR)

    async with start({"scanner": build}) as mesh:
        stub = mesh.stub(link_pb2_grpc.EchoStub, "scanner")
        got = [each.payload async for each in stub.Repeat(link_pb2.RepeatRequest(payload=b"abc"))]
        assert got == [b"abc", b"abc"]
        assert (await stub.Say(link_pb2.SayRequest(payload=b"abc"))).payload == b"abc"
