"""Plans are told to the monitor once, behind the answers, and again where that failed."""

from __future__ import annotations

from maestro.monitor.v1 import monitor_pb2
from maestro.result.v1 import result_pb2
from mesh.fault import Fault
from services.provider.plans import Plans
from tests.services.provider.conftest import fetch


class Monitor:
    def __init__(self) -> None:
        self.told: list[monitor_pb2.RecordedPlan] = []
        self.fails = False

    async def __call__(self, request: monitor_pb2.RecordPlansRequest) -> None:
        if self.fails:
            raise Fault("MODULE_UNAVAILABLE", "The monitor is not there.")
        self.told.extend(request.plans)


def statements(*texts: str) -> list[result_pb2.Statement]:
    return [result_pb2.Statement(sql=text) for text in texts]


async def test_a_statement_is_told_once_in_a_while() -> None:
    monitor, now = Monitor(), [0.0]
    plans = Plans(monitor, clock=lambda: now[0])
    for _ in range(3):
        plans.ran(fetch(), statements("SELECT 1", "SELECT count(*)"))
        await plans.tell()
    assert [each.sql for each in monitor.told] == ["SELECT 1", "SELECT count(*)"]
    assert {each.source for each in monitor.told} == {"shop"}
    assert monitor.told[0].plan == fetch().plan
    now[0] += 7 * 3600
    plans.ran(fetch(), statements("SELECT 1"))
    await plans.tell()
    assert len(monitor.told) == 3


async def test_what_could_not_be_told_is_told_the_next_time() -> None:
    monitor = Monitor()
    plans = Plans(monitor)
    monitor.fails = True
    plans.ran(fetch(), statements("SELECT 1"))
    await plans.tell()
    monitor.fails = False
    await plans.tell()
    assert monitor.told == []
    plans.ran(fetch(), statements("SELECT 1"))
    await plans.tell()
    assert len(monitor.told) == 1


async def test_a_flood_of_statements_is_bounded() -> None:
    monitor = Monitor()
    plans = Plans(monitor)
    for number in range(2_000):
        plans.ran(fetch(), statements(f"SELECT {number}"))
    await plans.tell()
    assert len(monitor.told) == 500
