"""A bare grpc.aio echo in a process of its own: what every figure of the mesh is compared with.

`python -m bench.echo` prints the address that it listens at and serves until its standard input ends. Nothing of the
mesh is in it: stock server, stock event loop, TCP on the loopback, no interceptor.
"""

from __future__ import annotations

import asyncio
import sys

import grpc

METHOD = "/bench.Echo/Echo"


def _identity(data: bytes) -> bytes:
    return data


async def _echo(request: bytes, _: grpc.aio.ServicerContext) -> bytes:
    return request


async def serve() -> None:
    """Serves until standard input ends."""
    server = grpc.aio.server()
    handler = grpc.unary_unary_rpc_method_handler(_echo, _identity, _identity)
    server.add_generic_rpc_handlers((grpc.method_handlers_generic_handler("bench.Echo", {"Echo": handler}),))
    port = server.add_insecure_port("127.0.0.1:0")
    await server.start()
    sys.stdout.write(f"127.0.0.1:{port}\n")
    sys.stdout.flush()
    await asyncio.to_thread(sys.stdin.read)
    await server.stop(0)


if __name__ == "__main__":
    asyncio.run(serve())
