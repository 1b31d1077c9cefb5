"""Rows out of SQLite as Arrow, batch by batch, in a thread."""

import sqlite3
from collections.abc import Iterator
from datetime import date, datetime
from typing import Any

import pyarrow as pa

from mesh.fault import Fault
from services.loader.arrow import Chunk, chunks, empty
from services.loader.pieces import Pieces
from services.loader.types import Family

_TYPES = {
    Family.INTEGER: pa.int64(),
    Family.FLOAT: pa.float64(),
    Family.DECIMAL: pa.float64(),
    Family.BOOLEAN: pa.bool_(),
    Family.BINARY: pa.binary(),
}
_FIRST_LOOK = 1000


def read(
    connection: sqlite3.Connection,
    sql: str,
    values: dict[str, Any],
    names: list[str],
    implied: list[Family],
    pieces: Pieces,
) -> Iterator[Chunk]:
    """The rows, as they come; at least one chunk. names, implied: of the columns that are shown, which come first.

    A column's type is the family that the plan implies, where the first rows bear it out, else what they show. A later
    value that does not fit ends the stream with a fault: SQLite's columns hold anything.
    """
    cursor = connection.execute(sql, values)
    cursor.arraysize = pieces.rows
    rows = cursor.fetchmany(min(pieces.rows, _FIRST_LOOK))
    columns = list(zip(*rows, strict=True)) if rows else [()] * len(names)
    schema = pa.schema(
        pa.field(name, _type(family, column)) for name, family, column in zip(names, implied, columns, strict=False)
    )
    if not rows:
        yield empty(schema)
    count = 0
    while rows:
        yield from chunks(_batch(rows, schema), pieces, count)
        count += len(rows)
        rows = cursor.fetchmany(pieces.rows)


def _type(family: Family, seen: Any) -> Any:
    kinds = {type(each) for each in seen if each is not None}
    if str in kinds:
        if family is Family.DATE and all(each is None or _is_date(each) for each in seen):
            return pa.date32()
        if family is Family.TIMESTAMP and all(each is None or _is_moment(each) for each in seen):
            return pa.timestamp("us")
        return pa.string()
    if bytes in kinds:
        return pa.binary()
    if float in kinds and family in (Family.INTEGER, Family.BOOLEAN, Family.UNKNOWN):
        return pa.float64()
    if not kinds:
        return _TYPES.get(family, pa.string())
    return _TYPES.get(family, pa.int64() if int in kinds else pa.float64())


def _is_date(value: Any) -> bool:
    try:
        date.fromisoformat(value)
    except (ValueError, TypeError):
        return False
    return True


def _is_moment(value: Any) -> bool:
    try:
        return datetime.fromisoformat(value).tzinfo is None
    except (ValueError, TypeError):
        return False


def _batch(rows: list[tuple[Any, ...]], schema: Any) -> Any:
    columns = list(zip(*rows, strict=True))
    arrays = [_array(column, field) for column, field in zip(columns, schema, strict=False)]
    return pa.RecordBatch.from_arrays(arrays, schema=schema)


def _array(column: Any, field: Any) -> Any:
    kind = field.type
    try:
        if pa.types.is_date32(kind):
            return pa.array([None if each is None else date.fromisoformat(each) for each in column], kind)
        if pa.types.is_timestamp(kind):
            return pa.array([None if each is None else datetime.fromisoformat(each) for each in column], kind)
        if pa.types.is_boolean(kind):
            return pa.array([None if each is None else bool(each) for each in column], kind)
        if pa.types.is_string(kind):
            return pa.array([each if each is None or isinstance(each, str) else str(each) for each in column], kind)
        return pa.array(column, kind)
    except (pa.ArrowInvalid, pa.ArrowTypeError, ValueError, TypeError):
        raise Fault(
            "PLAN_INVALID",
            f"Column {field.name!r} holds values that are no {kind}: ask for it as text (TO_TEXT).",
            violations=[("query.select.projections", f"{field.name!r} holds values of several types")],
        ) from None
