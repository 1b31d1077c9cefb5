"""Results as Excel workbooks: row by row, nothing kept; a further sheet where one is full.

Every text is written as a text, never looked at for what it might mean: a formula stays the characters that it is
made of, a number that is kept as a text keeps its leading zeros. Excel computes with 15 digits: a number of more is
written as a text, because its last digits would be wrong.
"""

from __future__ import annotations

import datetime
import math
import shutil
import tempfile
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import xlsxwriter

from maestro_client.files.form import NotAFileError
from maestro_client.files.plain import plain

_SHEET_ROWS = 1_048_576  # with the titles
_SHEET_COLUMNS = 16_384
_CELL_CHARACTERS = 32_767
_DIGITS = 15
# Excel's calendar begins here; days before have no number.
_FIRST_DAY = datetime.date(1900, 3, 1)


class Xlsx:
    """A workbook under way."""

    def __init__(self, path: Path, schema: pa.Schema) -> None:
        self.notes: list[str] = []
        if len(schema) > _SHEET_COLUMNS:
            raise NotAFileError(f"a sheet holds {_SHEET_COLUMNS} columns, the result has {len(schema)}")
        # Rows wait here, on the disk, until they are put together.
        self._folder = tempfile.mkdtemp(prefix="maestro-xlsx-")
        options = {"constant_memory": True, "tmpdir": self._folder, "use_zip64": True}
        self._book = xlsxwriter.Workbook(str(path), options)
        self._names = schema.names
        self._title = self._book.add_format({"bold": True})
        self._formats = {
            datetime.date: self._book.add_format({"num_format": "yyyy-mm-dd"}),
            datetime.datetime: self._book.add_format({"num_format": "yyyy-mm-dd hh:mm:ss"}),
            datetime.time: self._book.add_format({"num_format": "hh:mm:ss"}),
        }
        self._digits = 0
        self._zoned = [
            f"moments of {each.name!r} are written as they read in {each.type.tz}"
            for each in schema
            if pa.types.is_timestamp(each.type) and each.type.tz
        ]
        self._sheets = 0
        self._begin_sheet()

    def write(self, batch: pa.RecordBatch) -> None:
        """Writes rows."""
        columns = [column.to_pylist() for column in plain(batch).columns]
        for row in zip(*columns, strict=True):
            if self._row == _SHEET_ROWS:
                self._begin_sheet()
            for number, value in enumerate(row):
                if value is not None:
                    self._write_cell(number, value)
            self._row += 1

    def close(self) -> None:
        """Puts the workbook together."""
        if self._sheets > 1:
            self.notes.append(f"a sheet holds {_SHEET_ROWS - 1:,} rows: the result is on {self._sheets} sheets")
        if self._digits:
            self.notes.append(f"{self._digits} numbers of more than {_DIGITS} digits are written as texts")
        for name in self._zoned:
            self.notes.append(f"a spreadsheet knows no time zones: {name}")
        self._book.close()
        shutil.rmtree(self._folder, ignore_errors=True)

    def abandon(self) -> None:
        """Removes what the library keeps beside the file, without putting it together."""
        for sheet in self._book.worksheets():
            sheet.row_data_fh.close()
        shutil.rmtree(self._folder, ignore_errors=True)

    def _begin_sheet(self) -> None:
        self._sheets += 1
        self._sheet = self._book.add_worksheet()
        self._sheet.freeze_panes(1, 0)
        for number, name in enumerate(self._names):
            self._sheet.write_string(0, number, name[:_CELL_CHARACTERS], self._title)
        self._row = 1

    def _write_cell(self, column: int, value: Any) -> None:
        """By the type of the value, so that nothing is guessed from what it looks like."""
        if isinstance(value, str):
            self._text(column, value)
        elif isinstance(value, bool):
            self._sheet.write_boolean(self._row, column, value)
        elif isinstance(value, int | float | Decimal):
            self._number(column, value)
        elif isinstance(value, datetime.datetime):
            # A workbook knows no zones: the moment as it reads in the column's own.
            self._moment(column, value.replace(tzinfo=None), value, value.date())
        elif isinstance(value, datetime.date):
            self._moment(column, value, value, value)
        else:
            self._moment(column, value, value, _FIRST_DAY)

    def _text(self, column: int, text: str) -> None:
        if len(text) > _CELL_CHARACTERS:
            raise NotAFileError(
                f"column {self._names[column]!r} has a text of {len(text):,} characters, a spreadsheet's cell holds "
                f"{_CELL_CHARACTERS:,}: write .csv, .parquet or .arrow"
            )
        self._sheet.write_string(self._row, column, text)

    def _number(self, column: int, number: float | Decimal) -> None:
        if not math.isfinite(number):
            self._text(column, str(number))  # infinity and NaN have no cell
        elif type(number) is not float and len(Decimal(number).normalize().as_tuple().digits) > _DIGITS:
            self._digits += 1
            self._text(column, format(Decimal(number), "f"))
        else:
            self._sheet.write_number(self._row, column, number)

    def _moment(self, column: int, value: Any, shown: Any, day: datetime.date) -> None:
        if day < _FIRST_DAY:
            self._text(column, shown.isoformat())
            return
        self._sheet.write_datetime(self._row, column, value, self._formats[type(value)])
