"""Facts that need further queries: totals over everything, and the periods before."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from functools import partial

from maestro.catalog.v1 import catalog_pb2
from maestro.plan.v1 import plan_pb2 as plan
from maestro.provider.v1 import provider_pb2
from maestro.result.v1 import result_pb2
from maestro.semantics.v1 import semantics_pb2
from services.enricher import gaps, over_groups
from services.enricher.definitions import define
from services.enricher.from_rows import shares
from services.enricher.numbers import Number, ratio, read, write
from services.enricher.periods import Period, previous, to_date, year_before
from services.enricher.periods import read as read_period
from services.enricher.shape import Shape, period_of

Fetch = Callable[[plan.Query, str], Awaitable[provider_pb2.FetchResponse]]
"""Runs a query for a purpose and gives its head."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """A fact to be computed, and how. frugal: only where it is cheap."""

    kind: str
    compute: Callable[[Fetch], Awaitable[list[result_pb2.Enrichment]]]
    frugal: bool = False


def want(
    shape: Shape,
    query: plan.Query,
    head: result_pb2.ResultHead,
    catalog: catalog_pb2.CatalogSlice,
    semantics: semantics_pb2.SemanticSlice,
    today: date,
    locale: str,
) -> list[Wanted]:
    """The facts that fit the plan and that its rows alone do not tell."""
    wanted: list[Wanted] = []
    part = bool(query.limit) or not head.complete or query.select.HasField("having")
    if shape.grouped and shape.bucket is None and part:
        additive = sorted(shape.additive & set(shape.measures))
        wanted += [Wanted("share", partial(_share_of_total, shape, query, head, each, locale)) for each in additive]
    bounds = period_of(query)
    period = None if bounds is None else read_period(bounds)
    one_number = not shape.grouped and len(shape.measures) == len(head.columns) == 1 and len(head.rows) == 1
    if period is not None and one_number and period.start.date() <= today:
        periods = {"previous_period": previous(period)}
        if year_before(period) != previous(period):
            periods["year_on_year"] = year_before(period)
        for kind, compared in periods.items():
            compute = partial(_compared, kind, query, head, period, compared, today, locale)
            wanted.append(Wanted(kind, compute))
    by = over_groups.ranked_by(query, shape, catalog) if one_number else None
    value = read(head.rows[0].values[0]) if by is not None else None
    if by is not None and value:
        label = over_groups.label_of(by, query, semantics, locale)
        compute = partial(_rank, query, by, value, head.columns[0].name, label, locale)
        wanted.append(Wanted("rank", compute, frugal=True))
    if shape.grouped and shape.bucket is None and part and not query.select.HasField("top_per_group"):
        for each in shape.measures:
            wanted.append(Wanted("outliers", partial(_outliers, query, head, each, locale), frugal=True))
    counting = gaps.counting(query, shape, catalog)
    if counting is not None:
        wanted.append(Wanted("completeness", partial(_missing, counting, head.columns[0].name, locale)))
    newest = gaps.newest(query, today)
    if newest is not None:
        wanted.append(Wanted("freshness", partial(_stale, newest, today, locale)))
    return wanted


async def _rank(
    query: plan.Query, by: plan.Expression, value: Number, column: str, label: str, locale: str, fetch: Fetch
) -> list[result_pb2.Enrichment]:
    fetched = await fetch(over_groups.place(query, by, value), "rank")
    facts = over_groups.rank(fetched.head, column, label, locale)
    for fact in facts:
        fact.statements.extend(fetched.statements)
    return facts


async def _outliers(
    query: plan.Query, head: result_pb2.ResultHead, measure: int, locale: str, fetch: Fetch
) -> list[result_pb2.Enrichment]:
    """Against the median of all groups, of which the head has some."""
    first = await fetch(over_groups.middle(query, measure), "median")
    values = [read(each) for each in first.head.rows[0].values] if len(first.head.rows) == 1 else [None]
    if len(values) != 2 or values[0] is None or values[1] is None:
        return []
    second = await fetch(over_groups.middle(query, measure, values[0]), "deviation")
    deviation = _only_number(second)
    if deviation is None:
        return []
    facts = over_groups.outliers(head, measure, values[0], deviation, values[1], locale)
    for fact in facts:
        fact.statements.extend([*first.statements, *second.statements])
    return facts


async def _missing(counting: plan.Query, column: str, locale: str, fetch: Fetch) -> list[result_pb2.Enrichment]:
    fetched = await fetch(counting, "completeness")
    facts = gaps.missing(fetched.head, column, locale)
    for fact in facts:
        fact.statements.extend(fetched.statements)
    return facts


async def _stale(newest: plan.Query, today: date, locale: str, fetch: Fetch) -> list[result_pb2.Enrichment]:
    fetched = await fetch(newest, "freshness")
    field = newest.select.projections[0].expression.aggregate.operand.column.column
    facts = gaps.stale(fetched.head, field, today, locale)
    for fact in facts:
        fact.statements.extend(fetched.statements)
    return facts


async def _share_of_total(
    shape: Shape, query: plan.Query, head: result_pb2.ResultHead, measure: int, locale: str, fetch: Fetch
) -> list[result_pb2.Enrichment]:
    whole = plan.Query()
    whole.CopyFrom(query)
    select = whole.select
    del whole.order_by[:], select.group_by[:]
    whole.limit = whole.offset = 0
    select.ClearField("having")
    select.ClearField("top_per_group")
    kept = plan.Projection()
    kept.CopyFrom(select.projections[measure])
    del select.projections[:]
    select.projections.append(kept)
    fetched = await fetch(whole, "total")
    total = _only_number(fetched)
    facts = [] if total is None else shares(shape, head, measure, total, locale)
    for fact in facts:
        fact.statements.extend(fetched.statements)
    return facts


async def _compared(
    kind: str,
    query: plan.Query,
    head: result_pb2.ResultHead,
    period: Period,
    compared: Period,
    today: date,
    locale: str,
    fetch: Fetch,
) -> list[result_pb2.Enrichment]:
    """The change against another period; of a period that is not over, as far as both have come."""
    statements: list[result_pb2.Statement] = []
    current = read(head.rows[0].values[0])
    under_way = period.start.date() <= today < period.end.date() - timedelta(days=1)
    if under_way:
        so_far = await fetch(_in(query, to_date(period, period, today)), "comparison")
        statements.extend(so_far.statements)
        current = _only_number(so_far)
        compared = to_date(compared, period, today)
    before = await fetch(_in(query, compared), "comparison")
    statements.extend(before.statements)
    then = _only_number(before)
    if current is None or then is None:
        return []
    last = (compared.end - timedelta(microseconds=1)).date().isoformat()
    fact = result_pb2.Enrichment(
        kind=kind,
        definition=define(kind, locale, compared.start.date().isoformat(), last),
        column=head.columns[0].name,
        statements=statements,
    )
    fact.values["previous"].CopyFrom(write(then))
    if under_way:
        fact.values["current"].CopyFrom(write(current))
    if then != 0:
        fact.values["change"].CopyFrom(ratio((current - then) / abs(then)))
    return [fact]


def _in(query: plan.Query, period: Period) -> plan.Query:
    shifted = plan.Query()
    shifted.CopyFrom(query)
    bounds = period_of(shifted)
    assert bounds is not None
    period.write(bounds)
    return shifted


def _only_number(fetched: provider_pb2.FetchResponse) -> Number | None:
    """The number of a result of one cell; a sum over no rows is NULL, and that is no 0."""
    rows = fetched.head.rows
    number: Decimal | None = read(rows[0].values[0]) if len(rows) == 1 and len(rows[0].values) == 1 else None
    return number
