"""One query for the same question at the same time, its result for a while after, and never anybody else's."""

import asyncio

import pytest

from bench.index_notation import as_of, cmp, col, query
from maestro.provider.v1 import provider_pb2
from mesh.fault import Fault
from services.provider.serving import Serving, is_enrichable
from tests.services.provider.conftest import Loader, fetch


def serving(loader: Loader, *, seconds: float = 60, capacity: int = 1 << 20) -> Serving:
    return Serving(loader, capacity, seconds)


def number(response: provider_pb2.FetchResponse) -> int:
    return int(response.head.rows[0].values[0].integer)


async def test_a_result_is_served_again(loader: Loader) -> None:
    made = serving(loader)
    first, second = await made.fetch(fetch()), await made.fetch(fetch())
    assert (number(first), number(second)) == (1, 1)
    assert (first.cache.hit, second.cache.hit) == (False, True)
    assert second.cache.age.ToNanoseconds() > 0
    assert len(loader.asked) == 1


async def test_what_is_kept_is_not_changed_by_who_got_it(loader: Loader) -> None:
    made = serving(loader)
    (await made.fetch(fetch())).head.rows.add()
    assert len((await made.fetch(fetch())).head.rows) == 1


async def test_fresh_goes_round_the_cache_and_renews_it(loader: Loader) -> None:
    made = serving(loader)
    await made.fetch(fetch())
    request = fetch()
    request.fresh = True
    assert number(await made.fetch(request)) == 2
    assert number(await made.fetch(fetch())) == 2


async def test_purging_a_source_leaves_the_others(loader: Loader) -> None:
    made = serving(loader)
    await made.fetch(fetch())
    await made.fetch(fetch(source="other"))
    assert made.purge("SHOP") == 1
    assert not (await made.fetch(fetch())).cache.hit
    assert (await made.fetch(fetch(source="other"))).cache.hit


async def test_two_hundred_at_once_are_one_query(loader: Loader) -> None:
    made = serving(loader)
    loader.gate = asyncio.Event()
    tasks = [asyncio.create_task(made.fetch(fetch())) for _ in range(200)]
    await asyncio.sleep(0.01)
    loader.gate.set()
    got = await asyncio.gather(*tasks)
    assert len(loader.asked) == 1
    assert sorted(each.cache.shared for each in got) == [False] + [True] * 199
    assert not any(each.cache.hit for each in got)


async def test_whoever_began_may_go_away(loader: Loader) -> None:
    made = serving(loader)
    loader.gate = asyncio.Event()
    leader = asyncio.create_task(made.fetch(fetch()))
    await asyncio.sleep(0)
    followers = [asyncio.create_task(made.fetch(fetch())) for _ in range(3)]
    await asyncio.sleep(0)
    leader.cancel()
    with pytest.raises(asyncio.CancelledError):
        await leader
    loader.gate.set()
    assert [number(each) for each in await asyncio.gather(*followers)] == [1, 1, 1]
    assert (len(loader.asked), loader.cancelled) == (1, 0)


async def test_the_query_ends_when_nobody_waits(loader: Loader) -> None:
    made = serving(loader)
    loader.gate = asyncio.Event()
    tasks = [asyncio.create_task(made.fetch(fetch())) for _ in range(3)]
    await asyncio.sleep(0.01)
    for each in tasks:
        each.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    await asyncio.sleep(0)
    assert loader.cancelled == 1
    loader.gate.set()
    assert number(await made.fetch(fetch())) == 2


async def test_a_failure_is_everybody_s_and_is_not_kept(loader: Loader) -> None:
    made = serving(loader)
    loader.gate = asyncio.Event()
    loader.fault = Fault("SOURCE_UNAVAILABLE", "away")
    tasks = [asyncio.create_task(made.fetch(fetch())) for _ in range(3)]
    await asyncio.sleep(0.01)
    loader.gate.set()
    got = await asyncio.gather(*tasks, return_exceptions=True)
    assert [getattr(each, "reason", None) for each in got] == ["SOURCE_UNAVAILABLE"] * 3
    loader.fault = None
    assert number(await made.fetch(fetch())) == 2


async def test_the_time_that_ran_out_is_only_the_leader_s(loader: Loader) -> None:
    """Whoever waited with a longer deadline asks again for itself."""
    made = serving(loader)
    loader.gate = asyncio.Event()
    loader.fault = Fault("DEADLINE_EXCEEDED", "too slow")
    leader = asyncio.create_task(made.fetch(fetch()))
    follower = asyncio.create_task(made.fetch(fetch()))
    await asyncio.sleep(0.01)
    loader.gate.set()
    for each in (leader, follower):
        with pytest.raises(Fault):
            await each
    assert len(loader.asked) == 3


async def test_who_asks_twice_relative_to_an_unsaid_moment_gets_two_answers(loader: Loader) -> None:
    made = serving(loader)
    request = fetch()
    request.plan.query.CopyFrom(query("orders", {"id": col("id")}, where=cmp(col("due"), "<", as_of())))
    assert number(await made.fetch(request)) == 1
    assert number(await made.fetch(request)) == 2


async def test_nothing_is_kept_where_the_setting_says_so(loader: Loader) -> None:
    for made in (serving(loader, seconds=0), serving(loader, capacity=0)):
        assert not (await made.fetch(fetch())).cache.hit
        assert not (await made.fetch(fetch())).cache.hit


async def test_what_the_loader_is_asked_is_what_was_asked(loader: Loader) -> None:
    request = fetch(locale="pt-BR")
    request.page_size, request.page_token, request.explain = 7, "t", True
    await serving(loader).fetch(request)
    (asked,) = loader.asked
    assert (asked.page_size, asked.page_token, asked.explain) == (7, "t", True)
    assert (asked.context, asked.plan) == (request.context, request.plan)
    assert (asked.catalog, asked.semantics) == (request.catalog, request.semantics)


def test_only_measures_are_enriched() -> None:
    made = provider_pb2.FetchResponse()
    made.head.columns.add(name="id")
    made.head.rows.add()
    assert not is_enrichable(made.head)
    made.head.columns.add(name="n", measure=True)
    assert is_enrichable(made.head)
    del made.head.rows[:]
    assert not is_enrichable(made.head)
