"""What every call over the mesh does, whichever way it travels."""

import asyncio
import logging
from typing import Any

import grpc
import pytest

from maestro.mesh.v1 import link_pb2, link_pb2_grpc
from mesh import deadline
from mesh.fault import Fault
from mesh.node import Node
from mesh.testing import Mesh, start
from tests.mesh.echo import FAULT, Service, once, say, until

pytestmark = pytest.mark.usefixtures("nothing_left")
EchoStub = link_pb2_grpc.EchoStub


def chain() -> tuple[Service, Service, Service]:
    return Service("scanner", "mapper"), Service("mapper", "loader"), Service("loader")


def builds(*services: Service) -> dict[str, object]:
    return {service.name: service.build for service in reversed(services)}


async def failed(mesh: Mesh, payload: bytes, **options: float) -> Fault:
    with pytest.raises(Fault) as caught:
        await mesh.stub(EchoStub, "scanner").Say(say(payload), **options)
    return caught.value


async def test_the_answer_comes_back(transport: str) -> None:
    async with start(builds(*chain())) as mesh:
        reply = await mesh.stub(EchoStub, "scanner").Say(say(b"mapper>loader>oi"))
        assert reply == link_pb2.SayResponse(payload=b"oi")


@pytest.mark.parametrize("payload", [b"", b"\x00\xff" * 1000, b"x" * 3_000_000])
async def test_any_payload_comes_back_unchanged(transport: str, payload: bytes) -> None:
    async with start(builds(Service("scanner"))) as mesh:
        assert (await mesh.stub(EchoStub, "scanner").Say(say(payload))).payload == payload


async def test_many_calls_at_once_keep_their_answers_apart(transport: str) -> None:
    async with start(builds(*chain())) as mesh:
        stub = mesh.stub(EchoStub, "scanner")
        replies = await asyncio.gather(*(stub.Say(say(b"mapper>%d" % number)) for number in range(300)))
        assert [each.payload for each in replies] == [b"%d" % number for number in range(300)]


async def test_streams_come_in_order(transport: str) -> None:
    async with start(builds(Service("scanner"))) as mesh:
        request = link_pb2.RepeatRequest(payload=b"oi", count=5)
        got = [each.payload async for each in mesh.stub(EchoStub, "scanner").Repeat(request)]
        assert got == [b"oi"] * 5


async def test_metadata_arrives(transport: str) -> None:
    async with start(builds(Service("scanner"))) as mesh:
        stub = mesh.stub(EchoStub, "scanner")
        reply = await stub.Say(say(b"metadata"), metadata=(("caller", "ana"), ("key-bin", b"\x00\xff")))
        assert b"('caller', 'ana')" in reply.payload
        assert rb"('key-bin', b'\x00\xff')" in reply.payload


@pytest.mark.parametrize("way", ["registered", "generic"])
async def test_handlers_may_be_registered_by_hand_and_pass_bytes_on(transport: str, way: str) -> None:
    class Bytes:
        async def Say(self, request: bytes, context: Any) -> bytes:
            return request

    def add(servicer: Bytes, server: Any) -> None:
        handlers = {"Say": grpc.unary_unary_rpc_method_handler(servicer.Say)}
        if way == "registered":
            server.add_registered_method_handlers("maestro.mesh.v1.Echo", handlers)
        else:
            generic = grpc.method_handlers_generic_handler("maestro.mesh.v1.Echo", handlers)
            server.add_generic_rpc_handlers((generic,))

    async def build(node: Node) -> None:
        node.serve(add, Bytes(), link_pb2.DESCRIPTOR)

    async with start({"scanner": build}) as mesh:
        assert (await mesh.stub(EchoStub, "scanner").Say(say(b"oi"))).payload == b"oi"
        call = mesh.channel("scanner").unary_unary("/maestro.mesh.v1.Echo/Say")
        assert await call(b"raw") == b"raw"


@pytest.mark.parametrize(
    "servicer",
    [
        link_pb2_grpc.EchoServicer,
        type("Plain", (link_pb2_grpc.EchoServicer,), {"Say": lambda self, request, context: request}),
    ],
)
async def test_what_cannot_be_served_is_an_error_when_it_is_registered(servicer: type) -> None:
    node = Node("scanner")
    with pytest.raises(TypeError):
        node.serve(link_pb2_grpc.add_EchoServicer_to_server, servicer(), link_pb2.DESCRIPTOR)
    await node.stop()


