"""What knowledge of the catalog is worth: `make bench-index`, or `python -m bench.index --rows 500000 --keep DIR`.

Every plan is timed in three forms, interleaved: the plain one (what the same plan yields without a catalog), Maestro's
(with the catalog that the scanner read), and an expert's SQL; first warm, then cold, each cold run behind a restart of
the server with its files forgotten by the system. Rows are compared between the forms. All of it once with the sample's
full indexes and once with its legacy ones. The last line is one JSON object; bench/index_report.py says what is in it.
"""

import argparse
import asyncio
import json
import signal
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from bench.index_clock import busy
from bench.index_database import SECTIONS, NoRoomError, chill, prepared
from bench.index_planned import reads_index, work_of
from bench.index_plans import CASES, Case
from bench.index_report import Timed, summary, table
from bench.index_rounds import rounds
from bench.index_statements import FORMS, PAGE, Statement, Statements
from deploy.local.postgres import EmbeddedPostgres
from maestro.catalog.v1 import catalog_pb2
from maestro.plan.v1 import plan_pb2
from maestro.scanner.v1 import scanner_pb2, scanner_pb2_grpc
from mesh.fault import Fault
from mesh.testing import start
from services.scanner.__main__ import build as scanner


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


def same(case: Case, plain: list[tuple[Any, ...]] | None, ours: list[tuple[Any, ...]] | None) -> bool:
    """Whether both gave the same, as far as they ended: as many rows, and the same ones where the plan says which."""
    if plain is None or ours is None:
        return True
    width = len(case.query.select.projections)
    a, b = [row[:width] for row in plain], [row[:width] for row in ours]
    if len(a) != len(b):
        return False
    decided = case.query.select.group_by or not (case.query.order_by or len(a) > PAGE or case.page)
    return sorted(map(repr, a)) == sorted(map(repr, b)) if decided and len(a) <= PAGE else True


async def warm(statements: Statements, case: Case, forms: dict[str, Statement], repeats: int, budget: float) -> Timed:
    """All forms of one plan, interleaved. budget: seconds for one form, about."""
    made = Timed(case, {form: each.sql for form, each in forms.items()})
    first, rows = {}, {}
    for form, each in forms.items():
        first[form], rows[form] = await statements.run(each)
    made.unfinished = [form for form in FORMS if rows[form] is None]
    if not case.multiplied and not same(case, rows["plain"], rows["maestro"]):
        made.wrong = f"plain gave {len(rows['plain'] or ())} rows, maestro {len(rows['maestro'] or ())}, or others"
    for form, each in forms.items():
        explained = await statements.explained(each)
        made.work[form] = work_of(explained)
        made.by_index = reads_index(explained)  # the expert's is the last one
    await rounds(statements, forms, made, first, repeats, budget)
    return made


async def cold(server: EmbeddedPostgres, statements: Statements, made: Timed, forms: dict[str, Statement]) -> None:
    """Each form once, from the disk."""
    for form, each in forms.items():
        await statements.disconnect()
        await asyncio.to_thread(chill, server)
        await statements.connect()
        made.cold[form] = (await statements.run(each))[0]


async def measure(server: EmbeddedPostgres | None, url: str, options: argparse.Namespace) -> dict[str, Any]:
    """One section: its table on the output, its figures given back. server: None where it is not ours to restart."""
    catalogs = await catalogs_of(url)
    processor = busy() if options.busy is None else options.busy
    if processor:
        _progress("the time of warm runs is that on the processor, without parallel workers\n")
    statements = Statements(url, catalogs, busy=processor)
    results: list[tuple[Timed, dict[str, Statement]]] = []
    chosen = [case for case in CASES if any(each in case.name for each in options.only.split(","))]
    for number, case in enumerate(chosen, 1):
        forms = await statements.of(case)
        results.append((await warm(statements, case, forms, options.repeats, options.seconds), forms))
        _progress(f"warm {number}/{len(chosen)} {case.name}")
    await statements.close()
    statements = Statements(url, catalogs)
    for number, (made, forms) in enumerate(results if options.cold else (), 1):
        if server is not None:
            await cold(server, statements, made, forms)
            _progress(f"cold {number}/{len(results)} {made.case.name}")
    await statements.close()
    timed = [made for made, _ in results]
    sys.stdout.write(table(timed))
    if options.show:
        for made in timed:
            for form in FORMS:
                sys.stdout.write(f"\n{made.case.name}, {form} ({made.median(form):.2f} ms):\n{made.sql[form]}\n")
    return {"clock": "processor" if processor else "wall", **summary(timed)}


