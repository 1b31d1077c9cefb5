"""Starts the memorizer."""

import asyncio
import logging

from maestro.memorizer.v1 import memorizer_pb2, memorizer_pb2_grpc
from mesh.fault import Fault
from mesh.node import Node, run
from services.memorizer.postgres import Memory
from services.memorizer.servicer import MemorizerServicer
from services.memorizer.settings import MemorizerSettings

_log = logging.getLogger(__name__)


async def build(node: Node) -> None:
    """Wires the memorizer."""
    settings = node.settings(MemorizerSettings)
    if not settings.state:
        raise Fault(
            "SETTINGS_INVALID",
            "MAESTRO_STATE: it names the database that memory is kept in, and is not set.",
            metadata={"setting": "MAESTRO_STATE"},
        )
    memory = Memory(settings.state, settings.memory_connections)
    await memory.open()
    node.on_stop(memory.close)
    node.ready_when(memory.ready)

    async def sweep() -> None:
        while True:
            await asyncio.sleep(settings.memory_sweep)
            removed = await memory.sweep(settings.memory_days, settings.memory_turns)
            if removed:
                _log.info("forgot %d turns", removed)

    node.background("sweep", sweep)
    servicer = MemorizerServicer(memory, settings.memory_facts)
    node.serve(memorizer_pb2_grpc.add_MemorizerServicer_to_server, servicer, memorizer_pb2.DESCRIPTOR)


if __name__ == "__main__":
    run("memorizer", build)
