"""From what was asked to what is missing."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from maestro.catalog.v1 import catalog_pb2
from maestro.error.v1 import error_pb2
from maestro.monitor.v1 import monitor_pb2 as pb
from mesh.fault import Fault
from services.monitor.advice import ddl
from services.monitor.advice.candidates import Candidate, offers
from services.monitor.advice.cost import index_bytes
from services.monitor.advice.existing import overlaps, twin
from services.monitor.advice.postgres import AdviceStore, KeptPlan, Usage
from services.monitor.advice.scans import Explained, explained
from services.monitor.critical_path import critical_path
from services.monitor.postgres import SpanStore
from services.monitor.spans import SpanRecord

_SHAPES = 60
_TRACES = 6
_AT_ONCE = 4
# Less than this is noise in the planner's estimates, or not worth an index.
_LEAST_GAIN = 0.25
_LEAST_COST = 50.0
HYPOPG, BOUND = "hypopg", "cost bound"


@dataclass(frozen=True, slots=True)
class Looked:
    """A plan in the light of today's catalog. hypopg: whether the database can plan with indexes that are not there."""

    sql: str
    explanation: str
    catalog: catalog_pb2.CatalogSlice
    hypopg: bool


class Eyes(Protocol):
    """How plans are looked at."""

    async def look(self, source: str, plan: KeptPlan) -> Looked:
        """The statement that a plan becomes now, and how the planner would run it. Raises Fault."""

    async def weigh(self, source: str, plan: KeptPlan, looked: Looked, candidate: Candidate) -> float:
        """The planner's cost as if the candidate were there. Raises Fault."""


@dataclass(slots=True)
class Asked:
    """A shape of plan: how often, how long, and how it would be run. critical: nanoseconds on the critical path."""

    usage: Usage
    plan: KeptPlan
    critical: float
    looked: Looked | None = None
    explained: Explained | None = None


@dataclass(slots=True)
class _Case:
    """A candidate and whom it serves: shape → (cost with it, why). weighed: shapes whose cost hypopg said."""

    table: catalog_pb2.Table
    serves: dict[str, tuple[float, str]] = field(default_factory=dict)
    weighed: set[str] = field(default_factory=set)


class Advisor:
    """Makes suggestions."""

    def __init__(self, store: AdviceStore, spans: SpanStore, eyes: Eyes) -> None:
        self._store = store
        self._spans = spans
        self._eyes = eyes

    async def advise(self, source: str, since: datetime, most: int) -> pb.AdviseResponse:
        """Suggestions for a source, and notes them. Raises Fault where source or state cannot be had."""
        response = pb.AdviseResponse()
        asked = await self._asked(source, since)
        await self._look(source, asked, response)
        cases = await self._cases(source, asked)
        made = [_suggestion(candidate, case, asked) for candidate, case in cases.items()]
        made.sort(key=lambda each: (-each.saved.ToNanoseconds(), each.ddl))
        response.suggestions.extend(made[:most])
        response.shapes = len(asked)
        response.calls = sum(each.usage.calls for each in asked.values())
        response.critical.FromNanoseconds(round(sum(each.critical for each in asked.values())))
        await self._store.suggest(source, response.suggestions)
        return response

    async def _asked(self, source: str, since: datetime) -> dict[str, Asked]:
        usages = await self._store.usage(source, since, _SHAPES, _TRACES)
        plans = await self._store.plans(source, [each.shape for each in usages])
        wanted = {trace for each in usages for trace in each.traces}
        traces: dict[str, list[SpanRecord]] = defaultdict(list)
        for span in await self._spans.traces(sorted(wanted)):
            traces[span.trace_id].append(span)
        on_path = {trace: frozenset(critical_path(spans)) for trace, spans in traces.items()}
        found = {}
        for usage in usages:
            plan = plans.get(usage.shape)
            if plan is not None:
                share = _share(usage, plan, traces, on_path)
                found[usage.shape] = Asked(usage, plan, usage.total * share)
        return found

    async def _look(self, source: str, asked: dict[str, Asked], response: pb.AdviseResponse) -> None:
        """Compiles and explains every plan anew; what cannot be is an issue, and the others go on."""
        places = asyncio.Semaphore(_AT_ONCE)

        async def look(each: Asked) -> None:
            async with places:
                try:
                    each.looked = await self._eyes.look(source, each.plan)
                    each.explained = explained(each.looked.explanation)
                except Fault as fault:
                    if fault.reason in ("SOURCE_UNKNOWN", "SOURCE_UNAVAILABLE", "MODULE_UNAVAILABLE"):
                        raise
                    response.issues.append(_issue(each, fault.message))
                except ValueError:
                    response.issues.append(_issue(each, "the database estimates no cost"))

        await asyncio.gather(*(look(each) for each in asked.values()))

    async def _cases(self, source: str, asked: dict[str, Asked]) -> dict[Candidate, _Case]:
        """The candidates that pay, each for the shapes that it serves best."""
        cases: dict[Candidate, _Case] = {}
        for shape, each in asked.items():
            for candidate, (table, cost, why) in self._offered(each).items():
                case = cases.setdefault(candidate, _Case(table))
                case.serves[shape] = (cost, why)
        await self._weigh(source, asked, cases)
        for case in cases.values():
            for shape, (cost, _) in list(case.serves.items()):
                before = asked[shape].explained
                if before is None or before.cost < _LEAST_COST or cost > before.cost * (1 - _LEAST_GAIN):
                    del case.serves[shape]
        return _chosen({candidate: case for candidate, case in cases.items() if case.serves}, asked)

    @staticmethod
    def _offered(each: Asked) -> dict[Candidate, tuple[catalog_pb2.Table, float, str]]:
        """Candidate → (table, cost of the whole statement with it, why)."""
        found: dict[Candidate, tuple[catalog_pb2.Table, float, str]] = {}
        if each.looked is None or each.explained is None:
            return found
        tables = {table.name: table for table in each.looked.catalog.tables}
        for scan in each.explained.scans:
            table = tables.get(scan.table)
            if table is None:
                continue
            for offer in offers(scan, table, each.looked.catalog.extensions):
                if twin(offer.candidate, table):
                    continue
                saved = max(0.0, scan.cost + offer.spared - offer.cost)
                _, cost, why = found.get(offer.candidate, (table, each.explained.cost, ""))
                whys = "; ".join(part for part in (why, offer.why) if part and part not in why)
                found[offer.candidate] = (table, max(1.0, cost - saved), whys or why)
        return found

    async def _weigh(self, source: str, asked: dict[str, Asked], cases: dict[Candidate, _Case]) -> None:
        """Where the database can plan with indexes that are not there, its word counts."""
        places = asyncio.Semaphore(_AT_ONCE)

        async def weigh(candidate: Candidate, case: _Case, shape: str) -> None:
            each = asked[shape]
            if each.looked is None or not each.looked.hypopg:
                return
            async with places:
                try:
                    cost = await self._eyes.weigh(source, each.plan, each.looked, candidate)
                except Fault:
                    return  # the bound stands
            case.serves[shape] = (cost, case.serves[shape][1])
            case.weighed.add(shape)

        await asyncio.gather(
            *(weigh(candidate, case, shape) for candidate, case in cases.items() for shape in list(case.serves))
        )


