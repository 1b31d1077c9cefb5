"""Thousands of calls that are cancelled, time out or fail: nothing of them may stay behind."""

import asyncio
import gc
from collections import Counter
from typing import Any

import pytest

from maestro.mesh.v1 import link_pb2_grpc
from mesh.fault import Fault
from mesh.testing import Mesh, start
from tests.mesh.echo import Service, say, until

pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("nothing_left")]
CALLS = 2_000
AT_ONCE = 50
# The event loop keeps up to a hundred cancelled timers before it sweeps them out.
LEFT = 150


async def cancelled(stub: Any) -> None:
    call = asyncio.create_task(stub.Say(say(b"mapper>sleep")))
    await asyncio.sleep(0.005)
    call.cancel()
    await asyncio.gather(call, return_exceptions=True)


async def timed_out(stub: Any) -> None:
    with pytest.raises(Fault):
        await stub.Say(say(b"mapper>sleep"), timeout=0.01)


async def faulty(stub: Any) -> None:
    with pytest.raises(Fault):
        await stub.Say(say(b"mapper>fault"))


async def abandoned(stub: Any) -> None:
    """Left before it was sent, or just after."""
    call = asyncio.create_task(stub.Say(say(b"mapper>sleep")))
    await asyncio.sleep(0)
    call.cancel()
    await asyncio.gather(call, return_exceptions=True)


async def rounds(mesh: Mesh, kind: Any, calls: int) -> None:
    stub = mesh.stub(link_pb2_grpc.EchoStub, "scanner")
    for _ in range(calls // AT_ONCE):
        await asyncio.gather(*(kind(stub) for _ in range(AT_ONCE)))
        mesh.clear_spans()


def alive() -> Counter[str]:
    gc.collect()
    return Counter(type(each).__qualname__ for each in gc.get_objects())


@pytest.mark.parametrize("kind", [cancelled, timed_out, faulty, abandoned])
async def test_nothing_stays_behind(transport: str, kind: Any) -> None:
    services = Service("scanner", "mapper"), Service("mapper")
    async with start({service.name: service.build for service in reversed(services)}) as mesh:
        # What is opened once and kept, such as the links, is there before anything is counted.
        await mesh.stub(link_pb2_grpc.EchoStub, "scanner").Say(say(b"mapper>oi"))
        await rounds(mesh, kind, 200)
        await idle(*services)
        before, tasks = alive(), len(asyncio.all_tasks())
        await rounds(mesh, kind, CALLS)
        await idle(*services)
        # gRPC itself needs a moment to let go of what was cancelled.
        for _ in range(50):
            grown = {name: count - before[name] for name, count in alive().items() if count - before[name] > LEFT}
            if not grown:
                break
            await asyncio.sleep(0.2)
        assert grown == {}
        await until(lambda: len(asyncio.all_tasks()) <= tasks)
        await still_works(mesh, transport)


async def still_works(mesh: Mesh, transport: str) -> None:
    stub = mesh.stub(link_pb2_grpc.EchoStub, "scanner")
    # After very many cancellations at once gRPC 1.85 may cut off a plain call or two that nobody cancelled;
    # on links, which never cancel a call of gRPC's, the first must work.
    for _ in range(10 if transport == "unary" else 1):
        try:
            assert (await stub.Say(say(b"mapper>oi"))).payload == b"oi"
            return
        except Fault as fault:
            assert fault.reason == "MODULE_UNAVAILABLE"  # noqa: PT017  # it may or may not be raised
            await asyncio.sleep(0.05)
    pytest.fail("it does not work any more")


def busy(service: Service) -> int:
    """Whatever a node still has to do, counted at every place where it is kept."""
    node = service.node
    pools = [channel.links for channel in node._channels.values() if channel.links is not None]
    outgoing = sum(link.in_flight for pool in pools for link in pool._ready)
    return service.echo.running + len(node._registry.running) + node._links.in_work + outgoing


async def idle(*services: Service) -> None:
    await until(lambda: sum(map(busy, services)) == 0, 20)
    for service in services:
        service.echo.calls.clear()
    await asyncio.sleep(0.05)
