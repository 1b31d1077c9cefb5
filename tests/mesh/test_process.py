"""Modules as processes: what they say, how they end, what survives when one is killed."""

import asyncio
import json
import os
import signal
import socket
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from maestro.mesh.v1 import link_pb2_grpc
from mesh.fault import Fault
from mesh.node import Node
from tests.mesh.echo import Service, once, say, until

EchoStub = link_pb2_grpc.EchoStub
Process = asyncio.subprocess.Process
TAKEN = "scanner cannot listen at {}: the port is in use. Stop the process that uses it, or set MAESTRO_LISTEN.\n"
TOO_LONG = (
    f"scanner: MAESTRO_LISTEN: cannot listen at unix:/tmp/{'x' * 200}: "
    "the path of a socket may have 107 bytes, this one has 205."
)


async def spawn(*command: str, **env: str) -> Process:
    return await asyncio.create_subprocess_exec(
        sys.executable,
        *command,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path), **env},
        stderr=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
    )


async def module(name: str, listen: str, **env: str) -> Process:
    return await spawn("-m", "tests.mesh.service", name, MAESTRO_LISTEN=listen, **env)


async def ended(process: Process) -> tuple[int | None, str]:
    async with asyncio.timeout(20):
        _, errors = await process.communicate()
    return process.returncode, errors.decode()


@asynccontextmanager
async def running(name: str, listen: str, **env: str) -> AsyncIterator[Process]:
    process = await module(name, listen, **env)
    try:
        await serves(process)
        yield process
    finally:
        if process.returncode is None:
            process.kill()
            await process.communicate()


async def serves(process: Process) -> None:
    assert process.stderr is not None
    async with asyncio.timeout(20):
        while line := await process.stderr.readline():
            if json.loads(line)["message"] == "serving":
                return
    pytest.fail("it ended before it served")


@asynccontextmanager
async def stub_for(target: str, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Any]:
    monkeypatch.setenv("MAESTRO_SCANNER_TARGET", target)
    node = Node("mapper")
    yield node.stub(EchoStub, "scanner")
    await node.stop()


@pytest.mark.parametrize("signum", [signal.SIGTERM, signal.SIGINT])
async def test_a_signal_drains_and_ends_well(
    transport: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, signum: signal.Signals
) -> None:
    address = f"unix:{tmp_path}/s.sock"
    async with running("scanner", address) as process, stub_for(address, monkeypatch) as stub:
        assert (await stub.Say(say(b"name"))).payload == b"scanner"
        process.send_signal(signum)
        code, logs = await ended(process)
        assert code == 0
        lines = [json.loads(line) for line in logs.splitlines()]
        assert lines[-1]["message"] == "stopped"
        assert {line["module"] for line in lines} == {"scanner"}
    assert os.listdir(tmp_path) == []  # noqa: PTH208  # quick enough for an event loop


