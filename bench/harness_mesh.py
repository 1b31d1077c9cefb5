"""A private mesh for a benchmark, on databases that it is told: real processes, state of its own, gone in the end."""

import os
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from rich.console import Console

from deploy.local.home import Home, Record, default_folder
from deploy.local.lock import Lock
from maestro_client.cli.launch import Launch

_OURS = ("MAESTRO_SOURCE_", "MAESTRO_STATE", "MAESTRO_LISTEN", "MAESTRO_HOME", "MAESTRO_LLM_")
_QUIET = {
    # Generous, so that a busy machine finds no less than an idle one; and nothing is read again while it is measured.
    "MAESTRO_SCANNER_INFERENCE_BUDGET": "120",
    "MAESTRO_SCANNER_SAMPLE_BUDGET": "120",
    "MAESTRO_SCANNER_INTERVAL": "3600",
    "MAESTRO_MAPPER_VALUES_INTERVAL": "86400",
    "MAESTRO_ANALYZER_VERSION_WAIT": "60",
    "MAESTRO_LEARN_INTERVAL": "0",
    "MAESTRO_STATEMENT_TIMEOUT": "10",
    "MAESTRO_TRACE_SAMPLE": "0",
}
_START_SECONDS = 1200.0
"""Longer than any start takes: the first scan of many large databases is part of it."""


@contextmanager
def mesh_folder() -> Iterator[Path]:
    """A folder for the state of one run's meshes, removed in the end, as are those of runs that were killed."""
    parent = default_folder() / "bench"
    folder = parent / f"mesh-{os.getpid()}"
    for left in parent.glob("mesh-*"):
        _clear(left)
    folder.mkdir(parents=True, mode=0o700, exist_ok=True)
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)
        shutil.rmtree(Home(folder).run, ignore_errors=True)


def _clear(folder: Path) -> None:
    """Removes what a killed run left; one that still runs holds its lock, or its process lives."""
    number = folder.name.removeprefix("mesh-")
    if number.isdigit() and Path(f"/proc/{number}").exists():
        return
    home = Home(folder)
    if home.lock.exists() and not (lock := Lock(home.lock)).take():
        return
    if home.lock.exists():
        lock.release()
    shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def private_mesh(folder: Path, told: Mapping[str, str], console: Console) -> Iterator[Record]:
    """A mesh whose state is in `folder` and whose sources are those of `told`, whatever else the environment names."""
    before = dict(os.environ)
    for name in before:
        if name.startswith(_OURS) or (name.startswith("MAESTRO_") and name.endswith("_TARGET")):
            del os.environ[name]
    os.environ.update({**_QUIET, **told, "MAESTRO_HOME": str(folder)})
    try:
        with Launch(Home(folder), rows=100, listen="", follow=True) as launch:
            yield launch.wait(console, _START_SECONDS)
    finally:
        os.environ.clear()
        os.environ.update(before)
