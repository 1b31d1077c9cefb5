"""What a question costs in the mesh, beside a bare gRPC echo in the same loop.

`python -m bench.mesh [--rounds N] [--questions N]`: starts a mesh of real processes on the frete sample, measures,
prints a table on standard error and one JSON object as the last line of standard output:

echo_p50_us             bare grpc.aio echo of 190 bytes between two processes (TCP, stock loop)
query_p50_us, _p99_us   RunQuery with a ready plan that reads one row by primary key, another each time, tracing on
ratio                   query_p50_us / echo_p50_us
traced_over_untraced    query_p50_us / the same with sampling off, call by call in the same loop
steps, edges            median time of each step, and of each connection, in µs, as the monitor reports it
qps_16                  queries per second at 16 concurrent callers
memory_idle_mib         PSS of all processes, PostgreSQL apart, before the first question
memory_growth_mib       PSS after all questions minus PSS after the first tenth of them
questions               questions asked in all
left_running            calls of the mesh still in flight 2 s after `cancelled` calls were cancelled half-way
"""

from __future__ import annotations

import argparse
import asyncio
import random
import statistics
import time
from typing import Any

import grpc

from bench.beside import peer, run
from bench.echo import METHOD
from bench.local_mesh import memory_mib
from deploy.local.home import Record
from maestro.monitor.v1 import monitor_pb2, monitor_pb2_grpc
from maestro.orchestrator.v1 import orchestrator_pb2 as pb
from maestro.plan.v1 import plan_pb2 as plan
from maestro_client.client import Maestro
from mesh import telemetry
from mesh.channel import MeshChannel
from mesh.fault import Fault
from mesh.settings import MeshSettings

_TABLE, _COLUMNS = "entregas_monitoradas", ("id", "numero_nf", "cliente", "uf", "valor_nf", "data_entrega_prevista")
_QUESTIONS = (
    "quantas entregas estão atrasadas?",
    "qual o faturamento de ontem?",
    "quais transportadoras são freteiros?",
    "how many deliveries are late in SP?",
)


def primary_key_plan(key: int) -> plan.QueryPlan:
    """The plan that reads one delivery by its primary key."""

    def column(name: str) -> plan.Expression:
        return plan.Expression(column=plan.ColumnRef(alias="e", column=name))

    same = plan.Comparison(
        operator=plan.COMPARISON_OPERATOR_EQUAL,
        left=column("id"),
        right=plan.Expression(literal=plan.Literal(integer=key)),
    )
    select = plan.Select(
        projections=[plan.Projection(expression=column(name), name=name) for name in _COLUMNS],
        where=plan.Predicate(comparison=same),
    )
    getattr(select, "from").CopyFrom(plan.Relation(alias="e", table=plan.TableRef(name=_TABLE)))
    return plan.QueryPlan(query=plan.Query(select=select), intent=plan.INTENT_DETAIL)


async def _query(maestro: Maestro, key: int) -> None:
    response = await maestro.stub.RunQuery(pb.RunQueryRequest(plan=primary_key_plan(key)))
    rows = response.answer.result.rows
    if len(rows) != 1 or rows[0].values[0].integer != key:
        raise RuntimeError(f"asked for delivery {key}, got {response.answer.text!r}")


async def _interleaved(maestro: Maestro, echo: Any, rounds: int, keys: random.Random) -> dict[str, Any]:
    times: dict[str, list[float]] = {"echo": [], "traced": [], "untraced": []}
    payload = b"x" * 190

    async def timed(what: str, call: Any) -> None:
        begun = time.perf_counter()
        await call
        times[what].append((time.perf_counter() - begun) * 1e6)

    for _ in range(rounds):
        await timed("echo", echo(payload))
        for what, ratio in (("traced", 1.0), ("untraced", 0.0)):
            telemetry.settings.ratio = ratio
            await timed(what, _query(maestro, keys.randrange(1, 20_000)))
    telemetry.settings.ratio = 1.0
    p50 = {what: statistics.median(values) for what, values in times.items()}
    return {
        "echo_p50_us": round(p50["echo"], 1),
        "query_p50_us": round(p50["traced"], 1),
        "query_p99_us": round(statistics.quantiles(times["traced"], n=100)[98], 1),
        "untraced_p50_us": round(p50["untraced"], 1),
        "ratio": round(p50["traced"] / p50["echo"], 2),
        "traced_over_untraced": round(p50["traced"] / p50["untraced"], 3),
    }


