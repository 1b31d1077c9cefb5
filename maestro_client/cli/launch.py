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

from deploy.local import bytecode
from deploy.local.home import ALREADY, Home, Record
from deploy.local.lock import Lock
from maestro_client.cli.failure import CliError
from maestro_client.cli.health import Report, wait_healthy
from mesh.fault import Fault
from mesh.modules import MODULES

_STAGES = {
    "postgres": "starting PostgreSQL",
    "state": "migrating the state database",
    "sample": "filling the sample",
    "services": "starting the services",
}


class Launch:
    """A mesh being started. With `follow`, it ends with this process and with the `with` block.

    listen: TCP address of the orchestrator; None: the usual one, or a free one; "": none.
    """

    def __init__(self, home: Home, *, rows: int, listen: str | None = None, follow: bool) -> None:
        self._home = home
        self._follow = follow
        self._joined = False
        command = [sys.executable, "-m", "deploy.local", "--home", str(home.folder), "--rows", str(rows)]
        if listen is not None:
            command += ["--listen", listen]
        if follow:
            command += ["--parent", str(os.getpid())]
        try:
            home.prepare()
        except PermissionError as error:
            raise CliError(str(error)) from None
        with (home.logs / "local.log").open("ab") as log:
            self._process = subprocess.Popen(  # noqa: S603  # our own module
                command,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=log,
                env=bytecode.environment(home.folder / "pycache", os.environ),
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

    @property
    def joined(self) -> bool:
        """Whether somebody else was starting this very mesh at the same time: it is theirs to stop."""
        return self._joined

    def wait(self, console: Console, seconds: float = 120.0) -> Record:
        """Returns what runs when all modules serve. Raises CliError where that does not come to be."""
        with Progress(
            SpinnerColumn(), TextColumn("{task.description}"), BarColumn(), TextColumn("{task.fields[detail]}"),
            TimeElapsedColumn(), console=console, transient=True,
        ) as progress:  # fmt: skip
            self._prepared(progress, time.monotonic() + max(seconds, 3600.0))
            return self._healthy(progress, seconds)

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
        """Shows the stages until the services have been started, by us or by somebody else."""
        tasks: dict[str, TaskID] = {}
        while time.monotonic() < end:
            event = self._next()
            if event is None and self._process.poll() == ALREADY:
                self._join(end)
                return
            if event is None and self._process.poll() is not None:
                raise CliError("the mesh ended while it was starting", self._see("local"))
            if event is None:
                continue
            if "note" in event:
                progress.console.print(event["note"], style="yellow", soft_wrap=True)
            elif event["state"] == "begin":
                tasks[event["stage"]] = progress.add_task(_STAGES[event["stage"]], total=None, detail="")
            else:
                progress.update(tasks[event["stage"]], total=1, completed=1, detail="done")
                if event["stage"] == "services":
                    return
        raise CliError("preparing took longer than an hour", "Try fewer --rows.")

    def _join(self, end: float) -> None:
        """Waits until whoever holds the folder has started the services."""
        self._joined = True
        lock = Lock(self._home.lock)
        while self._home.read() is None and time.monotonic() < end:
            if lock.take():
                lock.release()
                raise CliError("another start of this mesh was under way, and has failed", "Try again.")
            time.sleep(0.1)

    def _healthy(self, progress: Progress, seconds: float) -> Record:
        task = progress.add_task("waiting until all are healthy", total=len(MODULES), detail="")
        record = self._home.read()

        def told(reports: dict[str, Report]) -> bool:
            nonlocal record
            waiting = [name for name, report in reports.items() if not report.healthy]
            progress.update(task, completed=len(reports) - len(waiting), detail=", ".join(waiting[:3]))
            record = self._home.read()
            return record is None or bool(record.given_up)

        targets = record.targets if record else {}
        reports = asyncio.run(wait_healthy(targets, seconds, told)) if record else {}
        if record is None:
            raise CliError("the mesh ended while it was starting", self._see("local"))
        for name, why in record.given_up.items():
            raise CliError(why, self._see(name))
        waiting = [name for name, report in reports.items() if not report.healthy]
        if waiting:
            raise CliError(f"not healthy after {seconds:.0f} s: {', '.join(waiting)}", self._see(waiting[0]))
        return record

    def _next(self) -> dict[str, str] | None:
        """The next event; None where none came for a moment, or none will. Raises what it tells of."""
        try:
            event = self._events.get(timeout=0.2)
        except queue.Empty:
            return None
        if "reason" in event:
            raise Fault(event["reason"], event["error"])
        if "error" in event:
            raise CliError(event["error"], self._see("local"))
        return event

    def _see(self, log: str) -> str:
        return f"Details are in {self._home.logs / f'{log}.log'}."

    def _read(self) -> None:
        assert self._process.stdout is not None
        for line in self._process.stdout:
            self._events.put(json.loads(line))
