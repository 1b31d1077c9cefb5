"""Compiles the values of a definition (requests, results, conditions) into functions that build them.

All names, types and literals are settled here, once; at run time only closures run.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from google.protobuf.descriptor import Descriptor, FieldDescriptor
from google.protobuf.message import Message

from services.orchestrator import literals
from services.orchestrator.contracts import class_of, nearest
from services.orchestrator.problems import Problem
from services.orchestrator.references import Condition, MalformedError, Path, Reference, condition, reference
from services.orchestrator.scope import Found, Frame, Scope, UnknownPathError
from services.orchestrator.shapes import (
    WHOLE_NUMBER,
    Setter,
    Shape,
    misfit,
    of_field,
    of_message,
    setter,
)
from services.orchestrator.tree import Tree
from services.orchestrator.wire import framing

Fill = Callable[[Message, Frame], None]
Build = Callable[[Frame], Message]
Serialize = Callable[[Frame], bytes]
Piece = Callable[[Frame], bytes | None]
Get = Callable[[Frame], Any]
Test = Callable[[Frame], bool]


@dataclass(frozen=True, slots=True)
class Use:
    """That a place of the text refers to steps. roots: where its alternatives come from, steps and others.
    needs: it is an error where all of them may be missing."""

    tree: Tree
    roots: tuple[str, ...]
    needs: bool


@dataclass(frozen=True, slots=True)
class Source:
    """Where a value comes from. wire: reads it as bytes, of a message."""

    get: Get
    shape: Shape
    wire: Get | None


@dataclass(slots=True)
class Compiler:
    """Compiles values that stand in one scope. problems and uses fill up as it goes."""

    file: str
    scope: Scope
    problems: list[Problem] = field(default_factory=list)
    uses: list[Use] = field(default_factory=list)

    def wrong(self, tree: Tree, message: str, *, key: bool = False) -> None:
        """Notes a mistake at a value, or at the key that it stands under."""
        line, column = (tree.key_line, tree.key_column) if key else (tree.line, tree.column)
        # One mistake a place: what follows from it would only bury it.
        if not any((each.path, each.line) == (tree.path, line) for each in self.problems):
            self.problems.append(Problem(self.file, line, column, tree.path, message))

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

    def items(self, tree: Tree) -> tuple[Get, Shape] | None:
        """What reads the list that a step runs over, and what one item is."""
        found = self._reference(tree)
        if found is None:
            self.wrong(tree, "for_each is a reference to a repeated field")
            return None
        got = self._source(found, tree)
        if got is None:
            return None
        if not got.shape.repeated or got.shape.map_entry is not None:
            self.wrong(tree, f"{found} is {got.shape}, not a list")
            return None
        return got.get, got.shape.element

    def condition(self, tree: Tree) -> tuple[Test, Condition] | None:
        """What tests a condition."""
        try:
            parsed = condition(tree.value if isinstance(tree.value, str) else "")
        except MalformedError as error:
            self.wrong(tree, str(error))
            return None
        tests = []
        for path in parsed.paths:
            got = self._path(path, tree)
            if got is None:
                return None
            tests.append(got.get)
        self.uses.append(Use(tree, tuple(_root(path) for path in parsed.paths), needs=False))
        return _tester(tests, negated=parsed.negated), parsed

    def _parts(self, tree: Tree, descriptor: Descriptor) -> list[Fill]:
        """What fills a message from a map, a reference to a message of its type, or a list of these, one over
        the other."""
        if isinstance(tree.value, list):
            return [fill for part in tree.value for fill in self._parts(part, descriptor)]
        found = self._reference(tree)
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
        found = self._reference(tree)
        if found is None:
            return None
        got = self._checked(found, tree, shape)
        if got is None or got.wire is None:
            # Something is wrong with it, and noted.
            return lambda _: None
        wire, framed = got.wire, framing(target)

        def piece(frame: Frame) -> bytes | None:
            data = wire(frame)
            return None if data is None else framed(data)

        return piece

    def _whole(self, found: Reference, tree: Tree, descriptor: Descriptor) -> list[Fill]:
        got = self._checked(found, tree, of_message(descriptor))
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
        found = self._reference(tree)
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
        found = self._reference(tree)
        if found is not None:
            return self._given(found, tree, target, shape)
        constant = self._literal(tree, shape)
        name = target.name
        return [] if constant is None else [lambda message, _: setattr(message, name, constant)]

    def _list(self, tree: Tree, target: FieldDescriptor, shape: Shape) -> list[Fill]:
        """A list: a reference to one, or parts one after the other, of which references to lists give all
        theirs."""
        found = self._reference(tree)
        if found is not None:
            return self._given(found, tree, target, shape)
        if not isinstance(tree.value, list):
            self.wrong(tree, f"{tree.kind} does not fit {shape}")
            return []
        fills: list[Fill] = []
        for part in tree.value:
            found = self._reference(part)
            if found is not None:
                fills.extend(self._given(found, part, target, shape, or_element=True))
            elif shape.message is not None:
                fills.append(_adder(target.name, self._parts(part, shape.message)))
            else:
                constant = self._literal(part, shape.element)
                if constant is not None:
                    fills.append(_appender(target.name, constant))
        return fills

    def _map(self, tree: Tree, target: FieldDescriptor, shape: Shape) -> list[Fill]:
        found = self._reference(tree)
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
        got = self._checked(found, tree, shape, or_element=or_element)
        if got is None:
            return []
        get = got.get
        give: Setter = setter(target, got.shape)

        def fill(message: Message, frame: Frame) -> None:
            value = get(frame)
            if value is not None:
                give(message, value)

        return [fill]

    def _checked(self, found: Reference, tree: Tree, target: Shape, *, or_element: bool = False) -> Source | None:
        """A reference's value, where it fits; or_element: one element of the wanted list fits as well."""
        got = self._source(found, tree)
        if got is None:
            return None
        if or_element and not got.shape.repeated:
            target = target.element
        problem = misfit(got.shape, target)
        if problem is None:
            return got
        self.wrong(tree, f"{found}: {problem}")
        return None

    def _source(self, found: Reference, tree: Tree) -> Source | None:
        """What reads the first alternative that is set. All of them have to have one shape."""
        alternatives: list[Found] = []
        for path in found.paths:
            got = self._path(path, tree)
            if got is None:
                return None
            if alternatives and str(alternatives[0].shape) != str(got.shape):
                self.wrong(tree, f"{found}: its alternatives are {alternatives[0].shape} and {got.shape}")
                return None
            alternatives.append(got)
        shape = alternatives[0].shape
        self.uses.append(Use(tree, tuple(_root(path) for path in found.paths), needs=found.otherwise is None))
        gets = [each.get for each in alternatives]
        if isinstance(found.otherwise, int):
            number = found.otherwise
            if misfit(WHOLE_NUMBER, shape) is not None:
                self.wrong(tree, f"{found}: {number} does not fit {shape}")
                return None
            gets.append(lambda _: number)
        wires = [each.wire for each in alternatives if each.wire is not None]
        return Source(_first(gets), shape, _first(wires) if len(wires) == len(alternatives) else None)

    def _path(self, path: Path, tree: Tree) -> Found | None:
        try:
            return self.scope.find(path)
        except UnknownPathError as error:
            if str(error):
                self.wrong(tree, str(error))
            return None

    def _reference(self, tree: Tree) -> Reference | None:
        if not isinstance(tree.value, str):
            return None
        try:
            return reference(tree.value)
        except MalformedError as error:
            self.wrong(tree, str(error))
            return None

    def _literal(self, tree: Tree, shape: Shape) -> Any:
        try:
            return literals.scalar(tree, shape)
        except literals.UnfitError as error:
            self.wrong(tree, str(error))
            return None


def _root(path: Path) -> str:
    """The step that a path needs to have ended, or another root. Of `run.steps.x` the end of x, however it
    ended."""
    return f"run.{path.fields[1]}" if path.root == "run" and len(path.fields) > 1 else path.root


def _first(gets: list[Get]) -> Get:
    if len(gets) == 1:
        return gets[0]

    def first(frame: Frame) -> Any:
        for get in gets:
            value = get(frame)
            if value is not None:
                return value
        return None

    return first


def _tester(gets: list[Get], *, negated: bool) -> Test:
    """A boolean holds where it is true, anything else where it is set; of several, one is enough."""

    def holds(frame: Frame) -> bool:
        for get in gets:
            value = get(frame)
            if value is not None and value is not False:
                return True
        return False

    return (lambda frame: not holds(frame)) if negated else holds


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
