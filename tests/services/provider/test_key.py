"""The same result is due only where everything that it depends on is the same."""

from collections.abc import Callable
from datetime import UTC, datetime

import pytest

from bench.index_notation import as_of, cmp, col, flag, query
from maestro.provider.v1 import provider_pb2
from services.provider.key import key_of
from tests.services.provider.conftest import fetch


def changed(change: Callable[[provider_pb2.FetchRequest], object]) -> provider_pb2.FetchRequest:
    made = fetch()
    change(made)
    return made


@pytest.mark.parametrize(
    "change",
    [
        lambda r: setattr(r.context, "source", "other"),
        lambda r: r.context.caller.roles.append("vendedor"),
        lambda r: r.context.caller.attributes.update({"vendedor_vinculado": "Ana"}),
        lambda r: setattr(r.context, "time_zone", "UTC"),
        lambda r: setattr(r.context.limits, "max_rows", 5),
        lambda r: setattr(r.catalog, "version", "c2"),
        lambda r: setattr(r.semantics, "version", "m2"),
        lambda r: r.ClearField("catalog"),
        # What a scan sees of a table that was written to.
        lambda r: setattr(r.catalog.tables[0], "changes", 7),
        lambda r: setattr(r.catalog.tables[0], "row_estimate", 7),
        lambda r: setattr(r.catalog.tables[0].columns.add(name="id").statistics, "maximum", "9"),
        lambda r: setattr(r, "page_size", 5),
        lambda r: setattr(r, "page_token", "x"),
        lambda r: setattr(r, "explain", True),
        lambda r: setattr(r.plan.query, "limit", 5),
        lambda r: r.plan.query.select.projections[0].__setattr__("label", "Number"),
        lambda r: r.plan.CopyFrom(fetch(above=6).plan),
    ],
)
def test_another_result(change: Callable[[provider_pb2.FetchRequest], object]) -> None:
    assert key_of(changed(change)) != key_of(fetch())


@pytest.mark.parametrize(
    "change",
    [
        lambda r: setattr(r.context, "request_id", "r1"),
        lambda r: setattr(r.context, "locale", "en"),
        lambda r: setattr(r.context, "conversation_id", "c1"),
        lambda r: setattr(r.context.caller, "id", "ana"),
        lambda r: r.context.as_of_time.FromDatetime(datetime(2025, 1, 1, tzinfo=UTC)),
        lambda r: setattr(r.plan, "question", "how many?"),
        lambda r: r.plan.query.select.where.origin.words.add(text="above five"),
        lambda r: r.plan.query.select.projections[0].expression.origin.words.add(text="ids"),
        lambda r: r.plan.assumptions.add(kind="field"),
    ],
)
def test_the_same_result(change: Callable[[provider_pb2.FetchRequest], object]) -> None:
    assert key_of(changed(change)) == key_of(fetch())


def test_roles_have_no_order() -> None:
    a, b = fetch(), fetch()
    a.context.caller.roles.extend(["x", "y"])
    b.context.caller.roles.extend(["y", "x"])
    assert key_of(a) == key_of(b)


def at(hour: int, *, moment: bool, defined: bool) -> bytes | None:
    """The key of a plan that refers to its moment, itself or by a flag of the model, asked on one day."""
    made = fetch(time_zone="America/Sao_Paulo")
    test = cmp(col("due"), "<", as_of(moment=moment))
    if defined:
        dataset = made.semantics.datasets.add(name="orders")
        dataset.fields.add(name="late", predicate=test)
        test = flag("late")
    made.plan.query.CopyFrom(query("orders", {"id": col("id")}, where=test))
    made.context.as_of_time.FromDatetime(datetime(2025, 1, 1, hour, tzinfo=UTC))
    return key_of(made)


@pytest.mark.parametrize("defined", [False, True])
def test_a_day_lasts_as_long_as_it_does_where_the_asker_is(defined: bool) -> None:
    assert at(4, moment=False, defined=defined) == at(20, moment=False, defined=defined)
    assert at(2, moment=False, defined=defined) != at(4, moment=False, defined=defined)


@pytest.mark.parametrize("defined", [False, True])
def test_a_moment_is_over_at_once(defined: bool) -> None:
    assert at(4, moment=True, defined=defined) != at(5, moment=True, defined=defined)
