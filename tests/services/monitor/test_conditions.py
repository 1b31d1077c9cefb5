"""What scans test, read from EXPLAIN of a real PostgreSQL."""

from __future__ import annotations

import json
from typing import Any

import psycopg
import pytest

from services.monitor.advice.conditions import Condition, Kind, conditions
from services.monitor.advice.scans import explained

SCHEMA = """
CREATE TABLE nota (id int, uf char(2), cliente varchar(60), obs text, dia date, quando timestamptz, aberta boolean,
                   "Número" text, valor numeric);
CREATE TABLE item (nota int, peso int)
"""


@pytest.fixture
def connection(database: str) -> Any:
    with psycopg.connect(database, autocommit=True) as made:
        made.execute(SCHEMA)
        yield made


def read(connection: Any, where: str) -> list[Condition]:
    (plan,) = connection.execute(f"EXPLAIN (FORMAT JSON) SELECT * FROM nota n WHERE {where}").fetchone()
    return conditions(plan[0]["Plan"]["Filter"])


@pytest.mark.parametrize(
    ("where", "expected"),
    [
        ("uf = 'SP'", [Condition(Kind.EQUAL, "", "uf", "", ("SP",))]),
        ("'SP' = uf", [Condition(Kind.EQUAL, "", "uf", "", ("SP",))]),
        ("cliente = 'D''Or (SP) AND x'", [Condition(Kind.EQUAL, "", "cliente", "text", ("D'Or (SP) AND x",))]),
        ("uf IN ('SP', 'RJ')", [Condition(Kind.EQUAL, "", "uf", "", ("SP", "RJ"))]),
        ("obs IN ('a b', 'c,d')", [Condition(Kind.EQUAL, "", "obs", "", ("a b", "c,d"))]),
        ("uf IS NULL", [Condition(Kind.NULL, "", "uf")]),
        ("aberta", [Condition(Kind.EQUAL, "", "aberta", "", ("t",))]),
        ("NOT aberta", [Condition(Kind.EQUAL, "", "aberta", "", ("f",))]),
        ("aberta IS NOT TRUE", [Condition(Kind.OTHER)]),
        ("\"Número\" = '1'", [Condition(Kind.EQUAL, "", "Número", "", ("1",))]),
        ("id = -5", [Condition(Kind.EQUAL, "", "id", "", ("-5",))]),
        ("id > 5", [Condition(Kind.LOWER, "", "id", "", ("5",))]),
        ("5 > id", [Condition(Kind.UPPER, "", "id", "", ("5",))]),
        ("cliente LIKE 'abc%'", [Condition(Kind.PREFIX, "", "cliente", "text", ("abc",))]),
        ("obs LIKE '%abc%'", [Condition(Kind.INFIX, "", "obs", "", ("abc",))]),
        ("obs LIKE '%ab%'", [Condition(Kind.OTHER, "", "obs")]),
        ("obs NOT LIKE 'abc%'", [Condition(Kind.OTHER, "", "obs")]),
        ("uf = 'SP' OR uf = 'RJ' OR id = 1", [Condition(Kind.OTHER)]),
        ("lower(obs) = 'x'", [Condition(Kind.OTHER)]),
        ("obs::int = 5", [Condition(Kind.EQUAL, "", "obs", "integer", ("5",))]),
        ("id <> 5", [Condition(Kind.OTHER, "", "id")]),
        ("obs = cliente", [Condition(Kind.OTHER, "", "obs")]),
    ],
)
def test_one_condition(connection: Any, where: str, expected: list[Condition]) -> None:
    assert read(connection, where) == expected


def test_several_conditions_and_their_bounds(connection: Any) -> None:
    found = read(
        connection, "uf = 'SP' AND dia >= '2025-06-01' AND dia < '2025-07-01' AND (id = 1 OR id = 2) AND aberta"
    )
    assert {(each.kind, each.column, each.values) for each in found} == {
        (Kind.EQUAL, "uf", ("SP",)),
        (Kind.LOWER, "dia", ("2025-06-01",)),
        (Kind.UPPER, "dia", ("2025-07-01",)),
        (Kind.OTHER, "", ()),
        (Kind.EQUAL, "aberta", ("t",)),
    }


def plan_of(connection: Any, query: str, **settings: str) -> str:
    for name, value in settings.items():
        connection.execute(f"SET {name} = {value}")
    (text,) = connection.execute(f"EXPLAIN (FORMAT JSON) {query}").fetchone()
    return json.dumps(text)


def test_an_order_for_the_first_rows_is_noted(connection: Any) -> None:
    connection.execute("INSERT INTO nota SELECT n, 'SP', 'x', 'y', current_date - n FROM generate_series(1, 1000) n")
    connection.execute("ANALYZE nota")
    (scan,) = explained(plan_of(connection, "SELECT * FROM nota WHERE uf = 'SP' ORDER BY dia DESC, id LIMIT 10")).scans
    assert (scan.order, scan.limit) == ([("dia", True, True), ("id", False, False)], 10)
    (scan,) = explained(plan_of(connection, "SELECT * FROM nota ORDER BY lower(obs) LIMIT 10")).scans
    assert scan.order == []


def test_joins_say_by_which_column_and_with_how_many(connection: Any) -> None:
    query = "SELECT * FROM nota n JOIN item i ON i.nota = n.id WHERE n.uf = 'SP'"
    scans = {each.table: each for each in explained(plan_of(connection, query, enable_mergejoin="off")).scans}
    assert set(scans["item"].partners) == {"nota"}
    assert set(scans["nota"].partners) == {"id"}
    assert [each.column for each in scans["nota"].conditions] == ["uf"]


def test_what_is_run_for_each_row_costs_as_often(connection: Any) -> None:
    query = "SELECT (SELECT sum(peso) FROM item WHERE item.nota = n.id) FROM nota n"
    scans = {each.table: each for each in explained(plan_of(connection, query)).scans}
    assert scans["item"].loops > 1
    assert [(each.kind, each.column, each.partner) for each in scans["item"].conditions] == [
        (Kind.PARTNER, "nota", "n")
    ]


def test_what_is_no_plan_is_said() -> None:
    for text in ("", "SCAN nota", "[]", '[{"Plan": {}}]'):
        with pytest.raises(ValueError, match=r".*"):
            explained(text)
