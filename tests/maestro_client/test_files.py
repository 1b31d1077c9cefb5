"""Results in files: every row and value, whole or not at all, and texts that stay texts."""

from __future__ import annotations

import asyncio
import csv
import datetime
import io
import xml.etree.ElementTree as ET
import zipfile
from collections.abc import AsyncGenerator, Iterable
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from maestro.catalog.v1 import catalog_pb2
from maestro.result.v1 import result_pb2
from maestro_client.answer import Answer
from maestro_client.client import Event
from maestro_client.files import SUFFIXES, NotAFileError, ResultFile
from maestro_client.files import xlsx as xlsx_form
from maestro_client.files.saving import Saved, save

SCHEMA = pa.schema(
    [
        ("nf", pa.string()),
        ("valor", pa.decimal128(38, 2)),
        ("peso", pa.float64()),
        ("n", pa.int64()),
        ("atrasada", pa.bool_()),
        ("dia", pa.date32()),
        ("quando", pa.timestamp("us")),
        ("hora", pa.time64("us")),
    ]
)
DAY, MOMENT, TIME = datetime.date(2025, 11, 19), datetime.datetime(2025, 11, 19, 12, 30), datetime.time(6, 15)
ROWS: list[tuple[Any, ...]] = [
    ("000123", Decimal("10.50"), 0.25, 7, True, DAY, MOMENT, TIME),
    ('São Paulo, "SP"\nlinha', Decimal("-3.00"), -1.5, -9, False, DAY, MOMENT, TIME),
    ("", None, None, None, None, None, None, None),
    (None, None, None, None, None, None, None, None),
]
FORMULAS = ["=1+1", "+1", "-2+3", "@SUM(A1)", "\t=1", "\r=1", "＝1+1", "=cmd|' /C calc'!A0"]


def batch_of(rows: Iterable[tuple[Any, ...]], schema: pa.Schema = SCHEMA) -> bytes:
    columns = list(zip(*rows, strict=True)) or [()] * len(schema)
    arrays = [pa.array(column, each.type) for column, each in zip(columns, schema, strict=True)]
    sink = io.BytesIO()
    with pa.ipc.new_stream(sink, schema) as writer:
        writer.write_batch(pa.RecordBatch.from_arrays(arrays, schema=schema))
    return sink.getvalue()


def texts_of(texts: list[str]) -> bytes:
    return batch_of([(text,) for text in texts], pa.schema([("texto", pa.string())]))


def answered(**result: Any) -> Answer:
    return Answer(result_pb2.Answer(status=result_pb2.ANSWER_STATUS_ANSWERED, result=result_pb2.ResultHead(**result)))


async def events(*parts: Event, fail: BaseException | None = None) -> AsyncGenerator[Event, None]:
    for part in parts:
        yield part
    if fail is not None:
        raise fail


def saved(path: Path, *parts: Event) -> Saved:
    return asyncio.run(save(events(*parts), ResultFile(path), lambda _: None))


def left_in(folder: Path) -> list[str]:
    return sorted(each.name for each in folder.iterdir())


def sheets(path: Path) -> list[dict[str, tuple[str, str | None]]]:
    """For each sheet, cell → (its type, its content) as they are in the file."""
    space = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
    found = []
    with zipfile.ZipFile(path) as book:
        names = sorted(each for each in book.namelist() if each.startswith("xl/worksheets/sheet"))
        for name in names:
            cells = {}
            for cell in ET.fromstring(book.read(name)).iter(f"{space}c"):  # noqa: S314  # written by ourselves
                assert cell.find(f"{space}f") is None, "a formula"
                inline = "".join(each.text or "" for each in cell.iter(f"{space}t"))
                value = cell.find(f"{space}v")
                cells[cell.attrib["r"]] = (cell.attrib.get("t", "n"), inline if value is None else value.text)
            found.append(cells)
    return found


def test_parquet_and_arrow_hold_what_came(tmp_path: Path) -> None:
    for suffix in (".parquet", ".arrow"):
        path = tmp_path / f"r{suffix}"
        done = saved(path, batch_of(ROWS[:3]), batch_of(ROWS[3:]), answered())
        table = pq.read_table(path) if suffix == ".parquet" else pa.ipc.open_file(str(path)).read_all()
        assert table.schema.equals(SCHEMA)
        assert list(zip(*(column.to_pylist() for column in table.columns), strict=True)) == ROWS
        assert (done.rows, done.path, done.size, done.notes) == (4, path, path.stat().st_size, ())
    assert left_in(tmp_path) == ["r.arrow", "r.parquet"]


def test_small_batches_become_row_groups_that_are_worth_reading(tmp_path: Path) -> None:
    rows = [("x", None, None, n, None, None, None, None) for n in range(1000)]
    saved(tmp_path / "r.parquet", *[batch_of(rows)] * 300, answered())
    file = pq.ParquetFile(tmp_path / "r.parquet")
    assert (file.metadata.num_rows, file.num_row_groups) == (300_000, 3)


