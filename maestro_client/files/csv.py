"""Results as CSV: RFC 4180, UTF-8, a comma between cells, an empty cell for NULL and "" for a text without characters.

A spreadsheet program takes a text that begins like a formula for one, and carries it out (CWE-1236). CSV knows no
types that could say otherwise, so such texts get an apostrophe in front; how many did is said.
"""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
from pyarrow import csv

from maestro_client.files.plain import plain

# The full-width forms are folded to the plain ones by some programs before they look.
_FORMULA = "^[=+\\-@\t\r\n\uff1d\uff0b\uff0d\uff20]"


class Csv:
    """A CSV file under way."""

    def __init__(self, path: Path, schema: pa.Schema) -> None:
        self.notes: list[str] = []
        self._marked = 0
        self._sink = pa.OSFile(str(path), "wb")
        empty = pa.RecordBatch.from_arrays([pa.array([], each.type) for each in schema], names=schema.names)
        header = self._safe(pa.array(schema.names, pa.string())).to_pylist()
        shown = plain(empty).schema
        self._schema = pa.schema([pa.field(name, each.type) for name, each in zip(header, shown, strict=True)])
        self._writer = csv.CSVWriter(self._sink, self._schema)

    def write(self, batch: pa.RecordBatch) -> None:
        """Writes rows."""
        arrays = [self._safe(each) if pa.types.is_string(each.type) else each for each in plain(batch).columns]
        self._writer.write_batch(pa.RecordBatch.from_arrays(arrays, schema=self._schema))

    def close(self) -> None:
        """Writes what is left."""
        if self._marked:
            self.notes.append(f"{self._marked} texts that begin like a formula have an apostrophe in front of them")
        self._writer.close()
        self._sink.close()

    def abandon(self) -> None:
        """Lets go of the file."""
        self._writer.close()
        self._sink.close()

    def _safe(self, texts: pa.Array) -> pa.Array:
        formula = pc.fill_null(pc.match_substring_regex(texts, _FORMULA), False)
        marked = pc.sum(formula).as_py() or 0
        if not marked:
            return texts
        self._marked += marked
        return pc.if_else(formula, pc.binary_join_element_wise("'", texts, ""), texts)
