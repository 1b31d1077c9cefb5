"""The forms of a plan that bench.index times: plain, Maestro's, an expert's; run as the loader runs them, through its own
connections."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from bench.index_plans import Case
from maestro.catalog.v1 import catalog_pb2
from maestro.plan.v1 import plan_pb2
from maestro.semantics.v1 import semantics_pb2
from mesh.fault import Fault
from mesh.sources import sources
from services.loader.bindings import Moment, zone
from services.loader.ceilings import Limits
from services.loader.compiler import Compiler, Task
from services.loader.execution import Ask, Execution
from services.loader.settings import LoaderSettings
from services.loader.shape import shape_of
from services.loader.source import Database
from services.loader.sources import Sources
from services.loader.tokens import Token

FORMS = ("plain", "maestro", "expert")
LIMIT = 30.0
"""Seconds after which a form is stopped, and counts as having taken that long; four times as many on a busy machine."""
PAGE = 100
_ZONE = "America/Sao_Paulo"


@dataclass(frozen=True)
class Statement:
    """One form of one plan, ready to run."""

    sql: str
    bound: list[Any]
    single: bool = False


class Statements:
    """Makes and runs statements on one source. url: the reader's. busy: the machine has other things to do, so that the
    time that counts is the one in which the server's process had a processor (Linux, and no parallel workers)."""

    def __init__(self, url: str, catalogs: dict[str, catalog_pb2.CatalogSlice], *, busy: bool = False) -> None:
        self._busy = busy
        self._limit = LIMIT * (4 if busy else 1)
        if busy:
            url += ("&" if "?" in url else "?") + "options=-c%20max_parallel_workers_per_gather%3D0"
        # The bench cancels what takes too long by itself, as the loader does for a narrower limit of a caller.
        self._settings = LoaderSettings(statement_timeout=self._limit, max_cost=0)
        self._opened = Sources(sources({"MAESTRO_SOURCE_FRETE": url}), self._settings)
        self._database: Database = self._opened.get("frete")[1]
        self._execution = Execution(Compiler(), self._settings)
        self._catalogs = catalogs
        self._moment = Moment(datetime(2025, 11, 19, 15, tzinfo=UTC).astimezone(zone(_ZONE)), zone(_ZONE), _ZONE)

    async def of(self, case: Case) -> dict[str, Statement]:
        """The statement of each form, by the form's name. Which of several forms is cheaper is decided here, once, as
        in the loader: it is off the path of the questions that follow."""
        return {
            "plain": await self._plain(case),
            "maestro": await self._ours(case),
            "expert": Statement(await self._expert(case), []),
        }

    async def _plain(self, case: Case) -> Statement:
        query = plan_pb2.Query()
        query.CopyFrom(case.query)
        # Without keys, a later page is an offset.
        query.offset = case.page * PAGE
        return await self._statement(query, self._ask(query, catalog_pb2.CatalogSlice()), "bare", {})

    async def _ours(self, case: Case) -> Statement:
        ask = self._ask(case.query, self._catalogs[case.name])
        if not case.page:
            ends = 0 < case.query.limit <= PAGE
            return await self._statement(case.query, ask, "only" if ends else "head", {})
        token = await self._before(case, ask)
        return await self._statement(case.query, ask, token.variant, token.values())

    async def _expert(self, case: Case) -> str:
        if not case.page:
            return case.expert
        token = await self._before(case, self._ask(case.query, self._catalogs[case.name]))
        return case.expert.format(**token.values())

    async def _statement(self, query: plan_pb2.Query, ask: Ask, variant: str, more: dict[str, Any]) -> Statement:
        shape = shape_of(query)
        fetch = min(PAGE + 1, query.limit or PAGE + 1)
        values = self._execution.values(shape, self._moment) | {"fetch": fetch} | more
        compiled = await self._execution.compiled(self._database, ask, shape, values, variant)
        return Statement(compiled.sql, compiled.bind(values, self._moment), compiled.single)

    async def _before(self, case: Case, ask: Ask) -> Token:
        """The token behind the page before the one that is timed."""
        shape = shape_of(case.query)
        values = self._execution.values(shape, self._moment) | {"fetch": case.page * PAGE}
        compiled = await self._execution.compiled(self._database, ask, shape, values, "head")
        answer = await self._database.run(
            compiled.sql, compiled.bind(values, self._moment), single=False, timeout=self._limit
        )
        return Token().following(compiled.paging, answer.rows, len(answer.rows), -1)

    def _ask(self, query: plan_pb2.Query, catalog: catalog_pb2.CatalogSlice) -> Ask:
        plan = plan_pb2.QueryPlan(query=query)
        task = Task("frete", self._database.dialect, plan, catalog, semantics_pb2.SemanticSlice())
        return Ask(task, self._moment, Limits(10**9, 1 << 40, 0, self._limit), PAGE, "", explain=False)

    async def explained(self, made: Statement) -> str:
        """What the planner means to do for it, as JSON."""
        return (await self._database.explain(made.sql, made.bound, self._limit)).text

    async def run(self, made: Statement) -> tuple[float, list[tuple[Any, ...]] | None]:
        """(milliseconds, rows); None for a statement that did not end within the limit, whose time is what it took until
        then."""
        clock = await self._clock()
        began = clock()
        try:
            answer = await self._database.run(made.sql, made.bound, single=made.single, timeout=self._limit)
        except Fault as fault:
            if fault.reason != "STATEMENT_TIMEOUT":
                raise
            return (clock() - began) * 1000, None
        return (clock() - began) * 1000, answer.rows

    async def _clock(self) -> Callable[[], float]:
        """What tells seconds."""
        if not self._busy:
            return time.perf_counter
        answer = await self._database.run("SELECT pg_backend_pid()", [], single=False, timeout=self._limit)
        scheduled = Path(f"/proc/{answer.rows[0][0]}/schedstat")
        return lambda: int(scheduled.read_text().split()[0]) / 1e9

    async def connect(self) -> None:
        """Opens a connection, so that the next statement does not pay for it."""
        await self._database.run("SELECT 1", [], single=False, timeout=self._limit)

    async def disconnect(self) -> None:
        """Closes every connection; the next statement opens one."""
        await self._database.close_idle(0)

    async def close(self) -> None:
        """As Sources.close."""
        await self._opened.close()
