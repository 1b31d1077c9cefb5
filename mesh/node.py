"""The one builder that every process of the mesh uses."""

import asyncio
import inspect
import logging
import random
import signal
import sys
from collections.abc import Awaitable, Callable, Coroutine
from contextlib import suppress
from typing import Any, TypeVar

import grpc
from maestro.mesh.v1 import link_pb2_grpc
from pydantic import ValidationError
from pydantic_settings import BaseSettings

from mesh import logs, telemetry
from mesh.channel import MeshChannel
from mesh.fault import Fault
from mesh.inbound import Registry
from mesh.link.caller import LINK_SLACK
from mesh.link.server import LinkServicer
from mesh.modules import MODULES
from mesh.settings import MeshSettings, target

_log = logging.getLogger(__name__)
S = TypeVar("S")
B = TypeVar("B", bound=BaseSettings)
Build = Callable[["Node"], Awaitable[None]]


class Node:
    """One module, running: its server, its channels to others, its background work.

    Services get it in `build`, which registers what the module serves; `start` and `stop` belong to `run` and to
    mesh.testing.
    """

    def __init__(self, module: str, mesh: MeshSettings | None = None) -> None:
        self.module = module
        self.mesh = mesh or self.settings(MeshSettings)
        self._registry = Registry(module, self.mesh.deadline)
        self._channels: dict[str, MeshChannel] = {}
        self._stops: list[Callable[[], Any]] = []
        self._backgrounds: list[tuple[str, Callable[[], Coroutine[Any, Any, None]]]] = []
        self._checks: list[Callable[[], Awaitable[bool]]] = []
        self._descriptors: list[Any] = []
        self._tasks: set[asyncio.Task[None]] = set()
        self._server: Any = None
        self._health: Any = None

    def settings(self, kind: type[B]) -> B:
        """The settings of that class, from the environment. Raises Fault SETTINGS_INVALID naming each bad one."""
        try:
            return kind()
        except ValidationError as error:
            raise _bad_settings(kind, error) from None

    def serve(self, add: Callable[[Any, Any], None], servicer: object, descriptor: Any) -> None:
        """Serves a servicer: `add` is the generated add_…_to_server, `descriptor` the proto file's DESCRIPTOR."""
        add(servicer, self._registry)
        self._descriptors.append(descriptor)

    def channel(self, module: str) -> MeshChannel:
        """The node's one channel to that module, usable as a grpc.aio.Channel for calls by descriptor."""
        if module not in self._channels:
            self._channels[module] = MeshChannel(module, target(module), self.mesh)
        return self._channels[module]

    def stub(self, stub: Callable[[Any], S], module: str) -> S:
        """A generated stub over the node's channel to that module."""
        return stub(self.channel(module))

    def background(self, name: str, work: Callable[[], Coroutine[Any, Any, None]]) -> None:
        """Runs a coroutine function beside the server: begun again with growing delay when it fails, not begun again
        when it returns, cancelled when the node drains."""
        self._backgrounds.append((name, work))
        if self._server is not None:
            self._spawn(name, work)

    def on_stop(self, stop: Callable[[], Any]) -> None:
        """Calls (and awaits, where there is something to await) after the drain; the last registered goes first."""
        self._stops.append(stop)

    def ready_when(self, check: Callable[[], Awaitable[bool]]) -> None:
        """Health says NOT_SERVING until every such check has once given true; an exception counts as false."""
        self._checks.append(check)

    async def start(self, listen: list[str]) -> None:
        """Listens on these addresses. Raises Fault PORT_IN_USE where one cannot be had."""
        from grpc_health.v1 import health, health_pb2, health_pb2_grpc  # noqa: PLC0415  # 20 ms that tests of parts need not pay
        from grpc_reflection.v1alpha import reflection  # noqa: PLC0415  # as above

        self._server = grpc.aio.server(
            options=[
                ("grpc.so_reuseport", 0),
                ("grpc.max_receive_message_length", self.mesh.max_message + LINK_SLACK),
                ("grpc.max_send_message_length", self.mesh.max_message + LINK_SLACK),
                ("grpc.http2.min_ping_interval_without_data_ms", 5_000),
                ("grpc.keepalive_permit_without_calls", 1),
            ]
        )
        self._registry.install(self._server)
        self._links = LinkServicer(
            self.module, self._registry.unary, 2 * self.mesh.link_in_flight, self.mesh.max_message
        )
        link_pb2_grpc.add_LinkServicer_to_server(self._links, self._server)
        self._health = health.aio.HealthServicer()
        health_pb2_grpc.add_HealthServicer_to_server(self._health, self._server)
        names = [
            service.full_name for each in self._descriptors for service in each.services_by_name.values()
        ]
        reflection.enable_server_reflection(
            [*names, health.SERVICE_NAME, reflection.SERVICE_NAME], self._server
        )
        for address in listen:
            try:
                self._server.add_insecure_port(address)
            except RuntimeError:
                raise Fault(
                    "PORT_IN_USE",
                    f"{self.module} cannot listen at {address}: the port is in use, or the address is not this machine's.",
                    metadata={"address": address},
                ) from None
        self._names = ["", *names]
        not_serving = health_pb2.HealthCheckResponse.NOT_SERVING
        for name in self._names:
            await self._health.set(name, not_serving)
        await self._server.start()
        for name, work in self._backgrounds:
            self._spawn(name, work)
        self._spawn("ready", self._become_ready)

    async def _become_ready(self) -> None:
        from grpc_health.v1 import health_pb2  # noqa: PLC0415  # as in start

        waiting = list(self._checks)
        delay = 0.02
        while waiting:
            try:
                while waiting and await waiting[0]():
                    waiting.pop(0)
            except Exception as error:
                _log.info("not ready yet: %s", error)
            if waiting:
                await asyncio.sleep(delay)
                delay = min(delay * 1.5, 1.0)
        for name in self._names:
            await self._health.set(name, health_pb2.HealthCheckResponse.SERVING)
        _log.info("serving")

    async def stop(self) -> None:
        """Drains: tells health, accepts nothing new, gives calls in flight their time, then releases everything."""
        if self._health is not None:
            await self._health.enter_graceful_shutdown()
        if self._server is not None:
            self._links.drain()
            await self._server.stop(self.mesh.drain)
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        for stop in reversed(self._stops):
            try:
                result = stop()
                if inspect.isawaitable(result):
                    await result
            except Exception:
                _log.exception("stopping failed")
        for channel in self._channels.values():
            await channel.close()

    def _spawn(self, name: str, work: Callable[[], Coroutine[Any, Any, None]]) -> None:
        task = asyncio.get_running_loop().create_task(
            self._supervised(name, work), name=f"{self.module}.{name}"
        )
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _supervised(self, name: str, work: Callable[[], Coroutine[Any, Any, None]]) -> None:
        telemetry.enter(self.module)
        delay = 0.2
        while True:
            begun = asyncio.get_running_loop().time()
            try:
                await work()
                return
            except Exception as error:
                if asyncio.get_running_loop().time() - begun > 60:
                    delay = 0.2
                quiet = isinstance(error, Fault)
                _log.warning("%s failed, again in %.1f s: %s", name, delay, error, exc_info=not quiet)
                await asyncio.sleep(delay * (0.5 + random.random()))  # noqa: S311  # jitter, no secret
                delay = min(delay * 2, 30.0)