# Errors


async def test_a_fault_crosses_two_hops_intact(transport: str) -> None:
    async with start(builds(*chain())) as mesh:
        fault = await failed(mesh, b"mapper>loader>fault")
        assert fault.origin == "loader"
        fault.origin = ""
        assert fault == FAULT


async def test_a_fault_ends_a_stream(transport: str) -> None:
    async with start(builds(Service("scanner"))) as mesh:
        request = link_pb2.RepeatRequest(payload=b"fault", count=1)
        with pytest.raises(Fault) as caught:
            async for _ in mesh.stub(EchoStub, "scanner").Repeat(request):
                pass
        assert (caught.value.reason, caught.value.origin) == ("SOURCE_UNKNOWN", "scanner")


async def test_a_bug_tells_nothing_but_where_to_look(transport: str, caplog: pytest.LogCaptureFixture) -> None:
    async with start(builds(*chain())) as mesh:
        with caplog.at_level(logging.ERROR):
            fault = await failed(mesh, b"mapper>bug")
        assert (fault.reason, fault.origin) == ("INTERNAL", "mapper")
        assert "secret" not in fault.message
        records = [each for each in caplog.records if each.exc_info]
        assert [getattr(each, "reference", "") for each in records] == [fault.metadata["reference"]]
        assert fault.metadata["reference"] in fault.message
        assert (await mesh.stub(EchoStub, "scanner").Say(say(b"oi"))).payload == b"oi"


async def test_a_method_that_is_not_there(transport: str) -> None:
    async with start(builds(Service("scanner"))) as mesh:
        call = mesh.channel("scanner").unary_unary("/maestro.mesh.v1.Echo/Sing", bytes, bytes)
        with pytest.raises(Fault) as caught:
            await call(b"")
        assert caught.value.reason == "METHOD_UNKNOWN"
        assert caught.value.metadata == {"module": "scanner", "method": "scanner.Sing"}


async def test_a_request_that_cannot_be_read(transport: str) -> None:
    async with start(builds(Service("scanner"))) as mesh:
        call = mesh.channel("scanner").unary_unary("/maestro.mesh.v1.Echo/Say", bytes, bytes)
        with pytest.raises(Fault):
            await call(b"\xff\xff\xff")
        assert (await mesh.stub(EchoStub, "scanner").Say(say(b"oi"))).payload == b"oi"


async def test_a_handler_that_cancels_itself_still_answers(transport: str) -> None:
    async with start(builds(Service("scanner"))) as mesh:
        async with asyncio.timeout(5):
            fault = await failed(mesh, b"cancelled")
        assert fault.reason == "CANCELLED"


@pytest.mark.parametrize("size", [900_000, 3_000_000])
async def test_messages_beyond_the_limit_are_refused_and_nothing_else_suffers(transport: str, size: int) -> None:
    async with start(builds(Service("scanner")), env={"MAESTRO_MAX_MESSAGE": "500000"}) as mesh:
        stub = mesh.stub(EchoStub, "scanner")
        waiting = asyncio.create_task(stub.Say(say(b"sleep"), timeout=5))
        await asyncio.sleep(0.05)
        assert (await failed(mesh, b"x" * size)).reason == "MESSAGE_TOO_LARGE"
        assert not waiting.done()
        waiting.cancel()


async def test_a_module_that_is_not_there(transport: str) -> None:
    async with start(builds(*chain()[:1])) as mesh:
        fault = await failed(mesh, b"mapper>oi")
        assert fault.reason == "MODULE_UNAVAILABLE"
        assert fault.metadata == {"module": "mapper", "method": "mapper.Say"}
        assert fault.message.startswith("mapper cannot be reached at unix:")


# Deadlines


async def test_the_callee_that_ran_out_of_time_is_named(transport: str) -> None:
    async with start(builds(*chain())) as mesh:
        fault = await failed(mesh, b"mapper>loader>sleep", timeout=0.4)
        assert fault.reason == "DEADLINE_EXCEEDED"
        assert fault.metadata["timed_out"] == "loader.Say"
        assert fault.origin in ("mapper", "loader")  # whoever's clock was first


