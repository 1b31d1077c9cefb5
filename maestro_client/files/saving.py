"""From a stream of the mesh to a file."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncGenerator, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from maestro.catalog.v1 import catalog_pb2
from maestro.result.v1 import result_pb2
from maestro_client.answer import Answer
from maestro_client.files.form import NotAFileError
from maestro_client.files.result_file import ResultFile

if TYPE_CHECKING:
    import pyarrow

    from maestro_client.client import Event


@dataclass(frozen=True, slots=True)
class Saved:
    """A result in a file.

    path: the file; None where the question was not answered, and nothing was written. rows: how many are in it. size:
    its bytes. notes: what whoever opens it has to know, one sentence each.
    """

    answer: Answer
    path: Path | None
    rows: int
    size: int
    notes: tuple[str, ...]


async def save(events: AsyncGenerator[Event, None], file: ResultFile, tell: Callable[[Event], None]) -> Saved:
    """Writes the batches of a stream as they come. `tell` hears of each event behind its batch was written.

    Whatever ends it early, an error or a cancellation, leaves no file behind. Raises Fault, NotAFileError or OSError.
    """
    answer: Answer | None = None
    with file:
        async with contextlib.aclosing(events) as stream:
            async for event in stream:
                if isinstance(event, bytes):
                    for batch in _batches(event):
                        file.write(batch)
                elif isinstance(event, Answer):
                    answer = event
                tell(event)
        if answer is None:
            raise NotAFileError("the mesh ended the stream without an answer: nothing was written")
        if answer.status != "answered":
            return Saved(answer, None, 0, 0, ())
        if not file.begun:
            file.write(_without_rows(answer.message.result))
        file.finish()
        notes = list(file.notes)
        if answer.message.result.truncated:
            notes.insert(0, f"these are not all rows: {answer.message.result.truncation_reason}")
        return Saved(answer, file.path, file.rows, file.size, tuple(notes))


def _batches(stream: bytes) -> list[pyarrow.RecordBatch]:
    """The record batches of an Arrow IPC stream; one without rows where there is none, for its columns."""
    import pyarrow as pa  # noqa: PLC0415  # 100 ms that callers who save nothing need not pay

    with pa.ipc.open_stream(stream) as reader:
        batches = list(reader)
        return batches or [pa.RecordBatch.from_pylist([], schema=reader.schema)]


def _without_rows(head: result_pb2.ResultHead) -> pyarrow.RecordBatch:
    """The columns of a result of which no batch came."""
    import pyarrow as pa  # noqa: PLC0415  # as above

    kinds = {
        catalog_pb2.TYPE_FAMILY_INTEGER: pa.int64(),
        catalog_pb2.TYPE_FAMILY_DECIMAL: pa.float64(),
        catalog_pb2.TYPE_FAMILY_FLOAT: pa.float64(),
        catalog_pb2.TYPE_FAMILY_BOOLEAN: pa.bool_(),
        catalog_pb2.TYPE_FAMILY_DATE: pa.date32(),
        catalog_pb2.TYPE_FAMILY_TIMESTAMP: pa.timestamp("us"),
        catalog_pb2.TYPE_FAMILY_TIME: pa.time64("us"),
        catalog_pb2.TYPE_FAMILY_BINARY: pa.binary(),
    }
    fields = [pa.field(each.name, kinds.get(each.family, pa.string())) for each in head.columns]
    return pa.RecordBatch.from_pylist([], schema=pa.schema(fields))