def _bad_settings(kind: type[BaseSettings], error: ValidationError) -> Fault:
    prefix = str(kind.model_config.get("env_prefix", ""))
    violations = [
        ((prefix + "__".join(str(part) for part in each["loc"])).upper(), each["msg"])
        for each in error.errors()
    ]
    message = "; ".join(f"{name}: {what}" for name, what in violations) + "."
    return Fault("SETTINGS_INVALID", message, metadata={"setting": violations[0][0]}, violations=violations)


async def _main(module: str, build: Build) -> None:
    node = Node(module)
    logs.install(module, node.mesh.log_level)
    telemetry.enter(module)
    telemetry.settings.ratio = node.mesh.trace_sample
    stopping = asyncio.Event()
    loop = asyncio.get_running_loop()
    for signum in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(signum, stopping.set)
    try:
        await build(node)
        listen = [part.strip() for part in node.mesh.listen.split(",") if part.strip()]
        await node.start(listen or [MODULES[module].address])
        await stopping.wait()
    finally:
        await node.stop()


def run(module: str, build: Build) -> None:
    """Runs a module until it is told to stop by SIGTERM or SIGINT; then drains and returns.

    Exits with 2 and one clear sentence where a setting is bad or a port is in use.
    """
    import uvloop  # noqa: PLC0415  # so that importing this module loads no event loop

    try:
        uvloop.run(_main(module, build))
    except Fault as fault:
        if fault.reason not in ("SETTINGS_INVALID", "PORT_IN_USE"):
            raise
        sys.stderr.write(f"{module}: {fault.message}\n")
        sys.stderr.flush()
        raise SystemExit(2) from None
    with suppress(BrokenPipeError):
        sys.stderr.flush()
