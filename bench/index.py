"""What knowledge of the catalog is worth: `python -m bench.index --rows 5000000`.

Every plan is timed in three forms, interleaved: the plain one (what the same plan yields without a catalog), Maestro's
(with the catalog that the scanner read), and an expert's SQL. Statements run as the loader runs them, through its own
connections. Rows are compared between the forms. Cold: PostgreSQL restarted, the operating system's cache kept. The last
line is one JSON object.
"""

import argparse
import asyncio
import json
import statistics
import sys
import tempfile
import time
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from bench.index_plans import CASES, Case
from deploy.local.postgres import READER, EmbeddedPostgres
from maestro.catalog.v1 import catalog_pb2
from maestro.plan.v1 import plan_pb2
from maestro.scanner.v1 import scanner_pb2, scanner_pb2_grpc
from maestro.semantics.v1 import semantics_pb2
from mesh.fault import Fault
from mesh.sources import sources
from mesh.testing import start
from samples.frete.postgres import fill
from samples.frete.sample import Sample
from services.loader.bindings import Moment, zone
from services.loader.ceilings import Limits
from services.loader.compiler import Compiler, Task
from services.loader.execution import Ask, Execution
from services.loader.settings import LoaderSettings
from services.loader.shape import shape_of
from services.loader.source import Database
from services.loader.sources import Sources
from services.scanner.__main__ import build as scanner

ZONE = "America/Sao_Paulo"
PAGE = 100
LIMIT = 30.0
"""Seconds after which a form counts as having taken that long."""


@dataclass
class Statement:
    """One form of one plan, ready to run."""

    sql: str
    bound: list[Any]
    single: bool = False
    hidden: int = 0
    """Columns behind those that are shown."""


@dataclass
class Timed:
    """Times of one plan in milliseconds, by form."""

    case: Case
    warm: dict[str, list[float]] = field(default_factory=dict)
    cold: dict[str, float] = field(default_factory=dict)
    choices: list[str] = field(default_factory=list)
    wrong: str = ""

    def median(self, form: str) -> float:
        return statistics.median(self.warm[form])


class Bench:
    """Times plans on one source."""

    def __init__(self, url: str, catalogs: dict[str, catalog_pb2.CatalogSlice]) -> None:
        self.settings = LoaderSettings(statement_timeout=LIMIT, max_cost=0)
        self.opened = Sources(sources({"MAESTRO_SOURCE_FRETE": url}), self.settings)
        self.database: Database = self.opened.get("frete")[1]
        self.execution = Execution(Compiler(), self.settings)
        self.catalogs = catalogs
        self.moment = Moment(datetime(2025, 11, 19, 15, tzinfo=UTC).astimezone(zone(ZONE)), zone(ZONE), ZONE)

    def ask(self, query: plan_pb2.Query, catalog: catalog_pb2.CatalogSlice, token: str = "") -> Ask:
        task = Task(
            "frete", self.database.dialect, plan_pb2.QueryPlan(query=query), catalog, semantics_pb2.SemanticSlice()
        )
        return Ask(task, self.moment, Limits(10**9, 1 << 40, 0, LIMIT), PAGE, token, explain=False)

    async def statement(self, case: Case, form: str) -> Statement:
        """The statement of the head that the form would send."""
        query = plan_pb2.Query()
        query.CopyFrom(case.query)
        if form == "plain":
            # Without keys, a later page is an offset.
            query.offset = case.page * PAGE
            ask, variant = self.ask(query, catalog_pb2.CatalogSlice()), "bare"
        else:
            ask, variant = self.ask(query, self.catalogs[case.name]), "head"
        shape = shape_of(query)
        fetch = min(PAGE + 1, query.limit or PAGE + 1)
        values = self.execution.values(shape, self.moment) | {"fetch": fetch}
        if form == "maestro" and case.page:
            variant, keys = await self._behind(case, ask)
            values |= keys
        compiled = await self.execution.compiled(self.database, ask, shape, values, variant)
        return Statement(compiled.sql, compiled.bind(values, self.moment), compiled.single)

    async def _behind(self, case: Case, ask: Ask) -> tuple[str, dict[str, Any]]:
        """The variant and the keys of a page, taken from the row before it."""
        from services.loader.tokens import Token  # noqa: PLC0415  # only this part needs it

        shape = shape_of(ask.task.plan.query)
        values = self.execution.values(shape, self.moment) | {"fetch": case.page * PAGE}
        compiled = await self.execution.compiled(self.database, ask, shape, values, "head")
        answer = await self.database.run(compiled.sql, compiled.bind(values, self.moment), single=False, timeout=LIMIT)
        token = Token().following(compiled.paging, answer.rows, len(answer.rows), -1)
        return token.variant, token.values()

    async def run(self, made: Statement) -> tuple[float, list[tuple[Any, ...]] | None]:
        """(milliseconds, rows); None for a statement that did not end within the limit."""
        began = time.perf_counter()
        try:
            answer = await self.database.run(made.sql, made.bound, single=made.single, timeout=LIMIT)
        except Fault as fault:
            if fault.reason != "STATEMENT_TIMEOUT":
                raise
            return LIMIT * 1000, None
        return (time.perf_counter() - began) * 1000, answer.rows


