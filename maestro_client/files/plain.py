"""Columns as people's programs hold them: what is neither a number, a text, a truth nor a time becomes text."""

from __future__ import annotations

import json
from typing import Any

import pyarrow as pa

_KEPT = (
    pa.types.is_integer,
    pa.types.is_floating,
    pa.types.is_decimal,
    pa.types.is_boolean,
    pa.types.is_string,
    pa.types.is_date,
    pa.types.is_time,
    pa.types.is_timestamp,
)


def plain(batch: pa.RecordBatch) -> pa.RecordBatch:
    """The rows with every column in one of the kept types."""
    arrays = [_plain(column) for column in batch.columns]
    return pa.RecordBatch.from_arrays(arrays, names=batch.schema.names)


def _plain(array: pa.Array) -> pa.Array:
    if any(is_kept(array.type) for is_kept in _KEPT):
        return array
    if pa.types.is_large_string(array.type) or pa.types.is_dictionary(array.type):
        return array.cast(pa.string())
    return pa.array([None if each is None else _text(each) for each in array.to_pylist()], pa.string())


def _text(value: Any) -> str:
    if isinstance(value, str):
        return value
    if isinstance(value, bytes):
        return "\\x" + value.hex()  # as PostgreSQL writes bytes
    if isinstance(value, list | dict):
        return json.dumps(value, ensure_ascii=False, default=str)
    return str(value)
