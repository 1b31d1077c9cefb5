"""A module as a process: event loop, logs, signals, exit code."""

import asyncio
import gc
import logging
import signal
import sys
from typing import NoReturn

import uvloop

from mesh import logs, telemetry
from mesh.fault import Fault
from mesh.modules import MODULES
from mesh.node import Build, Node

_log = logging.getLogger(__name__)


async def _serve(node: Node, build: Build) -> None:
    telemetry.enter(node.module)
    await build(node)
    listen = [part.strip() for part in node.mesh.listen.split(",") if part.strip()]
    node.export_spans()
    await node.start(listen or [MODULES[node.module].address])
    # What is there by now stays: collections need not look at it again.
    gc.collect()
    gc.freeze()


async def _live(module: str, build: Build) -> None:
    node = Node(module)
    logs.install(module, node.mesh.log_level)
    telemetry.settings.ratio = node.mesh.trace_sample
    stopping, hurry = asyncio.Event(), asyncio.Event()

    def told() -> None:
        """The first signal drains, a second one does not wait for it."""
        (hurry if stopping.is_set() else stopping).set()

    loop = asyncio.get_running_loop()
    for signum in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(signum, told)
    starting = loop.create_task(_serve(node, build))
    waiting = loop.create_task(stopping.wait())
    try:
        await asyncio.wait({starting, waiting}, return_when=asyncio.FIRST_COMPLETED)
        if starting.done():
            starting.result()
            await waiting
        _log.info("told to stop")
    finally:
        for task in (starting, waiting):
            task.cancel()
        await asyncio.gather(starting, waiting, return_exceptions=True)
        await node.stop(hurry)
    _log.info("stopped")


def main(module: str, build: Build) -> None:
    """Runs a module until it is told to stop; see `mesh.node.run`."""
    try:
        uvloop.run(_live(module, build))
    except Fault as fault:
        _exit(module, fault)


def _exit(module: str, fault: Fault) -> NoReturn:
    sentence = fault.message if fault.message.startswith(module) else f"{module}: {fault.message}"
    sys.stderr.write(sentence + "\n")
    sys.stderr.flush()
    raise SystemExit(2 if fault.reason in ("SETTINGS_INVALID", "PORT_IN_USE") else 1) from None