async def test_a_second_signal_does_not_wait(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    address = f"unix:{tmp_path}/s.sock"
    async with (
        running("scanner", address, MAESTRO_DRAIN="60") as process,
        stub_for(address, monkeypatch) as stub,
    ):
        call = asyncio.create_task(stub.SayOnce(once(b"sleep")))
        await asyncio.sleep(0.3)
        process.terminate()
        await asyncio.sleep(0.3)
        assert process.returncode is None
        process.terminate()
        assert (await ended(process))[0] == 0
        with pytest.raises(Fault):
            await call


async def test_a_port_in_use_is_one_clear_sentence() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        address = f"127.0.0.1:{taken.getsockname()[1]}"
        assert await ended(await module("scanner", address)) == (
            2,
            TAKEN.format(address),
        )


async def test_a_socket_in_use_is_not_taken_over(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    address = f"unix:{tmp_path}/s.sock"
    async with running("scanner", address), stub_for(address, monkeypatch) as stub:
        code, said = await ended(await module("mapper", address))
        assert (code, said.count("\n")) == (2, 1)
        assert "the port is in use" in said
        assert (await stub.Say(say(b"name"))).payload == b"scanner"


async def test_a_socket_that_a_killed_process_left_is_no_hindrance(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    address = f"unix:{tmp_path}/s.sock"
    async with running("scanner", address) as process:
        process.kill()
        await process.wait()
    assert (tmp_path / "s.sock").exists()
    async with running("scanner", address), stub_for(address, monkeypatch) as stub:
        assert (await stub.Say(say(b"name"))).payload == b"scanner"


@pytest.mark.parametrize(
    ("env", "sentence"),
    [
        (
            {"MAESTRO_DEADLINE": "soon"},
            "scanner: MAESTRO_DEADLINE: input should be a valid number, unable to parse string as a number.",
        ),
        (
            {"MAESTRO_TRACE_SAMPLE": "7"},
            "scanner: MAESTRO_TRACE_SAMPLE: input should be less than or equal to 1.",
        ),
        (
            {"MAESTRO_LISTEN": "nonsense"},
            "scanner: MAESTRO_LISTEN: cannot listen at nonsense: it is not host:port or unix:/path.",
        ),
        (
            {"MAESTRO_LISTEN": "192.0.2.1:50053"},
            "scanner: MAESTRO_LISTEN: cannot listen at 192.0.2.1:50053: cannot assign requested address.",
        ),
        (
            {"MAESTRO_LISTEN": "unix:/no/such/s.sock"},
            "scanner: MAESTRO_LISTEN: cannot listen at unix:/no/such/s.sock: there is no folder /no/such.",
        ),
        (
            {"MAESTRO_LISTEN": "unix:/tmp/" + "x" * 200},
            TOO_LONG,
        ),
    ],
)
async def test_a_bad_setting_is_one_clear_sentence(env: dict[str, str], sentence: str) -> None:
    listen = env.pop("MAESTRO_LISTEN", "127.0.0.1:1")
    assert await ended(await module("scanner", listen, **env)) == (2, sentence + "\n")


async def test_calls_fail_at_once_when_the_callee_is_killed(
    transport: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    address = f"unix:{tmp_path}/s.sock"
    async with running("scanner", address) as process, stub_for(address, monkeypatch) as stub:
        calls = [asyncio.create_task(stub.SayOnce(once(b"sleep"))) for _ in range(3)]
        await asyncio.sleep(0.3)
        process.kill()
        async with asyncio.timeout(3):
            results = await asyncio.gather(*calls, return_exceptions=True)
        assert [getattr(each, "reason", each) for each in results] == ["MODULE_UNAVAILABLE"] * 3
        await process.wait()
        async with running("scanner", address):
            await until_back(stub)


async def until_back(stub: Any) -> None:
    """A plain channel waits a moment before it connects again, and fails what may not be repeated."""
    async with asyncio.timeout(2):
        while True:
            try:
                assert (await stub.SayOnce(once(b"back"))).payload == b"back"
                return
            except Fault:
                await asyncio.sleep(0.05)


CALLER = """
import asyncio, sys
from maestro.mesh.v1 import link_pb2_grpc
from mesh.node import Node
from tests.mesh.echo import say
async def main():
    stub = Node("mapper").stub(link_pb2_grpc.EchoStub, "scanner")
    await asyncio.gather(*(stub.Say(say(b"sleep")) for _ in range(3)))
asyncio.run(main())
"""


async def test_work_stops_when_the_caller_is_killed(transport: str, tmp_path: Path) -> None:
    service = Service("scanner")
    node = Node("scanner")
    await service.build(node)
    await node.start([f"unix:{tmp_path}/s.sock"])
    killed = await spawn("-c", CALLER, MAESTRO_SCANNER_TARGET=f"unix:{tmp_path}/s.sock")
    await until(lambda: service.echo.running == 3, 20)
    killed.kill()
    await killed.communicate()
    await until(lambda: service.echo.cancelled == 3)
    await node.stop()


FORKER = """
import os, signal, sys, threading
import mesh
import grpc, grpc.aio
import mesh.process, mesh.node, tests.mesh.echo
from mesh.node import run
from tests.mesh.service import build
threads = len(os.listdir("/proc/self/task")) if os.path.isdir("/proc/self/task") else threading.active_count()
assert threads == 1, f"importing started {threads - 1} threads"
children = []
for name in ("scanner", "mapper"):
    pid = os.fork()
    if pid == 0:
        os.environ["MAESTRO_LISTEN"] = f"unix:{sys.argv[1]}/{name}.sock"
        run(name, build)
        os._exit(0)
    children.append(pid)
signal.signal(signal.SIGTERM, lambda *_: [os.kill(pid, signal.SIGTERM) for pid in children])
sys.exit(max(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) for pid in children))
"""


async def test_a_launcher_may_import_first_and_fork_then(
    transport: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    forker = await spawn("-c", FORKER, str(tmp_path))
    for name in ("scanner", "mapper"):
        path = tmp_path / f"{name}.sock"
        async with asyncio.timeout(20):
            while not path.exists():
                assert forker.returncode is None, await ended(forker)
                await asyncio.sleep(0.05)
        async with stub_for(f"unix:{path}", monkeypatch) as stub:
            assert (await stub.Say(say(b"name"))).payload == name.encode()
    forker.terminate()
    code, said = await ended(forker)
    assert code == 0, said
