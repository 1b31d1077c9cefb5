"""`python -m deploy.local`: a whole mesh on this machine, until SIGTERM. Started by `maestro up` and `maestro run`.

Tells its progress on standard output, one JSON object a line: {"stage", "state"} or, once, {"error"}.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Callable
from dataclasses import replace

from deploy.local.databases import Databases, PreparationError, prepare
from deploy.local.home import Home, Record
from deploy.local.lock import Lock
from deploy.local.postgres import EmbeddedPostgresError
from deploy.local.processes import Processes
from mesh.fault import Fault
from mesh.modules import MODULES
from mesh.sources import sources


def main() -> int:
    """Exit code 0: stopped as asked; 1: could not start, and said why; 3: another one runs."""
    arguments = _arguments()
    home = Home()
    home.prepare()
    lock = Lock(home.lock)
    if not lock.take():
        _say(error="a mesh is already running from this folder", folder=str(home.folder))
        return 3
    databases = Databases()
    try:
        databases = prepare(home, lambda stage, state: _say(stage=stage, state=state), arguments.rows)
        _serve(home, databases, arguments)
    except (PreparationError, EmbeddedPostgresError, Fault, PermissionError) as error:
        _say(error=getattr(error, "message", "") or str(error))
        return 1
    finally:
        databases.stop()
        home.clear()
        lock.release()
    return 0


def _serve(home: Home, databases: Databases, arguments: argparse.Namespace) -> None:
    os.environ.update(databases.environment)
    os.environ.update({name: os.environ.get(name) or target for name, target in home.targets().items()})
    _say(stage="services", state="begin")
    record = Record(
        pid=os.getpid(),
        target=home.target("orchestrator"),
        address=arguments.listen,
        sources={name: source.safe_url for name, source in sources().items()},
        embedded=databases.embedded is not None,
    )
    processes = Processes(
        {name: {"MAESTRO_LISTEN": _listen(home, name, arguments.listen)} for name in MODULES},
        home.logs,
        lambda pids: home.write(replace(record, processes=pids)),
    )
    processes.preload()
    try:
        processes.start()
        _say(stage="services", state="done")
        processes.run(_parent_lives(arguments.parent))
    finally:
        processes.stop()


def _listen(home: Home, name: str, address: str) -> str:
    own = home.target(name)
    return f"{own},{address}" if name == "orchestrator" and address else own


def _parent_lives(pid: int) -> Callable[[], bool]:
    """With a parent to follow, true as long as it is this process's parent; without one, always true."""
    return (lambda: os.getppid() == pid) if pid else (lambda: True)


def _say(**fields: str) -> None:
    try:
        sys.stdout.write(json.dumps(fields) + "\n")
        sys.stdout.flush()
    except BrokenPipeError:  # whoever started us no longer listens; we serve on
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="deploy.local", description=__doc__)
    parser.add_argument("--listen", default=MODULES["orchestrator"].address, help="TCP address of the orchestrator")
    parser.add_argument("--rows", type=int, default=20_000, help="deliveries of the frete sample")
    parser.add_argument("--parent", type=int, default=0, help="process to end with (0: none)")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
