"""What a caller gets back: the answer's text, its rows in the form that the caller wants, and how it was got."""

from __future__ import annotations

import datetime
import decimal
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from maestro.result.v1 import result_pb2

if TYPE_CHECKING:
    import pandas
    import pyarrow

_STATUS = {
    result_pb2.ANSWER_STATUS_ANSWERED: "answered",
    result_pb2.ANSWER_STATUS_CLARIFICATION: "clarification",
    result_pb2.ANSWER_STATUS_REFUSED: "refused",
    result_pb2.ANSWER_STATUS_ACKNOWLEDGED: "acknowledged",
}


@dataclass(slots=True)
class Answer:
    """One answer.

    message: the whole of it, as it came (maestro.result.v1.Answer).
    run_id: the run that made it; "" where it came by a stream that did not say.
    batches: all rows as Arrow IPC streams, where they were fetched; empty where `message` holds all rows.
    """

    message: result_pb2.Answer
    run_id: str = ""
    batches: list[bytes] = field(default_factory=list, repr=False)

    @property
    def status(self) -> str:
        """ "answered", "clarification", "refused" or "acknowledged"."""
        return _STATUS.get(self.message.status, "unknown")

    @property
    def text(self) -> str:
        """The answer in the asker's language."""
        return self.message.text

    @property
    def columns(self) -> list[str]:
        """Names of the result's columns, in order."""
        return [column.name for column in self.message.result.columns]

    @property
    def total_rows(self) -> int:
        """Rows of the whole result as the database counted them; -1 where it did not."""
        return self.message.result.total_rows

    @property
    def complete(self) -> bool:
        """Whether `rows` is the whole result; where a ceiling cut it, `message.result.truncation_reason` says which."""
        return not self.message.result.truncated if self.batches else self.message.result.complete

    @property
    def choices(self) -> list[str]:
        """The readings to choose from, where the question could mean several things."""
        return [choice.text for choice in self.message.choices]

    @property
    def reasons(self) -> list[str]:
        """Codes of what is wrong or noteworthy."""
        return [issue.code for issue in self.message.issues]

    @property
    def sql(self) -> list[str]:
        """The statements that were sent, in order."""
        return [statement.sql for statement in self.message.provenance.statements]

    @property
    def trace_id(self) -> str:
        """The trace of the question; "" where none was recorded."""
        return self.message.provenance.trace_id

    @property
    def rows(self) -> list[dict[str, Any]]:
        """The rows as plain Python values: int, float, Decimal, str, bool, date, datetime, time, bytes or None."""
        if self.batches:
            rows: list[dict[str, Any]] = self.arrow().to_pylist()
            return rows
        names = self.columns
        return [dict(zip(names, tuples, strict=True)) for tuples in self.tuples()]

    def tuples(self) -> Iterable[tuple[Any, ...]]:
        """The rows as tuples in the order of the columns."""
        if self.batches:
            table = self.arrow()
            yield from zip(*(column.to_pylist() for column in table.columns), strict=True)
            return
        for row in self.message.result.rows:
            yield tuple(python_value(value) for value in row.values)

    def arrow(self) -> pyarrow.Table:
        """The rows as an Arrow table. Needs the extra `client`."""
        import pyarrow as pa  # noqa: PLC0415  # 100 ms that callers of plain rows need not pay

        if self.batches:
            return pa.concat_tables(pa.ipc.open_stream(batch).read_all() for batch in self.batches)
        names = self.columns
        columns = list(zip(*self.tuples(), strict=True)) or [()] * len(names)
        return pa.table({name: pa.array(values) for name, values in zip(names, columns, strict=True)})

    def pandas(self) -> pandas.DataFrame:
        """The rows as a pandas data frame. Needs the extra `pandas`."""
        return self.arrow().to_pandas()

    def __str__(self) -> str:
        return self.text


def python_value(value: result_pb2.Value) -> Any:
    """A cell as a plain Python value; None for NULL."""
    kind = value.WhichOneof("kind")
    if kind is None:
        return None
    plain = getattr(value, kind)
    if kind == "decimal":
        return decimal.Decimal(plain)
    if kind == "date":
        return _parsed(datetime.date.fromisoformat, plain)
    if kind == "timestamp":
        return _parsed(datetime.datetime.fromisoformat, plain)
    if kind == "time":
        return _parsed(datetime.time.fromisoformat, plain)
    return plain


def _parsed(parse: Any, text: str) -> Any:
    """The moment, or the text where the database knows moments that Python does not ("infinity", year 12000)."""
    try:
        return parse(text)
    except ValueError:
        return text
