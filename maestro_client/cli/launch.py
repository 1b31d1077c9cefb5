"""Starts the local mesh and shows how far it is."""

from __future__ import annotations

import asyncio
import json
import os
import queue
import subprocess
import sys
import threading
import time
from types import TracebackType

from rich.console import Console
from rich.progress import BarColumn, Progress, SpinnerColumn, TaskID, TextColumn, TimeElapsedColumn

from deploy.local.home import Home, Record
from maestro_client.cli.failure import CliError
from maestro_client.cli.health import Report, wait_healthy
from mesh.modules import MODULES

_STAGES = {
    "postgres": "starting PostgreSQL",
    "state": "migrating the state database",
    "sample": "filling the sample",
    "services": "starting the services",
}


class Launch:
    """A mesh being started. With `follow`, it ends with this process and with the `with` block."""

    def __init__(self, home: Home, *, rows: int, listen: str, follow: bool) -> None:
        self._home = home
        self._follow = follow
        command = [sys.executable, "-m", "deploy.local", "--rows", str(rows), "--listen", listen]
        if follow:
            command += ["--parent", str(os.getpid())]
        home.prepare()
        with (home.logs / "local.log").open("ab") as log:
            self._process = subprocess.Popen(  # noqa: S603  # our own module
                command,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=log,
                env=_environment(home),
                start_new_session=True,  # Ctrl-C reaches us alone; we stop it in order
            )
        self._events: queue.SimpleQueue[dict[str, str]] = queue.SimpleQueue()
        threading.Thread(target=self._read, daemon=True).start()

    def __enter__(self) -> Launch:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._follow or error is not None:
            self.stop()

    def wait(self, console: Console, seconds: float = 120.0) -> Record:
        """Returns what runs when all modules serve. Raises CliError where that does not come to be."""
        with Progress(
            SpinnerColumn(), TextColumn("{task.description}"), BarColumn(), TextColumn("{task.fields[detail]}"),
            TimeElapsedColumn(), console=console, transient=True,
        ) as progress:  # fmt: skip
            self._prepared(progress, time.monotonic() + max(seconds, 3600.0))
            self._healthy(progress, seconds)
        record = self._home.read()
        if record is None:
            raise self._ended()
        return record

    def wait_until_it_ends(self) -> None:
        """Returns when the mesh has ended by itself."""
        self._process.wait()

    def stop(self) -> None:
        """Stops all that was started, and waits for it."""
        if self._process.poll() is None:
            self._process.terminate()
            try:
                self._process.wait(30)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()

    def _prepared(self, progress: Progress, end: float) -> None:
        tasks: dict[str, TaskID] = {}
        while time.monotonic() < end:
            try:
                event = self._events.get(timeout=0.2)
            except queue.Empty:
                if self._process.poll() is not None and self._events.empty():
                    raise self._ended() from None
                continue
            if "error" in event:
                raise CliError(event["error"], f"Details are in {self._home.logs / 'local.log'}.")
            stage, state = event["stage"], event["state"]
            if state == "begin":
                tasks[stage] = progress.add_task(_STAGES.get(stage, stage), total=None, detail="")
            else:
                progress.update(tasks[stage], total=1, completed=1, detail="done")
                if stage == "services":
                    return
        raise CliError("preparing took longer than an hour", "Try fewer --rows.")

    def _healthy(self, progress: Progress, seconds: float) -> None:
        task = progress.add_task("waiting until all are healthy", total=len(MODULES), detail="")

        def told(reports: dict[str, Report]) -> bool:
            waiting = [name for name, report in reports.items() if not report.healthy]
            progress.update(task, completed=len(reports) - len(waiting), detail=", ".join(waiting[:3]))
            return self._process.poll() is not None

        reports = asyncio.run(wait_healthy({name: self._home.target(name) for name in MODULES}, seconds, told))
        waiting = [name for name, report in reports.items() if not report.healthy]
        if self._process.poll() is not None:
            raise self._ended()
        if waiting:
            log = self._home.logs / f"{waiting[0]}.log"
            raise CliError(f"not healthy after {seconds:.0f} s: {', '.join(waiting)}", f"See {log}.")

    def _ended(self) -> CliError:
        while not self._events.empty():
            event = self._events.get()
            if "error" in event:
                return CliError(event["error"], f"Details are in {self._home.logs / 'local.log'}.")
        return CliError("the mesh ended while it was starting", f"See {self._home.logs / 'local.log'}.")

    def _read(self) -> None:
        assert self._process.stdout is not None
        for line in self._process.stdout:
            self._events.put(json.loads(line))


def _environment(home: Home) -> dict[str, str]:
    """Ours, with a place for compiled code beside the state: a start then takes half the time, wherever the code lies
    and whether or not Python may write there."""
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    return environment | {"PYTHONPYCACHEPREFIX": str(home.folder / "pycache")}
