"""What references may refer to, and how their values are read at run time.

At run time the values of one run stand in a list, the frame: `INPUT`, `RUN`, `OUTPUT` and `ITEM` first, then
one place for each step. A place is None until there is something; the place of a step that runs once for each
item of a list holds a list.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from google.protobuf.descriptor import FieldDescriptor

from maestro.workflow.v1 import workflow_pb2
from services.orchestrator.contracts import nearest
from services.orchestrator.references import Path
from services.orchestrator.shapes import TEXT, Shape, of_field, of_message
from services.orchestrator.wire import field_bytes

Frame = list[Any]
Getter = Callable[[Frame], Any]
INPUT: Final = 0
RUN: Final = 1
OUTPUT: Final = 2
ITEM: Final = 3
WIRE: Final = 4
STEPS: Final = 5
_RUN_TEXTS = ("id", "workflow", "trace_id")


class UnknownPathError(LookupError):
    """A path leads nowhere; the message says where it stops. Empty: the reason is said elsewhere."""


@dataclass(frozen=True, slots=True)
class Found:
    """What a path leads to. get: reads it from a frame; None where it is not set: a message that is absent, an empty
    text or list, an enum that is unspecified, anything behind one of these. wire: the same as bytes, of a message."""

    get: Getter
    shape: Shape
    wire: Getter | None = None


@dataclass(slots=True)
class Scope:
    """What can be referred to from one place of a definition.

    steps: shape and place of each step that yields something. names: all steps, for `${run.steps.name}`.
    broken: the ones whose call is wrong, of which nothing can be said.
    """

    input: Shape
    steps: Mapping[str, tuple[Shape, int]]
    names: Mapping[str, int]
    broken: frozenset[str] = frozenset()
    item: Shape | None = None
    output: Shape | None = None

    def find(self, path: Path) -> Found:
        """What a path leads to. Raises UnknownPathError."""
        if path.root == "run":
            return self._of_run(path)
        if path.root in self.steps:
            shape, place = self.steps[path.root]
            return _of_steps(path, shape, place) if shape.repeated else _of_step(path, shape, place)
        if path.root == "input":
            return _of_message(path, self.input, INPUT, is_fixed=True)
        if path.root == "item" and self.item is not None:
            return _of_message(path, self.item, ITEM, is_fixed=False)
        if path.root == "output" and self.output is not None:
            return _of_message(path, self.output, OUTPUT, is_fixed=False)
        raise UnknownPathError(self._nothing(path.root))

    def _nothing(self, root: str) -> str:
        if root in self.broken:
            return ""
        if root == "item":
            return "${item} is there only in a step with for_each"
        if root == "output":
            return "${output} is there only in a detached step"
        if root in self.names:
            return f"step {root!r} yields nothing to refer to: it returns"
        return f"there is no step {root!r}{nearest(root, [*self.names, 'input', 'run'])}"

    def _of_run(self, path: Path) -> Found:
        name = path.fields[0] if path.fields else ""
        if name in _RUN_TEXTS and len(path.fields) == 1:
            return Found(lambda frame: getattr(frame[RUN], name) or None, TEXT)
        if name == "start_time" and len(path.fields) == 1:
            shape = of_field(workflow_pb2.Run.DESCRIPTOR.fields_by_name["start_time"])
            return Found(_start_time, shape, _serialized(_start_time))
        if name != "steps" or len(path.fields) < 2:
            raise UnknownPathError("of a run there are id, workflow, trace_id, start_time and steps.<name>")
        step = path.fields[1]
        if step not in self.names:
            raise UnknownPathError(f"there is no step {step!r}{nearest(step, self.names)}")
        index = self.names[step]
        rest, shape = _fields(path.fields[2:], of_message(workflow_pb2.StepRun.DESCRIPTOR), path)

        def get(frame: Frame) -> Any:
            ended = frame[RUN].ended(index)
            return None if ended is None else rest(ended)

        return Found(get, shape, _serialized(get) if _is_one(shape) else None)


def _start_time(frame: Frame) -> Any:
    return frame[RUN].start_time


def _of_step(path: Path, shape: Shape, place: int) -> Found:
    """A value of a response. A message right inside of it, or all of it, is cut out of its bytes."""
    read, found = _fields(path.fields, shape, path)

    def get(frame: Frame) -> Any:
        received = frame[place]
        return None if received is None else read(received.message)

    if not _is_one(found):
        return Found(get, found)
    if len(path.fields) > 1:
        return Found(get, found, _kept(str(path), _serialized(get)))
    if not path.fields:
        return Found(get, found, lambda frame: None if frame[place] is None else frame[place].raw)
    assert shape.message is not None
    number = shape.message.fields_by_name[path.fields[0]].number

    def cut(frame: Frame) -> bytes | None:
        received = frame[place]
        return None if received is None else field_bytes(received.raw, number)

    return Found(get, found, _kept(str(path), cut))


def _of_steps(path: Path, shape: Shape, place: int) -> Found:
    """A value of each response of a step that runs over a list."""
    read, element = _fields(path.fields, shape.element, path, of_many=True)

    def get(frame: Frame) -> Any:
        return [read(each.message) for each in frame[place]] if frame[place] else None

    return Found(get, element.many)


def _of_message(path: Path, shape: Shape, place: int, *, is_fixed: bool) -> Found:
    """A value of a message in the frame. is_fixed: the message stays as it is for the whole run."""
    read, found = _fields(path.fields, shape, path)

    def get(frame: Frame) -> Any:
        message = frame[place]
        return None if message is None else read(message)

    if not _is_one(found):
        return Found(get, found)
    wire = _serialized(get)
    return Found(get, found, _kept(str(path), wire) if is_fixed else wire)


def _is_one(shape: Shape) -> bool:
    return shape.message is not None and not shape.repeated


def _serialized(get: Getter) -> Getter:
    def wire(frame: Frame) -> bytes | None:
        message = get(frame)
        return None if message is None else message.SerializeToString()

    return wire


def _kept(key: str, wire: Getter) -> Getter:
    """Makes the bytes once in a run: a value that is there does not change."""

    def kept(frame: Frame) -> bytes | None:
        known = frame[WIRE]
        data: bytes | None = known.get(key)
        if data is None:
            data = wire(frame)
            if data is not None:
                known[key] = data
        return data

    return kept


def _fields(
    names: tuple[str, ...], shape: Shape, path: Path, *, of_many: bool = False
) -> tuple[Callable[[Any], Any], Shape]:
    """What reads those fields of a message one inside the other, and what it yields. of_many: unset values
    count as their defaults, so that a list stays as long as the one that it was made of."""
    readers: list[Callable[[Any], Any]] = []
    for name in names:
        if shape.message is None or shape.repeated:
            raise UnknownPathError(f"${{{path}}}: {shape} has no field {name!r}")
        descriptor = shape.message.fields_by_name.get(name)
        if descriptor is None:
            known = nearest(name, shape.message.fields_by_name)
            raise UnknownPathError(f"${{{path}}}: {shape} has no field {name!r}{known}")
        shape = of_field(descriptor)
        readers.append(_default_reader(name) if of_many else _reader(descriptor, shape))
    if of_many and shape.repeated:
        raise UnknownPathError(f"${{{path}}}: {names[-1]!r} would be a list of lists")
    return _chain(readers), shape


def _reader(descriptor: FieldDescriptor, shape: Shape) -> Callable[[Any], Any]:
    name = descriptor.name
    if descriptor.has_presence:
        return lambda message: getattr(message, name) if message.HasField(name) else None
    if shape.repeated or shape.enum is not None or shape.scalar == FieldDescriptor.CPPTYPE_STRING:
        return lambda message: getattr(message, name) or None
    return lambda message: getattr(message, name)


def _default_reader(name: str) -> Callable[[Any], Any]:
    return lambda message: getattr(message, name)


def _chain(readers: list[Callable[[Any], Any]]) -> Callable[[Any], Any]:
    """One reader of several; the first ones are unrolled, since paths are short and read at every step."""
    if not readers:
        return lambda value: value
    first, *rest = readers
    if not rest:
        return first
    then = _chain(rest)

    def read(value: Any) -> Any:
        inner = first(value)
        return None if inner is None else then(inner)

    return read
