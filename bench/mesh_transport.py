"""What one hop of the mesh costs, against a bare grpc.aio echo between two processes.

    python -m bench.mesh_transport [--rounds 20] [--calls 200]

Every variant has a server and a client process of its own; the clients take turns, a few calls each, so that
whatever else the machine does falls on all of them alike. Latencies are in microseconds; only the ratios
travel between machines. The last line of the output is one JSON object.
"""

import argparse
import asyncio
import json
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any

import grpc

from maestro.mesh.v1 import link_pb2, link_pb2_grpc
from mesh import telemetry
from mesh.fault import Fault
from mesh.node import Node, run

PAYLOAD = b"x" * 190
# name: (bare or mesh, transport, trace sample ratio, unix socket)
VARIANTS: dict[str, tuple[str, str, str, bool]] = {
    "bare_tcp": ("bare", "", "", False),
    "bare_unix_uvloop": ("bare-uvloop", "", "", True),
    "unary_untraced": ("mesh", "unary", "0", False),
    "unary_traced": ("mesh", "unary", "1", False),
    "link_untraced": ("mesh", "link", "0", False),
    "link_traced": ("mesh", "link", "1", False),
    "link_untraced_unix": ("mesh", "link", "0", True),
    "link_traced_unix": ("mesh", "link", "1", True),
}


class Echo(link_pb2_grpc.EchoServicer):
    """Says what it is told."""

    async def Say(self, request: Any, context: Any) -> Any:  # gRPC's
        """Gives the payload back."""
        return link_pb2.SayResponse(payload=request.payload)

    SayOnce = Say

    async def Repeat(self, request: Any, context: Any) -> AsyncIterator[Any]:  # gRPC's
        """Is not measured."""
        yield link_pb2.RepeatResponse(payload=request.payload)


async def serve_bare(address: str) -> None:
    """A server of plain grpc.aio, with nothing around the handler."""
    server = grpc.aio.server()
    link_pb2_grpc.add_EchoServicer_to_server(Echo(), server)
    server.add_insecure_port(address)
    await server.start()
    await server.wait_for_termination()


async def _build(node: Node) -> None:
    node.serve(link_pb2_grpc.add_EchoServicer_to_server, Echo(), link_pb2.DESCRIPTOR)


