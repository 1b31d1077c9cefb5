"""Which tables count as written to, by the pages that hold them."""

import sqlite3
from collections import Counter
from collections.abc import Callable
from contextlib import closing

import pytest

from services.scanner.scan import Scan
from services.scanner.sqlite import reader as reading
from services.scanner.sqlite.pages import signatures

NUMBERS = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 3000)"
TABLES = f"""
CREATE TABLE clients (id INTEGER PRIMARY KEY, name TEXT, note TEXT);
CREATE TABLE orders (id INTEGER PRIMARY KEY, client INT, state TEXT);
CREATE INDEX orders_state ON orders (state);
CREATE TABLE places (code TEXT PRIMARY KEY, name TEXT) WITHOUT ROWID;
CREATE TABLE blank (x);
CREATE VIEW open_orders AS SELECT client FROM orders WHERE state = 'OPEN';
CREATE VIEW "of ""open" AS SELECT * FROM open_orders;
CREATE VIRTUAL TABLE words USING fts5(body);
INSERT INTO clients {NUMBERS} SELECT i, 'name ' || i, CASE WHEN i = 7 THEN printf('%.*c', 20000, 'x') END FROM n;
INSERT INTO orders {NUMBERS} SELECT i, i, CASE i % 2 WHEN 0 THEN 'OPEN' ELSE 'SENT' END FROM n;
INSERT INTO places {NUMBERS} SELECT 'P' || i, 'place ' || i FROM n;
INSERT INTO words VALUES ('hello');
"""
TELLING = {"clients", "orders", "places", "blank", "open_orders", 'of "open', "words"}


@pytest.fixture
def looked(write, sqlite_reader) -> Callable[[str], set[str]]:
    """Runs statements, and says which tables count as written to."""
    write(TABLES)
    held = {name: stamp.rows for (_, name), stamp in sqlite_reader.stamps(thorough=True).tables.items()}
    assert set(held) == TELLING

    def run(text: str) -> set[str]:
        write(text)
        now = {name: stamp.rows for (_, name), stamp in sqlite_reader.stamps(thorough=True).tables.items()}
        moved = {name for name, rows in now.items() if rows != held.get(name)}
        held.update(now)
        return moved - {"words"}  # whose rows are somewhere else: every write may be one of theirs

    return run


@pytest.mark.parametrize(
    ("statement", "moved"),
    [
        ("UPDATE orders SET client = 9 WHERE id = 2999", {"orders", "open_orders", 'of "open'}),
        ("DELETE FROM clients WHERE id > 2000", {"clients"}),
        ("UPDATE clients SET note = substr(note, 1, 19999) || 'y' WHERE id = 7", {"clients"}),
        ("UPDATE places SET name = 'elsewhere' WHERE code = 'P1500'", {"places"}),
        ("INSERT INTO blank VALUES (1)", {"blank"}),
        ("DELETE FROM places", {"places"}),
        ("CREATE INDEX clients_name ON clients (name)", set()),
        ("REINDEX orders_state", set()),
        ("CREATE TABLE fresh (y)", {"fresh"}),
        ("ANALYZE blank; INSERT INTO blank VALUES (2)", {"blank"}),
    ],
)
def test_only_what_was_written_counts(looked, statement: str, moved: set[str]) -> None:
    assert looked(statement) == moved
    assert looked("PRAGMA user_version = 3") == set()


def test_rows_in_a_write_ahead_log_and_behind_its_checkpoint(write, file, sqlite_reader, looked) -> None:
    assert looked("PRAGMA journal_mode = WAL") == set()
    with closing(sqlite3.connect(file)) as writer:
        writer.execute("PRAGMA wal_autocheckpoint = 0")
        for state in ("LATE", "LOST"):
            writer.execute("UPDATE orders SET state = ? WHERE id = 1500", (state,))
            writer.commit()
            assert looked("SELECT 1") == {"orders", "open_orders", 'of "open'}
        writer.execute("PRAGMA wal_checkpoint(RESTART)")
        assert looked("SELECT 1") == set()
        writer.execute("UPDATE places SET name = '' WHERE code = 'P9'")
        writer.commit()
        assert looked("SELECT 1") == {"places"}
        writer.execute("BEGIN")
        writer.execute("UPDATE clients SET name = 'never committed'")
        assert looked("SELECT 1") == set()
        writer.rollback()


def test_an_emptied_table_and_one_of_the_same_name(looked) -> None:
    assert looked("DROP TABLE places; CREATE TABLE places (code TEXT PRIMARY KEY, name TEXT) WITHOUT ROWID") == {
        "places"
    }


def test_where_pages_take_too_long_every_table_counts(looked, monkeypatch, sqlite_reader) -> None:
    assert signatures(sqlite_reader._file, TELLING, 0) is None
    monkeypatch.setattr(reading, "signatures", lambda *_: None)
    looked("SELECT 1")
    assert looked("UPDATE orders SET client = 9 WHERE id = 2999") == TELLING - {"words"}


def test_a_dear_look_at_pages_waits_and_a_change_of_structure_does_not(write, sqlite_reader, monkeypatch) -> None:
    write(TABLES)
    first = sqlite_reader.stamps()
    monkeypatch.setattr(sqlite_reader, "_rest_until", float("inf"))
    write("UPDATE orders SET client = 9")
    assert sqlite_reader.stamps() is first
    write("ALTER TABLE orders ADD COLUMN more INT")
    assert sqlite_reader.stamps().tables["", "orders"].structure != first.tables["", "orders"].structure
    monkeypatch.setattr(sqlite_reader, "_rest_until", 0.0)
    assert sqlite_reader.stamps().tables["", "orders"].rows != first.tables["", "orders"].rows


def test_a_rescan_sends_statements_about_the_written_table_alone(write, sqlite_reader, settings, monkeypatch) -> None:
    write(TABLES.replace("CREATE VIRTUAL TABLE words USING fts5(body);", "").replace("INSERT INTO words", "--"))
    scan = Scan(sqlite_reader, "shop", settings)
    before = scan.run(now_all=True).snapshot
    asked: Counter[str] = Counter()
    rows = sqlite_reader._file.rows

    def counting(statement, *arguments, about: str, traced: bool = True):
        asked[about] += 1
        return rows(statement, *arguments, about=about, traced=traced)

    monkeypatch.setattr(sqlite_reader._file, "rows", counting)
    write("UPDATE places SET name = 'elsewhere' WHERE code = 'P1500'")
    outcome = scan.run(now_all=True)
    assert outcome.read == 1
    assert asked["places"] > 0
    assert not {"clients", "orders", "open_orders", 'of "open', "blank"} & set(asked)
    after = outcome.snapshot
    assert after.version == before.version
    assert after.tables["", "places"].rows_version != before.tables["", "places"].rows_version
    assert after.tables["", "clients"] is before.tables["", "clients"]
    asked.clear()
    assert scan.run(now_all=True).snapshot is after
    assert not asked
