"""`python -m services.coordinator`: who does what."""

from maestro.coordinator.v1 import coordinator_pb2, coordinator_pb2_grpc
from mesh.modules import MODULES
from mesh.node import Node, run
from mesh.settings import target
from mesh.sources import sources
from services.coordinator.admission import Admissions, Limits
from services.coordinator.routing import Routes
from services.coordinator.servicer import CoordinatorServicer
from services.coordinator.settings import CoordinatorSettings
from services.coordinator.topology import Topology


async def build(node: Node) -> None:
    """Wires the coordinator."""
    settings = node.settings(CoordinatorSettings)
    limits = Limits(settings.admission_total, settings.admission_per_source, settings.admission_per_caller)
    admissions = Admissions(limits, settings.admission_lease)
    routes = Routes(sources(), settings.default_source, settings.time_zone)
    topology = Topology({name: target(name) for name in MODULES}, settings.health_interval)
    node.on_stop(topology.close)
    node.background("topology", topology.watch)
    servicer = CoordinatorServicer(admissions, routes, topology)
    node.serve(coordinator_pb2_grpc.add_CoordinatorServicer_to_server, servicer, coordinator_pb2.DESCRIPTOR)


if __name__ == "__main__":
    run("coordinator", build)
