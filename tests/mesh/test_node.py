"""A call over real sockets, there and back."""

import pytest
from maestro.mesh.v1 import link_pb2, link_pb2_grpc

from mesh.fault import Fault
from mesh.node import Node
from mesh.testing import start


class Echo(link_pb2_grpc.EchoServicer):
    def __init__(self, behind=None):
        self.behind = behind

    async def Say(self, request, context):
        if self.behind is not None:
            return await self.behind.Say(request)
        if request.payload == b"fault":
            raise Fault("SOURCE_UNKNOWN", "no", metadata={"source": "x"}, violations=[("a.b", "bad")])
        if request.payload == b"bug":
            raise ZeroDivisionError("secret")
        return link_pb2.SayResponse(payload=request.payload)

    async def Repeat(self, request, context):
        for _ in range(request.count):
            yield link_pb2.RepeatResponse(payload=request.payload)


async def last(node: Node) -> None:
    node.serve(link_pb2_grpc.add_EchoServicer_to_server, Echo(), link_pb2.DESCRIPTOR)


async def first(node: Node) -> None:
    behind = node.stub(link_pb2_grpc.EchoStub, "mapper")
    node.serve(link_pb2_grpc.add_EchoServicer_to_server, Echo(behind), link_pb2.DESCRIPTOR)


async def test_a_call_crosses_two_hops():
    async with start({"mapper": last, "scanner": first}) as mesh:
        stub = mesh.stub(link_pb2_grpc.EchoStub, "scanner")
        reply = await stub.Say(link_pb2.SayRequest(payload=b"x"))
        assert reply.payload == b"x"
        spans = mesh.spans()
        assert [(each.module, each.kind) for each in spans] == [
            ("mapper", "server"),
            ("scanner", "client"),
            ("scanner", "server"),
            ("", "client"),
        ]
        assert len({each.trace_id for each in spans}) == 1
        with pytest.raises(Fault) as caught:
            await stub.Say(link_pb2.SayRequest(payload=b"fault"))
        assert caught.value == Fault(
            "SOURCE_UNKNOWN", "no", metadata={"source": "x"}, violations=[("a.b", "bad")], origin="mapper"
        )
        with pytest.raises(Fault) as caught:
            await stub.Say(link_pb2.SayRequest(payload=b"bug"))
        assert caught.value.reason == "INTERNAL"
        assert "secret" not in caught.value.message
        got = [each.payload async for each in stub.Repeat(link_pb2.RepeatRequest(payload=b"y", count=0))]
        assert got == []
        got = [
            each.payload
            async for each in mesh.stub(link_pb2_grpc.EchoStub, "mapper").Repeat(
                link_pb2.RepeatRequest(payload=b"y", count=3)
            )
        ]
        assert got == [b"y"] * 3
        await mesh.stop("mapper")
        with pytest.raises(Fault) as caught:
            await stub.Say(link_pb2.SayRequest(payload=b"x"))
        assert caught.value.reason == "MODULE_UNAVAILABLE"
