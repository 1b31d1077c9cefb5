"""The one builder that every process of the mesh uses."""

import asyncio
import inspect
import logging
import time
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any, TypeVar

import grpc
from grpc_health.v1 import health_pb2, health_pb2_grpc
from pydantic_settings import BaseSettings

from maestro.mesh.v1 import link_pb2_grpc
from mesh import export, metrics, telemetry
from mesh.background import Backgrounds
from mesh.channel import MeshChannel
from mesh.export import Exporter
from mesh.health import Health
from mesh.inbound import Registry
from mesh.link.caller import LINK_SLACK
from mesh.link.server import LinkServicer
from mesh.listen import bind
from mesh.settings import MeshSettings, read, target

_log = logging.getLogger(__name__)
S = TypeVar("S")
B = TypeVar("B", bound=BaseSettings)
Build = Callable[["Node"], Awaitable[None]]


class Node:
    """One module, running: its server, its channels to others, its background work.

    Services get it in `build`, which registers what the module serves; `start` and `stop` belong to
    `mesh.process` and to `mesh.testing`.
    """

    def __init__(self, module: str, mesh: MeshSettings | None = None) -> None:
        self.module = module
        self.mesh = mesh or read(MeshSettings)
        self._registry = Registry(module, self.mesh.deadline)
        self._backgrounds = Backgrounds(module)
        self._channels: dict[str, MeshChannel] = {}
        self._stops: list[Callable[[], Any]] = []
        self._checks: list[Callable[[], Awaitable[bool]]] = []
        self._names: list[str] = []
        self._exporters: list[Exporter] = []
        self._health = Health()
        self._links = LinkServicer(module, self._registry.unary, 2 * self.mesh.link_in_flight, self.mesh.max_message)
        self._server: Any = None
        self.serve(health_pb2_grpc.add_HealthServicer_to_server, self._health, health_pb2.DESCRIPTOR)

    def settings(self, kind: type[B]) -> B:
        """The settings of that class, from the environment. Raises Fault SETTINGS_INVALID naming each bad
        one."""
        return read(kind)

    def serve(self, add: Callable[[Any, Any], None], servicer: object, descriptor: Any) -> None:
        """Serves a servicer: `add` is the generated add_…_to_server, `descriptor` the proto file's
        DESCRIPTOR."""
        for name in self._registry.take(add, servicer, descriptor):
            self._names.append(name)
            self._health.add(name)

    def channel(self, module: str) -> MeshChannel:
        """The node's one channel to that module, usable as a grpc.aio.Channel for calls by descriptor."""
        if module not in self._channels:
            self._channels[module] = MeshChannel(module, target(module), self.mesh)
        return self._channels[module]

    def stub(self, stub: Callable[[Any], S], module: str) -> S:
        """A generated stub over the node's channel to that module."""
        return stub(self.channel(module))

    def background(self, name: str, work: Callable[[], Coroutine[Any, Any, None]]) -> None:
        """Runs a coroutine function beside the server: begun again with growing delay when it fails, not
        begun again when it returns, cancelled when the node drains."""
        self._backgrounds.add(name, work)

    def on_stop(self, stop: Callable[[], Any]) -> None:
        """Calls (and awaits, where there is something to await) after the drain; the last registered goes
        first."""
        self._stops.append(stop)

    def ready_when(self, check: Callable[[], Awaitable[bool]]) -> None:
        """Health says NOT_SERVING until every such check has once given true; an exception counts as
        false."""
        self._checks.append(check)

    @property
    def serving(self) -> bool:
        """Whether health says SERVING."""
        return self._health.serving

    async def start(self, listen: list[str]) -> None:
        """Listens on these addresses; a node that only calls has none. Raises Fault PORT_IN_USE where one
        cannot be had."""
        if listen:
            await self._listen(listen)
        self._backgrounds.start()
        self._backgrounds.add("ready", self._become_ready)

    async def _listen(self, addresses: list[str]) -> None:
        limit = self.mesh.max_message + LINK_SLACK
        self._server = grpc.aio.server(
            options=[
                ("grpc.so_reuseport", 0),
                ("grpc.max_receive_message_length", limit),
                ("grpc.max_send_message_length", limit),
                ("grpc.http2.min_ping_interval_without_data_ms", 5_000),
                ("grpc.keepalive_permit_without_calls", 1),
            ]
        )
        self._registry.install(self._server)
        link_pb2_grpc.add_LinkServicer_to_server(self._links, self._server)
        self._reflect()
        for address in addresses:
            bind(self._server, self.module, address)
        await self._server.start()

    def export_spans(self) -> None:
        """Sends the spans of this process to the monitor, and to where OpenTelemetry's own variables say."""
        size, interval = self.mesh.trace_queue, self.mesh.trace_interval
        request, response = export.Request.SerializeToString, export.Response.FromString
        monitor = self.channel("monitor").unary_unary(export.EXPORT, request, response)
        self._exporters.append(Exporter("the monitor", monitor, size=size, interval=interval))
        endpoint = export.otlp_endpoint("TRACES")
        if endpoint:
            send, close = export.otlp_sender(endpoint)
            self.on_stop(close)
            self._exporters.append(Exporter(endpoint, send, size=size, interval=interval))
        for number, exporter in enumerate(self._exporters):
            telemetry.settings.sinks = (*telemetry.settings.sinks, exporter.take)
            self._backgrounds.add(f"export.{number}", exporter.run)
        if export.otlp_endpoint("METRICS"):
            self.on_stop(metrics.export(self.module, export.resource(self.module)).shutdown)

    def _reflect(self) -> None:
        from grpc_reflection.v1alpha import reflection  # noqa: PLC0415  # 20 ms that a caller's node need not pay

        reflection.enable_server_reflection([*self._names, reflection.SERVICE_NAME], self._server)

    async def _become_ready(self) -> None:
        waiting = list(self._checks)
        pause = 0.02
        while waiting:
            try:
                while waiting and await waiting[0]():
                    waiting.pop(0)
            except Exception as error:
                _log.info("not ready yet: %s", error)
            if waiting:
                await asyncio.sleep(pause)
                pause = min(pause * 1.5, 1.0)
        self._health.set_serving(True)
        _log.info("serving")

    async def stop(self, hurry: asyncio.Event | None = None) -> None:
        """Drains: tells health and callers, accepts nothing new, gives what is in flight its time, then
        releases everything. hurry: ends the drain at once when it is set."""
        self._health.set_serving(False)
        await self._backgrounds.stop()
        if self._server is not None:
            await self._drain(hurry)
        for exporter in self._exporters:
            await self._last_spans(exporter)
            telemetry.settings.sinks = tuple(sink for sink in telemetry.settings.sinks if sink != exporter.take)
        for stop in reversed(self._stops):
            await self._release(stop)
        for channel in self._channels.values():
            await channel.close()

    async def _drain(self, hurry: asyncio.Event | None) -> None:
        self._links.drain()
        ending = asyncio.ensure_future(self._server.stop(self.mesh.drain))
        until = time.monotonic() + self.mesh.drain
        while len(self._registry.running) or self._links.in_work:
            if time.monotonic() >= until or (hurry is not None and hurry.is_set()):
                _log.warning("%d calls did not finish in time", len(self._registry.running))
                break
            await asyncio.sleep(0.005)
        # What is left is watches, which would last for ever, and calls whose time is over.
        await self._server.stop(0.1)
        await ending

    async def _last_spans(self, exporter: Exporter) -> None:
        try:
            async with asyncio.timeout(1.0):
                await exporter.flush()
        except TimeoutError:
            _log.info("the last spans were not delivered")

    async def _release(self, stop: Callable[[], Any]) -> None:
        try:
            result = stop()
            if inspect.isawaitable(result):
                await result
        except Exception:
            _log.exception("stopping failed")


def run(module: str, build: Build) -> None:
    """Runs a module until it is told to stop by SIGTERM or SIGINT; then drains and returns.

    Exits with 2 and one clear sentence where a setting is bad or a port is in use.
    """
    from mesh.process import main  # noqa: PLC0415  # the process is no concern of those who only build nodes

    main(module, build)
