"""A result on its way into a file: all of it, or nothing."""

from __future__ import annotations

import contextlib
import os
import secrets
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING

from maestro_client.files.form import Form, NotAFileError, begin, form_of

if TYPE_CHECKING:
    import pyarrow


class ResultFile:
    """path: where the result is to be; its suffix names the form. What is there is replaced when the new one is whole.

    Raises NotAFileError where it cannot be written there or in that form: at once, before anything was asked.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.rows = 0
        self._finished = False
        self._form_name = form_of(path)
        folder = path.parent
        if path.is_dir():
            raise NotAFileError(f"{path} is a folder")
        if not folder.is_dir():
            raise NotAFileError(f"there is no folder {folder}")
        if not os.access(folder, os.W_OK | os.X_OK):
            raise NotAFileError(f"the folder {folder} may not be written to")
        # In the same folder, because only within one file system a file is put in place in one step.
        self.partial = folder / f".{path.name}.{secrets.token_hex(4)}.part"
        self._form: Form | None = None
        self._schema: pyarrow.Schema | None = None

    @property
    def begun(self) -> bool:
        """Whether the columns are known."""
        return self._form is not None

    @property
    def notes(self) -> list[str]:
        """What whoever opens the file has to know, one sentence each."""
        return self._form.notes if self._form else []

    @property
    def size(self) -> int:
        """Bytes that have been written so far."""
        for place in (self.partial, self.path):
            with contextlib.suppress(OSError):
                return place.stat().st_size
        return 0

    def __enter__(self) -> ResultFile:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.abandon()

    def write(self, batch: pyarrow.RecordBatch) -> None:
        """Writes rows. Raises NotAFileError where the form cannot hold them, OSError where the disk does not."""
        if self._form is None:
            self._schema = batch.schema
            self._form = begin(self._form_name, self.partial, batch.schema)
        elif batch.schema != self._schema:
            batch = _like(batch, self._schema)
        if batch.num_rows:
            self._form.write(batch)
            self.rows += batch.num_rows

    def finish(self) -> None:
        """Puts the file in place. Needs one `write` before, if only of no rows. Raises as `write` does."""
        assert self._form is not None
        self._form.close()
        descriptor = os.open(self.partial, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
        self.partial.replace(self.path)
        self._finished = True

    def abandon(self) -> None:
        """Removes what was written, unless it was finished."""
        if self._finished:
            return
        if self._form is not None:
            with contextlib.suppress(Exception):
                self._form.abandon()
        self.partial.unlink(missing_ok=True)


def _like(batch: pyarrow.RecordBatch, schema: pyarrow.Schema | None) -> pyarrow.RecordBatch:
    """The rows with the columns of the first batch."""
    import pyarrow as pa  # noqa: PLC0415  # as in form.begin

    try:
        return batch.cast(schema)
    except (pa.ArrowInvalid, ValueError) as error:
        raise NotAFileError(f"later rows do not fit the columns of the first ones: {error}") from None
