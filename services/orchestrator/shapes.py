"""Types of values in definitions: what a reference yields, what a field takes, and whether the one fits the
other."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from google.protobuf.descriptor import Descriptor, EnumDescriptor, FieldDescriptor
from google.protobuf.message import Message

Setter = Callable[[Message, Any], None]
_F = FieldDescriptor
_NAMES = {
    _F.CPPTYPE_INT32: "int32",
    _F.CPPTYPE_INT64: "int64",
    _F.CPPTYPE_UINT32: "uint32",
    _F.CPPTYPE_UINT64: "uint64",
    _F.CPPTYPE_DOUBLE: "double",
    _F.CPPTYPE_FLOAT: "float",
    _F.CPPTYPE_BOOL: "bool",
    _F.CPPTYPE_STRING: "string",
}
# What may be given to which wider type without loss.
_WIDER = {
    _F.CPPTYPE_INT32: {_F.CPPTYPE_INT64, _F.CPPTYPE_DOUBLE},
    _F.CPPTYPE_UINT32: {_F.CPPTYPE_INT64, _F.CPPTYPE_UINT64, _F.CPPTYPE_DOUBLE},
    _F.CPPTYPE_FLOAT: {_F.CPPTYPE_DOUBLE},
}


@dataclass(frozen=True, slots=True)
class Shape:
    """A type. scalar: a FieldDescriptor.CPPTYPE_…; message, enum: which one, for those. raw: bytes rather
    than text. repeated: a list of it. map_entry: a map whose entries look so."""

    scalar: int
    message: Descriptor | None = None
    enum: EnumDescriptor | None = None
    raw: bool = False
    repeated: bool = False
    map_entry: Descriptor | None = None

    def __str__(self) -> str:
        if self.map_entry is not None:
            key, value = (of_field(self.map_entry.fields_by_name[each]) for each in ("key", "value"))
            return f"map of {key} to {value}"
        if self.message is not None:
            name = self.message.full_name
        elif self.enum is not None:
            name = self.enum.full_name
        else:
            name = "bytes" if self.raw else _NAMES[self.scalar]
        return f"list of {name}" if self.repeated else name

    @property
    def element(self) -> "Shape":
        """One of the list."""
        return Shape(self.scalar, self.message, self.enum, self.raw)

    @property
    def many(self) -> "Shape":
        """A list of it."""
        return Shape(self.scalar, self.message, self.enum, self.raw, repeated=True)


def of_message(descriptor: Descriptor) -> Shape:
    """The shape of a message."""
    return Shape(_F.CPPTYPE_MESSAGE, message=descriptor)


TEXT = Shape(_F.CPPTYPE_STRING)
WHOLE_NUMBER = Shape(_F.CPPTYPE_INT64)


def of_field(field: FieldDescriptor) -> Shape:
    """The shape of a field."""
    message = field.message_type
    if message is not None and message.GetOptions().map_entry:
        return Shape(_F.CPPTYPE_MESSAGE, repeated=True, map_entry=message)
    return Shape(
        scalar=field.cpp_type,
        message=message,
        enum=field.enum_type,
        raw=field.type == _F.TYPE_BYTES,
        repeated=bool(field.is_repeated),
    )


def misfit(source: Shape, target: Shape) -> str | None:
    """Why a value of one shape cannot be given where another is wanted; None where it can.

    Numbers fit wider ones that hold them without loss, and an enum fits a text, as `text_of` says it.
    """
    problem = f"{source} does not fit {target}"
    if source.repeated != target.repeated or (source.map_entry is None) != (target.map_entry is None):
        return problem
    if source.map_entry is not None and target.map_entry is not None:
        pairs = (
            (of_field(source.map_entry.fields_by_name[each]), of_field(target.map_entry.fields_by_name[each]))
            for each in ("key", "value")
        )
        return problem if any(str(left) != str(right) for left, right in pairs) else None
    if source.enum is not None and str(target) == "string":
        return None
    if any((source.message, target.message, source.enum, target.enum)):
        return None if str(source) == str(target) else problem
    if source.raw != target.raw:
        return problem
    wider = not source.repeated and target.scalar in _WIDER.get(source.scalar, ())
    return None if source.scalar == target.scalar or wider else problem


def text_of(enum: EnumDescriptor) -> dict[int, str]:
    """Numbers of an enum → its values as texts: in lower case, without what all of them begin with."""
    names = [value.name for value in enum.values]
    prefix = _common_words(names)
    return {value.number: value.name[len(prefix) :].lower() if value.number else "" for value in enum.values}


def _common_words(names: Iterable[str]) -> str:
    words = [name.split("_") for name in names]
    common = 0
    while all(len(each) > common + 1 and each[common] == words[0][common] for each in words):
        common += 1
    return "".join(f"{word}_" for word in words[0][:common])


def setter(field: FieldDescriptor, source: Shape) -> Setter:
    """What gives a value of a shape that fits to that field of a message; to a list it adds."""
    name, target = field.name, of_field(field)
    if source.enum is not None and target.enum is None:
        texts = text_of(source.enum)
        if target.repeated:
            return lambda message, value: getattr(message, name).append(texts.get(value, ""))
        return lambda message, value: setattr(message, name, texts.get(value, ""))
    if target.map_entry is not None:
        return lambda message, value: getattr(message, name).MergeFrom(value)
    if target.repeated and source.repeated:
        return lambda message, value: getattr(message, name).extend(value)
    if target.repeated:
        return lambda message, value: getattr(message, name).append(value)
    if target.message is not None:
        return lambda message, value: getattr(message, name).MergeFrom(value)
    return lambda message, value: setattr(message, name, value)