def _progress(text: str) -> None:
    sys.stderr.write(f"\r[bench.index] {text:60}" if sys.stderr.isatty() else f"[bench.index] {text}\n")
    sys.stderr.flush()


def main(arguments: list[str] | None = None) -> int:
    """Makes the databases, measures, prints. Fails where forms disagree."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=5_000_000, help="deliveries in the sample (default %(default)s)")
    parser.add_argument("--indexes", choices=(*SECTIONS, "both"), default="both", help="default %(default)s")
    parser.add_argument("--keep", type=Path, help="folder to make the databases in and to keep them for another run")
    parser.add_argument(
        "--url", default="", help="a database that holds the sample already; nothing is made, nothing cold"
    )
    parser.add_argument(
        "--repeats", type=int, default=15, help="runs of each form (default %(default)s; quick ones more)"
    )
    parser.add_argument("--seconds", type=float, default=6.0, help="most seconds for one form (default %(default)s)")
    parser.add_argument("--only", default="", help="plans whose name holds this, or one of these, with commas")
    parser.add_argument(
        "--busy", action=argparse.BooleanOptionalAction,
        help="whether the machine does other things: then the time on the processor counts (default: looks for itself)",
    )  # fmt: skip
    parser.add_argument("--no-cold", dest="cold", action="store_false", help="leave out the cold runs")
    parser.add_argument("--show", action="store_true", help="print the statements too")
    options = parser.parse_args(arguments)
    for each in (signal.SIGTERM, signal.SIGHUP):
        # As Ctrl-C, so that nothing stays behind.
        signal.signal(each, lambda *_: signal.raise_signal(signal.SIGINT))
    try:
        made = _sections(options)
    except KeyboardInterrupt:
        sys.stderr.write("\n[bench.index] interrupted; nothing is left behind but what --keep names\n")
        return 130
    except NoRoomError as error:
        sys.stderr.write(f"[bench.index] {error}\n")
        return 2
    first = next(iter(made))
    figures: dict[str, Any] = {"rows": options.rows, "indexes": first, **made.pop(first)}
    figures.update(made)
    sys.stdout.write(json.dumps(figures) + "\n")
    return 1 if figures["wrong"] or any(each["wrong"] for each in made.values()) else 0


def _sections(options: argparse.Namespace) -> dict[str, dict[str, Any]]:
    """The figures by section."""
    sections: tuple[str, ...] = SECTIONS if options.indexes == "both" else (options.indexes,)
    if options.url:
        return {sections[0]: asyncio.run(measure(None, options.url, options))}
    made: dict[str, dict[str, Any]] = {}
    with _server(options.keep) as server:
        for section, url in prepared(server, options.rows, sections, kept=options.keep is not None):
            sys.stdout.write(f"\n{section} indexes\n")
            made[section] = asyncio.run(measure(server, url, options))
    return made


@contextmanager
def _server(kept: Path | None) -> Iterator[EmbeddedPostgres]:
    """A server of our own. kept: its folder, which stays; else nothing does."""
    with tempfile.TemporaryDirectory(prefix="maestro-bench-") as folder:
        # What the server does by itself would be measured.
        settings = {"autovacuum": "off"}
        server = EmbeddedPostgres(kept or Path(folder), fsync=False, shared_buffers=512, settings=settings)
        try:
            with server:
                yield server
        finally:
            if kept is None and server.data_dir not in server.socket_dir.parents:
                with suppress(OSError):
                    server.socket_dir.rmdir()


if __name__ == "__main__":
    sys.exit(main())
