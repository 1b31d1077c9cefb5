"""Messages as bytes: what one module gave is passed on to the next as it came.

A question's slices of catalog and model go into several requests each. To parse, copy and serialize them every time
took more than everything else that a run does; here a message within a message is cut out of the bytes that came, and
put into the bytes that leave. Only what a definition reads a scalar of, or a condition asks about, is parsed.
"""

from collections.abc import Callable

from google.protobuf.descriptor import FieldDescriptor
from google.protobuf.message import Message

from mesh.layout import delimited, varint


class Received:
    """A response. raw: its bytes. message: the same, parsed when it is first asked for."""

    __slots__ = ("_kind", "_message", "raw")

    def __init__(self, kind: type[Message], raw: bytes) -> None:
        self.raw = raw
        self._kind = kind
        self._message: Message | None = None

    @property
    def message(self) -> Message:
        """The parsed response."""
        if self._message is None:
            self._message = self._kind.FromString(self.raw)
        return self._message


def field_bytes(raw: bytes, number: int) -> bytes | None:
    """The serialized message in a field of a serialized message; None where the field is not set.

    Where the field occurs more than once, the occurrences are merged, which for bytes is to put one after the other.
    Raises ValueError or IndexError where the bytes are no message.
    """
    wanted = number << 3 | 2
    found: bytes | None = None
    place, size = 0, len(raw)
    while place < size:
        tag, place = _varint(raw, place)
        kind = tag & 7
        if kind == 2:
            length, place = _varint(raw, place)
            if tag == wanted:
                piece = raw[place : place + length]
                found = piece if found is None else found + piece
            place += length
        elif kind == 0:
            while raw[place] > 127:
                place += 1
            place += 1
        elif kind == 1:
            place += 8
        elif kind == 5:
            place += 4
        else:
            raise ValueError(f"wire type {kind} is not in use")
    if place > size:
        raise ValueError("the message is cut off")
    return found


def framing(field: FieldDescriptor) -> Callable[[bytes], bytes]:
    """What makes the bytes of a message the bytes of that field."""
    tag = delimited(field)

    def framed(data: bytes) -> bytes:
        return tag + varint(len(data)) + data

    return framed


def _varint(raw: bytes, place: int) -> tuple[int, int]:
    value = raw[place]
    place += 1
    if value < 128:
        return value, place
    value &= 127
    shift = 7
    while True:
        byte = raw[place]
        place += 1
        value |= (byte & 127) << shift
        if byte < 128:
            return value, place
        shift += 7
