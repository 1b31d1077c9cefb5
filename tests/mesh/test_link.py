"""What is particular to links."""

import asyncio
from typing import Any

import grpc
import pytest

from maestro.mesh.v1 import link_pb2, link_pb2_grpc
from mesh.fault import Fault
from mesh.link.addresses import Target
from mesh.testing import Mesh, start
from tests.mesh.echo import Service, once, say, until

pytestmark = pytest.mark.usefixtures("nothing_left")
EchoStub = link_pb2_grpc.EchoStub
SAY = "/maestro.mesh.v1.Echo/Say"


def call(number: int, payload: bytes, method: str = SAY, timeout: float = 5.0) -> Any:
    request = say(payload).SerializeToString()
    return link_pb2.Call(id=number, method=method, payload=request, timeout_micros=int(timeout * 1e6))


async def exchange(mesh: Mesh, *requests: Any) -> list[Any]:
    """Sends requests by a client of its own, half-closes, and gives all that comes back."""
    async with grpc.aio.insecure_channel(mesh.address("scanner")) as channel:
        stream = link_pb2_grpc.LinkStub(channel).Exchange()
        for request in requests:
            await stream.write(request)
        await stream.done_writing()
        return [message async for message in stream]


async def test_the_first_message_says_that_the_stream_stands() -> None:
    async with start({"scanner": Service("scanner").build}) as mesh:
        assert await exchange(mesh) == [link_pb2.ExchangeResponse()]


async def test_replies_come_after_the_caller_has_half_closed() -> None:
    async with start({"scanner": Service("scanner").build}) as mesh:
        calls = [call(1, b"a"), call(2, b"b"), call(3, b"c", method="/no/such")]
        _, *messages = await exchange(mesh, link_pb2.ExchangeRequest(calls=calls))
        replies = {reply.id: reply for message in messages for reply in message.replies}
        assert link_pb2.SayResponse.FromString(replies[1].payload).payload == b"a"
        assert link_pb2.SayResponse.FromString(replies[2].payload).payload == b"b"
        assert replies[3].status


async def test_a_call_may_travel_with_its_own_cancellation() -> None:
    service = Service("scanner")
    async with start({"scanner": service.build}) as mesh:
        request = link_pb2.ExchangeRequest(calls=[call(1, b"sleep")], cancels=[1, 99])
        async with asyncio.timeout(3):
            _, *messages = await exchange(mesh, request)
        assert messages == []
        assert service.echo.running == 0


async def test_the_server_keeps_the_deadline_of_a_caller_that_forgets() -> None:
    service = Service("scanner")
    async with start({"scanner": service.build}) as mesh:
        async with asyncio.timeout(3):
            request = link_pb2.ExchangeRequest(calls=[call(1, b"sleep", timeout=0.1)])
            _, message = await exchange(mesh, request)
        assert message.replies[0].status
        assert service.echo.cancelled == 1


async def test_a_server_bounds_what_one_link_may_ask() -> None:
    service = Service("scanner")
    async with start({"scanner": service.build}, env={"MAESTRO_LINK_IN_FLIGHT": "2"}) as mesh:
        request = link_pb2.ExchangeRequest(calls=[call(number, b"wait", timeout=0.3) for number in range(1, 7)])
        _, *messages = await exchange(mesh, request)
        assert sum(len(message.replies) for message in messages) == 6
        assert len(service.echo.calls) == 4


async def test_callers_wait_while_a_link_is_full() -> None:
    service = Service("scanner")
    async with start({"scanner": service.build}, env={"MAESTRO_LINK_IN_FLIGHT": "3"}) as mesh:
        stub = mesh.stub(EchoStub, "scanner")
        await stub.Say(say(b"oi"))
        calls = [asyncio.create_task(stub.SayOnce(once(b"wait"))) for _ in range(10)]
        late = asyncio.create_task(stub.SayOnce(once(b"late"), timeout=0.2))
        await until(lambda: service.echo.running == 3)
        with pytest.raises(Fault) as caught:
            await late
        assert caught.value.metadata["timed_out"] == "scanner.SayOnce"
        assert service.echo.running == 3
        calls[9].cancel()
        service.echo.release.set()
        await asyncio.gather(*calls[:9])
        assert b"late" not in service.echo.calls
        assert service.echo.calls.count(b"wait") == 9


async def test_one_link_serves_all_stubs_of_a_node() -> None:
    service = Service("scanner")
    async with start({"scanner": service.build}) as mesh:
        await asyncio.gather(*(mesh.stub(EchoStub, "scanner").Say(say(b"oi")) for _ in range(20)))
        assert service.node._links.links == 1


@pytest.mark.parametrize(
    ("target", "fixed", "host", "port"),
    [
        ("unix:/run/s.sock", ("unix:/run/s.sock",), "", ""),
        ("127.0.0.1:50053", ("ipv4:127.0.0.1:50053",), "127.0.0.1", "50053"),
        ("[::1]:50053", ("ipv6:[::1]:50053",), "::1", "50053"),
        ("ipv4:10.0.0.1:1,10.0.0.2:2", ("ipv4:10.0.0.1:1", "ipv4:10.0.0.2:2"), "", ""),
        ("ipv6:[::1]:1,[::2]:2", ("ipv6:[::1]:1", "ipv6:[::2]:2"), "", ""),
        ("scanner:50053", (), "scanner", "50053"),
        ("dns:///scanner.maestro:50053", (), "scanner.maestro", "50053"),
        ("dns://8.8.8.8/scanner:50053", (), "scanner", "50053"),
        ("dns:scanner:50053", (), "scanner", "50053"),
        ("scanner", (), "scanner", "443"),
    ],
)
def test_targets_are_read_as_grpc_reads_them(target: str, fixed: tuple[str, ...], host: str, port: str) -> None:
    read = Target(target)
    assert (read.fixed, read.host, read.port) == (fixed, host, port)


async def test_a_name_that_cannot_be_resolved(monkeypatch: pytest.MonkeyPatch) -> None:
    async with start({"scanner": Service("scanner", "mapper").build}) as mesh:
        monkeypatch.setenv("MAESTRO_MAPPER_TARGET", "no-such-host.invalid:1")
        with pytest.raises(Fault) as caught:
            await mesh.stub(EchoStub, "mapper").Say(say(b"oi"))
        assert caught.value.reason == "MODULE_UNAVAILABLE"
