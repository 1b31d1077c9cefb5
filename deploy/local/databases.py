"""The databases of a local mesh: the ones that the environment names, and the embedded one for the rest."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from deploy.local.home import Home
from deploy.local.offspring import die_with_parent
from deploy.local.postgres import READER, EmbeddedPostgres, EmbeddedPostgresError
from mesh.sources import sources
from samples.frete.sample import ANCHOR

Report = Callable[[str, str], None]
"""Told of each stage: its name, and "begin" or "done"."""

_MODEL = Path(__file__).resolve().parents[2] / "samples" / "frete" / "model"
_PAUSE = 5.0


class PreparationError(Exception):
    """A database could not be prepared; the message says which and what to do."""


@dataclass(slots=True)
class Databases:
    """What the services are told, and the server to be kept running and stopped in the end."""

    environment: dict[str, str] = field(default_factory=dict)
    embedded: EmbeddedPostgres | None = None
    _not_before: float = 0.0

    def keep(self) -> None:
        """Starts the embedded server again where it was killed; committed data is still there."""
        if self.embedded is None or self.embedded.pid is not None or time.monotonic() < self._not_before:
            return
        sys.stderr.write("the embedded PostgreSQL has ended; starting it again\n")
        self.embedded.stop()
        try:
            self.embedded.start()
        except EmbeddedPostgresError as error:
            sys.stderr.write(f"{error}\n")
            self._not_before = time.monotonic() + _PAUSE

    def stop(self) -> None:
        """Stops the embedded server where one was started."""
        if self.embedded is not None:
            self.embedded.stop()


def prepare(home: Home, report: Report, rows: int, meanwhile: Callable[[], None]) -> Databases:
    """Makes the state database and the sources ready.

    MAESTRO_STATE and MAESTRO_SOURCE_<NAME> are used where they are set; the embedded server stands in for what is
    not: a state database, and the frete sample (of `rows` deliveries) as the one source. `meanwhile` is work for this
    process while others prepare. Raises PreparationError.
    """
    state = os.environ.get("MAESTRO_STATE", "").strip()
    sample = not sources()
    ready = Databases()
    parts: list[_Part] = []
    try:
        if not state or sample:
            report("postgres", "begin")
            ready.embedded = EmbeddedPostgres(home.postgres).start()
            report("postgres", "done")
        if not state:
            state = ready.environment["MAESTRO_STATE"] = _database(ready.embedded, "maestro_state")
        parts.append(_Part("state", report, ["deploy.state"], {"MAESTRO_STATE": state}))
        if sample:
            owner = _database(ready.embedded, "frete")
            parts.append(_Part("sample", report, ["samples.frete", "--rows", str(rows), "--url", owner], {}))
            ready.environment |= _told_of_sample(ready.embedded)
        meanwhile()
        for part in parts:
            part.finish()
    except BaseException:
        for part in parts:
            part.abandon()
        ready.stop()
        raise
    return ready


def _told_of_sample(server: EmbeddedPostgres | None) -> dict[str, str]:
    assert server is not None
    name = "MAESTRO_SOURCE_FRETE"
    return {
        name: server.url("frete", role=READER),
        f"{name}__MODEL": str(_MODEL),
        f"{name}__LOCALE": "pt-BR",
        f"{name}__TIME_ZONE": "America/Sao_Paulo",
        f"{name}__AS_OF": ANCHOR.isoformat(),
    }


def _database(server: EmbeddedPostgres | None, name: str) -> str:
    assert server is not None
    server.create_database(name)
    return server.url(name)


class _Part:
    """A part of the preparation, in a process of its own: this one, which forks the services, must stay small and
    without threads."""

    def __init__(self, name: str, report: Report, module: list[str], environment: Mapping[str, str]) -> None:
        self._name, self._report = name, report
        report(name, "begin")
        self._process = subprocess.Popen(  # noqa: S603  # our own modules
            [sys.executable, "-m", *module],
            env={**os.environ, **environment},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            preexec_fn=die_with_parent,  # noqa: PLW1509  # safe: this process has one thread
        )

    def finish(self) -> None:
        """Waits for it. Raises PreparationError, with its last words, where it failed."""
        out, err = self._process.communicate()
        if self._process.returncode:
            lines = (err or out).strip().splitlines()
            reason = lines[-1] if lines else "no reason given"
            raise PreparationError(f"preparing the {self._name} database failed: {reason}")
        self._report(self._name, "done")

    def abandon(self) -> None:
        """Ends it where it still runs."""
        if self._process.poll() is None:
            self._process.kill()
            self._process.communicate()
