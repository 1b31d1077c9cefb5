"""What each stage of the compiler makes of a plan. A change shows in the stage that makes it."""

from typing import Any

import pytest
from syrupy.assertion import SnapshotAssertion

from bench.index_notation import (
    agg,
    cmp,
    col,
    flag,
    join,
    metric,
    query,
)
from maestro.plan.v1 import plan_pb2 as p
from services.loader.compiler import Task, compile_plan
from services.loader.shape import Shape
from tests.services.loader.conftest import Reader
from tests.services.loader.meanings import shop
from tests.services.loader.plan_cases import CASES, C, I, O, to_items
from tests.services.loader.test_pages import CASES as PAGED
from tests.services.loader.told import told

NAMES = [
    "equal", "fold_equal", "char_padded", "columns_compared", "date_range", "timestamp_range_by_days", "year", "year_not",
    "years", "year_and_month", "date_of", "bucket_equal", "bucket_quarter_from", "as_of", "text_date", "in_fold", "truth",
    "contains", "contains_short", "prefix", "prefix_fold", "words", "join", "related_many", "related_few", "related_none_by_count",
    "not_in_query", "subquery", "division", "buckets", "filtered_aggregates", "group_by_constant_in_expression",
    "group_dependent_through_join", "distinct_by_hidden_down", "ranking", "window_share", "top_of_groups", "latest_of_each",
    "three_combined",
]  # fmt: skip
MORE: dict[str, p.Query] = {
    "flag_of_the_model": query(O, {"id": col("o.id")}, where=flag("late", "o")),
    "metric_of_the_model": query(O, {"r": metric("revenue", "o")}, to_items, where=cmp(col("i.quantity"), ">", 5)),
    "sum_beside_a_group_of_many": query(O, {"p": col("i.product_id"), "s": agg("SUM", col("o.total"))}, to_items, group=[col("i.product_id")]),
    "needless_join": query(I, {"q": agg("SUM", col("i.quantity"))}, join(O, on=cmp(col("i.order_id"), "=", col("o.id")))),
    "count_of_a_key": query(C, {"n": agg("COUNT", col("c.id"), distinct=True)}),
}  # fmt: skip


def stages(reader: Reader, made: p.Query, variant: str = "head") -> str:
    """The stages that changed something, and what was chosen."""
    task = Task("x", reader.database.dialect, p.QueryPlan(query=made), reader.catalog, shop())
    seen: list[tuple[str, Any]] = []
    _, compiled = compile_plan(task, Shape(made), variant, observe=lambda stage, what: seen.append((stage, what)))
    shown, before = [], ""
    for stage, what in seen:
        text = what if isinstance(what, str) else told(what)
        if text != before:
            shown.append(f"== {stage}\n{text}")
        before = text
    choices = [f"{table}: {choice} ({index or '-'}; {reason})" for table, index, choice, reason in compiled.choices]
    return "\n".join([*shown, "== choices", *choices])


@pytest.mark.parametrize("name", [*NAMES, *MORE])
def test_postgresql(name: str, on_postgresql: Reader, snapshot: SnapshotAssertion) -> None:
    assert stages(on_postgresql, MORE.get(name) or CASES[name]) == snapshot


@pytest.mark.parametrize(
    "name", ["fold_equal", "year_and_month", "prefix", "words", "buckets", "related_many", "text_date", "division"]
)
def test_sqlite(name: str, on_sqlite: Reader, snapshot: SnapshotAssertion) -> None:
    assert stages(on_sqlite, CASES[name]) == snapshot


@pytest.mark.parametrize(
    "name",
    ["no_order", "by_key", "by_nullable_down", "by_indexed_nullable_down", "grouped_hidden_key", "without_a_key"],
)
def test_later_pages(name: str, on_postgresql: Reader, snapshot: SnapshotAssertion) -> None:
    keys = {
        "no_order": 1,
        "by_key": 1,
        "by_nullable_down": 2,
        "by_indexed_nullable_down": 2,
        "grouped_hidden_key": 2,
        "without_a_key": 3,
    }
    text = stages(on_postgresql, PAGED[name], "after:" + "0" * keys[name])
    assert text[text.index("== emit") :] == snapshot
