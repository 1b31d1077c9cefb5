"""What tells that a PostgreSQL source has changed."""

import psycopg
import pytest

from mesh.fault import Fault
from mesh.sources import sources
from services.scanner.postgres.reader import PostgresReader
from services.scanner.postgres.session import Session, address
from services.scanner.settings import ScannerSettings

TABLES = """
CREATE TABLE a (id int PRIMARY KEY, name text);
CREATE TABLE b (id int PRIMARY KEY, a_id int REFERENCES a);
CREATE TYPE mood AS ENUM ('low');
CREATE VIEW v AS SELECT name FROM a;
"""


def test_a_change_is_seen_by_the_quick_look_too(execute, postgres_reader) -> None:
    execute(TABLES)
    postgres_reader.stamps()
    postgres_reader._full_cost = 1.0  # as if reading all stamps took that long
    held = postgres_reader.stamps()
    assert postgres_reader.stamps() is held
    execute("ALTER TABLE a ADD COLUMN extra int; SELECT pg_stat_force_next_flush()")
    seen = postgres_reader.stamps()
    assert seen.tables["public", "a"].structure != held.tables["public", "a"].structure


def test_nothing_new_gives_the_same_stamps(execute, postgres_reader) -> None:
    execute(TABLES)
    assert postgres_reader.stamps() is postgres_reader.stamps()


@pytest.mark.parametrize(
    ("change", "table"),
    [
        ("ALTER TABLE a ADD COLUMN extra int", "a"),
        ("ALTER TABLE a RENAME COLUMN name TO title", "a"),
        ("ALTER TABLE a ALTER COLUMN name SET NOT NULL", "a"),
        ("ALTER TABLE a ALTER COLUMN name SET DEFAULT 'x'", "a"),
        ("ALTER TABLE a ALTER COLUMN name TYPE varchar(10)", "a"),
        ("CREATE INDEX a_name ON a (name)", "a"),
        ("ALTER INDEX a_pkey RENAME TO a_key", "a"),
        ("ALTER TABLE b DROP CONSTRAINT b_a_id_fkey", "b"),
        ("COMMENT ON COLUMN a.name IS 'what it is called'", "a"),
        ("CREATE OR REPLACE VIEW v AS SELECT upper(name) AS name FROM a", "v"),
        ("CREATE STATISTICS s ON id, name FROM a", "a"),
        ("REVOKE SELECT ON b FROM maestro_reader; GRANT SELECT (id) ON b TO maestro_reader", "b"),
        ("ALTER TABLE b ENABLE ROW LEVEL SECURITY", "b"),
    ],
)
def test_a_change_moves_the_stamp_of_its_table_alone(execute, postgres_reader, change, table) -> None:
    execute(TABLES.replace("CREATE VIEW v AS SELECT name", "CREATE VIEW v AS SELECT id::text AS name"))
    before = postgres_reader.stamps().tables
    execute(change)
    after = postgres_reader.stamps(thorough=True).tables
    moved = {name for (_, name), stamp in after.items() if before["public", name].structure != stamp.structure}
    assert moved == {table}


def test_a_new_label_of_an_enum_moves_what_all_tables_share(execute, postgres_reader) -> None:
    execute(TABLES)
    before = postgres_reader.stamps().environment
    execute("ALTER TYPE mood ADD VALUE 'high'")
    assert postgres_reader.stamps(thorough=True).environment != before


def test_analyze_and_writes_are_seen(execute, postgres_reader) -> None:
    execute(TABLES)
    before = postgres_reader.stamps(thorough=True).tables["public", "a"]
    execute("INSERT INTO a SELECT i, 'x' FROM generate_series(1, 100) i")
    execute("SELECT pg_stat_force_next_flush()")
    written = postgres_reader.stamps(thorough=True).tables["public", "a"]
    assert written.changes == before.changes + 100
    assert written.structure == before.structure
    execute("ANALYZE a; SELECT pg_stat_force_next_flush()")
    assert postgres_reader.stamps(thorough=True).tables["public", "a"].statistics != written.statistics


def test_the_source_is_only_read(execute, postgres, database) -> None:
    execute("CREATE TABLE a (id int)")
    owner = Session(sources({"MAESTRO_SOURCE_S": database})["s"])  # who could write
    with pytest.raises(psycopg.errors.ReadOnlySqlTransaction), owner.transaction(5) as run:
        run.rows("INSERT INTO a VALUES (1) RETURNING id", about="a")
    owner.close()


def test_a_statement_that_takes_too_long_is_stopped(postgres, database) -> None:
    session = Session(sources({"MAESTRO_SOURCE_S": database})["s"])
    with pytest.raises(psycopg.errors.QueryCanceled), session.transaction(0.2) as run:
        run.rows("SELECT pg_sleep(30)", about="sleep")
    with session.transaction(5) as run:
        assert run.rows("SELECT 1", about="one") == [(1,)]
    session.close()


@pytest.mark.parametrize(
    "url",
    [
        "postgresql://ana:hunter2@127.0.0.1:1/shop",
        "postgresql://ana@127.0.0.1:1/shop?password=hunter2",
        "postgresql:///shop?host=/nowhere&user=ana&password=hunter2",
    ],
)
def test_a_database_that_is_down_is_told_without_secrets(url: str) -> None:
    reader = PostgresReader(sources({"MAESTRO_SOURCE_SHOP": url})["shop"], ScannerSettings())
    with pytest.raises(Fault) as caught:
        reader.stamps()
    assert caught.value.reason == "SOURCE_UNAVAILABLE"
    assert caught.value.metadata == {"source": "shop"}
    assert "hunter2" not in caught.value.message
    assert "ana" not in caught.value.message
    assert '"shop"' in caught.value.message
    assert "hunter2" not in address(url)
    assert "ana" not in address(url)


def test_a_database_that_does_not_exist_is_named(postgres) -> None:
    url = postgres.server.url("nowhere")
    reader = PostgresReader(sources({"MAESTRO_SOURCE_SHOP": url})["shop"], ScannerSettings())
    with pytest.raises(Fault, match='"nowhere" does not exist'):
        reader.stamps()


def test_a_connection_that_the_server_ends_is_opened_again(execute, postgres_reader, database) -> None:
    execute(TABLES)
    postgres_reader.stamps()
    with psycopg.connect(database.replace("//maestro@", "//postgres@")) as superuser:
        superuser.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
            "WHERE application_name = 'maestro-scanner' AND datname = current_database()"
        )
    with pytest.raises(Fault):
        postgres_reader.stamps()
    assert postgres_reader.stamps().tables


def test_nothing_runs_after_an_interruption(execute, postgres_reader) -> None:
    postgres_reader.stamps()
    postgres_reader.interrupt()
    with pytest.raises(Fault, match="being closed"):
        postgres_reader.stamps()
