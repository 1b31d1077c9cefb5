"""How fast rows reach a caller: `make bench-flow`, or `python -m bench.flow --rows 500000`.

The same rows, four ways, interleaved: bare ADBC into Arrow in this process; bare psycopg binary COPY, read and thrown
away; Maestro's StreamQuery through a whole mesh (orchestrator, provider, loader, each its own process), decoded by Arrow;
CSV by COPY over HTTP, parsed by Arrow. Memory is the growth of each process (PSS) while ten times as many rows flow. The
mesh and its sample stay in the folder bench-flow of MAESTRO_HOME. The last line is one JSON object.
"""

import argparse
import asyncio
import http.server
import io
import os
import statistics
import sys
import threading
import time
import urllib.request
from collections.abc import Awaitable, Callable
from typing import Any

import adbc_driver_postgresql.dbapi as adbc
import psycopg
import pyarrow as pa
from pyarrow import csv

from bench.beside import run
from bench.index_notation import cmp, col, join, query, table
from bench.local_mesh import pss_kib
from deploy.local.home import Home, Record
from deploy.local.postgres import READER, EmbeddedPostgres
from maestro.orchestrator.v1 import orchestrator_pb2
from maestro.plan.v1 import plan_pb2
from maestro.result.v1 import result_pb2
from maestro_client.client import Maestro
from mesh.fault import Fault

COLUMNS = (
    "id", "numero_nf", "cliente", "cnpj_cliente", "municipio", "uf", "valor_nf", "data_embarque", "data_entrega_prevista",
    "data_hora_entrega_realizada", "entregue", "lead_time",
)  # fmt: skip
SQL = f"SELECT {', '.join(COLUMNS)} FROM entregas_monitoradas LIMIT "  # noqa: S608  # of our own names


def plan(rows: int) -> plan_pb2.QueryPlan:
    """The same rows as a plan."""
    return plan_pb2.QueryPlan(query=_query(rows))


