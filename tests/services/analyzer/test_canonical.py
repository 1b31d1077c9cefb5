"""One form for readings that mean the same; another for those that do not."""

from __future__ import annotations

from dataclasses import replace

import pytest

from services.analyzer.canonical import canonical
from services.analyzer.reading import Combination, Compare, Flag, Item, Order, Reading, Ref, Source

PRICE, TITLE = Ref("product", "price"), Ref("product", "title")
CHEAP, KETTLE = Compare(Item(PRICE), "<", 5), Compare(Item(TITLE), "=", "Kettle")
PLAIN = Reading("product", select=(Item(TITLE),), where=(CHEAP, KETTLE))
COUNT = Reading(
    "product", select=(Item(fn="count", dataset="product"),), order=(Order(Item(fn="count", dataset="product")),)
)

SAME = {
    "order of conditions": (PLAIN, replace(PLAIN, where=(KETTLE, CHEAP))),
    "intent and form": (PLAIN, replace(PLAIN, intent="list", form="table")),
    "tables that are joined anyway": (PLAIN, replace(PLAIN, tables=("product",))),
    "order of tables": (replace(PLAIN, tables=("purchase", "stall")), replace(PLAIN, tables=("stall", "purchase"))),
    "whose rows are counted": (COUNT, Reading("product", select=(Item(fn="count"),), order=(Order(Item(fn="count")),))),
    "where a slot came from": (PLAIN, replace(PLAIN, select=(Item(TITLE, source=Source((1,), "name", 0.5)),))),
    "inside combinations": (
        replace(PLAIN, combine=Combination("union", COUNT)),
        replace(PLAIN, combine=Combination("union", replace(COUNT, intent="count", select=(Item(fn="count"),)))),
    ),
}
OTHER = {
    "another condition": (PLAIN, replace(PLAIN, where=(CHEAP,))),
    "another value": (PLAIN, replace(PLAIN, where=(CHEAP, replace(KETTLE, right="Lamp")))),
    "a further table": (PLAIN, replace(PLAIN, tables=("purchase",))),
    "order of what is shown": (
        replace(PLAIN, select=(Item(TITLE), Item(PRICE))), replace(PLAIN, select=(Item(PRICE), Item(TITLE))),
    ),
    "direction": (replace(PLAIN, order=(Order(Item(PRICE)),)), replace(PLAIN, order=(Order(Item(PRICE), True),))),
    "values once": (PLAIN, replace(PLAIN, distinct=True)),
    "a negation": (replace(PLAIN, where=(Flag(PRICE),)), replace(PLAIN, where=(Flag(PRICE, True),))),
    "what is combined": (replace(PLAIN, combine=Combination("union", COUNT)), replace(PLAIN, combine=Combination("except", COUNT))),
    "a field counted": (COUNT, replace(COUNT, select=(Item(TITLE, fn="count"),))),
}  # fmt: skip


@pytest.mark.parametrize("name", SAME)
def test_what_does_not_change_the_answer_does_not_tell_readings_apart(name: str) -> None:
    one, other = SAME[name]
    assert canonical(one) == canonical(other)
    assert hash(canonical(one)) == hash(canonical(other))


@pytest.mark.parametrize("name", OTHER)
def test_what_changes_the_answer_does(name: str) -> None:
    one, other = OTHER[name]
    assert canonical(one) != canonical(other)


@pytest.mark.parametrize("name", [*SAME, *OTHER])
def test_the_canonical_form_is_its_own(name: str) -> None:
    for each in (SAME | OTHER)[name]:
        assert canonical(canonical(each)) == canonical(each)
