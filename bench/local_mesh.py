"""A whole mesh for a benchmark: real processes, embedded PostgreSQL, the frete sample; stopped in the end."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from rich.console import Console

from deploy.local.home import Home, Record, default_folder
from maestro_client.cli.launch import Launch


@contextmanager
def local_mesh(name: str, *, rows: int = 20_000) -> Iterator[Record]:
    """Starts a mesh whose state is kept in the folder `bench-<name>` of MAESTRO_HOME, so that a second run is quick."""
    folder = default_folder() / f"bench-{name}"
    before = os.environ.get("MAESTRO_HOME")
    os.environ["MAESTRO_HOME"] = str(folder)
    try:
        with Launch(Home(folder), rows=rows, listen="", follow=True) as launch:
            yield launch.wait(Console(stderr=True))
    finally:
        if before is None:
            del os.environ["MAESTRO_HOME"]
        else:
            os.environ["MAESTRO_HOME"] = before


def pss_kib(pid: int) -> int:
    """Proportional set size of a process in KiB: pages shared with others count in parts."""
    for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
        if line.startswith("Pss:"):
            return int(line.split()[1])
    return 0


def memory_mib(record: Record) -> float:
    """PSS of all processes of the mesh together, PostgreSQL apart, in MiB."""
    return sum(pss_kib(pid) for pid in (record.pid, *record.processes.values())) / 1024
