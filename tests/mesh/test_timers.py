"""Many deadlines behind one timer."""

import asyncio

from mesh.timers import Deadlines


async def test_each_expires_at_its_time_and_none_twice() -> None:
    loop = asyncio.get_running_loop()
    expired: list[str] = []
    deadlines: Deadlines[str] = Deadlines(loop, expired.append)
    now = loop.time()
    deadlines.add("late", now + 0.12)
    deadlines.add("early", now + 0.03)
    deadlines.add("middle", now + 0.07)
    deadlines.add("removed", now + 0.05)
    deadlines.add("never", now + 1000)
    deadlines.remove("removed")
    deadlines.remove("unknown")
    await asyncio.sleep(0.2)
    assert expired == ["early", "middle", "late"]
    assert len(deadlines) == 1
    deadlines.close()
    assert len(deadlines) == 0


async def test_one_that_has_passed_expires_at_once() -> None:
    loop = asyncio.get_running_loop()
    expired: list[int] = []
    deadlines: Deadlines[int] = Deadlines(loop, expired.append)
    deadlines.add(1, loop.time() - 5)
    await asyncio.sleep(0.01)
    assert expired == [1]


async def test_what_expires_may_add_and_remove() -> None:
    loop = asyncio.get_running_loop()
    expired: list[int] = []

    def expire(key: int) -> None:
        expired.append(key)
        deadlines.remove(key + 1)
        if key < 10:
            deadlines.add(key + 10, loop.time())

    deadlines: Deadlines[int] = Deadlines(loop, expire)
    for key in (1, 2, 3):
        deadlines.add(key, loop.time() + 0.01)
    await asyncio.sleep(0.05)
    assert expired == [1, 3, 11, 13]


async def test_many_arm_the_loop_once() -> None:
    loop = asyncio.get_running_loop()
    deadlines: Deadlines[int] = Deadlines(loop, print)
    deadlines.add(-1, loop.time() + 10)
    timer = deadlines._timer
    for key in range(1000):
        deadlines.add(key, loop.time() + 30)
        deadlines.remove(key)
    assert deadlines._timer is timer
    deadlines.close()