def repeated(rows: int, wanted: int) -> plan_pb2.QueryPlan:
    """So many rows, by taking those that there are again and again: each with several carriers."""
    times = -(-wanted // rows) + 1
    carriers = join(table("transportadoras", "t"), on=cmp(col("t.id"), "<=", col("e.id")))
    few = cmp(col("t.id"), "<=", times)
    return plan_pb2.QueryPlan(
        query=query(table("entregas_monitoradas", "e"), _shown(), carriers, where=few, limit=wanted)
    )


def _query(rows: int) -> plan_pb2.Query:
    return query(table("entregas_monitoradas", "e"), _shown(), limit=rows)


def _shown() -> dict[str, plan_pb2.Expression]:
    return {name: col(f"e.{name}") for name in COLUMNS}


def bare_adbc(url: str, rows: int) -> int:
    """ADBC alone."""
    with adbc.connect(url) as connection, connection.cursor() as cursor:
        cursor.execute(f"{SQL}{rows}")
        return sum(batch.num_rows for batch in cursor.fetch_record_batch())


def bare_copy(url: str, rows: int) -> int:
    """psycopg alone, which only takes the bytes."""
    with psycopg.connect(url) as connection, connection.cursor() as cursor:
        with cursor.copy(f"COPY ({SQL}{rows}) TO STDOUT (FORMAT binary)".encode()) as copy:
            size = sum(len(part) for part in copy)
        return rows if size else 0


class _Csv(http.server.BaseHTTPRequestHandler):
    """Answers a GET with the rows as CSV, in pieces as they come."""

    url = ""
    rows = 0

    def do_GET(self) -> None:
        self.send_response(200)
        self.end_headers()
        statement = f"COPY ({SQL}{self.rows}) TO STDOUT (FORMAT csv, HEADER)".encode()
        with psycopg.connect(self.url) as connection, connection.cursor().copy(statement) as copy:
            for part in copy:
                self.wfile.write(part)

    def log_message(self, *_: Any) -> None:
        """Nothing."""


def csv_over_http(port: int) -> int:
    """As many a program would do it."""
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/") as answer:  # our own server
        return int(csv.read_csv(io.BytesIO(answer.read())).num_rows)


async def streamed(maestro: Maestro, made: plan_pb2.QueryPlan, seen: dict[str, float]) -> int:
    """Rows that arrived. seen: gets the milliseconds until the first of them."""
    request = orchestrator_pb2.StreamQueryRequest()
    request.query.plan.CopyFrom(made)
    began, count = time.perf_counter(), 0
    async for part in maestro.stub.StreamQuery(request):
        if part.HasField("batch"):
            if not count:
                seen["first_batch_ms"] = (time.perf_counter() - began) * 1000
            count += sum(batch.num_rows for batch in pa.ipc.open_stream(part.batch.arrow_ipc))
        elif part.HasField("answer") and part.answer.status != result_pb2.ANSWER_STATUS_ANSWERED:
            raise SystemExit(f"no answer: {part.answer.text}")
    return count


async def memory(processes: dict[str, int], work: Awaitable[int]) -> tuple[int, dict[str, float]]:
    """(what the work gives, by how many MB each process grew at most meanwhile)."""
    before = {name: pss_kib(pid) for name, pid in processes.items()}
    most = dict(before)
    done = asyncio.Event()

    async def watch() -> None:
        while not done.is_set():
            for name, pid in processes.items():
                most[name] = max(most[name], pss_kib(pid))
            await asyncio.sleep(0.1)

    watching = asyncio.create_task(watch())
    try:
        made = await work
    finally:
        done.set()
        await watching
    return made, {name: round((most[name] - before[name]) / 1024, 1) for name in processes}


async def measure(record: Record, options: argparse.Namespace) -> dict[str, Any]:
    """All ways, interleaved, then the memory of every process while many rows flow."""
    rows = options.rows
    # The mesh's own folder, which is MAESTRO_HOME as long as it runs.
    url = EmbeddedPostgres(Home().postgres).url("frete", role=READER) + "&options=-c%20statement_timeout%3D0"
    times: dict[str, list[float]] = {}
    seen: dict[str, float] = {}
    first: list[float] = []
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), _Csv)
    _Csv.url, _Csv.rows = url, rows
    threading.Thread(target=server.serve_forever, daemon=True).start()
    maestro = Maestro(record.target, timeout=600)
    bare: dict[str, Callable[[], int]] = {
        "adbc": lambda: bare_adbc(url, rows),
        "psycopg_copy": lambda: bare_copy(url, rows),
        "csv_http": lambda: csv_over_http(server.server_port),
    }
    await _known(maestro, seen)
    for number in range(options.repeats):
        for name, work in bare.items():
            times.setdefault(name, []).append(await _timed(asyncio.to_thread(work), rows))
        times.setdefault("stream", []).append(await _timed(streamed(maestro, plan(rows), seen), rows))
        first.append(seen["first_batch_ms"])
        sys.stderr.write(f"[bench.flow] round {number + 1}/{options.repeats}\n")
    processes = {**record.processes, "caller": os.getpid()}
    many, grown = await memory(processes, streamed(maestro, repeated(rows, options.memory_rows), seen))
    await maestro.close()
    server.shutdown()
    medians = {f"{name}_ms": round(statistics.median(each), 1) for name, each in times.items()}
    ratios = [bare / ours for bare, ours in zip(times["adbc"], times["stream"], strict=True)]
    return {
        "rows": rows,
        **medians,
        "stream_vs_adbc": round(statistics.median(ratios), 3),
        "first_batch_ms": round(statistics.median(first), 1),
        "memory_rows": many,
        "memory_growth_mb": grown,
        "most_growth_mb": max(grown.values()),
    }


async def _known(maestro: Maestro, seen: dict[str, float]) -> None:
    """Returns once the sample has been scanned and its rows come; raises Fault where that takes minutes."""
    deadline = time.monotonic() + 180
    while True:
        try:
            await streamed(maestro, plan(1000), seen)
            return
        except Fault:
            if time.monotonic() > deadline:
                raise
        await asyncio.sleep(1)


async def _timed(work: Awaitable[int], rows: int) -> float:
    began = time.perf_counter()
    count = await work
    if count != rows:
        raise SystemExit(f"{count} rows arrived instead of {rows}")
    return (time.perf_counter() - began) * 1000


if __name__ == "__main__":
    numbers = {
        "rows": (500_000, "rows to move"),
        "memory-rows": (5_000_000, "rows while memory is watched"),
        "repeats": (7, "rounds"),
    }
    run("flow", __doc__, numbers, measure)
