"""What came of suggestions: seen in the catalog, and measured."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime

from maestro.catalog.v1 import catalog_pb2
from maestro.monitor.v1 import monitor_pb2 as pb
from services.monitor.advice.existing import followed
from services.monitor.advice.postgres import AdviceStore, Suggested

Tables = Callable[[str, Sequence[str]], Awaitable[dict[str, catalog_pb2.Table]]]
"""Tables of a source by name, as the catalog holds them now; ones that are gone are left out. Raises Fault."""


class Applied:
    """Compares what was predicted with what is measured."""

    def __init__(self, store: AdviceStore, tables: Tables) -> None:
        self._store = store
        self._tables = tables

    async def look(self, source: str) -> None:
        """Notes which suggested indexes are there now, and which are gone again. Raises Fault."""
        suggested = await self._store.suggested(source)
        if not suggested:
            return
        tables = await self._tables(source, sorted({each.suggestion.table for each in suggested}))
        for each in suggested:
            table = tables.get(each.suggestion.table)
            index = "" if table is None else followed(each.suggestion, table)
            if bool(index) != (each.applied is not None):
                await self._store.applied(source, each.suggestion.id, index)

    async def look_at_all(self) -> None:
        """`look` for every source that has suggestions which were not followed yet."""
        for source in await self._store.waiting():
            await self.look(source)

    async def told(self, source: str) -> list[pb.AppliedSuggestion]:
        """Suggestions that were followed, predicted against measured, newest first."""
        there = [each for each in await self._store.suggested(source) if each.applied is not None]
        there.sort(key=lambda each: each.applied or each.suggested, reverse=True)
        return [await self._told(source, each, each.applied) for each in there if each.applied is not None]

    async def _told(self, source: str, each: Suggested, applied: datetime) -> pb.AppliedSuggestion:
        made = pb.AppliedSuggestion(suggestion=each.suggestion, index=each.index)
        made.suggested_time.FromDatetime(each.suggested)
        made.applied_time.FromDatetime(applied)
        shapes = [served.shape for served in each.suggestion.serves]
        since = {usage.shape: usage for usage in await self._store.usage(source, applied, len(shapes) or 1, 1, shapes)}
        plans = await self._store.plans(source, shapes)
        for served in each.suggestion.serves:
            sql = plans[served.shape].sql if served.shape in plans else served.sql
            measured = made.measured.add(shape=served.shape, sql=sql, calls_before=served.calls)
            measured.predicted_change = served.cost_after / served.cost_before - 1
            measured.median_before.CopyFrom(served.median)
            usage = since.get(served.shape)
            if usage is None:
                continue
            measured.calls_after = usage.calls
            measured.median_after.FromNanoseconds(round(usage.median))
            before = served.median.ToNanoseconds()
            if before:
                measured.measured_change = usage.median / before - 1
        return made
