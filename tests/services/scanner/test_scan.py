"""Scans and rescans, of both kinds of database."""

from collections.abc import Collection

import pytest

from maestro.catalog.v1 import catalog_pb2 as pb
from services.scanner.diff import difference
from services.scanner.reader import TableKey
from services.scanner.relationships.infer import infer
from services.scanner.scan import Scan
from services.scanner.settings import ScannerSettings

TABLES = """
CREATE TABLE clients (id INTEGER PRIMARY KEY, name VARCHAR(40), email VARCHAR(40));
CREATE TABLE orders (id INTEGER PRIMARY KEY, client_id INT, status VARCHAR(10));
CREATE TABLE notes (id INTEGER PRIMARY KEY, client_id INT REFERENCES clients (id), body VARCHAR(40));
"""
NUMBERS = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 60)"
ROWS = [
    f"INSERT INTO clients {NUMBERS} SELECT i, 'name ' || i, 'mail ' || i FROM n",
    f"INSERT INTO orders {NUMBERS} SELECT i, 1 + i % 50, CASE i % 2 WHEN 0 THEN 'NEW' ELSE 'DONE' END FROM n",
    f"INSERT INTO notes {NUMBERS} SELECT i, 1 + i % 50, 'body ' || i FROM n",
]


class Counting:
    """A reader that remembers which tables it was asked for."""

    def __init__(self, reader) -> None:
        self._reader = reader
        self.structures: list[Collection[TableKey] | None] = []
        self.gathered: list[set[str]] = []

    def __getattr__(self, name: str):
        return getattr(self._reader, name)

    def structure(self, tables):
        self.structures.append(tables)
        return self._reader.structure(tables)

    def gather(self, tables, seconds):
        self.gathered.append({table.name for table in tables})
        return self._reader.gather(tables, seconds)


class Place:
    """A database with the tables, a way to write to it, and a scan of it."""

    def __init__(self, reader, execute, settings: ScannerSettings) -> None:
        self.reader = Counting(reader)
        self._execute = execute
        self.postgres = reader.dialect == pb.DIALECT_POSTGRESQL
        self.scan = Scan(self.reader, "shop", settings)

    def write(self, text: str) -> None:
        self._execute(text)
        if self.postgres:
            self._execute("SELECT pg_stat_force_next_flush()")


@pytest.fixture(params=["postgresql", "sqlite"])
def place(request: pytest.FixtureRequest, settings) -> Place:
    kind = request.param
    execute = request.getfixturevalue("execute" if kind == "postgresql" else "write")
    reader = request.getfixturevalue("postgres_reader" if kind == "postgresql" else "sqlite_reader")
    made = Place(reader, execute, settings)
    for statement in [TABLES, *ROWS]:
        made.write(statement)
    return made


def names(snapshot) -> set[str]:
    return {each.name for each in snapshot.relationships}


def test_the_first_scan_reads_everything(place) -> None:
    outcome = place.scan.run(now_all=True)
    snapshot = outcome.snapshot
    assert outcome.read == 3
    assert {name for _, name in snapshot.tables} == {"clients", "orders", "notes"}
    assert len(snapshot.version) == len(snapshot.statistics_version) == 16
    origins = {(each.from_table, each.from_columns[0]): each.origin for each in snapshot.relationships}
    assert origins == {
        ("notes", "client_id"): pb.RELATIONSHIP_ORIGIN_DECLARED,
        ("orders", "client_id"): pb.RELATIONSHIP_ORIGIN_INFERRED,
    }
    message = snapshot.message()
    assert [table.name for table in message.tables] == ["clients", "notes", "orders"]
    assert message.scan_time.seconds
    assert all(each.to_unique for each in message.relationships)


def test_nothing_new_reads_nothing(place) -> None:
    first = place.scan.run(now_all=True).snapshot
    place.reader.structures.clear()
    again = place.scan.run()
    assert (again.snapshot, again.read) == (first, 0)
    assert not place.reader.structures


def test_the_version_is_of_the_structure_not_of_the_rows(place) -> None:
    before = place.scan.run(now_all=True).snapshot
    place.write("INSERT INTO orders SELECT id + 1000, client_id, 'LATE' FROM orders")
    after = place.scan.run(now_all=True).snapshot
    assert after.version == before.version
    assert after.statistics_version != before.statistics_version
    status = next(each for each in after.message().tables[2].columns if each.name == "status")
    assert "LATE" in status.sample_values


