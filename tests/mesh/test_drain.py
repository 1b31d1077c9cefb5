"""Stopping: nothing that is under way is lost, nothing new begins, nothing stays behind."""

import asyncio

import pytest
from grpc_health.v1 import health_pb2, health_pb2_grpc

from maestro.mesh.v1 import link_pb2, link_pb2_grpc
from mesh.fault import Fault
from mesh.node import Node
from mesh.testing import start
from tests.mesh.echo import Service, once, say, until

pytestmark = pytest.mark.usefixtures("nothing_left")
EchoStub = link_pb2_grpc.EchoStub
SERVING = health_pb2.HealthCheckResponse.SERVING
NOT_SERVING = health_pb2.HealthCheckResponse.NOT_SERVING


async def test_calls_in_flight_finish(transport: str) -> None:
    service = Service("scanner")
    async with start({"scanner": service.build}) as mesh:
        stub = mesh.stub(EchoStub, "scanner")
        calls = [asyncio.create_task(stub.SayOnce(once(b"wait"))) for _ in range(5)]
        await until(lambda: service.echo.running == 5)
        stopping = asyncio.create_task(mesh.stop("scanner"))
        await asyncio.sleep(0.1)
        with pytest.raises(Fault) as caught:
            await stub.SayOnce(once(b"new"))
        assert caught.value.reason == "MODULE_UNAVAILABLE"
        assert not stopping.done()
        service.echo.release.set()
        assert [each.payload for each in await asyncio.gather(*calls)] == [b"wait"] * 5
        async with asyncio.timeout(1):
            await stopping
        assert b"new" not in service.echo.calls


async def test_calls_that_take_too_long_are_cancelled(transport: str) -> None:
    service = Service("scanner")
    async with start({"scanner": service.build}, env={"MAESTRO_DRAIN": "0.2"}) as mesh:
        call = asyncio.create_task(mesh.stub(EchoStub, "scanner").SayOnce(once(b"sleep")))
        await until(lambda: service.echo.running == 1)
        async with asyncio.timeout(2):
            await mesh.stop("scanner")
            with pytest.raises(Fault) as caught:
                await call
        assert caught.value.reason == "MODULE_UNAVAILABLE"
        assert (service.echo.running, service.echo.cancelled) == (0, 1)


async def test_a_drain_does_not_wait_for_watches(transport: str) -> None:
    service = Service("scanner")
    async with start({"scanner": service.build}, env={"MAESTRO_DRAIN": "30"}) as mesh:
        stream = mesh.stub(EchoStub, "scanner").Repeat(link_pb2.RepeatRequest(payload=b"sleep", count=1))
        watching = asyncio.create_task(anext(stream))
        await until(lambda: service.echo.running == 1)
        async with asyncio.timeout(2):
            await mesh.stop("scanner")
            with pytest.raises(Fault):
                await watching
        assert service.echo.cancelled == 1


async def test_a_drain_waits_for_streams_that_have_a_deadline(transport: str) -> None:
    service = Service("scanner")
    async with start({"scanner": service.build}) as mesh:
        request = link_pb2.RepeatRequest(payload=b"wait", count=1)
        stream = mesh.stub(EchoStub, "scanner").Repeat(request, timeout=10)
        first = asyncio.create_task(anext(stream))
        await until(lambda: service.echo.running == 1)
        stopping = asyncio.create_task(mesh.stop("scanner"))
        await asyncio.sleep(0.1)
        service.echo.release.set()
        assert (await first).payload == b"wait"
        await stream.aclose()
        await stopping


async def test_stops_run_last_in_first_out_after_the_drain(transport: str) -> None:
    service = Service("scanner")
    order: list[str] = []

    async def closed() -> None:
        order.append(f"pool, {service.echo.running} running")

    def broken() -> None:
        order.append("broken")
        raise OSError("already closed")

    async def build(node: Node) -> None:
        await service.build(node)
        node.on_stop(closed)
        node.on_stop(broken)
        node.on_stop(lambda: order.append("cache"))

    async with start({"scanner": build}) as mesh:
        call = asyncio.create_task(mesh.stub(EchoStub, "scanner").Say(say(b"wait")))
        await until(lambda: service.echo.running == 1)
        stopping = asyncio.create_task(mesh.stop("scanner"))
        await asyncio.sleep(0.05)
        assert order == []
        service.echo.release.set()
        await asyncio.gather(call, stopping)
        assert order == ["cache", "broken", "pool, 0 running"]


async def test_health_follows_readiness_and_drain(transport: str) -> None:
    service = Service("scanner")
    ready = asyncio.Event()

    async def check() -> bool:
        if not ready.is_set():
            raise ConnectionError("no database yet")
        return True

    async def build(node: Node) -> None:
        await service.build(node)
        node.ready_when(check)

    async with start({"scanner": build}) as mesh:
        health = mesh.stub(health_pb2_grpc.HealthStub, "scanner")
        for name in ("", "maestro.mesh.v1.Echo", "grpc.health.v1.Health"):
            answer = await health.Check(health_pb2.HealthCheckRequest(service=name))
            assert answer.status == NOT_SERVING
        with pytest.raises(Fault) as caught:
            await health.Check(health_pb2.HealthCheckRequest(service="maestro.other.v1.Other"))
        assert caught.value.reason == "SERVICE_UNKNOWN"
        watch = health.Watch(health_pb2.HealthCheckRequest(service="maestro.mesh.v1.Echo"))
        assert (await anext(watch)).status == NOT_SERVING
        ready.set()
        assert (await anext(watch)).status == SERVING
        assert (await health.Check(health_pb2.HealthCheckRequest())).status == SERVING
        stopping = asyncio.create_task(mesh.stop("scanner"))
        assert (await anext(watch)).status == NOT_SERVING
        await watch.aclose()
        await stopping
        assert mesh.spans() == []


async def test_background_work_is_begun_again_and_cancelled_at_the_end(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("mesh.background._FIRST_PAUSE", 0.01)
    begun: list[str] = []

    async def fails_twice() -> None:
        begun.append("fails")
        if begun.count("fails") < 3:
            raise Fault("STATE_UNAVAILABLE", "not yet")
        try:
            await asyncio.sleep(60)
        finally:
            begun.append("cancelled")

    async def returns() -> None:
        begun.append("returns")

    async def build(node: Node) -> None:
        node.background("fails", fails_twice)
        node.background("returns", returns)

    async with start({"scanner": build}) as mesh:
        await until(lambda: begun.count("fails") == 3)
        assert begun.count("returns") == 1
        await mesh.stop("scanner")
        assert begun[-1] == "cancelled"
