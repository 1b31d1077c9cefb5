"""What a cached answer costs beside bare gRPC, and how many queries run where many ask the same at once.

`python -m bench.cache [--rounds N] [--crowd N]`: starts a mesh of real processes on the frete sample, measures, prints a
table on standard error and one JSON object as the last line of standard output:

echo_p50_us         bare grpc.aio echo of 190 bytes between two processes (TCP, stock loop)
chain_p50_us        the bare echo chain: one echo that makes as many others, one after the other, as an answer has steps
                    on its way (the front of the chain is a process of its own, like the orchestrator)
chain_hops          calls of that chain, the first one with them
cached_p50_us       RunQuery of a plan whose result is cached, the rest of the mesh as always
beyond_ms           cached_p50_us - chain_p50_us, in ms, each taken in the same loop
question_p50_us     the same for a question in words
question_beyond_ms  beside a chain that has the further steps of a question (question_hops)
provider_p50_us     Provider.Fetch of a cached result, by itself
hits                share of the measured answers that said that they came from the cache
crowd               identical questions sent at once, of a plan that nobody asked before
crowd_queries       queries that the database ran for them, as the spans of their statements tell
crowd_told          how the answers say that they came about: miss, shared, hit
crowd_ms            from the first being sent to the last being answered
"""

from __future__ import annotations

import argparse
import asyncio
import random
import statistics
import time
from collections import Counter
from typing import Any

import grpc

from bench import echo_chain
from bench.beside import peer, run
from bench.echo import METHOD
from bench.mesh import primary_key_plan
from deploy.local.home import Record
from maestro.monitor.v1 import monitor_pb2, monitor_pb2_grpc
from maestro.orchestrator.v1 import orchestrator_pb2 as pb
from maestro.plan.v1 import plan_pb2 as plan
from maestro.provider.v1 import provider_pb2, provider_pb2_grpc
from maestro_client.client import Maestro
from mesh.channel import MeshChannel
from mesh.settings import MeshSettings

# Of workflows/query.yaml, one after the other where a plan is run: admit, mappings, catalog, check_plan, fetch,
# check_result, compose, check_answer; and before them, for a question: check_question, analyze.
_STEPS, _QUESTION_STEPS = 8, 10
_QUESTION = "quantas entregas em SP?"
_HALF_A_CACHE_LIFE = 4.0


async def _cached(maestro: Maestro, rounds: int, chain: Any, echo: Any) -> dict[str, Any]:
    """Medians of everything, call by call in one loop."""
    times: dict[str, list[float]] = {}
    told: Counter[str] = Counter()
    asked = pb.RunQueryRequest(context=maestro.context("frete"), plan=primary_key_plan(77))
    worded = pb.RunQueryRequest(context=maestro.context("frete"), question=_QUESTION)
    channel = MeshChannel("provider", maestro.target.replace("orchestrator", "provider"), MeshSettings())
    provider = provider_pb2_grpc.ProviderStub(channel)
    fetch = provider_pb2.FetchRequest(context=maestro.context("frete"), plan=primary_key_plan(78))
    fetch.context.as_of_time.FromSeconds(1_763_640_000)
    payload = b"x" * 190

    async def timed(what: str, call: Any) -> Any:
        begun = time.perf_counter()
        got = await call
        times.setdefault(what, []).append((time.perf_counter() - begun) * 1e6)
        return got

    renewed = 0.0
    for _ in range(rounds):
        if time.monotonic() - renewed > _HALF_A_CACHE_LIFE:
            # Fetched anew before the cache forgets it, so that every measured answer is a cached one.
            for request in (asked, worded):
                again = pb.RunQueryRequest()
                again.CopyFrom(request)
                again.fresh = True
                await maestro.stub.RunQuery(again)
            fetch.fresh = True
            await provider.Fetch(fetch)
            fetch.fresh = False
            renewed = time.monotonic()
        await timed("echo", echo(payload))
        await timed("chain", chain(echo_chain.request(_STEPS, payload)))
        await timed("question_chain", chain(echo_chain.request(_QUESTION_STEPS, payload)))
        for what, request in (("cached", asked), ("question", worded)):
            answer = (await timed(what, maestro.stub.RunQuery(request))).answer
            told["hit" if answer.provenance.cache.hit else "other"] += 1
        await timed("provider", provider.Fetch(fetch))
    await channel.close()
    p50 = {what: statistics.median(values) for what, values in times.items()}
    return {
        "echo_p50_us": round(p50["echo"], 1),
        "chain_p50_us": round(p50["chain"], 1),
        "chain_hops": _STEPS + 1,
        "cached_p50_us": round(p50["cached"], 1),
        "beyond_ms": round((p50["cached"] - p50["chain"]) / 1000, 3),
        "question_p50_us": round(p50["question"], 1),
        "question_hops": _QUESTION_STEPS + 1,
        "question_beyond_ms": round((p50["question"] - p50["question_chain"]) / 1000, 3),
        "provider_p50_us": round(p50["provider"], 1),
        "hits": round(told["hit"] / sum(told.values()), 4),
    }


