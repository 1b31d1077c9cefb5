"""What a plan touches, cut out of a catalog."""

import pytest
from google.protobuf import text_format

from maestro.catalog.v1 import catalog_pb2 as pb
from maestro.plan.v1 import plan_pb2
from mesh.fault import Fault
from services.scanner.mentions import mentions
from services.scanner.reader import Stamps
from services.scanner.slices import Slicer
from services.scanner.snapshot import Snapshot, digests


def table(name: str, *columns: str, schema: str = "public", indexed: str = "") -> pb.Table:
    made = pb.Table(schema=schema, name=name, primary_key=[columns[0]])
    for column in columns:
        added = made.columns.add(name=column, type="text", sample_values=["x", "y"], samples_complete=True)
        added.statistics.distinct = 2
        added.statistics.most_common_values.append("x")
    if indexed:
        made.indexes.add(name="i", valid=True).keys.add(column=indexed)
    return made


def relationship(source: str, target: str) -> pb.Relationship:
    return pb.Relationship(
        name=f"{source}_{target}",
        from_schema="public",
        from_table=source,
        from_columns=["id"],
        to_schema="public",
        to_table=target,
        to_columns=["id"],
    )


def slicer(*tables: pb.Table, dialect: "pb.Dialect.ValueType" = pb.DIALECT_POSTGRESQL) -> Slicer:
    held = {(each.schema, each.name): each for each in tables}
    structures, statistics = digests(held)
    snapshot = Snapshot(
        source="shop",
        dialect=dialect,
        server_version="18",
        extensions=("pg_trgm",),
        tables=held,
        foreign_keys={},
        inferred=(relationship("orders", "clients"), relationship("lines", "orders")),
        stamps=Stamps((), {}),
        gathered={},
        structures=structures,
        statistics=statistics,
    )
    return Slicer(snapshot.completed())


@pytest.fixture
def shop() -> Slicer:
    return slicer(
        table("clients", "id", "name", "city"),
        table("orders", "id", "client_id", "status", "day", indexed="day"),
        table("lines", "id", "order_id"),
        table("other", "id"),
        table("archive", "id", schema="old"),
    )


def plan(text: str) -> plan_pb2.QueryPlan:
    return text_format.Parse(text, plan_pb2.QueryPlan())


ONE = """query { select { from { alias: "o" table { name: "orders" } }
    projections { expression { aggregate { function: AGGREGATE_FUNCTION_COUNT } } }
    where { comparison { operator: COMPARISON_OPERATOR_EQUAL left { column { alias: "o" column: "status" } }
        right { literal { text: "OPEN" } } } } } }"""

NESTED = """query { set_operation { operator: SET_OPERATOR_UNION
    left { select {
        from { alias: "q" query { select { from { alias: "l" table { name: "lines" } }
            projections { expression { column { column: "order_id" } } } } } }
        where { related { from_alias: "q" path { relation { alias: "c" table { name: "clients" } }
            relationship: "orders_clients" } where { pattern { operand { column { column: "name" } }
            kind: PATTERN_KIND_CONTAINS text: "x" } } } } } }
    right { select { from { alias: "x" table { schema: "old" name: "archive" } }
        where { membership { operand { column { column: "id" } }
            query { select { from { alias: "o" table { name: "other" } } } } } } } } } }"""


def test_everything_that_a_plan_mentions_is_found() -> None:
    found = mentions(plan(NESTED))
    assert set(found.tables) == {("", "lines"), ("", "clients"), ("old", "archive"), ("", "other")}
    assert found.columns == {"order_id", "name", "id"}
    assert found.relationships == {"orders_clients"}
    assert not found.model


