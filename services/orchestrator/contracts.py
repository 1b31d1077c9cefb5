"""What the modules of the mesh offer, read from their descriptors: what a step may call."""

import importlib
from collections.abc import Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any, cast

from google.protobuf import descriptor_pool, message_factory
from google.protobuf.descriptor import Descriptor
from google.protobuf.message import Message

from mesh.modules import MODULES, Module


@dataclass(frozen=True, slots=True)
class Method:
    """One unary method. call: "module.Method". path: "/package.Service/Method". request, response: their
    classes."""

    call: str
    module: str
    path: str
    request: type[Message]
    response: type[Message]


class UnknownMethodError(LookupError):
    """No module has it; the message says what there is instead."""


class Contracts:
    """The unary methods of some modules, by name."""

    def __init__(self, modules: Mapping[str, Module] = MODULES) -> None:
        self._modules = modules
        self._methods: dict[str, dict[str, Method]] = {}
        self._streams: dict[str, set[str]] = {}

    def method(self, call: str) -> Method:
        """The method that "module.Method" names. Raises UnknownMethodError."""
        module, _, name = call.partition(".")
        if module not in self._modules:
            raise UnknownMethodError(f"there is no module {module!r}{nearest(module, self._modules)}")
        methods = self._of(module)
        if name in self._streams[module]:
            raise UnknownMethodError(f"{call} streams: a step calls methods that give one response")
        if name not in methods:
            raise UnknownMethodError(f"module {module} has no method {name!r}{nearest(name, methods)}")
        return methods[name]

    def message(self, full_name: str) -> type[Message]:
        """The message class of that full name. Raises KeyError."""
        for module in self._modules:
            self._of(module)
        descriptor = descriptor_pool.Default().FindMessageTypeByName(full_name)
        return class_of(descriptor)

    def _of(self, module: str) -> dict[str, Method]:
        if module not in self._methods:
            importlib.import_module(self._modules[module].descriptor_module)
            service = descriptor_pool.Default().FindServiceByName(self._modules[module].service)
            streams = {each.name for each in service.methods if each.server_streaming or each.client_streaming}
            self._streams[module] = streams
            self._methods[module] = {
                each.name: Method(
                    call=f"{module}.{each.name}",
                    module=module,
                    path=f"/{service.full_name}/{each.name}",
                    request=class_of(each.input_type),
                    response=class_of(each.output_type),
                )
                for each in service.methods
                if each.name not in streams
            }
        return self._methods[module]


def class_of(descriptor: Descriptor) -> type[Message]:
    """The generated class of a message."""
    return message_factory.GetMessageClass(descriptor)


def descriptor_of(message: Message | type[Message]) -> Descriptor:
    """The descriptor of a message; stubs leave open which of two equal classes it is of."""
    return cast("Descriptor", message.DESCRIPTOR)


def nearest(word: str, known: Any) -> str:
    """`; the nearest is 'x'`, `; there are a, b`, or nothing."""
    names = sorted(str(each) for each in known)
    close = get_close_matches(word, names, 1, 0.6)
    if close:
        return f"; the nearest is {close[0]!r}"
    return f"; there are {', '.join(names)}" if names and len(names) <= 16 else ""
