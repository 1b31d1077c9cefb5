"""What is read of a SQLite file's structure."""

import pytest

from maestro.catalog.v1 import catalog_pb2 as pb
from services.scanner.sqlite.structure import ROWID_INDEX

SCHEMA = """
CREATE TABLE clients (
    id INTEGER PRIMARY KEY, tax_id VARCHAR(20) UNIQUE, name TEXT NOT NULL DEFAULT 'nobody', born DATE,
    loud TEXT GENERATED ALWAYS AS (upper(name)) STORED
);
CREATE TABLE orders (
    number TEXT PRIMARY KEY, client INT REFERENCES Clients, other INT REFERENCES clients(ID),
    lost INT REFERENCES gone(id), day DATE, note TEXT
) WITHOUT ROWID;
CREATE TABLE lines (
    number TEXT, line INT, what, PRIMARY KEY (number, line), FOREIGN KEY (number) REFERENCES orders
);
CREATE TABLE splits (a TEXT, b INT, FOREIGN KEY (a, b) REFERENCES lines (number, line));
CREATE INDEX orders_day ON orders (day DESC, client);
CREATE INDEX "orders note" ON orders (lower(note) COLLATE NOCASE, substr(note, 1, 3) DESC)
    WHERE note IS NOT NULL /* only, where */ AND note <> 'a, (b)';
CREATE UNIQUE INDEX lines_what ON lines (what);
CREATE VIEW open_orders AS SELECT number, client FROM orders;
CREATE VIEW broken AS SELECT x FROM nowhere;
CREATE VIRTUAL TABLE words USING fts5(body);
"""


@pytest.fixture
def structure(write, sqlite_reader):
    write(SCHEMA)
    return sqlite_reader.structure(None)


def test_tables_and_their_kinds(structure) -> None:
    kinds = {name: each.kind for (_, name), each in structure.tables.items()}
    assert {name for name, kind in kinds.items() if kind == pb.TABLE_KIND_VIEW} == {"open_orders"}
    assert {"clients", "orders", "lines", "splits", "words"} <= set(kinds)
    assert not {name for name in kinds if name.startswith(("sqlite_", "words_"))}
    assert structure.tables["", "open_orders"].definition.startswith("CREATE VIEW open_orders")


def test_columns(structure) -> None:
    columns = {each.name: each for each in structure.tables["", "clients"].columns}
    assert columns["id"].identity
    assert not columns["id"].nullable
    assert (columns["name"].nullable, columns["name"].default_expression) == (False, "'nobody'")
    assert columns["loud"].generated
    assert columns["tax_id"].type == "VARCHAR(20)"
    assert columns["born"].family == pb.TYPE_FAMILY_DATE
    assert [each.name for each in structure.tables["", "words"].columns] == ["body"]


def test_keys_and_the_tables_own_tree(structure) -> None:
    clients, orders = structure.tables["", "clients"], structure.tables["", "orders"]
    assert list(clients.primary_key) == ["id"]
    own = clients.indexes[0]
    assert (own.name, own.primary, own.unique, own.keys[0].column) == (ROWID_INDEX, True, True, "id")
    assert [list(key.columns) for key in clients.unique_keys] == [["tax_id"]]
    assert list(structure.tables["", "lines"].primary_key) == ["number", "line"]
    assert any(each.primary for each in orders.indexes)
    assert not any(each.name == ROWID_INDEX for each in orders.indexes)
    assert [list(key.columns) for key in structure.tables["", "lines"].unique_keys] == [["what"]]


def test_an_index_tells_order_expressions_and_predicate(structure) -> None:
    indexes = {each.name: each for each in structure.tables["", "orders"].indexes}
    assert [(key.column, key.descending, key.nulls_first) for key in indexes["orders_day"].keys] == [
        ("day", True, False),
        ("client", False, True),
    ]
    first, second = indexes["orders note"].keys
    assert (first.column, first.expression, first.collation) == ("", "lower(note)", "NOCASE")
    assert (second.expression, second.descending) == ("substr(note, 1, 3)", True)
    assert indexes["orders note"].predicate == "note IS NOT NULL AND note <> 'a, (b)'"


def test_foreign_keys_are_spelled_as_the_tables_are_and_lead_somewhere(structure) -> None:
    told = {each.name for each in structure.foreign_keys["", "orders"]}
    assert told == {"orders.client->clients.id", "orders.other->clients.id"}
    assert {each.name for each in structure.foreign_keys["", "lines"]} == {"lines.number->orders.number"}
    (both,) = structure.foreign_keys["", "splits"]
    assert (list(both.from_columns), list(both.to_columns)) == (["a", "b"], ["number", "line"])