def _crowd_plan() -> plan.QueryPlan:
    """A plan that nobody asked before, of a form of its own, and that takes long enough to be joined: the number of
    deliveries whose value is above one that is drawn."""
    wanted = plan.QueryPlan(query=plan.Query(), intent=plan.INTENT_COUNT)
    select = wanted.query.select
    getattr(select, "from").CopyFrom(plan.Relation(alias="e", table=plan.TableRef(name="entregas_monitoradas")))
    count = plan.Expression(aggregate=plan.Aggregate(function=plan.AGGREGATE_FUNCTION_COUNT))
    select.projections.add(expression=count, name=f"n{random.randrange(10**9)}")
    above = select.where.comparison
    above.operator = plan.COMPARISON_OPERATOR_GREATER
    above.left.column.alias, above.left.column.column = "e", "valor_nf"
    above.right.literal.decimal = f"{random.uniform(1, 1000):.6f}"
    return wanted


async def _crowd(maestro: Maestro, size: int) -> dict[str, Any]:
    """Everybody asks the same at the same moment."""
    asked = pb.RunQueryRequest(context=maestro.context("frete"), plan=_crowd_plan())
    begun = time.perf_counter()
    answers = await asyncio.gather(*(maestro.stub.RunQuery(asked) for _ in range(size)))
    took = (time.perf_counter() - begun) * 1000
    told = Counter(
        "hit" if c.hit else "shared" if c.shared else "miss" for c in (a.answer.provenance.cache for a in answers)
    )
    if len({each.answer.result.rows[0].values[0].integer for each in answers}) != 1:
        raise RuntimeError("identical questions got different answers")
    sql = " ".join(answers[0].answer.provenance.statements[0].sql.split())
    await asyncio.sleep(3)  # until the spans have arrived
    channel = MeshChannel("monitor", maestro.target.replace("orchestrator", "monitor"), MeshSettings())
    times = await monitor_pb2_grpc.MonitorStub(channel).GetTimes(monitor_pb2.GetTimesRequest())
    await channel.close()
    return {
        "crowd": size,
        "crowd_queries": sum(each.count for each in times.statements if each.name == sql[:500]),
        "crowd_told": dict(told),
        "crowd_ms": round(took, 1),
    }


async def measure(record: Record, options: argparse.Namespace) -> dict[str, Any]:
    """All figures of one run."""
    with peer("bench.echo") as near, peer("bench.echo_chain", near) as far:
        async with (
            grpc.aio.insecure_channel(near) as to_echo,
            grpc.aio.insecure_channel(far) as to_chain,
            Maestro(record.target, caller="bench") as maestro,
        ):
            echo, chain = to_echo.unary_unary(METHOD), to_chain.unary_unary(echo_chain.METHOD)
            await _cached(maestro, 50, chain, echo)
            figures = await _cached(maestro, options.rounds, chain, echo)
            return figures | await _crowd(maestro, options.crowd)


if __name__ == "__main__":
    numbers = {
        "rounds": (500, "interleaved measurements of each kind"),
        "crowd": (200, "identical questions at once"),
    }
    run("cache", __doc__, numbers, measure)
