"""One channel per target, for every call that a module makes to another."""

import importlib
import json
from typing import Any

import grpc
from google.protobuf.descriptor_pb2 import MethodOptions

from mesh.modules import MODULES
from mesh.outbound import Callee, StreamCall, UnaryCall
from mesh.settings import MeshSettings

_REPEATABLE = (MethodOptions.NO_SIDE_EFFECTS, MethodOptions.IDEMPOTENT)


def idempotent_methods(module: str) -> list[dict[str, str]]:
    """The methods of a module that may be made twice, as names of a gRPC service config."""
    if module not in MODULES:
        return []
    try:
        generated = importlib.import_module(MODULES[module].descriptor_module)
    except ModuleNotFoundError:
        return []
    return [
        {"service": service.full_name, "method": method.name}
        for service in generated.DESCRIPTOR.services_by_name.values()
        for method in service.methods
        if method.GetOptions().idempotency_level in _REPEATABLE
    ]


def service_config(names: list[dict[str, str]]) -> str:
    """The gRPC service config of a channel whose methods of these names may be retried."""
    config: dict[str, Any] = {"loadBalancingConfig": [{"round_robin": {}}]}
    if names:
        config["methodConfig"] = [
            {
                "name": names,
                "retryPolicy": {
                    "maxAttempts": 4,
                    "initialBackoff": "0.05s",
                    "maxBackoff": "1s",
                    "backoffMultiplier": 3,
                    "retryableStatusCodes": ["UNAVAILABLE"],
                },
            }
        ]
        # Stops retrying where half of the calls fail: retries must not be what keeps a module down.
        config["retryThrottling"] = {"maxTokens": 20, "tokenRatio": 0.5}
    return json.dumps(config)


class MeshChannel:
    """What generated stubs take for a grpc.aio.Channel. Made before a loop runs or after, connected when first used."""

    def __init__(self, module: str, target: str, settings: MeshSettings) -> None:
        self.callee = Callee(module, target, settings.deadline, settings.deadline_reserve)
        options = [
            ("grpc.service_config", service_config(idempotent_methods(module))),
            ("grpc.max_receive_message_length", settings.max_message),
            ("grpc.max_send_message_length", settings.max_message),
            ("grpc.keepalive_time_ms", int(settings.keepalive * 1000)),
            ("grpc.keepalive_timeout_ms", 10_000),
            ("grpc.keepalive_permit_without_calls", 1),
            ("grpc.http2.max_pings_without_data", 0),
            # A replica that restarts must be found again within a second, not after gRPC's two minutes.
            ("grpc.initial_reconnect_backoff_ms", 100),
            ("grpc.min_reconnect_backoff_ms", 100),
            ("grpc.max_reconnect_backoff_ms", 1_000),
            ("grpc.dns_min_time_between_resolutions_ms", 1_000),
            # Two nodes of one process must not share a connection: each has its own settings.
            ("grpc.use_local_subchannel_pool", 1),
        ]
        self._grpc = grpc.aio.insecure_channel(target, options=options)

    def unary_unary(
        self,
        method: str,
        request_serializer: Any = None,
        response_deserializer: Any = None,
        *_: Any,
        **__: Any,
    ) -> UnaryCall:
        """As grpc.aio.Channel.unary_unary."""
        raw = self._grpc.unary_unary(method, request_serializer, response_deserializer)
        return UnaryCall(self.callee, method, raw)

    def unary_stream(
        self,
        method: str,
        request_serializer: Any = None,
        response_deserializer: Any = None,
        *_: Any,
        **__: Any,
    ) -> StreamCall:
        """As grpc.aio.Channel.unary_stream."""
        raw = self._grpc.unary_stream(method, request_serializer, response_deserializer)
        return StreamCall(self.callee, method, raw)

    def stream_unary(self, method: str, *_: Any, **__: Any) -> Any:
        """Stubs ask for every method that a service has; only a call of such a one is an error."""
        return _refuse(method)

    def stream_stream(self, method: str, *_: Any, **__: Any) -> Any:
        """As stream_unary."""
        return _refuse(method)

    async def close(self) -> None:
        """Cancels what is in flight and disconnects."""
        await self._grpc.close()


def _refuse(method: str) -> Any:
    def call(*_: Any, **__: Any) -> Any:
        raise NotImplementedError(f"{method}: methods that take a stream are not called over the mesh")

    return call