def test_csv_tells_null_from_an_empty_text(tmp_path: Path) -> None:
    saved(tmp_path / "r.csv", batch_of(ROWS), answered())
    text = (tmp_path / "r.csv").read_text(encoding="utf-8")
    assert text.endswith('"",,,,,,,\n,,,,,,,\n')
    titles, first, second, *_ = csv.reader(io.StringIO(text))
    assert titles == SCHEMA.names
    assert first == [
        "000123",
        "10.50",
        "0.25",
        "7",
        "true",
        "2025-11-19",
        "2025-11-19 12:30:00.000000",
        "06:15:00.000000",
    ]
    assert second[:4] == [ROWS[1][0], "-3.00", "-1.5", "-9"]


def test_csv_marks_texts_that_would_be_carried_out_and_says_so(tmp_path: Path) -> None:
    schema = pa.schema([("=titulo", pa.string()), ("n", pa.int64())])
    harmless = ["a=b", "3-2", "", "'x"]
    rows = [(text, -1) for text in FORMULAS + harmless]
    done = saved(tmp_path / "r.csv", batch_of(rows, schema), answered())
    with (tmp_path / "r.csv").open(encoding="utf-8", newline="") as file:
        titles, *found = csv.reader(file)
    assert titles == ["'=titulo", "n"]
    assert [row[0] for row in found] == [f"'{text}" for text in FORMULAS] + harmless
    assert {row[1] for row in found} == {"-1"}, "a number is no text"
    assert done.notes[0].startswith(f"{len(FORMULAS) + 1} texts")


def test_a_workbook_takes_texts_as_texts_and_numbers_as_numbers(tmp_path: Path) -> None:
    saved(tmp_path / "r.xlsx", batch_of(ROWS), answered())
    (cells,) = sheets(tmp_path / "r.xlsx")
    assert [cells[f"{column}1"][1] for column in "ABCDEFGH"] == SCHEMA.names
    assert cells["A2"] == ("inlineStr", "000123")
    assert [cells[f"{column}2"] for column in "BCDE"] == [("n", "10.50"), ("n", "0.25"), ("n", "7"), ("b", "1")]
    assert [cells[f"{column}2"][0] for column in "FGH"] == ["n", "n", "n"]
    days = [float(cells[f"{column}2"][1] or "") for column in "FGH"]
    assert days == pytest.approx([45980, 45980 + 12.5 / 24, 6.25 / 24], abs=1e-9), "days since 1900, as Excel counts"
    assert [each for each in cells if each.endswith("5")] == [], "NULL is no cell"


def test_a_workbook_never_holds_a_formula_nor_a_link(tmp_path: Path) -> None:
    texts = [*FORMULAS, "http://example.com", "internal:Sheet1!A1", "{=1}"]
    saved(tmp_path / "r.xlsx", texts_of(texts), answered())
    (cells,) = sheets(tmp_path / "r.xlsx")
    found = [cells[f"A{number}"] for number in range(2, len(texts) + 2)]
    assert {kind for kind, _ in found} == {"inlineStr"}
    assert [text for _, text in found] == [text.replace("\r", "_x000D_") if "\r" in text else text for text in texts]


def test_numbers_that_excel_cannot_hold_are_texts_and_it_is_said(tmp_path: Path) -> None:
    schema = pa.schema([("chave", pa.int64()), ("valor", pa.decimal128(38, 4)), ("x", pa.float64())])
    rows = [(2**62, Decimal("12345678901234567890.1234"), float("inf")), (999_999_999_999_999, Decimal("0.5000"), 0.1)]
    done = saved(tmp_path / "r.xlsx", batch_of(rows, schema), answered())
    (cells,) = sheets(tmp_path / "r.xlsx")
    assert [cells[each][1] for each in ("A2", "B2", "C2")] == [str(2**62), "12345678901234567890.1234", "inf"]
    assert [cells[each] for each in ("A3", "B3", "C3")] == [("n", "999999999999999"), ("n", "0.5000"), ("n", "0.1")]
    assert done.notes == ("2 numbers of more than 15 digits are written as texts",)


