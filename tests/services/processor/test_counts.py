"""What a count is of: the rows that are counted, not the table that the plan begins with."""

from __future__ import annotations

import pytest
from google.protobuf import text_format

from maestro.plan.v1 import plan_pb2
from maestro.semantics.v1 import semantics_pb2
from services.processor.compose import compose
from tests.services.processor.store import INTEGER, TEXT, head, request

SEMANTICS = text_format.Parse(
    """
    version: "s1"
    datasets { name: "customer" table { name: "customer" } key_fields: "id"
      terms { text: "clientes" locale: "pt" } terms { text: "customers" locale: "en" }
      fields { name: "id" column: "id" } fields { name: "city" column: "city" } }
    datasets { name: "orders" table { name: "orders" } key_fields: "id"
      terms { text: "pedidos" locale: "pt" } terms { text: "orders" locale: "en" }
      fields { name: "id" column: "id" } }
    datasets { name: "item" table { name: "item" } key_fields: "order_id" key_fields: "line"
      terms { text: "itens" locale: "pt" } terms { text: "items" locale: "en" } fields { name: "line" column: "line" } }
    datasets { name: "visit" table { name: "visit" } terms { text: "visits" locale: "en" } }
    relationships { relationship { name: "orders_customer" from_table: "orders" to_table: "customer" to_unique: true } }
    relationships { relationship { name: "item_orders" from_table: "item" to_table: "orders" to_unique: true } }
    relationships { relationship { name: "visit_customer" from_table: "visit" to_table: "customer" to_unique: true } }
    relationships { relationship { name: "profile" from_table: "visit" to_table: "customer" to_unique: true
      from_unique: true } }
    """,
    semantics_pb2.SemanticSlice(),
)
ORDERS = 'joins { relation { alias: "o" table { name: "orders" } } to_alias: "c" relationship: "orders_customer" '
CUSTOMER = 'from { alias: "c" table { name: "customer" } } '
OF_CUSTOMER = (
    'joins { relation { alias: "c" table { name: "customer" } } to_alias: "o" relationship: "orders_customer" } '
)
ITEMS = 'joins { relation { alias: "i" table { name: "item" } } to_alias: "o" relationship: "item_orders" } '
VISITS = 'joins { relation { alias: "v" table { name: "visit" } } to_alias: "c" relationship: "visit_customer" } '
COUNT = "aggregate { function: AGGREGATE_FUNCTION_COUNT %s }"


def told(select: str, counted: str = "", locale: str = "en") -> str:
    """The answer where a count gave 31."""
    query = text_format.Parse(
        f"select {{ {select} projections {{ expression {{ {COUNT % counted} }} }} }}", plan_pb2.Query()
    )
    made = request(query, head([("m", INTEGER)], [(31,)]), intent=plan_pb2.INTENT_COUNT, locale=locale)
    made.semantics.CopyFrom(SEMANTICS)
    return compose(made, 10, locale).text


@pytest.mark.parametrize(
    ("select", "counted", "expected"),
    [
        (CUSTOMER, "", "Number of customers: 31"),
        (CUSTOMER + ORDERS + "}", "", "Number of orders: 31"),
        (CUSTOMER + ORDERS + "side: JOIN_SIDE_REFERRING }", "", "Number of orders: 31"),
        (CUSTOMER + ORDERS + "} " + ITEMS, "", "Number of items: 31"),
        ('from { alias: "o" table { name: "orders" } } ' + OF_CUSTOMER, "", "Number of orders: 31"),
        ('from { alias: "o" table { name: "orders" } } ' + OF_CUSTOMER + ITEMS, "", "Number of items: 31"),
        # Pairs of orders and visits are neither; nor are customers without orders orders.
        (CUSTOMER + ORDERS + "} " + VISITS, "", "Number of rows: 31"),
        (CUSTOMER + ORDERS + "kind: JOIN_KIND_LEFT }", "", "Number of rows: 31"),
        (CUSTOMER + VISITS.replace("visit_customer", "profile"), "", "Number of customers: 31"),
        # A key counts once for each row that it is in; different ones are counted as what they are of.
        (CUSTOMER + ORDERS + "}", 'operand { column { alias: "o" column: "id" } }', "Number of orders: 31"),
        (CUSTOMER + ORDERS + "}", 'operand { column { alias: "c" column: "id" } }', "Number of orders: 31"),
        (
            CUSTOMER + ORDERS + "}",
            'operand { column { alias: "c" column: "id" } } distinct: true',
            "Number of customers: 31",
        ),
        (CUSTOMER, 'operand { column { alias: "c" column: "city" } } distinct: true', "Number of distinct city: 31"),
        (CUSTOMER + ORDERS + "} " + ITEMS, 'operand { column { alias: "i" column: "line" } }', "Number of line: 31"),
    ],
)
def test_what_is_counted(select: str, counted: str, expected: str) -> None:
    assert told(select, counted).startswith(expected)


def test_in_portuguese() -> None:
    assert told(CUSTOMER + ORDERS + "}", locale="pt-BR").startswith("Quantidade de pedidos: 31")


def test_rows_of_joined_tables_are_called_what_they_are() -> None:
    select = CUSTOMER + ORDERS + '} projections { expression { column { alias: "o" column: "id" } } }'
    query = text_format.Parse(f"select {{ {select} }}", plan_pb2.Query())
    made = request(query, head([("id", TEXT)], [("a",), ("b",)]), intent=plan_pb2.INTENT_LIST, locale="en")
    made.semantics.CopyFrom(SEMANTICS)
    assert "orders" in compose(made, 10, "en").text
    query.select.distinct = True
    made.plan.query.CopyFrom(query)
    assert "orders" not in compose(made, 10, "en").text


@pytest.mark.parametrize(
    ("distinct", "locale", "expected"),
    [
        ("distinct: true", "en", "2 rows of city, each once."),
        ("distinct: true", "pt-BR", "2 registros de city, sem repetição."),
        ("", "en", "2 rows of orders."),
    ],
)
def test_what_stands_there_once_is_no_row_of_the_table_that_it_was_found_in(
    distinct: str, locale: str, expected: str
) -> None:
    columns = 'projections { name: "city" expression { column { alias: "c" column: "city" } } } '
    query = text_format.Parse(
        f'select {{ {distinct} from {{ alias: "o" table {{ name: "orders" }} }} {OF_CUSTOMER} {columns} }}',
        plan_pb2.Query(),
    )
    made = request(query, head([("city", TEXT)], [("Recife",), ("Natal",)]), intent=plan_pb2.INTENT_LIST, locale=locale)
    made.semantics.CopyFrom(SEMANTICS)
    assert expected in compose(made, 10, locale).text