async def _throughput(maestro: Maestro, callers: int, seconds: float, keys: random.Random) -> float:
    end = time.monotonic() + seconds
    done = 0

    async def caller() -> None:
        nonlocal done
        while time.monotonic() < end:
            await _query(maestro, keys.randrange(1, 20_000))
            done += 1

    await asyncio.gather(*(caller() for _ in range(callers)))
    return round(done / seconds, 1)


async def _soak(maestro: Maestro, record: Record, questions: int, keys: random.Random) -> dict[str, Any]:
    """Asks many questions, most as plans and some in words, and tells by how much the memory grew."""
    settled = 0.0
    for number in range(questions):
        if number == questions // 10:
            settled = memory_mib(record)
        if number % 20 == 0:
            await maestro.stub.RunQuery(pb.RunQueryRequest(question=_QUESTIONS[number // 20 % len(_QUESTIONS)]))
        else:
            await _query(maestro, keys.randrange(1, 20_000))
    return {"questions": questions, "memory_growth_mib": round(memory_mib(record) - settled, 1)}


async def _cancelled(maestro: Maestro, calls: int, keys: random.Random) -> dict[str, Any]:
    """Cancels calls half-way and asks the coordinator what is still admitted two seconds later."""
    from maestro.coordinator.v1 import coordinator_pb2, coordinator_pb2_grpc  # noqa: PLC0415  # only this part asks

    for _ in range(calls):
        task = asyncio.ensure_future(_query(maestro, keys.randrange(1, 20_000)))
        await asyncio.sleep(random.uniform(0, 0.008))
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
    await asyncio.sleep(2)
    channel = MeshChannel("coordinator", maestro.target.replace("orchestrator", "coordinator"), MeshSettings())
    topology = await coordinator_pb2_grpc.CoordinatorStub(channel).GetTopology(coordinator_pb2.GetTopologyRequest())
    await channel.close()
    return {"cancelled": calls, "left_running": topology.admitted}


async def _times(maestro: Maestro) -> dict[str, Any]:
    """Medians by step and by connection, once the spans have arrived."""
    await asyncio.sleep(3)
    channel = MeshChannel("monitor", maestro.target.replace("orchestrator", "monitor"), MeshSettings())
    try:
        times = await monitor_pb2_grpc.MonitorStub(channel).GetTimes(monitor_pb2.GetTimesRequest())
    except Fault as fault:
        return {"steps": {}, "edges": {}, "times_problem": fault.message}
    finally:
        await channel.close()

    def medians(kinds: Any) -> dict[str, float]:
        return {each.name: each.p50.ToTimedelta().total_seconds() * 1e6 for each in kinds}

    return {"steps": medians(times.steps), "edges": medians(times.connections)}


async def measure(record: Record, options: argparse.Namespace) -> dict[str, Any]:
    """All figures of one run."""
    keys = random.Random(20_251_121)
    figures: dict[str, Any] = {"memory_idle_mib": round(memory_mib(record), 1)}
    with peer("bench.echo") as address:
        async with grpc.aio.insecure_channel(address) as channel, Maestro(record.target, caller="bench") as maestro:
            echo = channel.unary_unary(METHOD)
            for _ in range(200):
                await echo(b"warm")
                await _query(maestro, keys.randrange(1, 20_000))
            figures |= await _interleaved(maestro, echo, options.rounds, keys)
            figures |= await _times(maestro)
            figures["qps_16"] = await _throughput(maestro, 16, 5.0, keys)
            figures |= await _cancelled(maestro, 200, keys)
            figures |= await _soak(maestro, record, options.questions, keys)
    return figures


if __name__ == "__main__":
    numbers = {
        "rounds": (1_000, "interleaved measurements of each kind"),
        "questions": (10_000, "questions of the memory soak"),
    }
    run("mesh", __doc__, numbers, measure)
