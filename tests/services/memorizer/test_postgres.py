"""Bounds and failures of the memory itself."""

from datetime import UTC, datetime, timedelta

import pytest

from deploy.state.migrate import migrate
from mesh.fault import Fault
from services.memorizer.postgres import KeptTurn, Memory


@pytest.fixture
async def memory(database):
    migrate(database)
    made = Memory(database, 2)
    await made.open()
    yield made
    await made.close()


def turn(number, age_days=0):
    asked = datetime(2025, 11, 21, tzinfo=UTC) if age_days is None else datetime.now(UTC) - timedelta(days=age_days)
    return KeptTurn(f"r{number}", "frete", f"q{number}", None, "", 0, asked)


async def test_old_and_surplus_turns_are_swept(memory):
    await memory.remember("ana", "c1", turn(0, age_days=100))
    for number in range(1, 13):
        await memory.remember("ana", "c1", turn(number))
    await memory.remember("bia", "c1", turn(1))
    assert await memory.sweep(days=90, turns=10) == 3
    turns, _ = await memory.recall("ana", "c1", "", 50, 0)
    assert [each.request_id for each in turns] == [f"r{number}" for number in range(12, 2, -1)]
    assert (await memory.recall("bia", "c1", "", 50, 0))[0]


async def test_a_caller_has_room_for_so_many_facts(memory):
    assert (await memory.keep("ana", "", "um", 2))[0] == "kept"
    assert (await memory.keep("ana", "", "dois", 2))[0] == "kept"
    assert await memory.keep("ana", "", "três", 2) == ("full", None)
    assert (await memory.keep("ana", "", "um", 2))[0] == "known"
    assert (await memory.keep("bia", "", "três", 2))[0] == "kept"


async def test_turns_come_in_the_order_of_asking(memory):
    late, early = turn(1), turn(2, age_days=1)
    await memory.remember("ana", "c", late)
    await memory.remember("ana", "c", early)
    turns, _ = await memory.recall("ana", "c", "", 5, 0)
    assert [each.request_id for each in turns] == ["r1", "r2"]


async def test_a_database_that_is_away_is_said_so():
    memory = Memory("postgresql://nobody@127.0.0.1:1/none?connect_timeout=1", 1)
    await memory.open()
    try:
        with pytest.raises(Fault) as caught:
            await memory.recall("ana", "c", "q", 5, 5)
        assert caught.value.reason == "STATE_UNAVAILABLE"
    finally:
        await memory.close()


async def test_a_database_that_was_not_migrated_is_not_ready(database):
    memory = Memory(database, 1)
    await memory.open()
    try:
        with pytest.raises(Fault):
            await memory.ready()
        migrate(database)
        assert await memory.ready()
    finally:
        await memory.close()
