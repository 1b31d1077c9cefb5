"""`python -m deploy.local`: a whole mesh on this machine, until SIGTERM. Started by `maestro up` and `maestro run`.

Tells its progress on standard output, one JSON object a line: {"stage", "state"}, {"note"} or, once, {"error"} with the
"reason" of the catalogue where it has one.
"""

from __future__ import annotations

import argparse
import json
import os
import signal
import sys
from dataclasses import replace
from pathlib import Path

from deploy.local.address import choose
from deploy.local.databases import Databases, PreparationError, prepare
from deploy.local.home import ALREADY, Home, Record
from deploy.local.lock import Lock
from deploy.local.offspring import end_orphans
from deploy.local.postgres import EmbeddedPostgresError
from deploy.local.processes import Processes
from mesh.fault import Fault
from mesh.modules import MODULES
from mesh.sources import sources


def main() -> int:
    """Exit code 0: stopped as asked; 1: could not start, and said why; 3: another one runs."""
    arguments = _arguments()
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(number, _end)
    home = Home(arguments.home)
    home.prepare()
    lock = Lock(home.lock)
    if not lock.take():
        return ALREADY
    end_orphans(home.folder)
    databases = Databases()
    try:
        choose(arguments.listen)  # a told address that is taken is better said before anything is prepared
        processes = Processes(MODULES, home.logs)
        databases = prepare(
            home, lambda stage, state: _say(stage=stage, state=state), arguments.rows, processes.preload
        )
        os.environ.update(databases.environment)
        _serve(home, processes, databases, arguments)
    except Fault as fault:
        _say(error=fault.message, reason=fault.reason)
        return 1
    except (PreparationError, EmbeddedPostgresError, PermissionError) as error:
        _say(error=str(error))
        return 1
    finally:
        databases.stop()
        home.clear()
        lock.release()
    return 0


def _serve(home: Home, processes: Processes, databases: Databases, arguments: argparse.Namespace) -> None:
    """Starts the services and serves until told to stop, or until the parent has ended."""
    _say(stage="services", state="begin")
    address, note = choose(arguments.listen)
    if note:
        _say(note=note)
    urls = {name: source.safe_url for name, source in sources().items()}
    record = Record(os.getpid(), home.targets(), address, urls, embedded=databases.embedded is not None)

    def changed(pids: dict[str, int], given_up: dict[str, str]) -> None:
        home.write(replace(record, processes=pids, given_up=given_up))

    def alive() -> bool:
        databases.keep()
        return not arguments.parent or os.getppid() == arguments.parent

    try:
        processes.start(_environments(record), changed)
        _say(stage="services", state="done")
        processes.run(alive)
    finally:
        processes.stop()


def _environments(record: Record) -> dict[str, dict[str, str]]:
    """Module → its own variables. Each calls others where the environment says, else at our sockets."""
    for module, target in record.targets.items():
        variable = f"MAESTRO_{module.upper()}_TARGET"
        os.environ[variable] = os.environ.get(variable, "").strip() or target
    listen = dict(record.targets)
    listen["orchestrator"] = ",".join(filter(None, (record.target, record.address)))
    return {module: {"MAESTRO_LISTEN": addresses} for module, addresses in listen.items()}


def _end(*_: object) -> None:
    """SIGTERM while the mesh is being prepared; once it serves, `Processes` waits for the signal."""
    sys.exit(0)


def _say(**fields: str) -> None:
    try:
        sys.stdout.write(json.dumps(fields) + "\n")
        sys.stdout.flush()
    except BrokenPipeError:  # whoever started us no longer listens; we serve on
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="deploy.local", description=__doc__)
    parser.add_argument("--home", type=Path, help="folder of the mesh (default: MAESTRO_HOME, or .state here)")
    parser.add_argument(
        "--listen", help="TCP address of the orchestrator (default: its port, or a free one; empty: none)"
    )
    parser.add_argument("--rows", type=int, default=20_000, help="deliveries of the frete sample")
    parser.add_argument("--parent", type=int, default=0, help="process to end with (0: none)")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