def test_a_full_sheet_is_followed_by_another(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(xlsx_form, "_SHEET_ROWS", 3)
    done = saved(tmp_path / "r.xlsx", texts_of(["a", "b", "c"]), texts_of(["d", "e"]), answered())
    found = sheets(tmp_path / "r.xlsx")
    assert [[cells[f"A{n}"][1] for n in range(1, len(cells) + 1)] for cells in found] == [
        ["texto", "a", "b"],
        ["texto", "c", "d"],
        ["texto", "e"],
    ]
    assert "3 sheets" in done.notes[0]


def test_days_before_excels_calendar_and_zones(tmp_path: Path) -> None:
    schema = pa.schema([("dia", pa.date32()), ("quando", pa.timestamp("us", "UTC"))])
    rows = [(datetime.date(1822, 9, 7), datetime.datetime(2025, 11, 19, 12, tzinfo=datetime.UTC))]
    done = saved(tmp_path / "r.xlsx", batch_of(rows, schema), answered())
    (cells,) = sheets(tmp_path / "r.xlsx")
    assert (cells["A2"], cells["B2"]) == (("inlineStr", "1822-09-07"), ("n", "45980.5"))
    assert "UTC" in done.notes[0]


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_a_result_without_rows_has_its_columns(tmp_path: Path, suffix: str) -> None:
    for parts in ([batch_of([])], []):
        columns = [
            result_pb2.ResultColumn(name="uf", family=catalog_pb2.TYPE_FAMILY_TEXT),
            result_pb2.ResultColumn(name="n", family=catalog_pb2.TYPE_FAMILY_INTEGER),
        ]
        done = saved(tmp_path / f"r{suffix}", *parts, answered(columns=columns))
        assert (done.rows, done.path) == (0, tmp_path / f"r{suffix}")
    if suffix == ".csv":
        assert (tmp_path / "r.csv").read_text() == '"uf","n"\n'


@pytest.mark.parametrize("suffix", SUFFIXES)
@pytest.mark.parametrize("error", [RuntimeError("x"), asyncio.CancelledError(), KeyboardInterrupt()])
def test_what_ends_early_leaves_what_was_there(tmp_path: Path, suffix: str, error: BaseException) -> None:
    path = tmp_path / f"r{suffix}"
    path.write_text("before")
    seen: list[str] = []

    async def run() -> None:
        stream = events(batch_of(ROWS), batch_of(ROWS), fail=error)
        await save(stream, ResultFile(path), lambda _: seen.append(path.read_text()))

    with pytest.raises(type(error)):
        asyncio.run(run())
    assert seen == ["before", "before"]
    assert (left_in(tmp_path), path.read_text()) == ([path.name], "before")


def test_a_stream_that_ends_without_an_answer_is_no_result(tmp_path: Path) -> None:
    with pytest.raises(NotAFileError, match="without an answer"):
        saved(tmp_path / "r.csv", batch_of(ROWS))
    assert left_in(tmp_path) == []


def test_what_was_not_answered_writes_nothing(tmp_path: Path) -> None:
    done = saved(tmp_path / "r.csv", Answer(result_pb2.Answer(status=result_pb2.ANSWER_STATUS_REFUSED)))
    assert (done.path, done.answer.status, left_in(tmp_path)) == (None, "refused", [])


def test_a_result_that_was_cut_is_said_to_be(tmp_path: Path) -> None:
    done = saved(tmp_path / "r.csv", batch_of(ROWS), answered(truncated=True, truncation_reason="ROW_CEILING"))
    assert "not all rows" in done.notes[0]
    assert "ROW_CEILING" in done.notes[0]


def test_a_text_that_no_cell_holds_is_refused_not_cut(tmp_path: Path) -> None:
    with pytest.raises(NotAFileError, match="40,000"):
        saved(tmp_path / "r.xlsx", texts_of(["x" * 40_000]), answered())
    assert left_in(tmp_path) == []


def test_columns_that_change_on_the_way_are_refused(tmp_path: Path) -> None:
    numbers = batch_of([(1,)], pa.schema([("texto", pa.int64())]))
    for first, then in ((numbers, texts_of(["x"])), (texts_of(["x"]), batch_of(ROWS))):
        with pytest.raises(NotAFileError, match="first ones"):
            saved(tmp_path / "r.csv", first, then, answered())
    assert left_in(tmp_path) == []


@pytest.mark.parametrize(
    ("name", "problem"),
    [("r.pdf", "'.pdf'"), ("r", "says no form"), ("nowhere/r.csv", "no folder"), ("folder.csv", "is a folder")],
)
def test_what_cannot_be_written_is_said_before_anything_is_asked(tmp_path: Path, name: str, problem: str) -> None:
    (tmp_path / "folder.csv").mkdir()
    with pytest.raises(NotAFileError, match=problem):
        ResultFile(tmp_path / name)


def test_columns_of_other_types_are_written_as_text(tmp_path: Path) -> None:
    schema = pa.schema([("lista", pa.list_(pa.int32())), ("bytes", pa.binary())])
    saved(tmp_path / "r.csv", batch_of([([1, 2], b"\x00\xff")], schema), answered())
    assert (tmp_path / "r.csv").read_text().splitlines()[1] == '"[1, 2]","\\x00ff"'
