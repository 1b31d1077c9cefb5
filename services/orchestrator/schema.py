"""Reads the tree of a definition as the message that is its schema, maestro.workflow.v1.Workflow."""

from google.protobuf.descriptor import Descriptor, FieldDescriptor
from google.protobuf.message import Message

from maestro.workflow.v1 import workflow_pb2
from services.orchestrator import literals
from services.orchestrator.contracts import class_of, descriptor_of, nearest
from services.orchestrator.problems import Problem
from services.orchestrator.shapes import Shape, of_field
from services.orchestrator.tree import Tree


def read(tree: Tree, file: str) -> tuple[workflow_pb2.Workflow, list[Problem]]:
    """The definition, and everything that does not fit the schema."""
    reader = _Reader(file)
    workflow = workflow_pb2.Workflow()
    reader.fill(tree, workflow)
    return workflow, reader.problems


def key_of(field: FieldDescriptor) -> str:
    """How a field is written in YAML: its name, but for those whose name Python does not allow."""
    return "return" if field.name == "early_result" else str(field.name)


class _Reader:
    def __init__(self, file: str) -> None:
        self._file = file
        self.problems: list[Problem] = []

    def fill(self, tree: Tree, message: Message) -> None:
        """Reads a map into a message."""
        descriptor = descriptor_of(message)
        if not isinstance(tree.value, dict):
            self._wrong(tree, f"{tree.kind} stands where {_said(descriptor)} belongs: it is a map")
            return
        fields = {key_of(each): each for each in descriptor.fields}
        for key, value in tree.items():
            if key in fields:
                self._field(value, message, fields[key])
            else:
                problem = f"{_said(descriptor)} has no {key!r}{nearest(key, fields)}"
                self.problems.append(Problem(self._file, value.key_line, value.key_column, value.path, problem))

    def _field(self, tree: Tree, message: Message, field: FieldDescriptor) -> None:
        shape, inside = of_field(field), getattr(message, field.name)
        if shape.map_entry is not None:
            self._map(tree, inside)
        elif shape.repeated:
            # A single condition may stand without a list.
            alone = field.name == "when" and not isinstance(tree.value, list)
            self._list([tree] if alone else tree.value, tree, inside, shape.element)
        elif shape.message is None:
            self._scalar(tree, message, field, shape)
        elif literals.is_well_known(shape.message):
            self._well_known(tree, inside, shape.message)
        else:
            self.fill(tree, inside)

    def _map(self, tree: Tree, inside: object) -> None:
        if not isinstance(tree.value, dict):
            self._wrong(tree, f"{tree.kind} stands where a map belongs")
        for key, value in tree.items():
            self.fill(value, inside[key])  # type: ignore[index]  # a map field, which has no type of its own

    def _list(self, parts: object, tree: Tree, inside: object, element: Shape) -> None:
        if not isinstance(parts, list):
            self._wrong(tree, f"{tree.kind} stands where a list belongs")
            return
        for part in parts:
            try:
                inside.append(literals.scalar(part, element))  # type: ignore[attr-defined]  # a repeated field
            except literals.UnfitError as error:
                self._wrong(part, str(error))

    def _scalar(self, tree: Tree, message: Message, field: FieldDescriptor, shape: Shape) -> None:
        try:
            setattr(message, field.name, literals.scalar(tree, shape))
        except literals.UnfitError as error:
            self._wrong(tree, str(error))

    def _well_known(self, tree: Tree, inside: Message, descriptor: Descriptor) -> None:
        try:
            constant = literals.well_known(tree, descriptor)
        except literals.UnfitError as error:
            self._wrong(tree, str(error))
            return
        assert isinstance(constant, class_of(descriptor))
        inside.CopyFrom(constant)

    def _wrong(self, tree: Tree, message: str) -> None:
        self.problems.append(Problem(self._file, tree.line, tree.column, tree.path, message))


def _said(descriptor: Descriptor) -> str:
    return {"Workflow": "a workflow", "Step": "a step", "RetryPolicy": "retry"}.get(
        descriptor.name, str(descriptor.name).lower()
    )
