# gRPC's names
"""Servers that come, go, restart and share the load, behind channels that stay."""

import asyncio
import socket
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import grpc
import pytest

from maestro.mesh.v1 import link_pb2_grpc
from mesh.fault import Fault
from mesh.link.addresses import Target
from mesh.node import Node
from tests.mesh.echo import Service, once, say, until
from tests.mesh.relay import Relay

pytestmark = pytest.mark.usefixtures("nothing_left")
EchoStub = link_pb2_grpc.EchoStub


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        return int(taken.getsockname()[1])


async def serve(name: str, address: str) -> Service:
    service = Service(name)
    node = Node("scanner")
    await service.build(node)
    await node.start([address])
    return service


@asynccontextmanager
async def caller(target: str, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Any]:
    monkeypatch.setenv("MAESTRO_SCANNER_TARGET", target)
    node = Node("mapper")
    try:
        yield node.stub(EchoStub, "scanner")
    finally:
        await node.stop()


async def names(stub: Any, count: int) -> Counter[bytes]:
    replies = [await stub.Say(say(b"name")) for _ in range(count)]
    return Counter(each.payload for each in replies)


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MAESTRO_DRAIN", "2")
    monkeypatch.setenv("MAESTRO_DNS_REFRESH", "0.05")


async def test_calls_take_turns_over_all_addresses(transport: str, monkeypatch: pytest.MonkeyPatch) -> None:
    ports = [free_port(), free_port()]
    servers = [await serve(name, f"127.0.0.1:{port}") for name, port in zip("ab", ports, strict=True)]
    target = "ipv4:" + ",".join(f"127.0.0.1:{port}" for port in ports)
    async with caller(target, monkeypatch) as stub:
        await stub.Say(say(b"oi"))
        await until(lambda: all(server.node.serving for server in servers))
        await asyncio.sleep(0.2)
        counts = await names(stub, 40)
        assert counts == {b"a": 20, b"b": 20}
        await servers[0].node.stop()
        assert await names(stub, 10) == {b"b": 10}
    await servers[1].node.stop()


async def test_a_name_is_tried_at_every_address_that_it_has(transport: str, monkeypatch: pytest.MonkeyPatch) -> None:
    # localhost may be ::1 as well, where nobody listens.
    port = free_port()
    server = await serve("a", f"127.0.0.1:{port}")
    async with caller(f"localhost:{port}", monkeypatch) as stub:
        assert await names(stub, 5) == {b"a": 5}
    await server.node.stop()


