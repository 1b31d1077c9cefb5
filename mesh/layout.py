"""Parts of serialized messages, for those few who lay them out by hand to spare a copy.

The form is protobuf's own: https://protobuf.dev/programming-guides/encoding/. The library has no public function for it.
"""

from google.protobuf.descriptor import FieldDescriptor

_LENGTH_DELIMITED = 2


def varint(value: int) -> bytes:
    """A number of any size, not below 0."""
    if value < 128:
        return bytes((value,))
    made = bytearray()
    while value > 127:
        made.append(value & 127 | 128)
        value >>= 7
    made.append(value)
    return bytes(made)


def delimited(field: FieldDescriptor) -> bytes:
    """What begins a field of bytes, of text or of a message; its length comes next, as a varint."""
    return varint(field.number << 3 | _LENGTH_DELIMITED)