async def _measure(say: Callable[[], Awaitable[Any]]) -> None:
    """Obeys commands on standard input: `<calls> <at once>`; answers latencies in seconds and processor
    time."""
    reader = asyncio.StreamReader()
    await asyncio.get_running_loop().connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
    await _up(say)
    while line := (await reader.readline()).split():
        calls, at_once = int(line[0]), int(line[1])
        taken: list[float] = []

        async def caller(share: int, taken: list[float] = taken) -> None:
            for _ in range(share):
                begun = time.perf_counter()
                await say()
                taken.append(time.perf_counter() - begun)

        begun, cpu = time.perf_counter(), time.process_time()
        await asyncio.gather(*(caller(calls // at_once) for _ in range(at_once)))
        spent = time.process_time() - cpu
        sys.stdout.write(json.dumps({"taken": taken, "wall": time.perf_counter() - begun, "cpu": spent}) + "\n")
        sys.stdout.flush()


async def _up(say: Callable[[], Awaitable[Any]]) -> None:
    """Returns when the server answers; gives up after 20 s."""
    async with asyncio.timeout(20):
        while True:
            try:
                await say()
                return
            except (grpc.aio.AioRpcError, Fault):
                await asyncio.sleep(0.1)


async def call_bare(address: str) -> None:
    """A client of plain grpc.aio."""
    async with grpc.aio.insecure_channel(address) as channel:
        stub = link_pb2_grpc.EchoStub(channel)
        await _measure(lambda: stub.Say(link_pb2.SayRequest(payload=PAYLOAD)))


async def call_mesh() -> None:
    """A client of the mesh, as a module is: every call a client span, exported with the others."""
    node = Node("mapper")
    telemetry.settings.ratio = node.mesh.trace_sample
    stub = node.stub(link_pb2_grpc.EchoStub, "scanner")
    await _measure(lambda: stub.Say(link_pb2.SayRequest(payload=PAYLOAD)))
    await node.stop()


def play(role: str, kind: str, address: str) -> None:
    """One process of the benchmark."""
    if kind == "mesh":
        import uvloop  # noqa: PLC0415  # not for the bare side

        if role == "server":
            run("scanner", _build)
        else:
            uvloop.run(call_mesh())
        return
    work = serve_bare(address) if role == "server" else call_bare(address)
    if kind == "bare-uvloop":
        import uvloop  # noqa: PLC0415  # as above

        uvloop.run(work)
    else:
        asyncio.run(work)


class Pair:
    """The two processes of one variant."""

    def __init__(self, name: str, index: int, folder: Path) -> None:
        kind, transport, ratio, unix = VARIANTS[name]
        address = f"unix:{folder}/{index}.sock" if unix else f"127.0.0.1:{52100 + index}"
        env = {
            **os.environ,
            "MAESTRO_LISTEN": address,
            "MAESTRO_SCANNER_TARGET": address,
            "MAESTRO_TRACE_SAMPLE": ratio or "1",
            "MAESTRO_TRANSPORT": transport or "link",
            "MAESTRO_LOG_LEVEL": "ERROR",
        }
        # The bare ones are gRPC as it comes, without what the mesh sets for its own processes.
        if kind != "mesh":
            env |= {"GRPC_EXPERIMENTS": "", "GRPC_ENABLE_FORK_SUPPORT": "1"}
        command = [sys.executable, "-m", "bench.mesh_transport", "--role"]
        self.server = subprocess.Popen([*command, "server", "--kind", kind, "--address", address], env=env)
        self.client = subprocess.Popen(
            [*command, "client", "--kind", kind, "--address", address],
            env=env,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        self.taken: list[float] = []
        self.client_cpu: list[float] = []
        self.rate = 0.0

    def turn(self, calls: int, at_once: int = 1) -> dict[str, Any]:
        """Lets the client make some calls."""
        assert self.client.stdin is not None and self.client.stdout is not None  # noqa: PT018  # one fact
        self.client.stdin.write(f"{calls} {at_once}\n")
        self.client.stdin.flush()
        answer: dict[str, Any] = json.loads(self.client.stdout.readline())
        return answer

    def server_cpu(self) -> float:
        """Processor seconds that the server has used so far."""
        fields = Path(f"/proc/{self.server.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def end(self) -> None:
        """Stops both."""
        if self.client.stdin is not None:
            self.client.stdin.close()
        self.client.wait(10)
        self.server.terminate()
        self.server.wait(15)


def measure(rounds: int, calls: int) -> dict[str, Any]:
    """Runs every variant and gives the figures by name."""
    results: dict[str, Any] = {}
    with tempfile.TemporaryDirectory() as folder:
        pairs = {name: Pair(name, index, Path(folder)) for index, name in enumerate(VARIANTS)}
        try:
            for pair in pairs.values():
                pair.turn(300)
            before = {name: pair.server_cpu() for name, pair in pairs.items()}
            for _ in range(rounds):
                for pair in pairs.values():
                    answer = pair.turn(calls)
                    pair.taken += answer["taken"]
                    pair.client_cpu.append(answer["cpu"] / calls)
            for name, pair in pairs.items():
                answer = pair.turn(1600, 16)
                taken = sorted(pair.taken)
                results[name] = {
                    "p50_us": round(statistics.median(taken) * 1e6, 1),
                    "p99_us": round(taken[int(len(taken) * 0.99)] * 1e6, 1),
                    "client_cpu_us": round(statistics.median(pair.client_cpu) * 1e6, 1),
                    "server_cpu_us": round((pair.server_cpu() - before[name]) / (rounds * calls + 1600) * 1e6, 1),
                    "per_second_at_16": round(1600 / answer["wall"]),
                }
        finally:
            for pair in pairs.values():
                pair.end()
    return results


def main() -> None:
    """The command."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=20)
    parser.add_argument("--calls", type=int, default=200)
    parser.add_argument("--role", choices=("server", "client"))
    parser.add_argument("--kind", default="")
    parser.add_argument("--address", default="")
    args = parser.parse_args()
    if args.role:
        play(args.role, args.kind, args.address)
        return
    results = measure(args.rounds, args.calls)
    base = results["bare_tcp"]["p50_us"]
    for name, figures in results.items():
        figures["to_bare"] = round(figures["p50_us"] / base, 3)
        print(f"{name:22}", "  ".join(f"{key} {value}" for key, value in figures.items()))
    peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
    print(json.dumps({"calls": args.rounds * args.calls, "peak_rss_kb": peak, "variants": results}))


if __name__ == "__main__":
    main()
