"""The measure of one period beside that of another."""

from maestro.plan.v1 import plan_pb2
from maestro.result.v1 import result_pb2

from services.enricher.definitions import define, span
from services.enricher.periods import Period, bounded, set_period
from services.enricher.subject import Fetch, Fetched, Subject, bare, number, share

P = plan_pb2
_COMPARED = (
    P.AGGREGATE_FUNCTION_COUNT,
    P.AGGREGATE_FUNCTION_SUM,
    P.AGGREGATE_FUNCTION_AVG,
    P.AGGREGATE_FUNCTION_MEDIAN,
)


def period_of(subject: Subject) -> Period | None:
    """The period of a result that can be compared: one number, one bounded period that has begun."""
    if not subject.one_value or subject.select is None or number(subject.head.rows[0].values[0]) is None:
        return None
    expression = subject.select.projections[0].expression
    if expression.WhichOneof("kind") == "aggregate" and expression.aggregate.function not in _COMPARED:
        return None
    found = bounded(subject.select)
    return found[1] if found is not None and found[1].start <= subject.as_of else None


async def previous_period(subject: Subject, fetch: Fetch) -> result_pb2.Enrichment | None:
    """Against the period of equal length right before."""
    period = period_of(subject)
    return (
        None
        if period is None
        else await _compare(subject, fetch, "previous_period", period, period.previous())
    )


async def year_on_year(subject: Subject, fetch: Fetch) -> result_pb2.Enrichment | None:
    """Against the same period of the year before; nothing where that is the previous period as well."""
    period = period_of(subject)
    if period is None or period.year_before() == period.previous() or period.year_before().end > period.start:
        return None
    return await _compare(subject, fetch, "year_on_year", period, period.year_before())


async def _compare(
    subject: Subject, fetch: Fetch, kind: str, period: Period, other: Period
) -> result_pb2.Enrichment | None:
    """A period that is not over is compared up to the day of the question, on both sides."""
    passed = period.cut(subject.as_of)
    current, statements = subject.head.rows[0].values[0], []
    if passed != period:
        other = other.like(passed, period)
        fetched = await _measure(subject, fetch, passed, kind)
        current, statements = fetched.values[0], list(fetched.statements)
    fetched = await _measure(subject, fetch, other, kind)
    if not fetched.values or number(fetched.values[0]) is None or number(current) is None:
        return None  # nothing was there to compare with
    definition = define(subject.language, kind, span(subject.language, other))
    made = result_pb2.Enrichment(kind=kind, column=subject.head.columns[0].name)
    if passed != period:
        definition += define(
            subject.language, "so_far", span(subject.language, passed), span(subject.language, other)
        )
        made.values["current"].CopyFrom(current)
    made.definition = definition
    made.values["previous"].CopyFrom(fetched.values[0])
    before, now = number(fetched.values[0]), number(current)
    if before is not None and now is not None and before:
        made.values["change"].CopyFrom(share((now - before) / abs(before)))
    made.statements.extend([*statements, *fetched.statements])
    return made


async def _measure(subject: Subject, fetch: Fetch, period: Period, purpose: str) -> Fetched:
    plan = bare(subject.plan, [subject.plan.query.select.projections[0].expression])
    found = bounded(plan.query.select)
    if found is None:
        raise AssertionError("the plan had a bounded period a moment ago")
    set_period(found[0], period)
    return await fetch(plan, purpose)
