"""Starts the scanner."""

import sys

from maestro.scanner.v1 import scanner_pb2, scanner_pb2_grpc
from mesh.node import Node, run
from mesh.sources import sources
from services.scanner.house import House
from services.scanner.opening import keeper
from services.scanner.servicer import ScannerServicer
from services.scanner.settings import ScannerSettings


async def build(node: Node) -> None:
    """Wires the module."""
    # A scan computes in a thread of its own; requests must not wait 5 ms for their turn each time.
    sys.setswitchinterval(0.0005)
    settings = node.settings(ScannerSettings)
    house = House({name: keeper(source, settings) for name, source in sources().items()}, settings.default_source)
    servicer = ScannerServicer(house, node.mesh.max_message)
    node.serve(scanner_pb2_grpc.add_ScannerServicer_to_server, servicer, scanner_pb2.DESCRIPTOR)
    for name, each in house.keepers.items():
        node.background(f"keep-{name}", each.keep)
        node.on_stop(each.close)
    node.ready_when(house.tried)


if __name__ == "__main__":
    run("scanner", build)
