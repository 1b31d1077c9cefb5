"""What is read of a PostgreSQL schema's structure."""

import psycopg
import pytest

from maestro.catalog.v1 import catalog_pb2 as pb
from mesh.sources import sources
from services.scanner.postgres.reader import PostgresReader
from services.scanner.settings import ScannerSettings

SCHEMA = """
CREATE TYPE mood AS ENUM ('low', 'high');
CREATE DOMAIN code AS varchar(5) NOT NULL;
CREATE DOMAIN short_code AS code CHECK (length(VALUE) < 4);
CREATE TABLE clients (
    id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    tax_id varchar(20) UNIQUE,
    name text COLLATE "C" NOT NULL,
    feeling mood DEFAULT 'low',
    short short_code,
    born date, seen timestamptz, at_time time, lasts interval, weight numeric(8,2), score float8,
    raw bytea, doc jsonb, uid uuid, tags text[], active boolean, spot point,
    full_name text GENERATED ALWAYS AS (upper(name)) STORED
);
COMMENT ON TABLE clients IS 'Who buys';
COMMENT ON COLUMN clients.name IS 'As on the invoice';
CREATE TABLE orders (
    id bigserial PRIMARY KEY,
    client_id int NOT NULL REFERENCES clients,
    placed date NOT NULL,
    open boolean,
    note text,
    UNIQUE NULLS NOT DISTINCT (client_id, placed)
);
CREATE INDEX orders_placed ON orders (placed DESC NULLS LAST, id) INCLUDE (note);
CREATE INDEX orders_open ON orders (client_id) WHERE open AND note IS NOT NULL;
CREATE UNIQUE INDEX orders_note_once ON orders (note) WHERE open;
CREATE INDEX clients_lower ON clients (lower(name) text_pattern_ops, name COLLATE "POSIX");
CREATE INDEX clients_trgm ON clients USING gin (name gin_trgm_ops);
CREATE INDEX clients_tax_hash ON clients USING hash (tax_id);
CREATE INDEX orders_brin ON orders USING brin (placed);
CREATE INDEX clients_spot ON clients USING gist (spot);
CREATE STATISTICS orders_together (ndistinct, dependencies) ON client_id, placed FROM orders;
CREATE VIEW open_orders AS SELECT id, client_id FROM orders WHERE open;
CREATE MATERIALIZED VIEW per_client AS SELECT client_id, count(*) AS orders FROM orders GROUP BY 1;
CREATE TABLE events (id bigint, at date NOT NULL, client_id int REFERENCES clients) PARTITION BY RANGE (at);
CREATE TABLE events_2024 PARTITION OF events FOR VALUES FROM ('2024-01-01') TO ('2025-01-01');
CREATE TABLE events_2025 PARTITION OF events FOR VALUES FROM ('2025-01-01') TO ('2026-01-01');
CREATE INDEX events_at ON events (at);
CREATE TEMP TABLE passing (id int);
"""


@pytest.fixture(scope="module")
def structure(postgres):
    url = postgres.fresh()
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(SCHEMA)
    reader = PostgresReader(sources({"MAESTRO_SOURCE_S": postgres.reader(url)})["s"], ScannerSettings())
    yield reader.structure(None)
    reader.release()
    postgres.drop(url)


def table(structure, name: str) -> pb.Table:
    return structure.tables["public", name]


def column(structure, name: str, column_name: str) -> pb.Column:
    return next(each for each in table(structure, name).columns if each.name == column_name)


def index(structure, name: str, index_name: str) -> pb.Index:
    return next(each for each in table(structure, name).indexes if each.name == index_name)


def test_tables_and_their_kinds(structure) -> None:
    kinds = {name: each.kind for (_, name), each in structure.tables.items()}
    assert kinds == {
        "clients": pb.TABLE_KIND_TABLE,
        "orders": pb.TABLE_KIND_TABLE,
        "open_orders": pb.TABLE_KIND_VIEW,
        "per_client": pb.TABLE_KIND_MATERIALIZED_VIEW,
        "events": pb.TABLE_KIND_PARTITIONED,
    }
    assert table(structure, "clients").comment == "Who buys"
    assert "WHERE open" in table(structure, "open_orders").definition
    assert list(table(structure, "events").partition_key) == ["at"]
    assert "pg_trgm" in structure.extensions


