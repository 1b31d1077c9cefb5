"""Undeclared relationships, found in both kinds of database."""

from collections.abc import Callable

import pytest

from maestro.catalog.v1 import catalog_pb2 as pb
from services.scanner.reader import Reader
from services.scanner.relationships.infer import infer
from services.scanner.scan import Scan
from services.scanner.settings import ScannerSettings

# A shop as it grew: keys without foreign keys, numbers kept as text, names in place of numbers, lists in a
# column.
SHOP = """
CREATE TABLE customers (id INTEGER PRIMARY KEY, tax_no VARCHAR(20), name VARCHAR(80), city VARCHAR(40));
CREATE TABLE carriers (id INTEGER PRIMARY KEY, legal_name VARCHAR(80));
CREATE TABLE orders (
    id INTEGER PRIMARY KEY, order_no VARCHAR(20), customer_id INT, city VARCHAR(40), status VARCHAR(10),
    quantity INT, batch VARCHAR(30), parent_id INT
);
CREATE TABLE invoices (
    id INTEGER PRIMARY KEY, invoice_no VARCHAR(20) UNIQUE, source VARCHAR(20), customer_tax_no VARCHAR(20),
    issued VARCHAR(10), waybill_no VARCHAR(20)
);
CREATE TABLE shipments (
    id INTEGER PRIMARY KEY, carrier VARCHAR(80), invoice_nos VARCHAR(200), batch VARCHAR(30),
    status VARCHAR(10), weight INT, counter INT
);
"""
NUMBERS = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {rows})"
FILL = [
    (
        f"INSERT INTO customers {NUMBERS.format(rows=300)} SELECT i, (88000000 + i * 7919) || '/0001', "
        "'Customer ' || (i * 37 % 1009), 'City ' || (i % 40) FROM n"
    ),
    f"INSERT INTO carriers {NUMBERS.format(rows=30)} SELECT i, 'Carrier ' || (i * 71 % 997) || ' Ltd' FROM n",
    (
        f"INSERT INTO orders {NUMBERS.format(rows=2000)} SELECT i, 'SO-' || (100000 + i * 3 / 2), "
        "1 + i * 13 % 300, 'City ' || ((1 + i * 13 % 300) % 40), "
        "CASE i % 3 WHEN 0 THEN 'OPEN' ELSE 'DONE' END, 1 + i % 30, 'LOT-' || (700000 + i / 2), NULL FROM n"
    ),
    (
        f"INSERT INTO invoices {NUMBERS.format(rows=1500)} SELECT i, CAST(500000 + i AS VARCHAR(20)), "
        "'SO-' || (100000 + i * 3 / 2), (88000000 + (1 + i * 13 % 300) * 7919) || '/0001', "
        "'0' || (1 + i % 9) || '/11/2025', CAST(500000 + i * 2 / 3 AS VARCHAR(20)) FROM n"
    ),
    (
        f"INSERT INTO shipments {NUMBERS.format(rows=400)} SELECT i, "
        "'Carrier ' || ((1 + i % 30) * 71 % 997) || ' Ltd', (500000 + i * 3) || ',' || (500001 + i * 3) "
        "|| CASE i % 2 WHEN 0 THEN ',' || (500002 + i * 3) ELSE '' END, 'LOT-' || (700000 + i), "
        "CASE i % 2 WHEN 0 THEN 'OPEN' ELSE 'DONE' END, i % 90, i FROM n"
    ),
]
# What joins, and which way. waybill_no are numbers of their own that happen to lie among the invoices'.
TRUE = {
    "orders.customer_id->customers.id",
    "invoices.source->orders.order_no",
    "invoices.customer_tax_no->customers.tax_no",
    "shipments.carrier->carriers.legal_name",
    "shipments.invoice_nos->invoices.invoice_no",
    "shipments.batch->orders.batch",
}
NEVER = {"orders.status", "orders.quantity", "shipments.weight", "shipments.counter", "invoices.issued"}


def found_in(reader: Reader) -> dict[str, pb.Relationship]:
    reader.stamps()
    structure = reader.structure(None)
    tables = list(structure.tables.values())
    reader.gather(tables, 60)
    loose = reader.dialect == pb.DIALECT_SQLITE
    return {each.name: each for each in infer(tables, [], reader.probe(60), 60, loose=loose)[0]}


