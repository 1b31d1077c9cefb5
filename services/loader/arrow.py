"""Batches of rows as Arrow IPC."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pyarrow as pa


@dataclass(frozen=True, slots=True)
class Chunk:
    """One self-contained Arrow IPC stream: a schema and one record batch. size: bytes of row data."""

    ipc: bytes
    rows: int
    size: int


def chunks(batch: Any, rows: int) -> Iterator[Chunk]:
    """A record batch in pieces of so many rows at most."""
    for begin in range(0, batch.num_rows, rows):
        piece = batch.slice(begin, rows)
        sink = pa.BufferOutputStream()
        with pa.ipc.new_stream(sink, piece.schema) as writer:
            writer.write_batch(piece)
        yield Chunk(sink.getvalue().to_pybytes(), piece.num_rows, piece.nbytes)


def empty(schema: Any) -> Chunk:
    """No rows, but the schema: what a result without rows is sent as."""
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, schema) as writer:
        writer.write_batch(pa.RecordBatch.from_pylist([], schema=schema))
    return Chunk(sink.getvalue().to_pybytes(), 0, 0)
