"""The processes of a local mesh: forked from one that has imported everything, watched, and begun again.

A fork of a process that has loaded the code is ready in milliseconds and shares its memory; thirteen interpreters
that each import for themselves take seconds and three times the memory. For that to be safe the parent holds no
thread, event loop, channel or database connection: it imports, forks and waits, and nothing else.
"""

from __future__ import annotations

import gc
import importlib
import os
import signal
import sys
import threading
import time
import traceback
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from deploy.local.offspring import be_called, die_with_parent

_LARGEST_LOG = 10_000_000
_SIGNALS = {signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGCHLD}

Changed = Callable[[dict[str, int], dict[str, str]], None]
"""Told, whenever one of them changes, of module → process id, and of module → why it ended for the ones that are not
begun again because they would end for the same reason."""


@dataclass(slots=True)
class _Child:
    pid: int
    started: float
    failures: int = 0
    begin_again: float = 0.0
    """Monotonic time at which an ended one is begun again; 0: it runs, or has been given up."""


class Processes:
    """One child process for each module.

    logs: folder for one log file a module.
    """

    def __init__(self, modules: Iterable[str], logs: Path) -> None:
        self._modules = list(modules)
        self._logs = logs
        self._environments: Mapping[str, Mapping[str, str]] = {}
        self._changed: Changed = lambda pids, given_up: None
        self._children: dict[str, _Child] = {}
        self._given_up: dict[str, str] = {}

    def preload(self) -> None:
        """Imports every module's code, so that children share it. Raises RuntimeError where that starts a thread."""
        for variable in ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS"):  # numpy would start some that Python does not see
            os.environ.setdefault(variable, "1")
        for name in self._modules:
            importlib.import_module(f"services.{name}.__main__")
        if threading.active_count() > 1:
            names = ", ".join(thread.name for thread in threading.enumerate())
            raise RuntimeError(f"importing the services started threads ({names}); a fork would break them")
        gc.collect()
        gc.freeze()  # collections in the children would otherwise write to, and so copy, every shared page

    def start(self, environments: Mapping[str, Mapping[str, str]], changed: Changed) -> None:
        """Forks every module. environments: module → variables to set in its process beside the present ones."""
        self._environments, self._changed = environments, changed
        signal.pthread_sigmask(signal.SIG_BLOCK, _SIGNALS)
        for name in self._modules:
            self._fork(name, failures=0)
        self._tell()

    def run(self, alive: Callable[[], bool] = lambda: True) -> None:
        """Watches the children until SIGTERM, SIGINT or SIGHUP comes, or `alive` (asked at least twice a second) is
        false."""
        while alive():
            received = signal.sigtimedwait(_SIGNALS, 0.5)
            if received is not None and received.si_signo != signal.SIGCHLD:
                return
            self._reap()
            self._begin_again()

    def stop(self, grace: float = 12.0) -> None:
        """Asks every child to end, waits, and kills what is left after `grace` seconds."""
        running = {
            name: child.pid
            for name, child in self._children.items()
            if not child.begin_again and name not in self._given_up
        }
        for pid in running.values():
            _kill(pid, signal.SIGTERM)
        end = time.monotonic() + grace
        while running and time.monotonic() < end:
            running = {name: pid for name, pid in running.items() if not _ended(pid)}
            time.sleep(0.02)
        for pid in running.values():
            _kill(pid, signal.SIGKILL)
            os.waitpid(pid, 0)
        self._children.clear()

    def _fork(self, name: str, failures: int) -> None:
        log = self._logs / f"{name}.log"
        if log.exists() and log.stat().st_size > _LARGEST_LOG:
            log.replace(log.with_suffix(".log.1"))
        sys.stdout.flush()
        sys.stderr.flush()
        pid = os.fork()
        if pid == 0:
            _become(name, log, self._environments[name])
        self._children[name] = _Child(pid, time.monotonic(), failures)

    def _reap(self) -> None:
        changed = False
        for name, child in self._children.items():
            if child.begin_again or name in self._given_up:
                continue
            code = _exit_code(child.pid)
            if code is None:
                continue
            changed = True
            if code == 2:
                self._given_up[name] = _last_line(self._logs / f"{name}.log")
                continue
            # One that ran for a while failed for a new reason: it starts counting anew.
            child.failures = 1 if time.monotonic() - child.started > 30 else child.failures + 1
            child.begin_again = time.monotonic() + min(0.05 * 2**child.failures, 10.0)
        if changed:
            self._tell()

    def _begin_again(self) -> None:
        due = [name for name, c in self._children.items() if c.begin_again and c.begin_again <= time.monotonic()]
        for name in due:
            self._fork(name, self._children[name].failures)
        if due:
            self._tell()

    def _tell(self) -> None:
        self._changed(
            {
                name: child.pid
                for name, child in self._children.items()
                if not child.begin_again and name not in self._given_up
            },
            dict(self._given_up),
        )


def _become(name: str, log: Path, environment: Mapping[str, str]) -> None:
    """Turns a forked child into a module's process. Never returns."""
    code = 1
    try:
        for number in _SIGNALS:
            signal.signal(number, signal.SIG_DFL)
        signal.pthread_sigmask(signal.SIG_UNBLOCK, _SIGNALS)
        die_with_parent()
        be_called(name)
        out = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        os.dup2(out, 1)
        os.dup2(out, 2)
        os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
        os.environ.update(environment)
        from mesh.node import run  # noqa: PLC0415  # loaded by preload; named here to say what the child becomes

        run(name, importlib.import_module(f"services.{name}.__main__").build)
        code = 0
    except SystemExit as end:
        code = end.code if isinstance(end.code, int) else 1
    except BaseException:
        traceback.print_exc()
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)


def _exit_code(pid: int) -> int | None:
    """Exit code of an ended child (negative: the signal), None while it runs."""
    try:
        done, status = os.waitpid(pid, os.WNOHANG)
    except ChildProcessError:
        return 1
    return os.waitstatus_to_exitcode(status) if done else None


def _ended(pid: int) -> bool:
    return _exit_code(pid) is not None


def _kill(pid: int, number: signal.Signals) -> None:
    try:
        os.kill(pid, number)
    except ProcessLookupError:
        return


def _last_line(log: Path) -> str:
    lines = log.read_text(errors="replace").strip().splitlines() if log.exists() else []
    return lines[-1] if lines else ""