async def test_a_proxy_for_the_web_is_none_for_the_mesh(transport: str, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("http_proxy", "https_proxy", "grpc_proxy"):
        monkeypatch.setenv(name, f"http://127.0.0.1:{free_port()}")
    port = free_port()
    server = await serve("a", f"127.0.0.1:{port}")
    async with caller(f"localhost:{port}", monkeypatch) as stub:
        assert await names(stub, 2) == {b"a": 2}
    await server.node.stop()


async def test_replicas_that_come_and_go_are_followed(monkeypatch: pytest.MonkeyPatch) -> None:
    ports = [free_port(), free_port()]
    first = await serve("a", f"127.0.0.1:{ports[0]}")
    found: list[str] = [f"ipv4:127.0.0.1:{ports[0]}"]

    async def resolve(self: Target) -> tuple[str, ...]:
        return tuple(found)

    monkeypatch.setattr(Target, "resolve", resolve)
    async with caller("scanner.internal:50053", monkeypatch) as stub:
        assert await names(stub, 3) == {b"a": 3}
        second = await serve("b", f"127.0.0.1:{ports[1]}")
        found.append(f"ipv4:127.0.0.1:{ports[1]}")
        async with asyncio.timeout(5):
            while len(await names(stub, 4)) < 2:  # what others do
                await asyncio.sleep(0.02)
        waiting = asyncio.create_task(stub.SayOnce(once(b"wait")))
        await until(lambda: first.echo.running + second.echo.running == 1)
        busy = first if first.echo.running else second
        idle = second if busy is first else first
        found.remove(f"ipv4:127.0.0.1:{ports[0 if busy is first else 1]}")
        async with asyncio.timeout(5):
            while len(await names(stub, 4)) > 1:  # as above
                await asyncio.sleep(0.02)
        # A call that was under way on the address that left still gets its answer.
        busy.echo.release.set()
        assert (await waiting).payload == b"wait"
        assert await names(stub, 4) == {idle.name.encode(): 4}
    await first.node.stop()
    await second.node.stop()


async def test_a_server_may_restart_behind_a_live_channel(
    transport: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    address = f"unix:{tmp_path}/s.sock"
    server = await serve("a", address)
    async with caller(address, monkeypatch) as stub:
        for name in ("b", "c", "d"):
            await stub.SayOnce(once(b"oi"))
            await server.node.stop()
            with pytest.raises(Fault) as caught:
                await stub.SayOnce(once(b"oi"))
            assert caught.value.reason == "MODULE_UNAVAILABLE"
            server = await serve(name, address)
            assert await names(stub, 3) == {name.encode(): 3}
    await server.node.stop()


async def test_repeatable_calls_survive_a_restart(
    transport: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    address = f"unix:{tmp_path}/s.sock"
    server = await serve("a", address)
    async with caller(address, monkeypatch) as stub:
        await stub.Say(say(b"oi"))
        await server.node.stop()
        waiting = asyncio.create_task(stub.Say(say(b"name")))
        await asyncio.sleep(0.1)
        server = await serve("b", address)
        assert (await waiting).payload == b"b"
    await server.node.stop()


@asynccontextmanager
async def relayed(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[tuple[Relay, Service, Any]]:
    port = free_port()
    server = await serve("a", f"127.0.0.1:{port}")
    relay = Relay(port)
    relay.open()
    try:
        async with caller(f"127.0.0.1:{relay.port}", monkeypatch) as stub:
            await stub.Say(say(b"oi"))
            server.echo.calls.clear()
            yield relay, server, stub
    finally:
        await server.node.stop()
        relay.close()


async def test_a_broken_connection_fails_its_calls_at_once(transport: str, monkeypatch: pytest.MonkeyPatch) -> None:
    async with relayed(monkeypatch) as (relay, server, stub):
        calls = [asyncio.create_task(stub.SayOnce(once(b"wait"))) for _ in range(5)]
        await until(lambda: server.echo.running == 5)
        relay.cut()
        async with asyncio.timeout(2):
            results = await asyncio.gather(*calls, return_exceptions=True)
        assert [getattr(each, "reason", each) for each in results] == ["MODULE_UNAVAILABLE"] * 5
        # The callee stops working for a caller that is gone.
        await until(lambda: server.echo.cancelled == 5)
        assert server.echo.calls == [b"wait"] * 5


async def test_only_repeatable_methods_are_made_again(transport: str, monkeypatch: pytest.MonkeyPatch) -> None:
    async with relayed(monkeypatch) as (relay, server, stub):
        call = asyncio.create_task(stub.Say(say(b"wait")))
        await until(lambda: server.echo.running == 1)
        relay.cut()
        await until(lambda: server.echo.calls == [b"wait", b"wait"])
        server.echo.release.set()
        assert (await call).payload == b"wait"


async def test_a_fault_of_a_module_is_never_retried(transport: str, monkeypatch: pytest.MonkeyPatch) -> None:
    async with relayed(monkeypatch) as (_, server, stub):
        with pytest.raises(Fault) as caught:
            await stub.Say(say(b"unavailable"))
        assert caught.value.reason == "SOURCE_UNAVAILABLE"
        assert server.echo.calls == [b"unavailable"]


async def test_retries_end(transport: str, monkeypatch: pytest.MonkeyPatch) -> None:
    async with relayed(monkeypatch) as (relay, server, stub):
        call = asyncio.create_task(stub.Say(say(b"wait")))
        for attempt in range(1, 5):
            await until(lambda attempt=attempt: len(server.echo.calls) == attempt)
            relay.cut()
        with pytest.raises(Fault) as caught:
            await call
        assert caught.value.reason == "MODULE_UNAVAILABLE"
        assert len(server.echo.calls) == 4


async def test_a_server_that_knows_no_links_is_called_the_plain_way(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    class Plain(link_pb2_grpc.EchoServicer):
        async def Say(self, request: Any, context: Any) -> Any:
            return request

        SayOnce = Repeat = Say

    monkeypatch.setenv("MAESTRO_TRANSPORT", "link")
    server = grpc.aio.server()
    link_pb2_grpc.add_EchoServicer_to_server(Plain(), server)
    server.add_insecure_port(f"unix:{tmp_path}/s.sock")
    await server.start()
    async with caller(f"unix:{tmp_path}/s.sock", monkeypatch) as stub:
        for word in (b"a", b"b"):
            assert (await stub.SayOnce(once(word))).payload == word
    await server.stop(None)
