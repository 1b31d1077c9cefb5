"""When two requests are for the same rows."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from maestro.provider.v1 import provider_pb2 as pb
from services.provider.keys import fetch_key


def a_request() -> pb.FetchRequest:
    request = pb.FetchRequest()
    request.context.source = "sales"
    request.context.as_of_time.seconds = 1_763_730_000
    request.catalog.version = "c1"
    request.semantics.version = "s1"
    select = request.plan.query.select
    getattr(select, "from").table.name = "orders"
    select.projections.add().expression.column.column = "id"
    return request


def moment(request: pb.FetchRequest) -> None:
    request.plan.query.select.projections.add().expression.as_of.moment = True


SAME: dict[str, Callable[[pb.FetchRequest], object]] = {
    "question": lambda r: setattr(r.plan, "question", "other words"),
    "caller": lambda r: setattr(r.context.caller, "id", "another person"),
    "locale": lambda r: setattr(r.context, "locale", "en"),
    "request": lambda r: setattr(r.context, "request_id", "another"),
    "a second later": lambda r: setattr(r.context.as_of_time, "seconds", 1_763_730_001),
}
OTHER: dict[str, Callable[[pb.FetchRequest], object]] = {
    "source": lambda r: setattr(r.context, "source", "stock"),
    "role": lambda r: r.context.caller.roles.append("vendedor"),
    "attribute": lambda r: r.context.caller.attributes.update({"vendedor": "Ana"}),
    "limit": lambda r: setattr(r.context.limits, "max_rows", 5),
    "zone": lambda r: setattr(r.context, "time_zone", "Asia/Tokyo"),
    "catalog": lambda r: setattr(r.catalog, "version", "c2"),
    "no catalog": lambda r: r.ClearField("catalog"),
    "model": lambda r: setattr(r.semantics, "version", "s2"),
    "query": lambda r: setattr(r.plan.query, "limit", 3),
    "page": lambda r: setattr(r, "page_token", "t"),
    "page size": lambda r: setattr(r, "page_size", 7),
    "explain": lambda r: setattr(r, "explain", True),
    "another day": lambda r: setattr(r.context.as_of_time, "seconds", 1_763_816_400),
}


@pytest.mark.parametrize("what", SAME)
def test_what_does_not_change_the_rows_does_not_change_the_key(what: str) -> None:
    changed = a_request()
    SAME[what](changed)
    assert fetch_key(changed) == fetch_key(a_request())


@pytest.mark.parametrize("what", OTHER)
def test_what_may_change_the_rows_changes_the_key(what: str) -> None:
    changed = a_request()
    OTHER[what](changed)
    assert fetch_key(changed) != fetch_key(a_request())


def test_a_plan_that_says_now_is_never_the_same_a_second_later() -> None:
    first, second = a_request(), a_request()
    moment(first)
    moment(second)
    assert fetch_key(first) == fetch_key(second)
    second.context.as_of_time.seconds += 1
    assert fetch_key(first) != fetch_key(second)