def test_one_change_reads_one_table(place) -> None:
    before = place.scan.run(now_all=True).snapshot
    place.reader.gathered.clear()
    place.write("ALTER TABLE orders ADD COLUMN client_name VARCHAR(40)")
    outcome = place.scan.run(now_all=True)
    after = outcome.snapshot
    assert (outcome.read, place.reader.gathered) == (1, [{"orders"}])
    schema = "public" if place.postgres else ""
    assert after.tables[schema, "clients"] is before.tables[schema, "clients"]
    assert after.version != before.version
    assert difference(before, after).changed == ("orders",)
    assert not difference(before, after).added
    assert names(after) == names(before)


def test_relationships_of_other_columns_are_not_sought_again(place, monkeypatch) -> None:
    place.scan.run(now_all=True)
    sought = []

    def seeking(tables, declared, probe, seconds, *, loose, touching):
        sought.append(touching)
        return infer(tables, declared, probe, seconds, loose=loose, touching=touching)

    monkeypatch.setattr("services.scanner.scan.infer", seeking)
    place.write("ALTER TABLE orders ADD COLUMN note_id INT")
    after = place.scan.run(now_all=True).snapshot
    schema = "public" if place.postgres else ""
    assert sought == [{(schema, "orders", "note_id")}]
    assert "orders.client_id->clients.id" in names(after)


def test_a_foreign_key_takes_the_place_of_what_was_inferred_and_leaves_it_again(request, settings) -> None:
    execute = request.getfixturevalue("execute")
    for statement in [TABLES, *ROWS]:
        execute(statement)
    scan = Scan(request.getfixturevalue("postgres_reader"), "shop", settings)

    def origins() -> set[int]:
        held = scan.run(now_all=True).snapshot.relationships
        return {each.origin for each in held if (each.from_table, each.from_columns[0]) == ("orders", "client_id")}

    assert origins() == {pb.RELATIONSHIP_ORIGIN_INFERRED}
    execute("ALTER TABLE orders ADD CONSTRAINT of_client FOREIGN KEY (client_id) REFERENCES clients (id)")
    assert origins() == {pb.RELATIONSHIP_ORIGIN_DECLARED}
    execute("ALTER TABLE orders DROP CONSTRAINT of_client")
    assert origins() == {pb.RELATIONSHIP_ORIGIN_INFERRED}


def test_what_there_was_no_time_to_seek_is_believed_as_it_was(place, monkeypatch) -> None:
    before = place.scan.run(now_all=True).snapshot
    monkeypatch.setattr("services.scanner.scan.infer", lambda *_, **__: ([], False))
    place.write("ALTER TABLE orders ADD COLUMN note_id INT")
    assert names(place.scan.run(now_all=True).snapshot) == names(before)


def test_a_change_and_its_undoing_give_the_first_version(place) -> None:
    before = place.scan.run(now_all=True).snapshot
    place.write("CREATE INDEX orders_status ON orders (status)")
    assert place.scan.run(now_all=True).snapshot.version != before.version
    place.write("DROP INDEX orders_status")
    assert place.scan.run(now_all=True).snapshot.version == before.version


def test_tables_that_come_and_go(place) -> None:
    before = place.scan.run(now_all=True).snapshot
    place.write("DROP TABLE notes")
    place.write("CREATE TABLE visits (id INTEGER PRIMARY KEY, client_id INT)")
    place.write(f"INSERT INTO visits {NUMBERS} SELECT i, 1 + i % 50 FROM n")
    after = place.scan.run(now_all=True).snapshot
    found = difference(before, after)
    assert (found.added, found.removed, found.changed) == (("visits",), ("notes",), ())
    assert names(after) == {"orders.client_id->clients.id", "visits.client_id->clients.id"}


def test_what_refers_is_found_once_there_are_rows(place) -> None:
    place.write("CREATE TABLE codes (code VARCHAR(20) PRIMARY KEY)")
    place.write("CREATE TABLE uses (id INTEGER PRIMARY KEY, what VARCHAR(20))")
    assert "uses.what->codes.code" not in names(place.scan.run(now_all=True).snapshot)
    place.write(f"INSERT INTO codes {NUMBERS} SELECT 'AB-' || (70000 + i * 37) FROM n")
    place.write(f"INSERT INTO uses {NUMBERS} SELECT i, 'AB-' || (70000 + i * 37) FROM n")
    assert "uses.what->codes.code" in names(place.scan.run(now_all=True).snapshot)


