"""Pages of one result, while the modules that made them are killed between one and the next."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
from collections.abc import Iterator

import pytest

from deploy.local.home import Home, Record
from maestro.orchestrator.v1 import orchestrator_pb2 as pb
from maestro.plan.v1 import plan_pb2 as plan
from maestro.result.v1 import result_pb2
from maestro_client.client import Maestro
from mesh.fault import Fault

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(sys.platform != "linux", reason="processes are told apart by /proc"),
]
# Each is killed once; the first page is asked of a mesh that is whole.
KILLED = ("loader", "provider", "orchestrator", "scanner", "mapper", "validator", "coordinator")
ROWS, PAGE = 300, 40


def maestro(home: Home, *arguments: str) -> None:
    """Runs a command on the mesh of a folder."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("MAESTRO_")}
    subprocess.run(
        [sys.executable, "-c", "from maestro_client.command import main; main()", *arguments],
        env={**environment, "MAESTRO_HOME": str(home.folder)},
        check=True,
        timeout=240,
    )


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Home]:
    home = Home(tmp_path_factory.mktemp("cursors"))
    maestro(home, "up", "--rows", str(ROWS), "--listen", "")
    yield home
    maestro(home, "down")


def by_value() -> plan.QueryPlan:
    """All deliveries by their state, in which many are equal: where a page ends is no matter of one column."""
    select = plan.Select()
    for name in ("uf", "id"):
        select.projections.add(expression=plan.Expression(column=plan.ColumnRef(alias="e", column=name)), name=name)
    getattr(select, "from").CopyFrom(plan.Relation(alias="e", table=plan.TableRef(name="entregas_monitoradas")))
    query = plan.Query(select=select)
    query.order_by.add(expression=select.projections[0].expression)
    return plan.QueryPlan(query=query, intent=plan.INTENT_LIST)


async def page(target: str, token: str, size: int) -> result_pb2.ResultHead:
    """A page; asked again while what was killed is being begun again."""
    async with asyncio.timeout(60):
        while True:
            try:
                async with Maestro(target, caller="test") as maestro:
                    context = maestro.context("frete")
                    request = pb.RunQueryRequest(context=context, plan=by_value(), page_size=size, page_token=token)
                    response: pb.RunQueryResponse = await maestro.stub.RunQuery(request, timeout=10)
                    return response.answer.result
            except Fault as fault:
                if fault.reason not in ("MODULE_UNAVAILABLE", "DEADLINE_EXCEEDED", "SOURCE_UNAVAILABLE"):
                    raise
                await asyncio.sleep(0.1)


def record_of(home: Home) -> Record:
    record = home.read()
    assert record is not None
    return record


async def test_a_cursor_survives_every_module(home: Home) -> None:
    target = record_of(home).target
    whole = await page(target, "", 1000)
    assert (len(whole.rows), whole.complete) == (ROWS, True)
    head = await page(target, "", PAGE)
    rows = list(head.rows)
    for module in KILLED:
        if not head.next_page_token:
            break
        pid = record_of(home).processes[module]
        os.kill(pid, signal.SIGKILL)
        head = await page(target, head.next_page_token, PAGE)
        assert head.total_rows == ROWS
        rows += head.rows
        async with asyncio.timeout(60):
            while record_of(home).processes.get(module, pid) == pid:
                await asyncio.sleep(0.05)
    assert module == KILLED[-1], "every one was killed"
    assert not head.next_page_token
    found = [(row.values[0].text, row.values[1].integer) for row in rows]
    wanted = [(row.values[0].text, row.values[1].integer) for row in whole.rows]
    assert len(found) == len(set(found)) == ROWS, "no row twice, none left out"
    assert set(found) == set(wanted)
    assert [state for state, _ in found] == [state for state, _ in wanted]
