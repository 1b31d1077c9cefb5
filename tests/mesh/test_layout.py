"""What is laid out by hand is what the library reads and writes."""

import pytest
from google.protobuf.wrappers_pb2 import BytesValue, UInt64Value

from mesh.layout import delimited, varint


@pytest.mark.parametrize("value", [1, 127, 128, 300, 2**21, 2**63])
def test_numbers_are_written_as_the_library_writes_them(value: int) -> None:
    assert b"\x08" + varint(value) == UInt64Value(value=value).SerializeToString()


@pytest.mark.parametrize("size", [1, 127, 128, 70_000])
def test_a_field_begins_as_the_library_begins_it(size: int) -> None:
    field = BytesValue.DESCRIPTOR.fields_by_name["value"]
    assert delimited(field) + varint(size) + b"x" * size == BytesValue(value=b"x" * size).SerializeToString()