def test_columns_their_types_and_families(structure) -> None:
    columns = table(structure, "clients").columns
    families = {each.name: pb.TypeFamily.Name(each.family)[12:] for each in columns}
    assert families == {
        "id": "INTEGER",
        "tax_id": "TEXT",
        "name": "TEXT",
        "feeling": "TEXT",
        "short": "TEXT",
        "born": "DATE",
        "seen": "TIMESTAMP",
        "at_time": "TIME",
        "lasts": "INTERVAL",
        "weight": "DECIMAL",
        "score": "FLOAT",
        "raw": "BINARY",
        "doc": "JSON",
        "uid": "UUID",
        "tags": "ARRAY",
        "active": "BOOLEAN",
        "spot": "OTHER",
        "full_name": "TEXT",
    }
    assert column(structure, "clients", "tax_id").type == "character varying(20)"
    assert column(structure, "clients", "weight").type == "numeric(8,2)"


def test_a_domain_is_told_as_the_type_that_it_restricts(structure) -> None:
    short = column(structure, "clients", "short")
    assert (short.type, short.nullable) == ("character varying(5)", False)


def test_defaults_identity_generation_enums_and_collations(structure) -> None:
    assert column(structure, "clients", "id").identity
    assert column(structure, "orders", "id").identity
    assert not column(structure, "clients", "tax_id").identity
    assert column(structure, "clients", "full_name").generated
    assert "upper" in column(structure, "clients", "full_name").default_expression
    feeling = column(structure, "clients", "feeling")
    assert list(feeling.enum_labels) == ["low", "high"]
    assert feeling.default_expression == "'low'::mood"
    assert column(structure, "clients", "name").collation == "C"
    assert column(structure, "clients", "tax_id").collation == ""
    assert column(structure, "clients", "name").comment == "As on the invoice"
    assert not column(structure, "clients", "name").nullable
    assert column(structure, "clients", "tax_id").nullable


def test_keys(structure) -> None:
    assert list(table(structure, "clients").primary_key) == ["id"]
    assert [list(key.columns) for key in table(structure, "clients").unique_keys] == [["tax_id"]]
    (key,) = table(structure, "orders").unique_keys
    assert (list(key.columns), key.nulls_not_distinct) == (["client_id", "placed"], True)


def test_foreign_keys_lead_to_their_tables(structure) -> None:
    (key,) = structure.foreign_keys["public", "orders"]
    assert (list(key.from_columns), key.to_table, list(key.to_columns)) == (["client_id"], "clients", ["id"])
    assert key.origin == pb.RELATIONSHIP_ORIGIN_DECLARED
    (key,) = structure.foreign_keys["public", "events"]
    assert key.to_table == "clients"


def test_an_index_tells_order_included_columns_and_predicate(structure) -> None:
    placed = index(structure, "orders", "orders_placed")
    assert [(key.column, key.descending, key.nulls_first) for key in placed.keys] == [
        ("placed", True, False),
        ("id", False, False),
    ]
    assert list(placed.included_columns) == ["note"]
    assert placed.valid
    assert placed.definition.startswith("CREATE INDEX orders_placed ON public.orders")
    assert index(structure, "orders", "orders_open").predicate == "(open AND (note IS NOT NULL))"
    assert index(structure, "orders", "orders_pkey").primary


def test_an_index_tells_expressions_operator_classes_and_collations(structure) -> None:
    first, second = index(structure, "clients", "clients_lower").keys
    assert (first.column, first.expression, first.operator_class) == ("", "lower(name)", "text_pattern_ops")
    assert (second.column, second.collation, second.operator_class) == ("name", "POSIX", "")
    (key,) = index(structure, "clients", "clients_trgm").keys
    assert (key.column, key.operator_class, key.collation) == ("name", "gin_trgm_ops", "")


def test_index_methods(structure) -> None:
    methods = {
        each.name: pb.IndexMethod.Name(each.method)[13:]
        for name in ("clients", "orders", "events")
        for each in table(structure, name).indexes
    }
    assert methods["clients_trgm"] == "GIN"
    assert methods["clients_tax_hash"] == "HASH"
    assert methods["orders_brin"] == "BRIN"
    assert methods["clients_spot"] == "GIST"
    assert methods["events_at"] == "BTREE"