def test_what_was_unique_in_fact_is_looked_at_again(place) -> None:
    place.write("CREATE TABLE firms (id INTEGER PRIMARY KEY, title VARCHAR(40))")
    place.write("CREATE TABLE trips (id INTEGER PRIMARY KEY, firm VARCHAR(40))")
    place.write(f"INSERT INTO firms {NUMBERS} SELECT i, 'Firm number ' || i FROM n")
    place.write(f"INSERT INTO trips {NUMBERS} SELECT i, 'Firm number ' || i FROM n")

    def joined() -> pb.Relationship:
        held = place.scan.run(now_all=True).snapshot.relationships
        return next(each for each in held if each.name == "trips.firm->firms.title")

    assert joined().to_unique
    place.write("INSERT INTO firms SELECT id + 100, title FROM firms WHERE id < 3")
    if place.postgres:
        place.write("ANALYZE firms")
    assert not joined().to_unique


def test_a_busy_table_is_not_read_again_at_every_look(request) -> None:
    execute = request.getfixturevalue("execute")
    reader = Counting(request.getfixturevalue("postgres_reader"))
    scan = Scan(reader, "shop", ScannerSettings())
    for statement in [TABLES, *ROWS]:
        execute(statement)
    execute("SELECT pg_stat_force_next_flush()")
    first = scan.run().snapshot
    reader.gathered.clear()
    execute("UPDATE orders SET status = 'OPEN' WHERE id < 5; SELECT pg_stat_force_next_flush()")
    second = scan.run(now_all=True).snapshot
    assert not reader.gathered
    assert second.version == first.version
    assert second.tables["public", "orders"].changes > first.tables["public", "orders"].changes
    assert second.tables["public", "clients"] is first.tables["public", "clients"]


def test_a_failure_leaves_what_is_held_and_the_next_scan_goes_on(place, monkeypatch) -> None:
    before = place.scan.run(now_all=True).snapshot
    place.write("ALTER TABLE orders ADD COLUMN extra INT")

    def broken(tables):
        raise RuntimeError

    with monkeypatch.context() as patch:
        patch.setattr(place.reader, "structure", broken, raising=False)
        with pytest.raises(RuntimeError):
            place.scan.run(now_all=True)
    after = place.scan.run(now_all=True).snapshot
    assert difference(before, after).changed == ("orders",)


def test_what_there_was_no_time_to_read_follows(place, monkeypatch) -> None:
    gather = place.reader.gather
    schema = "public" if place.postgres else ""
    monkeypatch.setattr(place.reader, "gather", lambda tables, _: gather(tables, 60) | {(schema, "orders")})
    assert place.scan.run(now_all=True).read == 3
    monkeypatch.setattr(place.reader, "gather", gather)
    place.reader.gathered.clear()
    assert place.scan.run().read == 1
    assert place.reader.gathered == [{"orders"}]
    assert place.scan.run().read == 0


def test_what_there_was_no_time_to_seek_is_sought_again(place, settings, monkeypatch) -> None:
    hurried = settings.model_copy(update={"inference_budget": 1e-9})
    scan = Scan(place.reader, "shop", hurried)
    first = scan.run(now_all=True).snapshot
    assert "orders.client_id->clients.id" not in names(first)
    monkeypatch.setattr("services.scanner.scan._SECOND_TIME", 60e9)
    second = scan.run()
    assert "orders.client_id->clients.id" in names(second.snapshot)
    assert second.read == 0
    assert second.snapshot.version != first.version
    assert scan.run().snapshot is second.snapshot


def test_constraint_names_that_tables_share_are_told_apart(request, settings) -> None:
    execute = request.getfixturevalue("execute")
    execute("CREATE TABLE c (id int PRIMARY KEY)")
    for name in ("a", "b"):
        execute(f"CREATE TABLE {name} (c_id int, CONSTRAINT to_c FOREIGN KEY (c_id) REFERENCES c)")
    held = Scan(request.getfixturevalue("postgres_reader"), "shop", settings).run().snapshot
    assert names(held) == {"a.c_id->c.id", "b.c_id->c.id"}