def _share(
    usage: Usage, plan: KeptPlan, traces: dict[str, list[SpanRecord]], on_path: dict[str, frozenset[str]]
) -> float:
    """How much of a shape's time was on the critical path, in its newest traces; 1 where none of them is whole."""
    whole = critical = 0
    for trace in usage.traces:
        for span in traces.get(trace.hex, ()):
            if span.statement in plan.statements:
                whole += span.elapsed_ns
                critical += span.elapsed_ns if span.span_id in on_path[trace.hex] else 0
    return critical / whole if whole else 1.0


def _chosen(cases: dict[Candidate, _Case], asked: dict[str, Asked]) -> dict[Candidate, _Case]:
    """The fewest that do nearly all: the one that saves most first; then what the others save beyond it."""
    chosen: dict[Candidate, _Case] = {}
    held = {shape: each.explained.cost for shape, each in asked.items() if each.explained is not None}
    left = dict(cases)

    def gain(case: _Case) -> float:
        """Nanoseconds that a case saves beyond those that were chosen."""
        saved = 0.0
        for shape, (cost, _) in case.serves.items():
            each = asked[shape].explained
            if each is not None:
                saved += asked[shape].critical * max(0.0, held[shape] - cost) / each.cost
        return saved

    while left:
        best = max(left, key=lambda each: (gain(left[each]), -len(each.keys), ddl.create(each)))
        case = left.pop(best)
        case.serves = {
            shape: (c, why) for shape, (c, why) in case.serves.items() if c < held[shape] * (1 - _LEAST_GAIN)
        }
        if not case.serves or gain(case) <= 0:
            continue
        chosen[best] = case
        for shape, (cost, _) in case.serves.items():
            held[shape] = min(held[shape], cost)
    return chosen


def _suggestion(candidate: Candidate, case: _Case, asked: dict[str, Asked]) -> pb.IndexSuggestion:
    columns = {each.name: each for each in case.table.columns}
    made = pb.IndexSuggestion(
        id=ddl.identifier(candidate),
        ddl=ddl.create(candidate) + ";",
        table=candidate.table,
        columns=[each.column for each in candidate.keys],
        method=HYPOPG if case.weighed.issuperset(case.serves) else BOUND,
        size_bytes=index_bytes(case.table, [columns[each.column] for each in candidate.keys]),
        write_cost=_write_cost(case.table),
        overlaps=list(overlaps(candidate, case.table)),
    )
    saved = 0.0
    for shape, (cost, why) in sorted(case.serves.items(), key=lambda item: -asked[item[0]].critical):
        each = asked[shape]
        assert each.explained is not None
        before = each.explained.cost
        served = made.serves.add(
            shape=shape, sql=each.plan.sql, calls=each.usage.calls, cost_before=before, cost_after=cost
        )
        served.median.FromNanoseconds(round(each.usage.median))
        served.critical.FromNanoseconds(round(each.critical))
        saved += each.critical * (1 - cost / before)
        if why and why not in made.reasons:
            made.reasons.append(why)
    made.saved.FromNanoseconds(round(saved))
    return made


def _write_cost(table: catalog_pb2.Table) -> str:
    count = len(table.indexes)
    beside = f"every row that is inserted or changed is entered in {count + 1} indexes instead of {count}"
    if table.changes < 0:
        return f"{beside}; how often that happens is not known"
    per_row = table.changes / max(1, table.row_estimate)
    return f"{beside}; {table.changes:,} rows were changed since the statistics were reset, {per_row:.2f} for each row"


def _issue(each: Asked, why: str) -> error_pb2.Issue:
    return error_pb2.Issue(
        severity=error_pb2.SEVERITY_INFO,
        code="advice.not_looked_at",
        message=f"A plan that was asked {each.usage.calls} times could not be looked at: {why}",
        module="monitor",
        params={"shape": each.usage.shape},
    )