async def test_the_time_left_shrinks_from_hop_to_hop(transport: str) -> None:
    async with start(builds(*chain()), env={"MAESTRO_DEADLINE_RESERVE": "1"}) as mesh:
        stub = mesh.stub(EchoStub, "scanner")
        left = [
            float((await stub.Say(say(path + b"remaining"), timeout=20)).payload)
            for path in (b"", b"mapper>", b"mapper>loader>")
        ]
        # gRPC rounds a timeout up, by one percent at most.
        assert 19 < left[0] <= 20.2
        assert 18 < left[1] <= 19.2
        assert 17 < left[2] <= 18.2


async def test_a_call_without_deadline_gets_the_default(transport: str) -> None:
    async with start(builds(Service("scanner")), env={"MAESTRO_DEADLINE": "7"}) as mesh:
        reply = await mesh.stub(EchoStub, "scanner").Say(say(b"remaining"))
        assert 6 < float(reply.payload) <= 7.1


async def test_a_timeout_shortens_but_never_lengthens(transport: str) -> None:
    async with start(builds(Service("scanner"))) as mesh:
        stub = mesh.stub(EchoStub, "scanner")
        with deadline.within(3):
            assert float((await stub.Say(say(b"remaining"), timeout=60)).payload) <= 3.1
            assert float((await stub.Say(say(b"remaining"), timeout=1)).payload) <= 1.1


async def test_no_call_is_made_when_no_time_is_left(transport: str) -> None:
    service = Service("scanner")
    async with start(builds(service)) as mesh:
        with deadline.within(-1):
            fault = await failed(mesh, b"oi")
        assert fault.metadata["timed_out"] == "scanner.Say"
        assert service.echo.calls == []


async def test_a_timeout_inside_a_handler_keeps_its_meaning(transport: str) -> None:
    async with start(builds(Service("scanner"))) as mesh:
        fault = await failed(mesh, b"timeout")
        assert (fault.reason, fault.metadata["timed_out"]) == ("DEADLINE_EXCEEDED", "scanner.Say")


async def test_a_handler_is_stopped_at_the_default_deadline(transport: str) -> None:
    service = Service("scanner")
    async with start(builds(service), env={"MAESTRO_DEADLINE": "0.2"}) as mesh:
        fault = await failed(mesh, b"sleep")
        assert fault.metadata["timed_out"] == "scanner.Say"
        await until(lambda: service.echo.cancelled == 1)


async def test_a_watch_has_no_default_deadline(transport: str) -> None:
    service = Service("scanner")
    async with start(builds(service), env={"MAESTRO_DEADLINE": "0.1"}) as mesh:
        stream = mesh.stub(EchoStub, "scanner").Repeat(link_pb2.RepeatRequest(payload=b"wait", count=1))
        first = asyncio.create_task(anext(stream))
        await until(lambda: service.echo.running == 1)
        await asyncio.sleep(0.3)
        service.echo.release.set()
        assert (await first).payload == b"wait"
        await stream.aclose()


async def test_a_stream_keeps_a_deadline_that_it_is_given(transport: str) -> None:
    service = Service("scanner")
    async with start(builds(service)) as mesh:
        request = link_pb2.RepeatRequest(payload=b"sleep", count=1)
        with pytest.raises(Fault) as caught:
            async for _ in mesh.stub(EchoStub, "scanner").Repeat(request, timeout=0.2):
                pass
        assert caught.value.metadata["timed_out"] == "scanner.Repeat"
        await until(lambda: service.echo.cancelled == 1)


# Cancellation


async def test_a_cancelled_call_stops_the_work_two_hops_away(transport: str) -> None:
    services = chain()
    async with start(builds(*services)) as mesh:
        call = asyncio.create_task(mesh.stub(EchoStub, "scanner").Say(say(b"mapper>loader>sleep")))
        await until(lambda: "echo" in vars(services[2]) and services[2].echo.running == 1)
        call.cancel()
        with pytest.raises(asyncio.CancelledError):
            await call
        for service in services:
            await until(lambda service=service: service.echo.running == 0)
            assert service.echo.cancelled == 1


async def test_a_timed_out_call_stops_the_work_two_hops_away(transport: str) -> None:
    services = chain()
    async with start(builds(*services)) as mesh:
        await failed(mesh, b"mapper>loader>sleep", timeout=0.3)
        await until(lambda: services[2].echo.cancelled == 1)
        assert [service.echo.running for service in services] == [0, 0, 0]


