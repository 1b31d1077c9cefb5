"""One channel per target, for every call that a module makes to another."""

import importlib
import json
from functools import cache
from typing import Any

import grpc
from google.protobuf import descriptor_pool
from google.protobuf.descriptor_pb2 import MethodOptions

from mesh.callee import Callee
from mesh.link.caller import LINK_SLACK
from mesh.link.pool import LinkPool
from mesh.link.sender import ATTEMPTS, FIRST_PAUSE, Sender
from mesh.modules import MODULES
from mesh.outbound import StreamCall, UnaryCall
from mesh.settings import MeshSettings

_REPEATABLE = (MethodOptions.NO_SIDE_EFFECTS, MethodOptions.IDEMPOTENT)


def repeatable(path: str) -> bool:
    """Whether a method may be made twice, by the idempotency level that its proto declares."""
    service, _, method = path[1:].partition("/")
    try:
        declared = descriptor_pool.Default().FindServiceByName(service).methods_by_name[method]
    except KeyError:
        return False
    return declared.GetOptions().idempotency_level in _REPEATABLE


def methods(module: str) -> list[str]:
    """The paths of all methods of a module's contract; none where the contract is not installed."""
    if module not in MODULES:
        return []
    try:
        generated = importlib.import_module(MODULES[module].descriptor_module)
    except ModuleNotFoundError:
        return []
    services = generated.DESCRIPTOR.services_by_name.values()
    return [f"/{service.full_name}/{method.name}" for service in services for method in service.methods]


def service_config(paths: set[str]) -> str:
    """The gRPC service config of a channel on which these methods are called."""
    config: dict[str, Any] = {"loadBalancingConfig": [{"round_robin": {}}]}
    names = [path[1:].partition("/") for path in sorted(paths) if repeatable(path)]
    if names:
        config["methodConfig"] = [
            {
                "name": [{"service": service, "method": method} for service, _, method in names],
                "retryPolicy": {
                    "maxAttempts": ATTEMPTS,
                    "initialBackoff": f"{FIRST_PAUSE}s",
                    "maxBackoff": "1s",
                    "backoffMultiplier": 3,
                    "retryableStatusCodes": ["UNAVAILABLE"],
                },
            }
        ]
        config["retryThrottling"] = {"maxTokens": 20, "tokenRatio": 0.5}
    return json.dumps(config)


def options(settings: MeshSettings, slack: int = 0) -> list[tuple[str, Any]]:
    """What every connection to another module is configured with. slack: bytes that a message may have beyond
    the limit, for what a link wraps around it."""
    return [
        ("grpc.max_receive_message_length", settings.max_message + slack),
        ("grpc.max_send_message_length", settings.max_message + slack),
        ("grpc.keepalive_time_ms", int(settings.keepalive * 1000)),
        ("grpc.keepalive_timeout_ms", 10_000),
        ("grpc.keepalive_permit_without_calls", 1),
        ("grpc.http2.max_pings_without_data", 0),
        # A replica that restarts must be found again at once, not after gRPC's two minutes.
        ("grpc.initial_reconnect_backoff_ms", 50),
        ("grpc.max_reconnect_backoff_ms", 400),
        # Despite its name, how long one attempt to connect may take.
        ("grpc.min_reconnect_backoff_ms", 5_000),
        ("grpc.dns_min_time_between_resolutions_ms", 1_000),
        # http_proxy is for the web; modules reach each other directly.
        ("grpc.enable_http_proxy", 0),
        # Two nodes of one process must not share a connection: each has its own settings.
        ("grpc.use_local_subchannel_pool", 1),
    ]


class MeshChannel:
    """What generated stubs take for a grpc.aio.Channel; nothing is connected before the first call.

    Unary calls go over links, unless settings say otherwise or the server does not know them; streams and
    very large requests go as ordinary gRPC calls over an ordinary channel, which is made when the first of
    them is.
    """

    def __init__(self, module: str, target: str, settings: MeshSettings) -> None:
        self.callee = Callee(module, target, settings.deadline, settings.deadline_reserve)
        self.links: LinkPool | None = None
        if settings.transport == "link":
            self.links = LinkPool(
                target, self._connect, in_flight=settings.link_in_flight, refresh=settings.dns_refresh
            )
        self._settings = settings
        self._paths = set(methods(module))
        self._grpc: Any = None

    def _connect(self, address: str, authority: str) -> Any:
        """A channel for the link to one address."""
        return grpc.aio.insecure_channel(
            address,
            options=[*options(self._settings, slack=LINK_SLACK), ("grpc.default_authority", authority)],
        )

    def _plain(self) -> Any:
        """The ordinary channel."""
        if self._grpc is None:
            config = ("grpc.service_config", service_config(self._paths))
            self._grpc = grpc.aio.insecure_channel(self.callee.target, options=[*options(self._settings), config])
        return self._grpc

    def unary_unary(
        self,
        method: str,
        request_serializer: Any = None,
        response_deserializer: Any = None,
        *_: Any,
        **__: Any,
    ) -> UnaryCall:
        """As grpc.aio.Channel.unary_unary."""
        self._paths.add(method)
        sender = None
        if self.links is not None:
            sender = Sender(self.callee, self.links, method, repeatable=repeatable(method))
        return UnaryCall(
            self.callee,
            method,
            plain=cache(lambda: self._plain().unary_unary(method, request_serializer, response_deserializer)),
            sender=sender,
            serialize=request_serializer,
            deserialize=response_deserializer,
        )

    def unary_stream(
        self,
        method: str,
        request_serializer: Any = None,
        response_deserializer: Any = None,
        *_: Any,
        **__: Any,
    ) -> StreamCall:
        """As grpc.aio.Channel.unary_stream."""
        self._paths.add(method)
        return StreamCall(
            self.callee,
            method,
            cache(lambda: self._plain().unary_stream(method, request_serializer, response_deserializer)),
        )

    def stream_unary(self, method: str, *_: Any, **__: Any) -> Any:
        """Stubs ask for every method that a service has; only a call of such a one is an error."""
        return _refuse(method)

    def stream_stream(self, method: str, *_: Any, **__: Any) -> Any:
        """As stream_unary."""
        return _refuse(method)

    async def close(self) -> None:
        """Cancels what is in flight and disconnects."""
        if self.links is not None:
            await self.links.close()
        if self._grpc is not None:
            await self._grpc.close()


def _refuse(method: str) -> Any:
    def call(*_: Any, **__: Any) -> Any:
        raise NotImplementedError(f"{method}: methods that take a stream are not called over the mesh")

    return call