def same(case: Case, plain: list[tuple[Any, ...]] | None, ours: list[tuple[Any, ...]] | None) -> bool:
    """Whether both gave the same: as many rows, and the same ones where the plan says which."""
    if plain is None or ours is None:
        return ours is not None
    width = len(case.query.select.projections)
    a, b = [row[:width] for row in plain], [row[:width] for row in ours]
    if len(a) != len(b):
        return False
    decided = case.query.select.group_by or not (case.query.order_by or len(a) > PAGE or case.page)
    return sorted(map(repr, a)) == sorted(map(repr, b)) if decided and len(a) <= PAGE else True


async def catalogs_of(url: str) -> dict[str, catalog_pb2.CatalogSlice]:
    """The slice of each plan, from the real scanner."""
    async with start({"scanner": scanner}, env={"MAESTRO_SOURCE_FRETE": url}) as mesh:
        stub = mesh.stub(scanner_pb2_grpc.ScannerStub, "scanner")
        deadline = time.monotonic() + 300
        while True:
            try:
                await stub.GetCatalog(scanner_pb2.GetCatalogRequest())
                break
            except Fault:
                if time.monotonic() > deadline:
                    raise
                await asyncio.sleep(0.5)
        made = {}
        for case in CASES:
            request = scanner_pb2.GetSliceRequest(plan=plan_pb2.QueryPlan(query=case.query))
            made[case.name] = (await stub.GetSlice(request)).slice
        return made


async def timed(bench: Bench, case: Case, repeats: int) -> Timed:
    """All forms of one plan, interleaved; at most about ten seconds for one form."""
    made = Timed(case)
    forms = {form: await bench.statement(case, form) for form in ("plain", "maestro")}
    forms["expert"] = Statement(case.expert, [])
    rows = {}
    for form, each in forms.items():
        made.cold[form], rows[form] = await bench.run(each)
    if not case.multiplied and not same(case, rows["plain"], rows["maestro"]):
        made.wrong = f"plain gave {len(rows['plain'] or ())} rows, maestro {len(rows['maestro'] or ())}, or others"
    slowest = max(made.cold.values())
    for _ in range(max(1, min(repeats, int(10_000 / max(slowest, 0.1))))):
        for form, each in forms.items():
            made.warm.setdefault(form, []).append((await bench.run(each))[0])
    return made


def report(results: list[Timed], rows: int, indexes: str) -> dict[str, Any]:
    """Prints the table; gives the summary."""
    print(
        f"{'plan':32} {'plain':>10} {'maestro':>10} {'expert':>10} {'speed-up':>9} {'/expert':>8}  cold: plain maestro"
    )
    for each in results:
        plain, ours, best = (each.median(form) for form in ("plain", "maestro", "expert"))
        mark = ("*" if each.case.served else " ") + (" WRONG " + each.wrong if each.wrong else "")
        print(
            f"{each.case.name:32} {plain:10.2f} {ours:10.2f} {best:10.2f} {plain / ours:9.1f} {ours / best:8.2f}"
            f"  {each.cold['plain']:8.1f} {each.cold['maestro']:8.1f} {mark}"
        )
    served = [each for each in results if each.case.served] if indexes == "full" else []
    ratios = [each.median("plain") / each.median("maestro") for each in served]
    against = [each.median("maestro") / each.median("plain") for each in results]
    expert = [each.median("maestro") / each.median("expert") for each in results]
    return {
        "rows": rows,
        "indexes": indexes,
        "plans": len(results),
        "served": len(served),
        "median_speedup": round(statistics.median(ratios), 2) if ratios else None,
        "least_speedup": round(min(ratios), 2) if ratios else None,
        "worst_vs_plain": round(max(against), 3),
        "slower_than_plain": [
            each.case.name for each in results if each.median("maestro") > each.median("plain") * 1.05 + 0.1
        ],
        "median_vs_expert": round(statistics.median(expert), 3),
        "wrong": [each.case.name for each in results if each.wrong],
    }


async def measure(url: str, rows: int, indexes: str, repeats: int, only: str) -> dict[str, Any]:
    bench = Bench(url, await catalogs_of(url))
    results = []
    for case in CASES:
        if only in case.name:
            results.append(await timed(bench, case, repeats))
    summary = report(results, rows, indexes)
    await bench.opened.close()
    return summary


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=5_000_000, help="deliveries in the sample (default %(default)s)")
    parser.add_argument("--indexes", choices=("full", "legacy"), default="full")
    parser.add_argument("--url", default="", help="a database that holds the sample already; else one is made")
    parser.add_argument("--data", default="", help="where to make and keep the database (default: a temporary folder)")
    parser.add_argument("--repeats", type=int, default=15)
    parser.add_argument("--only", default="", help="plans whose name holds this")
    options = parser.parse_args()
    if options.url:
        summary = asyncio.run(measure(options.url, options.rows, options.indexes, options.repeats, options.only))
    else:
        with tempfile.TemporaryDirectory(prefix="maestro-bench-") as folder:
            where = Path(options.data or folder)
            with EmbeddedPostgres(where, fsync=False, shared_buffers=512) as server:
                name = f"frete_{options.indexes}"
                server.create_database(name)
                fill(server.url(name), Sample(options.rows), indexes=options.indexes)
                url = server.url(name, role=READER)
                summary = asyncio.run(measure(url, options.rows, options.indexes, options.repeats, options.only))
    print(json.dumps(summary))
    return 1 if summary["wrong"] else 0


if __name__ == "__main__":
    sys.exit(main())
