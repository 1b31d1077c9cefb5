"""A small store: its catalog, its model, and plans over it."""

from google.protobuf import text_format

from maestro.catalog.v1 import catalog_pb2
from maestro.plan.v1 import plan_pb2
from maestro.result.v1 import result_pb2
from maestro.semantics.v1 import semantics_pb2
from tests.services.loader.plans import table

INTEGER, DECIMAL, TEXT, TRUTH, DATE, MOMENT = 1, 2, 4, 5, 6, 7


def _table(name, key, /, **columns):
    made = catalog_pb2.Table(schema="public", name=name, kind=catalog_pb2.TABLE_KIND_TABLE, primary_key=key)
    for column, family in columns.items():
        made.columns.add(name=column, family=family, nullable=column not in key)
    return made


CATALOG = catalog_pb2.CatalogSlice(
    version="c1",
    dialect=catalog_pb2.DIALECT_POSTGRESQL,
    tables=[
        _table("customer", ["id"], id=INTEGER, name=TEXT, uf=TEXT, vip=TRUTH, credit=DECIMAL),
        _table(
            "orders",
            ["id"],
            id=INTEGER,
            customer_id=INTEGER,
            total=DECIMAL,
            status=TEXT,
            due=DATE,
            placed=MOMENT,
            note=TEXT,
        ),
        _table("item", ["order_id", "line"], order_id=INTEGER, line=INTEGER, quantity=INTEGER, price=DECIMAL),
        _table("club", ["id"], id=INTEGER, title=TEXT),
        _table("member", ["customer_id", "club_id"], customer_id=INTEGER, club_id=INTEGER),
    ],
)
for _from, _column, _to in (
    ("orders", "customer_id", "customer"),
    ("item", "order_id", "orders"),
    ("member", "customer_id", "customer"),
    ("member", "club_id", "club"),
):
    CATALOG.relationships.add(
        name=f"{_from}_{_to}",
        from_table=_from,
        from_columns=[_column],
        to_table=_to,
        to_columns=["id"],
        origin=catalog_pb2.RELATIONSHIP_ORIGIN_DECLARED,
        confidence=1,
        to_unique=True,
    )
SQLITE = catalog_pb2.CatalogSlice()
SQLITE.CopyFrom(CATALOG)
SQLITE.dialect = catalog_pb2.DIALECT_SQLITE

SEMANTICS = text_format.Parse(
    """
    version: "s1" catalog_version: "c1"
    datasets { name: "orders" table { name: "orders" }
      fields { name: "id" column: "id" role: FIELD_ROLE_IDENTIFIER family: TYPE_FAMILY_INTEGER }
      fields { name: "total" column: "total" role: FIELD_ROLE_MEASURE family: TYPE_FAMILY_DECIMAL }
      fields { name: "late" role: FIELD_ROLE_FLAG
        predicate { range { operand { column { column: "due" } } upper { as_of {} } upper_exclusive: true } } } }
    datasets { name: "customer" table { name: "customer" }
      fields { name: "name" column: "name" family: TYPE_FAMILY_TEXT } }
    datasets { name: "item" table { name: "item" } }
    metrics { name: "revenue" dataset: "orders" expression { aggregate { function: AGGREGATE_FUNCTION_SUM
      operand { column { column: "total" } } } } }
    entities { name: "Aurora" filters { dataset: "customer" predicate { pattern {
      operand { column { column: "name" } } kind: PATTERN_KIND_PREFIX text: "AURORA" } } } }
    """,
    semantics_pb2.SemanticSlice(),
)

C, O, I, CLUB, M = (  # noqa: E741  # o as in orders
    table(*each) for each in (("customer", "c"), ("orders", "o"), ("item", "i"), ("club", "k"), ("member", "m"))
)


def by_name(relation, to, relationship):
    """A join by the name of a relationship."""
    return plan_pb2.Join(relation=relation, kind=plan_pb2.JOIN_KIND_INNER, to_alias=to, relationship=relationship)


TO_CUSTOMER = by_name(C, "o", "orders_customer")
OF_CUSTOMER = by_name(O, "c", "orders_customer")
TO_ITEMS = by_name(I, "o", "item_orders")
TO_ORDER = by_name(O, "i", "item_orders")
TO_MEMBER = by_name(M, "c", "member_customer")
TO_CLUB = by_name(CLUB, "m", "member_club")


def head(columns, rows, **said):
    """A result head: columns as (name, family), rows as tuples of Python's values; complete unless said otherwise."""
    made = result_pb2.ResultHead(complete=True, total_rows=len(rows))
    for name, family in columns:
        made.columns.add(name=name, family=family, measure=name in ("n", "s"))
    for row in rows:
        added = made.rows.add()
        for value in row:
            cell = added.values.add()
            if isinstance(value, bool):
                cell.boolean = value
            elif isinstance(value, int):
                cell.integer = value
            elif isinstance(value, float):
                cell.float = value
            elif isinstance(value, str):
                kind, _, text = value.rpartition("|")
                setattr(cell, kind or "text", text)
    for name, value in said.items():
        setattr(made, name, value)
    return made
