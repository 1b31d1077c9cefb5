"""Literals of definitions as values of fields, by the rules of protobuf's JSON form."""

import base64
import binascii
from typing import Any

from google.protobuf import json_format
from google.protobuf.descriptor import Descriptor, FieldDescriptor
from google.protobuf.message import Message

from services.orchestrator.contracts import class_of, nearest
from services.orchestrator.shapes import Shape
from services.orchestrator.tree import Tree

_F = FieldDescriptor
_RANGES = {
    _F.CPPTYPE_INT32: (-(2**31), 2**31 - 1),
    _F.CPPTYPE_INT64: (-(2**63), 2**63 - 1),
    _F.CPPTYPE_UINT32: (0, 2**32 - 1),
    _F.CPPTYPE_UINT64: (0, 2**64 - 1),
}


class UnfitError(ValueError):
    """A literal does not fit; the message says why."""


def scalar(tree: Tree, shape: Shape) -> Any:
    """The value of a scalar literal for a field of that shape (not repeated). Raises UnfitError."""
    value = tree.value
    if shape.enum is not None:
        return _enum(tree, shape)
    if shape.scalar in _RANGES:
        low, high = _RANGES[shape.scalar]
        if not isinstance(value, int) or isinstance(value, bool):
            raise UnfitError(f"{tree.kind} does not fit {shape}")
        if not low <= value <= high:
            raise UnfitError(f"{value} is outside of {shape}")
        return value
    if shape.scalar in (_F.CPPTYPE_DOUBLE, _F.CPPTYPE_FLOAT):
        if not isinstance(value, int | float) or isinstance(value, bool):
            raise UnfitError(f"{tree.kind} does not fit {shape}")
        return float(value)
    wanted = bool if shape.scalar == _F.CPPTYPE_BOOL else str
    if not isinstance(value, wanted):
        raise UnfitError(f"{tree.kind} does not fit {shape}")
    return _decoded(value) if shape.raw else value


def _decoded(value: Any) -> bytes:
    try:
        return base64.b64decode(value, validate=True)
    except (binascii.Error, ValueError):
        raise UnfitError("bytes are written in base64") from None


def _enum(tree: Tree, shape: Shape) -> int:
    assert shape.enum is not None
    names = shape.enum.values_by_name
    if isinstance(tree.value, str) and tree.value in names:
        return int(names[tree.value].number)
    if isinstance(tree.value, str):
        raise UnfitError(f"{shape} has no value {tree.value!r}{nearest(tree.value, names)}")
    raise UnfitError(f"{tree.kind} does not fit {shape}, whose values are names")


def is_well_known(descriptor: Descriptor) -> bool:
    """Whether the message has a JSON form of its own (a Duration is "1.5s"), so that its fields are never
    written."""
    return str(descriptor.full_name).startswith("google.protobuf.")


def well_known(tree: Tree, descriptor: Descriptor) -> Message:
    """The message that a literal stands for: a Duration, a Timestamp, a Struct … Raises UnfitError."""
    try:
        return json_format.ParseDict(plain(tree), class_of(descriptor)())
    except (json_format.ParseError, ValueError, TypeError) as error:
        if descriptor.name == "Duration":
            raise UnfitError('a duration is written in seconds, "0.5s"') from None
        raise UnfitError(f"it is no {descriptor.full_name}: {str(error).rstrip('.')}") from None


def plain(tree: Tree) -> Any:
    """The tree as plain Python values."""
    if isinstance(tree.value, dict):
        return {key: plain(value) for key, value in tree.value.items()}
    if isinstance(tree.value, list):
        return [plain(each) for each in tree.value]
    return tree.value
