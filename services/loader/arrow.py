"""Batches of rows as Arrow IPC."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pyarrow as pa

from services.loader.pieces import Pieces


@dataclass(frozen=True, slots=True)
class Chunk:
    """One self-contained Arrow IPC stream: a schema and one record batch. ipc: a buffer. size: bytes of row data."""

    ipc: Any
    rows: int
    size: int


def chunks(batch: Any, pieces: Pieces, first: int) -> Iterator[Chunk]:
    """A record batch in pieces. first: number of its first row."""
    for begin, rows in pieces.of(first, batch.num_rows):
        piece = batch.slice(begin, rows)
        yield Chunk(_stream(piece), piece.num_rows, piece.nbytes)


def empty(schema: Any) -> Chunk:
    """No rows, but the schema: what a result without rows is sent as."""
    return Chunk(_stream(pa.RecordBatch.from_pylist([], schema=schema)), 0, 0)


def _stream(batch: Any) -> Any:
    # Measured first, which copies nothing: a buffer that grows copies everything twice.
    size = pa.MockOutputStream()
    _write(batch, size)
    made = pa.allocate_buffer(size.size())
    _write(batch, pa.FixedSizeBufferWriter(made))
    return made


def _write(batch: Any, sink: Any) -> None:
    with pa.ipc.new_stream(sink, batch.schema) as writer:
        writer.write_batch(batch)
