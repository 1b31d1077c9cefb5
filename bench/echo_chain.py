"""The front of a chain of bare grpc.aio echoes: what a mesh would cost that did nothing.

`python -m bench.echo_chain ADDRESS` prints the address that it listens at and serves until its standard input ends. Each
call makes as many echoes at ADDRESS, one after the other, as its first byte says, and returns the rest.
"""

from __future__ import annotations

import asyncio
import sys

import grpc

from bench import echo

METHOD = "/bench.Chain/Run"


def request(hops: int, payload: bytes) -> bytes:
    """What makes so many echoes of a payload."""
    return bytes([hops]) + payload


async def serve(address: str) -> None:
    """Serves until standard input ends."""
    async with grpc.aio.insecure_channel(address) as channel:
        call = channel.unary_unary(echo.METHOD)

        async def run(message: bytes, _: grpc.aio.ServicerContext) -> bytes:
            payload = message[1:]
            for _hop in range(message[0]):
                payload = await call(payload)
            return payload

        server = grpc.aio.server()
        handler = grpc.unary_unary_rpc_method_handler(run)
        server.add_generic_rpc_handlers((grpc.method_handlers_generic_handler("bench.Chain", {"Run": handler}),))
        port = server.add_insecure_port("127.0.0.1:0")
        await server.start()
        sys.stdout.write(f"127.0.0.1:{port}\n")
        sys.stdout.flush()
        await asyncio.to_thread(sys.stdin.read)
        await server.stop(0)


if __name__ == "__main__":
    asyncio.run(serve(sys.argv[1]))
