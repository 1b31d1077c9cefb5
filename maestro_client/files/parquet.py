"""Results as Parquet files."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

# Readers skip whole row groups: ones as small as the batches that come would be all headers.
_GROUP_ROWS = 131_072
_GROUP_BYTES = 32 << 20


class Parquet:
    """A Parquet file under way; at most one row group waits in memory."""

    def __init__(self, path: Path, schema: pa.Schema) -> None:
        self.notes: list[str] = []
        self._writer = pq.ParquetWriter(str(path), schema, compression="zstd")
        self._waiting: list[pa.RecordBatch] = []
        self._rows = self._bytes = 0

    def write(self, batch: pa.RecordBatch) -> None:
        """Puts rows into the row group under way."""
        self._waiting.append(batch)
        self._rows += batch.num_rows
        self._bytes += batch.nbytes
        if self._rows >= _GROUP_ROWS or self._bytes >= _GROUP_BYTES:
            self._group()

    def close(self) -> None:
        """Writes the last row group and the footer."""
        if self._waiting:
            self._group()
        self._writer.close()

    def abandon(self) -> None:
        """Lets go of the file."""
        self._waiting.clear()
        self._writer.close()

    def _group(self) -> None:
        self._writer.write_table(pa.Table.from_batches(self._waiting), row_group_size=self._rows)
        self._waiting, self._rows, self._bytes = [], 0, 0
