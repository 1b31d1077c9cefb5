"""Streams whose responses may be bytes that are serialized already: what came from another module, or was laid out by
hand, leaves as it is."""

from collections.abc import Callable, Iterable
from typing import Any

import grpc


def passing(add: Callable[[Any, Any], None]) -> Callable[[Any, Any], None]:
    """As a generated add_…_to_server, but that server-streaming handlers may give bytes beside messages."""

    def register(servicer: Any, server: Any) -> None:
        add(servicer, _Passing(server))

    return register


class _Passing:
    """Stands in for the server while generated code registers the servicer."""

    def __init__(self, server: Any) -> None:
        self._server = server

    def add_generic_rpc_handlers(self, handlers: Iterable[grpc.GenericRpcHandler]) -> None:
        """Nothing: the registered handlers say the same."""

    def add_registered_method_handlers(self, service: str, handlers: dict[str, Any]) -> None:
        """Passed on, streams with another serializer."""
        changed = {name: _changed(each) if each.response_streaming else each for name, each in handlers.items()}
        self._server.add_registered_method_handlers(service, changed)


def _changed(handler: Any) -> grpc.RpcMethodHandler:
    serialize = handler.response_serializer

    def serialized(response: Any) -> bytes:
        made: bytes = response if isinstance(response, bytes) else serialize(response)
        return made

    return grpc.unary_stream_rpc_method_handler(handler.unary_stream, handler.request_deserializer, serialized)
