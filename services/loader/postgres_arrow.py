"""Rows out of PostgreSQL as Arrow: binary COPY through ADBC, batch by batch, in a thread.

COPY takes no parameters. So that no value is written into the statement all the same, values become settings of the
session, which are set by a statement with bound parameters, and the query reads them by current_setting.
"""

import re
from collections.abc import Iterator
from typing import Any

import adbc_driver_postgresql.dbapi as adbc
import pyarrow as pa
import pyarrow.compute as pc

from services.loader.arrow import Chunk, chunks, empty
from services.loader.pieces import Pieces

_QUOTED = re.compile(r'("(?:[^"]|"")*")')
_PARAMETER = re.compile(r"\$(\d+)(::)?")
_BATCH = "adbc.postgresql.batch_size_hint_bytes"
# The first rows are to be here within a few ms; later, what a batch costs beside its rows should not count. To read many
# small batches and put them together took a fifth more of processor time.
_FIRST_BYTES, _BATCH_BYTES = 1 << 16, 1 << 20


def with_settings(sql: str, types: list[str]) -> str:
    """The statement with a setting of the session for every parameter. types: of the parameters, for those that the
    statement does not cast itself."""

    def setting(found: re.Match[str]) -> str:
        number = int(found[1])
        return f"current_setting('maestro.p{number}')::{'' if found[2] else types[number - 1]}"

    parts = _QUOTED.split(sql)
    parts[::2] = [_PARAMETER.sub(setting, each) for each in parts[::2]]
    return "".join(parts)


class Reading:
    """One statement under way, on one connection. Every method but `cancel` is for one thread at a time."""

    def __init__(self, conninfo: str, connection: Any = None) -> None:
        self.connection = connection or adbc.connect(conninfo, autocommit=True)
        self._cursor: Any = None
        self._names: list[str] = []

    def open(self, sql: str, values: list[str], names: list[str]) -> None:
        """Begins. sql: as from with_settings. names: of the columns that are shown, which come first."""
        if values:
            setting = ", ".join(f"set_config('maestro.p{i}', ${i}, false)" for i in range(1, len(values) + 1))
            with self.connection.cursor() as cursor:
                cursor.execute(f"SELECT {setting}", values)
                cursor.fetchall()
        self._names = names
        self._cursor = self.connection.cursor()
        self._cursor.adbc_statement.set_options(**{_BATCH: str(_FIRST_BYTES)})
        self._cursor.execute(sql)

    def chunks(self, pieces: Pieces) -> Iterator[Chunk]:
        """The rows, as they come; at least one chunk."""
        reader = self._cursor.fetch_record_batch()
        count = 0
        for batch in reader:
            if not count:
                # Heeded by the driver from the next batch on.
                self._cursor.adbc_statement.set_options(**{_BATCH: str(_BATCH_BYTES)})
            yield from chunks(plain(batch, self._names), pieces, count)
            count += batch.num_rows
        if not count:
            yield empty(plain(pa.RecordBatch.from_pylist([], schema=reader.schema), self._names).schema)

    def cancel(self) -> None:
        """Stops the statement in the database; from any thread."""
        if self._cursor is not None:
            self._cursor.adbc_cancel()

    def close(self, *, keep: bool) -> None:
        """Ends the statement; and the connection, unless it is kept."""
        if self._cursor is not None:
            self._cursor.close()
            self._cursor = None
        if not keep:
            self.connection.close()


def plain(batch: Any, names: list[str]) -> Any:
    """The shown columns in types that every reader of Arrow knows, without the driver's own metadata."""
    arrays = [_plain(batch.column(i), batch.schema.field(i)) for i in range(len(names))]
    fields = [pa.field(name, each.type) for name, each in zip(names, arrays, strict=True)]
    return pa.RecordBatch.from_arrays(arrays, schema=pa.schema(fields))


def _plain(array: Any, field: Any) -> Any:
    kind = field.type
    if not isinstance(kind, pa.BaseExtensionType):
        return array
    storage = array.storage
    if getattr(kind, "type_name", "") == "numeric":
        return _number(storage, int(field.metadata.get(b"POSTGRESQL:typmod", b"-1")))
    if isinstance(kind, pa.UuidType):
        return pa.array([None if each is None else str(each) for each in array.to_pylist()], pa.string())
    return storage


def _number(texts: Any, modifier: int) -> Any:
    """Exact where the column fixes its digits, else a binary fraction: a sum or a quotient may have any number."""
    if modifier >= 4 and (modifier - 4) >> 16 <= 38:
        scale = (modifier - 4) & 0x7FF
        try:
            return pc.cast(texts, pa.decimal128(38, scale))
        except pa.ArrowInvalid:
            # NaN has no place among decimals.
            return pc.cast(pc.if_else(pc.equal(texts, "NaN"), None, texts), pa.decimal128(38, scale))
    return pc.cast(texts, pa.float64())
