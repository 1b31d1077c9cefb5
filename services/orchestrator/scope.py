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

Frame = list[Any]
Getter = Callable[[Frame], Any]
INPUT: Final = 0
RUN: Final = 1
OUTPUT: Final = 2
ITEM: Final = 3
STEPS: Final = 4
_RUN_TEXTS = ("id", "workflow", "trace_id")


class UnknownPathError(LookupError):
    """A path leads nowhere; the message says where it stops. Empty: the reason is said elsewhere."""


@dataclass(frozen=True, slots=True)
class Found:
    """What a path leads to. get: reads it from a frame; None where it is not set: a message that is absent,
    an empty text or list, an enum that is unspecified, anything behind one of these. step: the step it comes
    from, or None."""

    get: Getter
    shape: Shape
    step: str | None = None


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
            return _walk(path, shape, place, path.root)
        if path.root == "input":
            return _walk(path, self.input, INPUT, None)
        if path.root == "item" and self.item is not None:
            return _walk(path, self.item, ITEM, None)
        if path.root == "output" and self.output is not None:
            return _walk(path, self.output, OUTPUT, None)
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
            return Found(lambda frame: frame[RUN].start_time, shape)
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

        return Found(get, shape, step)


def _walk(path: Path, shape: Shape, place: int, step: str | None) -> Found:
    if shape.repeated:
        read, element = _fields(path.fields, shape.element, path, of_many=True)

        def collect(frame: Frame) -> Any:
            return [read(each) for each in frame[place]] if frame[place] else None

        return Found(collect, element.many, step)
    read, found = _fields(path.fields, shape, path)

    def get(frame: Frame) -> Any:
        value = frame[place]
        return None if value is None else read(value)

    if not path.fields:
        return Found(lambda frame: frame[place], found, step)
    return Found(get, found, step)


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
