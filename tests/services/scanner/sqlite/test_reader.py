"""How a SQLite file is opened, sampled and watched."""

import shutil
import sqlite3
from contextlib import closing

import pytest

from maestro.catalog.v1 import catalog_pb2 as pb
from mesh.fault import Fault
from mesh.sources import sources
from services.scanner.settings import ScannerSettings
from services.scanner.sqlite.reader import SqliteReader

TABLES = """
CREATE TABLE t (id INTEGER PRIMARY KEY, status TEXT, day TEXT, born DATE, amount INT, picture BLOB);
INSERT INTO t WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 900)
    SELECT i, CASE i % 3 WHEN 0 THEN 'OPEN' WHEN 1 THEN 'PAID' ELSE 'SENT' END,
    '2025-01-' || printf('%02d', 1 + i % 28),
    '2024-12-' || printf('%02d', 1 + i % 28), i * 1.5, zeroblob(10) FROM n;
"""


def gathered(reader: SqliteReader, name: str = "t") -> pb.Table:
    table = reader.structure(None).tables["", name]
    reader.gather([table], 60)
    return table


def column(table: pb.Table, name: str) -> pb.Column:
    return next(each for each in table.columns if each.name == name)


def test_values_tell_families_samples_and_dates_in_text(write, sqlite_reader) -> None:
    write(TABLES)
    table = gathered(sqlite_reader)
    assert table.row_estimate == 900
    status = column(table, "status")
    assert (set(status.sample_values), status.samples_complete) == ({"OPEN", "PAID", "SENT"}, True)
    day = column(table, "day")
    assert (day.family, day.text_form) == (pb.TYPE_FAMILY_TEXT, "YYYY-MM-DD")
    assert (day.statistics.minimum, day.statistics.maximum) == ("2025-01-01", "2025-01-28")
    assert column(table, "born").family == pb.TYPE_FAMILY_DATE
    assert column(table, "amount").family == pb.TYPE_FAMILY_FLOAT
    assert not column(table, "picture").sample_values
    assert column(table, "id").statistics.distinct == -1


def test_a_large_table_is_read_in_part_but_small_lists_whole(write, file) -> None:
    write(TABLES + "INSERT INTO t (status) VALUES ('RARE')")
    source = sources({"MAESTRO_SOURCE_S": f"sqlite:///{file}"})["s"]
    reader = SqliteReader(source, ScannerSettings(sample_rows=100))
    table = gathered(reader)
    reader.release()
    assert table.row_estimate == 901
    assert set(column(table, "status").sample_values) == {"OPEN", "PAID", "SENT", "RARE"}
    assert column(table, "status").samples_complete
    assert not column(table, "day").samples_complete or len(column(table, "day").sample_values) == 28
    assert int(column(table, "id").statistics.maximum) > 800


def test_a_table_without_rowid_and_a_view_are_read(write, sqlite_reader) -> None:
    write(TABLES + "CREATE TABLE w (k TEXT PRIMARY KEY) WITHOUT ROWID; INSERT INTO w SELECT id FROM t;")
    write("CREATE VIEW v AS SELECT status, count(*) AS n FROM t GROUP BY 1")
    assert gathered(sqlite_reader, "w").row_estimate == 900
    view = gathered(sqlite_reader, "v")
    assert set(column(view, "status").sample_values) == {"OPEN", "PAID", "SENT"}
    assert column(view, "n").family == pb.TYPE_FAMILY_INTEGER


def test_text_that_is_no_utf8_is_read(write, sqlite_reader) -> None:
    write("CREATE TABLE t (a TEXT); INSERT INTO t VALUES (CAST(x'E3C3' AS TEXT)), ('ok')")
    assert "ok" in column(gathered(sqlite_reader), "a").sample_values


def test_a_write_moves_the_stamps_and_nothing_else_does(write, sqlite_reader) -> None:
    write(TABLES + "CREATE TABLE u (x)")
    first = sqlite_reader.stamps()
    assert sqlite_reader.stamps() is first
    write("INSERT INTO u VALUES (1)")
    second = sqlite_reader.stamps(thorough=True)
    assert second is not first
    assert second.tables["", "u"].structure == first.tables["", "u"].structure
    assert second.tables["", "u"].statistics != first.tables["", "u"].statistics
    assert second.tables["", "t"] == first.tables["", "t"]
    write("CREATE INDEX u_x ON u (x)")
    third = sqlite_reader.stamps(thorough=True)
    assert third.tables["", "u"].structure != first.tables["", "u"].structure
    assert third.tables["", "t"].structure == first.tables["", "t"].structure


def test_another_file_under_the_same_name_is_noticed(write, file, tmp_path, sqlite_reader) -> None:
    write("CREATE TABLE old (x)")
    assert set(sqlite_reader.stamps().tables) == {("", "old")}
    with closing(sqlite3.connect(tmp_path / "new")) as made:
        made.execute("CREATE TABLE new (y)")
    shutil.move(tmp_path / "new", file)
    assert set(sqlite_reader.stamps().tables) == {("", "new")}


def test_a_write_ahead_log_is_read(write, file, sqlite_reader) -> None:
    write("PRAGMA journal_mode = WAL; CREATE TABLE t (x)")
    with closing(sqlite3.connect(file)) as writer:
        writer.execute("INSERT INTO t VALUES ('in the log')")
        writer.commit()
        assert list(column(gathered(sqlite_reader), "x").sample_values) == ["in the log"]


def test_the_file_is_only_read(write, sqlite_reader) -> None:
    write("CREATE TABLE t (x)")
    with pytest.raises(sqlite3.OperationalError, match="readonly"):
        sqlite_reader._file.rows("INSERT INTO t VALUES (1)", about="t")


@pytest.mark.parametrize("content", [None, b"this is no database" * 100])
def test_what_is_no_database_is_told(file, sqlite_reader, content: bytes | None) -> None:
    if content is not None:
        file.write_bytes(content)
    with pytest.raises(Fault) as caught:
        sqlite_reader.stamps()
    assert caught.value.reason == "SOURCE_UNAVAILABLE"
    assert '"shop"' in caught.value.message
    assert not file.exists() or content is not None


def test_a_statement_stops_when_its_time_is_up(write, sqlite_reader) -> None:
    write("CREATE TABLE t (x)")
    endless = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT count(*) FROM n"
    with sqlite_reader._file.within(0.1), pytest.raises(sqlite3.OperationalError, match="interrupted"):
        sqlite_reader._file.rows(endless, about="n")
