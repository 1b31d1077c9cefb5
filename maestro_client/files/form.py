"""The forms in which results are written, by the suffix of the file."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    import pyarrow

SUFFIXES = (".parquet", ".csv", ".xlsx", ".arrow")


class NotAFileError(ValueError):
    """The result cannot be written there, or not in that form. The message is one sentence."""


class Form(Protocol):
    """A file under way. notes: what whoever opens the file has to know, one sentence each."""

    notes: list[str]

    def write(self, batch: pyarrow.RecordBatch) -> None:
        """Writes rows behind those that are there."""

    def close(self) -> None:
        """Writes what the form needs at its end; the file is whole then."""

    def abandon(self) -> None:
        """Lets go of the file as it is."""


def form_of(path: Path) -> str:
    """The form that a path's suffix names. Raises NotAFileError where it names none."""
    suffix = path.suffix.lower()
    if suffix not in SUFFIXES:
        known = ", ".join(SUFFIXES)
        what = f"{suffix!r} is no form of a result" if suffix else f"{path.name!r} says no form"
        raise NotAFileError(f"{what}: the name has to end in one of {known}")
    return suffix


def begin(form: str, path: Path, schema: pyarrow.Schema) -> Form:
    """A file of a form with these columns. Raises OSError, or NotAFileError where its library is not installed."""
    # Each is imported where it is used: the libraries take longer to load than a small result to write.
    if form == ".parquet":
        from maestro_client.files.parquet import Parquet  # noqa: PLC0415

        return Parquet(path, schema)
    if form == ".csv":
        from maestro_client.files.csv import Csv  # noqa: PLC0415

        return Csv(path, schema)
    if form == ".arrow":
        from maestro_client.files.arrow import Arrow  # noqa: PLC0415

        return Arrow(path, schema)
    try:
        from maestro_client.files.xlsx import Xlsx  # noqa: PLC0415
    except ModuleNotFoundError:
        raise NotAFileError("a spreadsheet needs the package XlsxWriter: pip install 'maestro[client]'") from None
    return Xlsx(path, schema)