def test_a_slice_has_the_tables_whole_but_statistics_only_where_they_matter(shop) -> None:
    cut = shop.cut(plan(ONE))
    (orders,) = cut.tables
    columns = {each.name: each for each in orders.columns}
    assert set(columns) == {"id", "client_id", "status", "day"}
    assert list(columns["status"].sample_values) == ["x", "y"]
    assert columns["status"].statistics.most_common_values
    assert columns["day"].statistics.distinct == 2
    assert not columns["day"].statistics.most_common_values
    assert not columns["client_id"].HasField("statistics")
    assert not columns["client_id"].sample_values
    assert not cut.relationships
    assert (cut.version, list(cut.extensions), cut.server_version) == (
        shop.snapshot.version,
        ["pg_trgm"],
        "18",
    )


def test_the_catalog_itself_stays_as_it_is(shop) -> None:
    before = shop.snapshot.message().SerializeToString(deterministic=True)
    shop.cut(plan(ONE))
    shop.cut(plan(NESTED))
    assert shop.snapshot.message().SerializeToString(deterministic=True) == before


def test_relationships_bring_their_tables_and_each_other(shop) -> None:
    cut = shop.cut(plan(NESTED))
    assert {each.name for each in cut.tables} == {"lines", "clients", "archive", "other", "orders"}
    assert {each.name for each in cut.relationships} == {"orders_clients", "lines_orders"}


def test_fields_of_the_model_bring_light_statistics_of_every_column(shop) -> None:
    cut = shop.cut(
        plan("""query { select { from { alias: "o" table { name: "orders" } }
            where { named_filter { alias: "o" name: "late" } } } }""")
    )
    assert all(each.statistics.distinct == 2 for each in cut.tables[0].columns)
    assert not any(each.statistics.most_common_values for each in cut.tables[0].columns)


def test_tables_asked_for_beside_the_plan_come_whole(shop) -> None:
    cut = shop.cut(plan_pb2.QueryPlan(), [plan_pb2.TableRef(name="clients")])
    assert cut.tables[0] == shop.snapshot.tables["public", "clients"]


def test_the_same_plan_is_cut_once(shop) -> None:
    assert shop.cut(plan(ONE)) is shop.cut(plan(ONE))
    assert shop.cut(plan(ONE)) is shop.cut(plan(ONE.replace("OPEN", "DONE")))
    assert shop.cut(plan(ONE)) is not shop.cut(plan(ONE.replace('"status"', '"day"')))


def test_many_different_plans_do_not_fill_the_memory(shop) -> None:
    for number in range(2_000):
        shop.cut(plan(ONE.replace("OPEN", str(number))))
    assert len(shop._by_plan) <= 512


@pytest.mark.parametrize(
    ("name", "nearest"), [("order", "orders"), ("ORDERS", "orders"), ("client", "clients"), ("qqqq", "")]
)
def test_an_unknown_table_names_the_nearest(shop, name: str, nearest: str) -> None:
    with pytest.raises(Fault) as caught:
        shop.cut(plan(ONE.replace('"orders"', f'"{name}"')))
    assert caught.value.reason == "TABLE_UNKNOWN"
    assert caught.value.metadata["nearest"].split(", ")[0] == nearest
    assert caught.value.metadata["table"] == name


def test_a_name_in_several_schemas_means_public_or_has_to_be_said() -> None:
    several = slicer(table("t", "id"), table("t", "id", schema="b"), table("u", "id", schema="b"))
    assert several.resolve("", "t") == ("public", "t")
    assert several.resolve("b", "t") == ("b", "t")
    assert several.resolve("", "u") == ("b", "u")
    doubtful = slicer(table("t", "id", schema="a"), table("t", "id", schema="b"))
    with pytest.raises(Fault, match=r"a\.t or b\.t"):
        doubtful.resolve("", "t")


def test_sqlite_does_not_mind_case() -> None:
    lower = slicer(table("Stadium", "id", schema=""), dialect=pb.DIALECT_SQLITE)
    assert lower.resolve("", "stadium") == ("", "Stadium")
    assert lower.resolve("", "STADIUM") == ("", "Stadium")
