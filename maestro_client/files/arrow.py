"""Results as Arrow files (the IPC file format, which can be mapped into memory)."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa


class Arrow:
    """An Arrow file under way."""

    def __init__(self, path: Path, schema: pa.Schema) -> None:
        self.notes: list[str] = []
        self._writer = pa.ipc.new_file(str(path), schema)

    def write(self, batch: pa.RecordBatch) -> None:
        """Writes rows as a record batch of their own."""
        self._writer.write_batch(batch)

    def close(self) -> None:
        """Writes the footer."""
        self._writer.close()

    def abandon(self) -> None:
        """Lets go of the file."""
        self._writer.close()
