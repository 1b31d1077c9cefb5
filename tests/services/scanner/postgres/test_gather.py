"""Statistics and sample values of PostgreSQL tables."""

import psycopg
import pytest

from maestro.catalog.v1 import catalog_pb2 as pb
from mesh.sources import sources
from services.scanner.postgres.reader import PostgresReader
from services.scanner.settings import ScannerSettings


def gathered(reader, name: str = "t") -> pb.Table:
    reader.stamps()
    table = reader.structure(None).tables["public", name]
    reader.gather([table], 60)
    return table


def column(table: pb.Table, name: str) -> pb.Column:
    return next(each for each in table.columns if each.name == name)


def fill(execute, rows: int) -> None:
    execute(
        "CREATE TABLE t (id int PRIMARY KEY, status text, city varchar(30), day date, amount numeric, "
        "flag boolean, doc jsonb, gone text)"
    )
    execute(
        "INSERT INTO t SELECT i, (ARRAY['OPEN','PAID','SENT'])[1 + i % 3], 'city ' || i % 400, "
        "date '2025-01-01' + i % 100, i * 1.5, i % 2 = 0, '{}', NULL "
        f"FROM generate_series(1, {rows}) i"
    )


@pytest.mark.parametrize("analyzed", [True, False])
def test_a_column_of_few_values_is_listed_completely(execute, postgres_reader, analyzed: bool) -> None:
    fill(execute, 900)
    if analyzed:
        execute("ANALYZE t")
    table = gathered(postgres_reader)
    status = column(table, "status")
    assert set(status.sample_values) == {"OPEN", "PAID", "SENT"}
    assert status.samples_complete
    assert status.statistics.distinct in (3, pytest.approx(3 / 900))
    assert sum(status.statistics.most_common_frequencies) == pytest.approx(1, abs=0.01)
    assert set(column(table, "flag").sample_values) == {"true", "false"}
    assert not column(table, "city").samples_complete
    assert len(column(table, "city").sample_values) == 50
    assert column(table, "gone").statistics.null_fraction == 1
    assert not column(table, "doc").sample_values
    assert table.row_estimate == 900
    day = column(table, "day").statistics
    assert (day.minimum, day.maximum) == ("2025-01-01", "2025-04-10")


def test_values_written_after_analyze_make_a_list_incomplete_or_are_in_it(execute, postgres_reader) -> None:
    fill(execute, 900)
    execute("ANALYZE t")
    execute("INSERT INTO t (id, status) VALUES (1001, 'LOST')")
    execute("SELECT pg_stat_force_next_flush()")
    status = column(gathered(postgres_reader), "status")
    assert not status.samples_complete or "LOST" in status.sample_values


def test_a_large_table_without_statistics_is_estimated_from_some_pages(execute, postgres_reader) -> None:
    execute("CREATE TABLE t (id int, status text, pad text)")
    execute("ALTER TABLE t SET (autovacuum_enabled = off)")
    execute(
        "INSERT INTO t SELECT i, CASE WHEN i % 2 = 0 THEN 'A' ELSE 'B' END, repeat('x', 150) "
        "FROM generate_series(1, 120000) i"
    )
    table = gathered(postgres_reader)
    assert table.row_estimate == pytest.approx(120_000, rel=0.05)
    assert set(column(table, "status").sample_values) == {"A", "B"}
    assert column(table, "status").samples_complete
    assert column(table, "id").statistics.distinct == pytest.approx(-1, abs=0.1)


def test_a_table_too_large_to_read_whole_is_listed_by_its_index(execute, postgres, database) -> None:
    execute("CREATE TABLE t (id int, kind text, other text)")
    execute("INSERT INTO t SELECT i, 'k' || i % 4, 'o' || i % 4 FROM generate_series(1, 50000) i")
    execute("INSERT INTO t VALUES (0, 'rare', 'rare')")
    execute("CREATE INDEX ON t (kind); ANALYZE t")
    source = sources({"MAESTRO_SOURCE_S": postgres.reader(database)})["s"]
    reader = PostgresReader(source, ScannerSettings(distinct_rows=1000, probe_timeout=20))
    table = gathered(reader)
    reader.release()
    assert column(table, "kind").samples_complete
    assert set(column(table, "kind").sample_values) == {"k0", "k1", "k2", "k3", "rare"}
    assert not column(table, "other").samples_complete
    assert (column(table, "kind").statistics.minimum, column(table, "kind").statistics.maximum) == (
        "k0",
        "rare",
    )


def test_an_enum_without_rows_is_told_by_its_labels(execute, postgres_reader) -> None:
    execute("CREATE TYPE mood AS ENUM ('low', 'high'); CREATE TABLE t (m mood)")
    mood = column(gathered(postgres_reader), "m")
    assert list(mood.sample_values) == ["low", "high"]
    assert mood.samples_complete


def test_a_view_is_sampled_unless_that_is_dear(execute, postgres_reader) -> None:
    fill(execute, 900)
    execute("CREATE VIEW few AS SELECT status, count(*) AS n FROM t GROUP BY 1")
    execute("CREATE VIEW dear AS SELECT a.status FROM t a, t b, t c ORDER BY a.city || b.city || c.city")
    tables = postgres_reader.structure(None).tables
    few, dear = tables["public", "few"], tables["public", "dear"]
    postgres_reader.gather([few, dear], 60)
    assert set(column(few, "status").sample_values) == {"OPEN", "PAID", "SENT"}
    assert not column(dear, "status").sample_values


def test_a_view_that_fails_spoils_nothing(execute, postgres_reader) -> None:
    fill(execute, 90)
    execute("CREATE VIEW broken AS SELECT 1 / (id - id) AS x FROM t")
    execute("CREATE MATERIALIZED VIEW empty AS SELECT 1 AS one WITH NO DATA")
    tables = postgres_reader.structure(None).tables
    postgres_reader.gather(list(tables.values()), 60)
    assert column(tables["public", "t"], "status").samples_complete
    assert not column(tables["public", "broken"], "x").sample_values


def test_a_locked_table_keeps_nobody_waiting(execute, postgres_reader, database) -> None:
    execute("CREATE TABLE locked (a text); INSERT INTO locked VALUES ('x'); CREATE TABLE t (a text)")
    execute("INSERT INTO t VALUES ('y')")
    postgres_reader.stamps()
    with psycopg.connect(database) as other:
        other.execute("LOCK TABLE locked IN ACCESS EXCLUSIVE MODE")
        tables = postgres_reader.structure(None).tables
        postgres_reader.gather(list(tables.values()), 60)
    assert list(column(tables["public", "t"], "a").sample_values) == ["y"]
    assert not column(tables["public", "locked"], "a").sample_values


def test_no_value_of_the_data_is_kept_where_that_is_forbidden(execute, postgres, database) -> None:
    fill(execute, 900)
    execute("ANALYZE t; CREATE TABLE u AS SELECT * FROM t")
    source = sources({"MAESTRO_SOURCE_S": postgres.reader(database)})["s"]
    reader = PostgresReader(source, ScannerSettings(sample_values=0))
    for table in (gathered(reader), gathered(reader, "u")):
        for each in table.columns:
            assert not each.sample_values
            assert not each.statistics.most_common_values
            assert not each.statistics.histogram_bounds
            assert not each.statistics.minimum
        assert column(table, "status").statistics.distinct
    reader.release()
