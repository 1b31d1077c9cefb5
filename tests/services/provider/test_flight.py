"""Equal calls at the same time become one."""

from __future__ import annotations

import asyncio

import pytest

from services.provider.flight import SingleFlight


class Work:
    def __init__(self) -> None:
        self.begun = 0
        self.cancelled = 0
        self.go = asyncio.Event()

    async def __call__(self) -> int:
        self.begun += 1
        try:
            await self.go.wait()
        except asyncio.CancelledError:
            self.cancelled += 1
            raise
        return self.begun


async def test_two_hundred_at_once_are_one() -> None:
    flights: SingleFlight[int] = SingleFlight()
    work = Work()
    calls = [asyncio.ensure_future(flights.do(b"k", work)) for _ in range(200)]
    await asyncio.sleep(0)
    work.go.set()
    results = await asyncio.gather(*calls)
    assert work.begun == 1
    assert [shared for _, shared in results].count(False) == 1
    assert len(flights) == 0


async def test_others_go_on_when_the_first_is_cancelled() -> None:
    flights: SingleFlight[int] = SingleFlight()
    work = Work()
    first = asyncio.ensure_future(flights.do(b"k", work))
    await asyncio.sleep(0)
    second = asyncio.ensure_future(flights.do(b"k", work))
    await asyncio.sleep(0)
    first.cancel()
    await asyncio.gather(first, return_exceptions=True)
    work.go.set()
    assert await second == (1, True)
    assert work.cancelled == 0


async def test_when_nobody_waits_the_work_is_cancelled_and_a_newcomer_begins_anew() -> None:
    flights: SingleFlight[int] = SingleFlight()
    work = Work()
    calls = [asyncio.ensure_future(flights.do(b"k", work)) for _ in range(3)]
    await asyncio.sleep(0)
    for call in calls:
        call.cancel()
    await asyncio.gather(*calls, return_exceptions=True)
    newcomer = asyncio.ensure_future(flights.do(b"k", work))
    await asyncio.sleep(0)
    work.go.set()
    assert await newcomer == (2, False)
    assert work.cancelled == 1
    assert len(flights) == 0


async def test_all_who_wait_hear_of_the_failure_and_the_next_tries_again() -> None:
    flights: SingleFlight[int] = SingleFlight()

    async def fail() -> int:
        await asyncio.sleep(0)
        raise ValueError("no")

    results = await asyncio.gather(*(flights.do(b"k", fail) for _ in range(3)), return_exceptions=True)
    assert [type(result) for result in results] == [ValueError] * 3
    with pytest.raises(ValueError, match="no"):
        await flights.do(b"k", fail)


async def test_other_keys_fly_apart() -> None:
    flights: SingleFlight[int] = SingleFlight()
    work = Work()
    work.go.set()
    assert {await flights.do(b"a", work), await flights.do(b"b", work)} == {(1, False), (2, False)}
