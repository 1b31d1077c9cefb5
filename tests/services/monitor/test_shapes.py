"""Plans that differ in their values only are of one shape."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from maestro.plan.v1 import plan_pb2
from services.monitor.shapes import bare, shape_digest, statement_digest


def a_plan(**changes: Any) -> plan_pb2.QueryPlan:
    """Deliveries of a state whose customer's name contains a text."""
    made = plan_pb2.QueryPlan(question=changes.get("question", "q"), intent=plan_pb2.INTENT_LIST)
    select = made.query.select
    getattr(select, "from").CopyFrom(plan_pb2.Relation(alias="e", table=plan_pb2.TableRef(name="entregas")))
    select.projections.add(name="id", label=changes.get("label", "id")).expression.column.column = "id"
    same = select.where.all_of.predicates.add().comparison
    same.operator = changes.get("operator", plan_pb2.COMPARISON_OPERATOR_EQUAL)
    same.left.column.column = changes.get("column", "uf")
    same.right.literal.CopyFrom(changes.get("literal", plan_pb2.Literal(text="SP")))
    same.right.origin.words.add(text=changes.get("word", "sp"))
    pattern = select.where.all_of.predicates.add().pattern
    pattern.operand.column.column, pattern.text = "cliente", changes.get("text", "aurora")
    return made


@pytest.mark.parametrize(
    "changes",
    [{"literal": plan_pb2.Literal(text="RJ")}, {"text": "bandeira"}, {"question": "x"}, {"label": "x"}, {"word": "x"}],
)
def test_one_shape(changes: dict[str, Any]) -> None:
    assert shape_digest(bare(a_plan(**changes))) == shape_digest(bare(a_plan()))


@pytest.mark.parametrize(
    "changes",
    [
        {"literal": plan_pb2.Literal(integer=5)},
        {"literal": plan_pb2.Literal(null=True)},
        {"column": "cidade"},
        {"operator": plan_pb2.COMPARISON_OPERATOR_LESS},
    ],
)
def test_another_shape(changes: dict[str, Any]) -> None:
    assert shape_digest(bare(a_plan(**changes))) != shape_digest(bare(a_plan()))


def test_what_is_kept_has_its_values_and_not_its_wording() -> None:
    kept = bare(a_plan())
    assert kept.query.select.where.all_of.predicates[0].comparison.right.literal.text == "SP"
    assert (kept.question, kept.query.select.projections[0].label) == ("", "")
    assert "origin" not in str(kept)


def test_statements_of_two_sources_are_two() -> None:
    digest: Callable[[str, str], str] = statement_digest
    assert digest("a", "SELECT 1") == digest("a", "SELECT 1") != digest("b", "SELECT 1")
