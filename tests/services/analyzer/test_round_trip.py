"""Any reading, written out as a plan, sent, and read back, is the same reading."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from maestro.plan.v1 import plan_pb2 as plan
from services.analyzer.build import build
from services.analyzer.canonical import canonical
from services.analyzer.normalize import normalize
from services.analyzer.reading import (
    AllOf,
    AnyOf,
    Between,
    Combination,
    Compare,
    Condition,
    Flag,
    Item,
    Like,
    Missing,
    Not,
    Order,
    Reading,
    Ref,
    Related,
    Within,
)
from services.analyzer.trees import tree_of
from services.analyzer.unbuild import unbuild
from tests.services.analyzer.properties import PROPERTY
from tests.services.analyzer.shop import VOCABULARY

QUESTION = normalize("which?")
_JOINED = ("customer", "product", "purchase")
_NUMBERS = [Ref("customer", "age"), Ref("product", "price"), Ref("purchase", "total"), Ref("purchase", "quantity")]
_TEXTS = [Ref("customer", "name"), Ref("customer", "city"), Ref("product", "title"), Ref("product", "category")]
_WHOLE = [Ref("customer", "age"), Ref("purchase", "quantity")]
_OPS = st.sampled_from(["=", "<>", "<", "<=", ">", ">="])
_WORDS = st.text(alphabet="aZ é'\"%_\\;-0", min_size=1, max_size=8)
_DAYS = st.dates(date(1990, 1, 1), date(2040, 1, 1))
_EXACT = st.decimals(-(10**6), 10**6, places=2).filter(lambda each: each != each.to_integral_value())

_numbers = st.sampled_from(_NUMBERS)
_texts = st.sampled_from(_TEXTS)
_plain = st.builds(Item, st.sampled_from([*_NUMBERS, *_TEXTS]))
_aggregates = st.one_of(
    st.builds(Item, _numbers, st.sampled_from(["sum", "avg", "min", "max"])),
    st.builds(Item, _texts, st.just("count"), st.booleans()),
    st.just(Item(fn="count", dataset="")),
)
_simple: st.SearchStrategy[Condition] = st.one_of(
    st.builds(Compare, st.builds(Item, st.sampled_from(_WHOLE)), _OPS, st.integers(-(10**9), 10**9)),
    st.builds(Compare, st.just(Item(Ref("product", "price"))), _OPS, _EXACT),
    st.builds(Compare, st.builds(Item, _texts), st.sampled_from(["=", "<>"]), _WORDS, st.booleans()),
    st.builds(Compare, st.builds(Item, _numbers), _OPS, st.builds(Item, _numbers)),
    st.builds(Within, _texts, st.lists(_WORDS, min_size=2, max_size=3, unique=True).map(tuple), st.none(), st.booleans()),
    st.builds(Between, st.just(Ref("purchase", "bought_on")), _DAYS, _DAYS, st.booleans(), st.sampled_from(["", "maio"])),
    st.builds(Between, st.just(Ref("purchase", "bought_on")), _DAYS, st.none()),
    st.builds(Like, _texts, st.sampled_from(["contains", "prefix", "suffix", "words"]), _WORDS, st.booleans()),
    st.builds(Missing, st.just(Ref("customer", "email")), st.booleans()),
    st.builds(Flag, st.just(Ref("customer", "vip")), st.booleans()),
)  # fmt: skip
_conditions: st.SearchStrategy[Condition] = st.one_of(
    _simple,
    st.builds(lambda one, other: AnyOf((one, other)), _simple, _simple),
    st.builds(lambda one, parts: AnyOf((one, AllOf(tuple(parts)))), _simple, st.lists(_simple, min_size=2, max_size=2)),
    st.builds(Not, _simple.filter(lambda each: not isinstance(each, Flag))),
    st.builds(
        lambda number, op, fn: Compare(Item(number), op, Reading(number.dataset, select=(Item(number, fn),))),
        _numbers, _OPS, st.sampled_from(["avg", "min", "max"]),
    ),
    st.builds(
        lambda negated: Within(Ref("customer", "customer_id"), (), Reading("purchase", select=(Item(Ref("purchase", "customer_id")),)), negated),
        st.booleans(),
    ),
)  # fmt: skip


@st.composite
def readings(draw: st.DrawFn) -> Reading:
    """A reading of joined tables, as build would be given it."""
    keys = tuple(draw(st.lists(_plain, min_size=0, max_size=2, unique=True)))
    measures = tuple(draw(st.lists(_aggregates, min_size=0 if keys else 1, max_size=2, unique=True)))
    shown = draw(st.booleans())
    grouped = bool(measures) and bool(keys)
    select = (*(keys if shown or not measures else ()), *measures)
    having = (
        tuple(draw(st.lists(st.builds(Compare, _aggregates, _OPS, st.integers(0, 99)), max_size=1))) if grouped else ()
    )
    order = (Order(draw(st.sampled_from(select)), draw(st.booleans())),) if draw(st.booleans()) else ()
    where = draw(st.lists(_conditions, max_size=3))
    if draw(st.booleans()):
        where.append(
            Related(
                "customer",
                "purchase",
                negated=draw(st.booleans()),
                path=("purchase.customer_id->customer.customer_id",),
            )
        )
    return Reading(
        root=draw(st.sampled_from(_JOINED)), select=select, where=tuple(where), group=keys if grouped else (), having=having,
        order=order, limit=draw(st.integers(0, 50)), distinct=draw(st.booleans()) and not grouped,
        intent=draw(st.sampled_from(["", "list", "count", "ranking"])), form=draw(st.sampled_from(["", "csv"])),
    )  # fmt: skip


def there_and_back(reading: Reading) -> Reading:
    """By way of the bytes that are sent."""
    sent = build(reading, VOCABULARY, QUESTION).SerializeToString(deterministic=True)
    received = plan.QueryPlan()
    received.ParseFromString(sent)
    return unbuild(received, VOCABULARY)


def joined(reading: Reading) -> Reading:
    """The reading with its joins written out, as a plan says them."""
    tree = tree_of(reading, VOCABULARY)
    return replace(canonical(reading), tables=tuple(sorted(tree.datasets - {reading.root})))


@PROPERTY
@given(readings())
def test_any_reading_comes_back(reading: Reading) -> None:
    again = there_and_back(reading)
    assert replace(canonical(again), ways=()) == replace(joined(reading), ways=())
    assert again.intent == reading.intent
    assert again.form == reading.form


@PROPERTY
@given(readings(), readings(), st.sampled_from(["union", "intersect", "except"]))
def test_combinations_come_back(one: Reading, other: Reading, op: str) -> None:
    plain = [replace(each, order=(), limit=0, intent="", form="") for each in (one, other)]
    again = there_and_back(replace(plain[0], combine=Combination(op, plain[1])))
    assert again.combine is not None
    assert again.combine.op == op
    for made, wanted in ((replace(again, combine=None), plain[0]), (again.combine.other, plain[1])):
        assert replace(canonical(made), ways=()) == replace(joined(wanted), ways=())


@PROPERTY
@given(readings())
def test_what_came_back_is_written_out_to_the_same_bytes(reading: Reading) -> None:
    first = build(reading, VOCABULARY, QUESTION)
    again = build(unbuild(first, VOCABULARY), VOCABULARY, QUESTION)
    assert again.query.SerializeToString(deterministic=True) == first.query.SerializeToString(deterministic=True)


def test_amounts_keep_every_digit() -> None:
    reading = Reading(
        "product",
        select=(Item(Ref("product", "title")),),
        where=(Compare(Item(Ref("product", "price")), "=", Decimal("0.10")),),
    )
    (condition,) = there_and_back(reading).where
    assert isinstance(condition, Compare)
    assert str(condition.right) == "0.10"
