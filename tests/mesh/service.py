"""A process of the mesh, for tests that need a real one: `python -m tests.mesh.service <module>`."""

import sys

from mesh.node import Node, run
from tests.mesh.echo import Service


async def build(node: Node) -> None:
    await Service(node.module).build(node)


if __name__ == "__main__":
    run(sys.argv[1], build)
