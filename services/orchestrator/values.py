"""Compiles the values of a definition (requests, results, conditions) into functions that build them.

All names, types and literals are settled here, once; at run time only closures run.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from google.protobuf.descriptor import Descriptor, FieldDescriptor
from google.protobuf.message import Message

from services.orchestrator import literals
from services.orchestrator.contracts import class_of, nearest
from services.orchestrator.references import Reference
from services.orchestrator.scope import Frame
from services.orchestrator.shapes import Setter, Shape, of_field, of_message, setter
from services.orchestrator.sources import Sources
from services.orchestrator.tree import Tree
from services.orchestrator.wire import framing

Fill = Callable[[Message, Frame], None]
Build = Callable[[Frame], Message]
Serialize = Callable[[Frame], bytes]
Piece = Callable[[Frame], bytes | None]


@dataclass(slots=True)
class Compiler(Sources):
    """Compiles values that stand in one scope."""

    def message(self, tree: Tree | None, descriptor: Descriptor) -> Build:
        """What builds a message of that type."""
        make = class_of(descriptor)
        fills = [] if tree is None else self._parts(tree, descriptor)

        def build(frame: Frame) -> Message:
            message = make()
            for fill in fills:
                fill(message, frame)
            return message

        return build

    def request(self, tree: Tree | None, descriptor: Descriptor) -> Serialize:
        """What builds a message of that type as bytes. Messages that go into it as a whole are never parsed."""
        make = class_of(descriptor)
        pieces: list[Piece] = []
        fills: list[Fill] = []
        if tree is not None and isinstance(tree.value, dict):
            for value, target in self._targets(tree, descriptor):
                piece = self._piece(value, target)
                if piece is None:
                    fills.extend(self._field(value, target))
                else:
                    pieces.append(piece)
        elif tree is not None:
            fills = self._parts(tree, descriptor)

        def serialize(frame: Frame) -> bytes:
            message = make()
            for fill in fills:
                fill(message, frame)
            parts = [message.SerializeToString()]
            for piece in pieces:
                part = piece(frame)
                if part is not None:
                    parts.append(part)
            return b"".join(parts)

        return serialize

    def _parts(self, tree: Tree, descriptor: Descriptor) -> list[Fill]:
        """What fills a message from a map, a reference to a message of its type, or a list of these, one over
        the other."""
        if isinstance(tree.value, list):
            return [fill for part in tree.value for fill in self._parts(part, descriptor)]
        found = self.reference(tree)
        if found is not None:
            return self._whole(found, tree, descriptor)
        if literals.is_well_known(descriptor):
            return self._well_known(tree, descriptor)
        if not isinstance(tree.value, dict):
            self.wrong(tree, f"{tree.kind} does not fit {descriptor.full_name}")
            return []
        return [fill for value, target in self._targets(tree, descriptor) for fill in self._field(value, target)]

    def _targets(self, tree: Tree, descriptor: Descriptor) -> list[tuple[Tree, FieldDescriptor]]:
        """The values of a map and the fields that they are for."""
        found: list[tuple[Tree, FieldDescriptor]] = []
        for name, value in tree.items():
            target = descriptor.fields_by_name.get(name)
            if target is None:
                known = nearest(name, descriptor.fields_by_name)
                self.wrong(value, f"{descriptor.full_name} has no field {name!r}{known}", key=True)
            else:
                found.append((value, target))
        return found

    def _piece(self, tree: Tree, target: FieldDescriptor) -> Piece | None:
        """What gives the bytes of a field that a single message is passed on to; None for any other field."""
        shape = of_field(target)
        if shape.message is None or shape.repeated or not isinstance(tree.value, str):
            return None
        found = self.reference(tree)
        if found is None:
            return None
        got = self.checked(found, tree, shape)
        if got is None or got.wire is None:
            # Something is wrong with it, and noted.
            return lambda _: None
        wire, framed = got.wire, framing(target)

        def piece(frame: Frame) -> bytes | None:
            data = wire(frame)
            return None if data is None else framed(data)

        return piece

    def _whole(self, found: Reference, tree: Tree, descriptor: Descriptor) -> list[Fill]:
        got = self.checked(found, tree, of_message(descriptor))
        if got is None:
            return []
        get = got.get

        def fill(message: Message, frame: Frame) -> None:
            value = get(frame)
            if value is not None:
                message.MergeFrom(value)

        return [fill]

    def _well_known(self, tree: Tree, descriptor: Descriptor) -> list[Fill]:
        try:
            constant = literals.well_known(tree, descriptor)
        except literals.UnfitError as error:
            self.wrong(tree, str(error))
            return []
        return [lambda message, _: message.CopyFrom(constant)]

    def _field(self, tree: Tree, target: FieldDescriptor) -> list[Fill]:
        shape = of_field(target)
        if shape.map_entry is not None:
            return self._map(tree, target, shape)
        if shape.repeated:
            return self._list(tree, target, shape)
        if shape.message is not None:
            return self._inner(tree, target, shape.message)
        return self._scalar(tree, target, shape)

    def _inner(self, tree: Tree, target: FieldDescriptor, descriptor: Descriptor) -> list[Fill]:
        """A message within the message: there where it is written out, or where a reference to it is set."""
        name = target.name
        found = self.reference(tree)
        if found is not None:
            return self._given(found, tree, target, of_field(target))
        fills = self._parts(tree, descriptor)
        # Of several parts, what they hold decides whether there is anything.
        is_written_out = isinstance(tree.value, dict)

        def fill(message: Message, frame: Frame) -> None:
            inner = getattr(message, name)
            if is_written_out:
                inner.SetInParent()
            for each in fills:
                each(inner, frame)

        return [fill]

    def _scalar(self, tree: Tree, target: FieldDescriptor, shape: Shape) -> list[Fill]:
        found = self.reference(tree)
        if found is not None:
            return self._given(found, tree, target, shape)
        constant = self.literal(tree, shape)
        name = target.name
        return [] if constant is None else [lambda message, _: setattr(message, name, constant)]

    def _list(self, tree: Tree, target: FieldDescriptor, shape: Shape) -> list[Fill]:
        """A list: a reference to one, or parts one after the other, of which references to lists give all
        theirs."""
        found = self.reference(tree)
        if found is not None:
            return self._given(found, tree, target, shape)
        if not isinstance(tree.value, list):
            self.wrong(tree, f"{tree.kind} does not fit {shape}")
            return []
        fills: list[Fill] = []
        for part in tree.value:
            found = self.reference(part)
            if found is not None:
                fills.extend(self._given(found, part, target, shape, or_element=True))
            elif shape.message is not None:
                fills.append(_adder(target.name, self._parts(part, shape.message)))
            else:
                constant = self.literal(part, shape.element)
                if constant is not None:
                    fills.append(_appender(target.name, constant))
        return fills

    def _map(self, tree: Tree, target: FieldDescriptor, shape: Shape) -> list[Fill]:
        found = self.reference(tree)
        if found is not None:
            return self._given(found, tree, target, shape)
        assert shape.map_entry is not None
        key_shape, value_field = (
            of_field(shape.map_entry.fields_by_name["key"]),
            shape.map_entry.fields_by_name["value"],
        )
        if not isinstance(tree.value, dict) or str(key_shape) != "string":
            self.wrong(tree, f"{tree.kind} does not fit {shape}")
            return []
        make = class_of(shape.map_entry)
        fills = []
        for key, value in tree.items():
            entry = self._field(value, value_field)
            fills.append(_entry(target.name, key, make, entry))
        return fills

    def _given(
        self, found: Reference, tree: Tree, target: FieldDescriptor, shape: Shape, *, or_element: bool = False
    ) -> list[Fill]:
        """What gives a reference's value to a field, where it is set."""
        got = self.checked(found, tree, shape, or_element=or_element)
        if got is None:
            return []
        get = got.get
        give: Setter = setter(target, got.shape)

        def fill(message: Message, frame: Frame) -> None:
            value = get(frame)
            if value is not None:
                give(message, value)

        return [fill]


def _adder(name: str, fills: list[Fill]) -> Fill:
    def fill(message: Message, frame: Frame) -> None:
        added = getattr(message, name).add()
        for each in fills:
            each(added, frame)

    return fill


def _appender(name: str, constant: Any) -> Fill:
    return lambda message, _: getattr(message, name).append(constant)


def _entry(name: str, key: str, make: type[Message], fills: list[Fill]) -> Fill:
    def fill(message: Message, frame: Frame) -> None:
        entry: Any = make(key=key)
        for each in fills:
            each(entry, frame)
        values = getattr(message, name)
        if isinstance(entry.value, Message):
            values[key].CopyFrom(entry.value)
        else:
            values[key] = entry.value

    return fill
