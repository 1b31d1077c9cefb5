"""Modules of the mesh with real servers and contracts, whose methods do what a test says."""

from __future__ import annotations

import asyncio
import importlib
from collections.abc import Awaitable, Callable
from typing import Any

from google.protobuf.message import Message

from mesh.modules import MODULES
from mesh.node import Build, Node

Handler = Callable[[Any], Awaitable[Message | None]]


class Toys:
    """What was called, and what the methods do.

    on["scanner.GetSlice"] = an async function of the request that gives the response; None or absent: an empty one.
    begun, ended, cancelled: calls in the order in which they did so. active: calls under way.
    """

    def __init__(self) -> None:
        self.on: dict[str, Handler] = {}
        self.requests: dict[str, list[Any]] = {}
        self.begun: list[str] = []
        self.ended: list[str] = []
        self.cancelled: list[str] = []
        self.active: list[str] = []

    def module(self, name: str) -> Build:
        """What builds a module of that name; its methods are the contract's."""
        module = MODULES[name]
        messages = importlib.import_module(module.descriptor_module)
        grpc_code = importlib.import_module(f"{module.descriptor_module}_grpc")
        service = messages.DESCRIPTOR.services_by_name[module.service.rpartition(".")[2]]
        methods = {
            method.name: self._method(f"{name}.{method.name}", method.output_type._concrete_class)
            for method in service.methods
            if not method.server_streaming
        }
        toy = type(f"Toy{service.name}", (getattr(grpc_code, f"{service.name}Servicer"),), methods)

        async def build(node: Node) -> None:
            add = getattr(grpc_code, f"add_{service.name}Servicer_to_server")
            node.serve(add, toy(), messages.DESCRIPTOR)

        return build

    def _method(self, call: str, response: type[Message]) -> Any:
        async def handle(_: Any, request: Any, __: Any) -> Any:
            self.begun.append(call)
            self.requests.setdefault(call, []).append(request)
            self.active.append(call)
            try:
                made = await self.on[call](request) if call in self.on else None
            except asyncio.CancelledError:
                self.cancelled.append(call)
                raise
            finally:
                self.active.remove(call)
            self.ended.append(call)
            return made if made is not None else response()

        return handle


def giving(response: Message) -> Handler:
    """A method that gives this."""

    async def handle(_: Any) -> Message:
        return response

    return handle


def raising(error: Exception) -> Handler:
    """A method that fails so."""

    async def handle(_: Any) -> Message:
        raise error

    return handle


async def forever(_: Any) -> Message | None:
    """A method that ends only when it is cancelled."""
    await asyncio.Event().wait()
    return None


async def until(check: Callable[[], bool], seconds: float = 5.0) -> None:
    """Waits until something holds that no event tells of."""
    async with asyncio.timeout(seconds):
        while not check():  # as said
            await asyncio.sleep(0.005)
