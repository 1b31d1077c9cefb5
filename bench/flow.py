"""How fast rows reach a caller: `python -m bench.flow --rows 500000`.

The same rows, four ways, interleaved: bare ADBC into Arrow in this process; bare psycopg binary COPY, read and thrown
away; Maestro's provider.Stream, through the loader's and the provider's own processes, decoded by Arrow; CSV by COPY
over HTTP, parsed by Arrow. Memory is the growth of each process (PSS) while rows flow. The last line is one JSON object.
"""

import argparse
import asyncio
import http.server
import io
import json
import os
import statistics
import sys
import tempfile
import threading
import time
import urllib.request
from collections.abc import Callable
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import adbc_driver_postgresql.dbapi as adbc
import psycopg
import pyarrow as pa
import pyarrow.csv as csv
from maestro.plan.v1 import plan_pb2
from maestro.provider.v1 import provider_pb2, provider_pb2_grpc

from bench.flow_processes import Process, started
from bench.index_notation import col, query, table
from deploy.local.postgres import READER, EmbeddedPostgres
from mesh.node import Node
from mesh.settings import environment
from samples.frete.postgres import fill
from samples.frete.sample import Sample

COLUMNS = (
    "id", "numero_nf", "cliente", "cnpj_cliente", "municipio", "uf", "valor_nf", "data_embarque", "data_entrega_prevista",
    "data_hora_entrega_realizada", "entregue", "lead_time",
)  # fmt: skip
SQL = f"SELECT {', '.join(COLUMNS)} FROM entregas_monitoradas LIMIT "  # noqa: S608  # of our own names


def plan(rows: int) -> plan_pb2.QueryPlan:
    shown = {name: col(f"e.{name}") for name in COLUMNS}
    return plan_pb2.QueryPlan(query=query(table("entregas_monitoradas", "e"), shown, limit=rows))


def bare_adbc(url: str, rows: int) -> int:
    with adbc.connect(url) as connection, connection.cursor() as cursor:
        cursor.execute(f"{SQL}{rows}")
        return sum(batch.num_rows for batch in cursor.fetch_record_batch())


def bare_copy(url: str, rows: int) -> int:
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
        with psycopg.connect(self.url) as connection, connection.cursor() as cursor:
            with cursor.copy(f"COPY ({SQL}{self.rows}) TO STDOUT (FORMAT csv, HEADER)".encode()) as copy:
                for part in copy:
                    self.wfile.write(part)

    def log_message(self, *_: Any) -> None:
        """Nothing."""


def csv_over_http(port: int) -> int:
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/") as answer:  # noqa: S310  # our own server
        return int(csv.read_csv(io.BytesIO(answer.read())).num_rows)


async def streamed(stub: provider_pb2_grpc.ProviderStub, rows: int, seen: dict[str, float]) -> int:
    request = provider_pb2.StreamRequest(plan=plan(rows))
    request.context.source = "frete"
    began, count = time.perf_counter(), 0
    async for part in stub.Stream(request):
        if part.HasField("batch"):
            if not count:
                seen["first_batch_ms"] = (time.perf_counter() - began) * 1000
            count += sum(batch.num_rows for batch in pa.ipc.open_stream(part.batch.arrow_ipc))
    return count


async def memory(processes: list[Process], work: Any) -> tuple[Any, dict[str, float]]:
    """(what the work gives, by how many MB each process grew at most meanwhile)."""
    watched = {each.name: each.pid for each in processes} | {"caller": os.getpid()}
    before = {name: pss(pid) for name, pid in watched.items()}
    most = dict(before)
    done = asyncio.Event()

    async def watch() -> None:
        while not done.is_set():
            for name, pid in watched.items():
                most[name] = max(most[name], pss(pid))
            await asyncio.sleep(0.05)

    watching = asyncio.create_task(watch())
    try:
        made = await work
    finally:
        done.set()
        await watching
    return made, {name: round(most[name] - before[name], 1) for name in watched}


def pss(pid: int) -> float:
    """Memory of a process in MB, shared pages counted in part."""
    for line in Path(f"/proc/{pid}/smaps_rollup").read_text(encoding="ascii").splitlines():
        if line.startswith("Pss:"):
            return int(line.split()[1]) / 1024
    return 0.0


async def measure(url: str, rows: int, repeats: int) -> dict[str, Any]:
    times: dict[str, list[float]] = {}
    seen: dict[str, float] = {}
    first: list[float] = []
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), _Csv)
    _Csv.url, _Csv.rows = url, rows
    threading.Thread(target=server.serve_forever, daemon=True).start()
    async with AsyncExitStack() as stack:
        processes, targets = await stack.enter_async_context(started(("loader", "provider"), {"MAESTRO_SOURCE_FRETE": url}))
        stack.enter_context(environment(targets))
        node = Node("client")
        stack.push_async_callback(node.stop)
        stub = node.stub(provider_pb2_grpc.ProviderStub, "provider")
        await streamed(stub, 1000, seen)
        bare: dict[str, Callable[[], int]] = {
            "adbc": lambda: bare_adbc(url, rows),
            "psycopg_copy": lambda: bare_copy(url, rows),
            "csv_http": lambda: csv_over_http(server.server_port),
        }
        for _ in range(repeats):
            for name, work in bare.items():
                times.setdefault(name, []).append(await _timed(asyncio.to_thread(work), rows))
            times.setdefault("stream", []).append(await _timed(streamed(stub, rows, seen), rows))
            first.append(seen["first_batch_ms"])
        _, grown = await memory(processes, streamed(stub, rows, seen))
    server.shutdown()
    medians = {f"{name}_ms": round(statistics.median(each), 1) for name, each in times.items()}
    return {
        "rows": rows,
        **medians,
        "stream_vs_adbc": round(medians["adbc_ms"] / medians["stream_ms"], 3),
        "first_batch_ms": round(statistics.median(first), 1),
        "memory_growth_mb": grown,
    }


async def _timed(work: Any, rows: int) -> float:
    began = time.perf_counter()
    count = await work
    if count != rows:
        raise SystemExit(f"{count} rows arrived instead of {rows}")
    return (time.perf_counter() - began) * 1000


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=500_000, help="rows to move (default %(default)s)")
    parser.add_argument("--url", default="", help="a database that holds the sample already; else one is made")
    parser.add_argument("--repeats", type=int, default=7)
    options = parser.parse_args()
    if options.url:
        summary = asyncio.run(measure(options.url, options.rows, options.repeats))
    else:
        with tempfile.TemporaryDirectory(prefix="maestro-bench-") as folder:
            with EmbeddedPostgres(Path(folder), fsync=False, shared_buffers=512) as server:
                server.create_database("frete")
                fill(server.url("frete"), Sample(options.rows))
                summary = asyncio.run(measure(server.url("frete", role=READER), options.rows, options.repeats))
    for name, value in summary.items():
        print(f"{name:20} {value}")
    print(json.dumps(summary))
    return 0


if __name__ == "__main__":
    sys.exit(main())
