"""The coordinator over its socket."""

from __future__ import annotations

import asyncio

import pytest

from maestro.context.v1 import context_pb2
from maestro.coordinator.v1 import coordinator_pb2 as pb
from maestro.coordinator.v1 import coordinator_pb2_grpc
from mesh.fault import Fault
from mesh.modules import EDGES
from mesh.testing import Mesh, start
from services.coordinator.__main__ import build
from services.coordinator.topology import CARRIES

SALES = {"MAESTRO_SOURCE_SALES": "sqlite:////nowhere.sqlite", "MAESTRO_SOURCE_SALES__TIME_ZONE": "America/Recife"}
STOCK = {"MAESTRO_SOURCE_STOCK": "sqlite:////nowhere.sqlite"}


async def admit(mesh: Mesh, name: str = "", **context: str) -> pb.AdmitResponse:
    request = pb.AdmitRequest(context=context_pb2.RequestContext(**context), admission_id=name)  # type: ignore[arg-type]
    response: pb.AdmitResponse = await mesh.stub(coordinator_pb2_grpc.CoordinatorStub, "coordinator").Admit(request)
    return response


async def test_the_only_source_is_meant_and_its_zone_holds() -> None:
    async with start({"coordinator": build}, env=SALES) as mesh:
        admitted = await admit(mesh)
        assert (admitted.context.source, admitted.context.time_zone) == ("sales", "America/Recife")
        assert admitted.context.HasField("as_of_time")
        assert admitted.workflow == "query"
        asked = await admit(mesh, time_zone="Europe/Lisbon", source="SALES")
        assert (asked.context.source, asked.context.time_zone) == ("sales", "Europe/Lisbon")


async def test_of_several_sources_one_has_to_be_named_or_be_the_default() -> None:
    async with start({"coordinator": build}, env=SALES | STOCK) as mesh:
        with pytest.raises(Fault) as raised:
            await admit(mesh)
        assert raised.value.reason == "SOURCE_UNKNOWN"
        assert raised.value.metadata["known"] == "sales, stock"
    async with start({"coordinator": build}, env=SALES | STOCK | {"MAESTRO_DEFAULT_SOURCE": "stock"}) as mesh:
        assert (await admit(mesh)).context.source == "stock"


async def test_a_source_that_is_kept_as_of_a_day_means_that_day_by_today() -> None:
    async with start({"coordinator": build}, env=SALES | {"MAESTRO_SOURCE_SALES__AS_OF": "2025-11-19"}) as mesh:
        moment = (await admit(mesh)).context.as_of_time.ToDatetime()
        assert moment.isoformat() == "2025-11-19T15:00:00"  # noon in Recife


@pytest.mark.parametrize(
    ("context", "reason"), [({"source": "nope"}, "SOURCE_UNKNOWN"), ({"time_zone": "Mars/Base"}, "INVALID_ARGUMENT")]
)
async def test_what_does_not_exist_is_said(context: dict[str, str], reason: str) -> None:
    async with start({"coordinator": build}, env=SALES) as mesh:
        with pytest.raises(Fault) as raised:
            await admit(mesh, **context)
        assert raised.value.reason == reason


async def test_a_full_house_rejects_until_one_leaves() -> None:
    async with start({"coordinator": build}, env=SALES | {"MAESTRO_ADMISSION_TOTAL": "1"}) as mesh:
        first = await admit(mesh, "1")
        with pytest.raises(Fault) as raised:
            await admit(mesh, "2")
        assert (raised.value.reason, raised.value.retry_after) == ("ADMISSION_REJECTED", 0.5)
        stub = mesh.stub(coordinator_pb2_grpc.CoordinatorStub, "coordinator")
        assert (await stub.Release(pb.ReleaseRequest(admission_id=first.admission_id))).released
        await admit(mesh, "2")


async def test_topology_tells_who_serves_and_which_connections_are_whole() -> None:
    async with start({"coordinator": build}, env=SALES) as mesh:
        stub = mesh.stub(coordinator_pb2_grpc.CoordinatorStub, "coordinator")
        for _ in range(100):
            topology = await stub.GetTopology(pb.GetTopologyRequest())
            health = {module.name: [each.health for each in module.instances] for module in topology.modules}
            if health["coordinator"] == [pb.HEALTH_SERVING]:
                break
            await asyncio.sleep(0.05)
        assert health["coordinator"] == [pb.HEALTH_SERVING]
        assert health["loader"] == [pb.HEALTH_UNREACHABLE]
        assert not any(connection.healthy for connection in topology.connections)


def test_every_connection_says_what_flows() -> None:
    assert set(CARRIES) == set(EDGES)


async def test_an_unknown_default_source_stops_the_start() -> None:
    with pytest.raises(Fault) as raised:
        async with start({"coordinator": build}, env=SALES | {"MAESTRO_DEFAULT_SOURCE": "nope"}):
            pass
    assert raised.value.reason == "SETTINGS_INVALID"