def test_extended_statistics(structure) -> None:
    (together,) = table(structure, "orders").extended_statistics
    assert together.name == "orders_together"
    assert set(together.columns) == {"client_id", "placed"}
    assert set(together.kinds) == {"ndistinct", "dependencies"}


def test_a_partitioned_table_is_as_large_as_its_partitions(execute, postgres_reader) -> None:
    execute(SCHEMA)
    execute("INSERT INTO events SELECT i, date '2024-12-01' + i % 60, NULL FROM generate_series(1, 5000) i")
    execute("ANALYZE events")
    postgres_reader.stamps()
    events = postgres_reader.structure(None).tables["public", "events"]
    assert events.row_estimate == 5000
    assert events.size_bytes > 100_000
    assert events.page_estimate > 10
    assert next(each for each in events.indexes if each.name == "events_at").size_bytes > 50_000


def test_an_index_that_was_not_finished_is_not_valid(execute, postgres_reader) -> None:
    execute("CREATE TABLE t (a int); INSERT INTO t VALUES (1), (1)")
    with pytest.raises(Exception, match="could not create unique index"):
        execute("CREATE UNIQUE INDEX CONCURRENTLY t_a ON t (a)")
    (broken,) = postgres_reader.structure(None).tables["public", "t"].indexes
    assert not broken.valid
    assert not postgres_reader.structure(None).tables["public", "t"].unique_keys


def test_only_what_the_role_may_read_is_there(execute, postgres_reader) -> None:
    execute("CREATE TABLE pay (id int PRIMARY KEY, salary int, team int)")
    execute("CREATE INDEX pay_salary ON pay (salary)")
    execute("CREATE TABLE hidden (id int REFERENCES pay)")
    execute("CREATE SCHEMA closed; CREATE TABLE closed.t (id int)")
    execute("REVOKE ALL ON SCHEMA closed FROM maestro_reader; REVOKE ALL ON pay, hidden FROM maestro_reader")
    execute("GRANT SELECT (id, team) ON pay TO maestro_reader")
    structure = postgres_reader.structure(None)
    assert set(structure.tables) == {("public", "pay")}
    assert [each.name for each in structure.tables["public", "pay"].columns] == ["id", "team"]
    assert [each.name for each in structure.tables["public", "pay"].indexes] == ["pay_pkey"]


def test_row_level_security_that_restricts_the_role_is_told(execute, postgres_reader) -> None:
    execute("CREATE TABLE mine (id int, owner text); ALTER TABLE mine ENABLE ROW LEVEL SECURITY")
    execute("CREATE TABLE ours (id int)")
    tables = postgres_reader.structure(None).tables
    assert tables["public", "mine"].row_security
    assert not tables["public", "ours"].row_security


def test_only_configured_schemas_are_read(execute, postgres, database, settings) -> None:
    execute("CREATE SCHEMA sales; CREATE TABLE sales.t (id int); CREATE TABLE t (id int)")
    environment = {"MAESTRO_SOURCE_S": postgres.reader(database), "MAESTRO_SOURCE_S__SCHEMAS": "sales"}
    reader = PostgresReader(sources(environment)["s"], settings)
    assert set(reader.structure(None).tables) == {("sales", "t")}
    reader.release()


def test_odd_names_are_read_as_they_are(execute, postgres_reader, settings) -> None:
    execute('CREATE TABLE "100% Odd ""x"" {}" ("a%b" text PRIMARY KEY, "C d" int)')
    execute("""INSERT INTO "100% Odd ""x"" {}" VALUES ('x', 1), ('y', 2)""")
    structure = postgres_reader.structure(None)
    (odd,) = structure.tables.values()
    postgres_reader.gather([odd], 10)
    assert odd.name == '100% Odd "x" {}'
    assert list(odd.columns[0].sample_values) == ["x", "y"]
    (found,) = postgres_reader.probe(10).find(odd, "a%b", [["x", "z"]]) or []
    assert found.at == {0}
