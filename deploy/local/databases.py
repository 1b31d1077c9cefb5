"""The databases of a local mesh: the ones that the environment names, and the embedded one for the rest."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from deploy.local.home import Home
from deploy.local.postgres import READER, EmbeddedPostgres
from mesh.sources import sources
from samples.frete.sample import ANCHOR

Report = Callable[[str, str], None]
"""Told of each stage: its name, and "begin", "done" or a detail."""

_MODEL = Path(__file__).resolve().parents[2] / "samples" / "frete" / "model"


class PreparationError(Exception):
    """A database could not be prepared; the message says which and what to do."""


@dataclass(slots=True)
class Databases:
    """What the services are told, and the server to be stopped in the end."""

    environment: dict[str, str] = field(default_factory=dict)
    embedded: EmbeddedPostgres | None = None

    def stop(self) -> None:
        """Stops the embedded server where one was started."""
        if self.embedded is not None:
            self.embedded.stop()


def prepare(home: Home, report: Report, rows: int) -> Databases:
    """Makes the state database and the sources ready.

    MAESTRO_STATE and MAESTRO_SOURCE_<NAME> are used where they are set; the embedded server stands in for what is
    not: a state database, and the frete sample (of `rows` deliveries) as the one source. Raises PreparationError.
    """
    ready = Databases()
    state = os.environ.get("MAESTRO_STATE", "").strip()
    sample = not sources()
    if not state or sample:
        report("postgres", "begin")
        ready.embedded = EmbeddedPostgres(home.postgres)
        ready.embedded.start()
        report("postgres", "done")
    try:
        if not state:
            assert ready.embedded is not None
            state = _database(ready.embedded, "maestro_state")
            ready.environment["MAESTRO_STATE"] = state
        report("state", "begin")
        _run("state", ["deploy.state"], {"MAESTRO_STATE": state})
        report("state", "done")
        if sample:
            assert ready.embedded is not None
            report("sample", "begin")
            owner = _database(ready.embedded, "frete")
            _run("sample", ["samples.frete", "--rows", str(rows), "--url", owner], {})
            ready.environment["MAESTRO_SOURCE_FRETE"] = ready.embedded.url("frete", role=READER)
            ready.environment["MAESTRO_SOURCE_FRETE__MODEL"] = str(_MODEL)
            ready.environment["MAESTRO_SOURCE_FRETE__LOCALE"] = "pt-BR"
            ready.environment["MAESTRO_SOURCE_FRETE__TIME_ZONE"] = "America/Sao_Paulo"
            ready.environment["MAESTRO_SOURCE_FRETE__AS_OF"] = ANCHOR.isoformat()
            report("sample", "done")
    except BaseException:
        ready.stop()
        raise
    return ready


def _database(server: EmbeddedPostgres, name: str) -> str:
    server.create_database(name)
    return server.url(name)


def _run(what: str, module: list[str], environment: dict[str, str]) -> None:
    """Runs a part in a process of its own: the one that forks the services must stay small and without threads."""
    done = subprocess.run(  # noqa: S603  # our own modules
        [sys.executable, "-m", *module],
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        check=False,
        stdin=subprocess.DEVNULL,
    )
    if done.returncode:
        lines = (done.stderr or done.stdout).strip().splitlines()
        raise PreparationError(f"preparing the {what} database failed: {lines[-1] if lines else 'no reason given'}")
