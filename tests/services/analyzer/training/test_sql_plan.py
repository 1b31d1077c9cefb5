"""Gold SQL read into plans."""

import pytest

from maestro.plan.v1 import plan_pb2 as plan
from services.analyzer.training.sql_plan import to_plan
from services.analyzer.training.sql_schema import Inexpressible, Schema

SCHEMA = Schema(
    {"singer": "singer", "concert": "Concert"},
    {
        "singer": {"id": "id", "name": "Name", "age": "Age"},
        "concert": {"id": "id", "singer_id": "singer_id", "year": "Year"},
    },
)


def read(text: str) -> plan.Query:
    return to_plan(text, SCHEMA).query


def test_names_are_resolved_without_regard_to_case() -> None:
    select = read("SELECT NAME FROM Singer").select
    assert select.projections[0].expression.column == plan.ColumnRef(alias="Singer", column="Name")


def test_text_in_double_quotes_is_text_where_no_column_has_the_name() -> None:
    comparison = read('SELECT age FROM singer WHERE name = "Joe"').select.where.comparison
    assert comparison.right.literal.text == "Joe"


def test_joins_keep_their_condition() -> None:
    select = read(
        "SELECT T1.name FROM singer AS T1 JOIN concert AS T2 ON T1.id = T2.singer_id WHERE T2.year > 2014"
    ).select
    assert select.joins[0].on.comparison.left.column.alias == "T1"
    assert select.where.comparison.operator == plan.COMPARISON_OPERATOR_GREATER


def test_groups_orders_and_limits() -> None:
    query = read("SELECT name, count(*) FROM singer GROUP BY name HAVING count(*) > 2 ORDER BY count(*) DESC LIMIT 3")
    assert query.limit == 3
    assert query.order_by[0].descending
    assert query.select.having.comparison.left.aggregate.function == plan.AGGREGATE_FUNCTION_COUNT


def test_subqueries_and_negations() -> None:
    where = read("SELECT name FROM singer WHERE id NOT IN (SELECT singer_id FROM concert)").select.where
    assert where.membership.negated
    assert where.membership.query.select.projections[0].name == "singer_id"


def test_combinations() -> None:
    operation = read("SELECT id FROM singer EXCEPT SELECT singer_id FROM concert").set_operation
    assert operation.operator == plan.SET_OPERATOR_EXCEPT


def test_aliases_are_unique_in_the_plan() -> None:
    text = "SELECT name FROM singer WHERE age > (SELECT avg(age) FROM singer)"
    select = read(text).select
    inner = select.where.comparison.right.scalar_query.select
    assert select.__getattribute__("from").alias != inner.__getattribute__("from").alias


@pytest.mark.parametrize(
    ("text", "why"),
    [("SELECT nothing FROM singer", "no column nothing"), ("SELECT id FROM nowhere", "no table nowhere"), ("SELECT FROM (", "not readable"),
     ("SELECT name FROM singer WHERE name GLOB 'a*'", "expression")],
)  # fmt: skip
def test_what_cannot_be_said_says_why(text: str, why: str) -> None:
    with pytest.raises(Inexpressible, match=why):
        to_plan(text, SCHEMA)