async def test_leaving_a_stream_stops_the_work(transport: str) -> None:
    service = Service("scanner")
    async with start(builds(service)) as mesh:
        stream = mesh.stub(EchoStub, "scanner").Repeat(link_pb2.RepeatRequest(payload=b"sleep", count=1))
        first = asyncio.create_task(anext(stream))
        await until(lambda: service.echo.running == 1)
        first.cancel()
        await asyncio.gather(first, return_exceptions=True)
        await until(lambda: service.echo.cancelled == 1)


async def test_a_call_cancelled_before_it_left_is_never_seen(transport: str) -> None:
    service = Service("scanner")
    async with start(builds(service)) as mesh:
        stub = mesh.stub(EchoStub, "scanner")
        await stub.Say(say(b"oi"))
        call = asyncio.create_task(stub.Say(say(b"sleep")))
        call.cancel()
        await asyncio.gather(call, return_exceptions=True)
        await stub.Say(say(b"oi"))
        await until(lambda: service.echo.running == 0)


async def test_only_the_cancelled_call_is_cancelled(transport: str) -> None:
    service = Service("scanner")
    async with start(builds(service)) as mesh:
        stub = mesh.stub(EchoStub, "scanner")
        calls = [asyncio.create_task(stub.SayOnce(once(b"wait"))) for _ in range(10)]
        await until(lambda: service.echo.running == 10)
        for call in calls[::2]:
            call.cancel()
        await until(lambda: service.echo.cancelled == 5)
        service.echo.release.set()
        results = await asyncio.gather(*calls, return_exceptions=True)
        assert [isinstance(each, asyncio.CancelledError) for each in results] == [True, False] * 5


# Tracing


async def test_one_trace_through_all_hops(transport: str) -> None:
    async with start(builds(*chain())) as mesh:
        reply = await mesh.stub(EchoStub, "scanner").Say(say(b"mapper>span"))
        await until(lambda: len(mesh.spans()) == 5)
        spans = {(each.module, each.kind): each for each in mesh.spans()}
        say_it = "maestro.mesh.v1.Echo/Say"
        tree = [
            (("", "client"), say_it, None),
            (("scanner", "server"), say_it, ("", "client")),
            (("scanner", "client"), say_it, ("scanner", "server")),
            (("mapper", "server"), say_it, ("scanner", "client")),
            (("mapper", "internal"), "work", ("mapper", "server")),
        ]
        assert {key: (each.name, each.parent_id) for key, each in spans.items()} == {
            key: (name, "" if parent is None else spans[parent].span_id) for key, name, parent in tree
        }
        assert {each.trace_id for each in mesh.spans()} == {reply.payload.decode()}
        assert spans["mapper", "internal"].attributes == {"maestro.rows": 3}
        assert all(each.end_ns >= each.start_ns > 0 for each in mesh.spans())


async def test_failures_are_on_every_span_that_they_pass(transport: str) -> None:
    async with start(builds(*chain())) as mesh:
        await failed(mesh, b"mapper>fault")
        await until(lambda: len(mesh.spans()) == 4)
        for each in mesh.spans():
            assert each.error == FAULT.message
            assert each.attributes["error.type"] == "SOURCE_UNKNOWN"
            assert each.attributes["rpc.response.status_code"] == "NOT_FOUND"


async def test_a_callers_traceparent_is_followed(transport: str) -> None:
    async with start(builds(Service("scanner"))) as mesh:
        header = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"
        async with grpc.aio.insecure_channel(mesh.address("scanner")) as channel:
            await EchoStub(channel).Say(say(b"oi"), metadata=(("traceparent", header),))
        await until(lambda: len(mesh.spans()) == 1)
        assert mesh.spans()[0].trace_id == "4bf92f3577b34da6a3ce929d0e0e4736"
        assert mesh.spans()[0].parent_id == "00f067aa0ba902b7"


@pytest.mark.parametrize("method", ["Say", "Repeat"])
async def test_bytes_that_are_no_message_are_refused_as_the_caller_s_fault(method: str) -> None:
    async with start(builds(Service("scanner"))) as mesh, grpc.aio.insecure_channel(mesh.address("scanner")) as channel:
        path, garbage = f"/maestro.mesh.v1.Echo/{method}", b"\x0a\xff\xff\xff\xff\x0f"
        call = channel.unary_unary(path)(garbage) if method == "Say" else channel.unary_stream(path)(garbage)
        assert await call.code() == grpc.StatusCode.INVALID_ARGUMENT
        assert "cannot be read" in await call.details()