@pytest.fixture(params=["postgresql", "sqlite"])
def shop(request: pytest.FixtureRequest) -> tuple[Reader, Callable[[str], None]]:
    """A reader over the shop, and a way to write to it."""
    kind = request.param
    execute = request.getfixturevalue("execute" if kind == "postgresql" else "write")
    reader = request.getfixturevalue("postgres_reader" if kind == "postgresql" else "sqlite_reader")
    for statement in [SHOP, *FILL]:
        execute(statement)
    return reader, execute


def test_what_joins_is_found(shop) -> None:
    found = found_in(shop[0])
    assert set(found) >= TRUE
    assert all(found[name].confidence >= 0.6 for name in TRUE)


def test_nothing_false_is_believed(shop) -> None:
    found = found_in(shop[0])
    sure = {name for name, each in found.items() if each.confidence > 0.8}
    assert sure <= TRUE
    columns = {column for name in found for column in name.split("->")}
    assert not NEVER & columns


def test_each_says_why(shop) -> None:
    found = found_in(shop[0])
    kinds = {each.kind: each.detail for each in found["orders.customer_id->customers.id"].evidence}
    assert set(kinds) >= {"name", "type", "inclusion", "uniqueness"}
    assert "customers.id" in kinds["inclusion"]
    (agreement,) = [e for e in found["invoices.source->orders.order_no"].evidence if e.kind == "agreement"]
    assert agreement.score == 0  # the invoice has no column that the order has as well
    assert all(0 <= each.score <= 1 for one in found.values() for each in one.evidence)


def test_uniqueness_and_lists_are_told(shop) -> None:
    found = found_in(shop[0])
    listed = found["shipments.invoice_nos->invoices.invoice_no"]
    assert (listed.list_valued, listed.to_unique) == (True, True)
    assert not any(each.list_valued for name, each in found.items() if ".invoice_nos->" not in name)
    assert not found["shipments.batch->orders.batch"].to_unique  # two orders have each
    assert found["shipments.carrier->carriers.legal_name"].to_unique  # in fact, though no key says so
    assert found["orders.customer_id->customers.id"].to_unique


def test_it_comes_out_the_same_every_time(shop) -> None:
    assert found_in(shop[0]) == found_in(shop[0])


def test_a_declared_key_is_not_told_twice(shop) -> None:
    reader, execute = shop
    if reader.dialect == pb.DIALECT_SQLITE:
        execute("CREATE TABLE old AS SELECT * FROM orders; DROP TABLE orders")
        execute("CREATE TABLE orders (id INTEGER PRIMARY KEY, customer_id INT REFERENCES customers)")
        execute("INSERT INTO orders SELECT id, customer_id FROM old; DROP TABLE old")
    else:
        execute("ALTER TABLE orders ADD FOREIGN KEY (customer_id) REFERENCES customers")
    snapshot = Scan(reader, "shop", ScannerSettings(inference_budget=60, probe_timeout=20)).run().snapshot
    told = [
        each for each in snapshot.relationships if (each.from_table, each.from_columns[0]) == ("orders", "customer_id")
    ]
    assert [each.origin for each in told] == [pb.RELATIONSHIP_ORIGIN_DECLARED]


def test_rows_that_agree_stand_in_for_names(shop) -> None:
    reader, execute = shop
    execute("CREATE TABLE claims (nr INTEGER PRIMARY KEY, about VARCHAR(20), city VARCHAR(40))")
    execute("INSERT INTO claims SELECT id, order_no, city FROM orders WHERE id % 3 = 0")
    found = found_in(reader)["claims.about->orders.order_no"]
    (agreement,) = [each for each in found.evidence if each.kind == "agreement"]
    assert agreement.score > 0.8
    assert "city = city" in agreement.detail


def test_names_alone_are_believed_a_little(shop) -> None:
    reader, execute = shop
    execute("CREATE TABLE returns (id INTEGER PRIMARY KEY, shipment_id INT)")
    found = found_in(reader)["returns.shipment_id->shipments.id"]
    assert 0.5 <= found.confidence <= 0.8
    assert "inclusion" not in {each.kind for each in found.evidence}


def test_no_time_means_no_questions(shop) -> None:
    reader, _ = shop
    reader.stamps()
    tables = list(reader.structure(None).tables.values())
    reader.gather(tables, 60)
    found, _ = infer(tables, [], reader.probe(0), 60, loose=True)
    assert all(each.kind != "inclusion" for one in found for each in one.evidence)
