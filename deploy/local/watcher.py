"""A process that outlives a killed launcher just long enough to stop the server that it started."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

# A shell that sleeps in read() until the launcher's end of the pipe is closed, then asks for a fast shutdown,
# provided that the lock file still names the server it was started for (process ids are given away again).
_SCRIPT = 'read -r _; read -r now 2>/dev/null <"$2" && [ "$now" = "$1" ] && kill -INT "$1" 2>/dev/null; exit 0'


class Watcher:
    """Stops the server `pid` (named in `lock_file`) when this process dies, by whatever cause.

    Not PR_SET_PDEATHSIG: that follows the thread which started the server, not the process.
    """

    def __init__(self, pid: int, lock_file: Path) -> None:
        self._shell: subprocess.Popen[bytes] | None = subprocess.Popen(  # noqa: S603
            ["/bin/sh", "-c", _SCRIPT, "maestro-watcher", str(pid), str(lock_file)],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            cwd="/",
            start_new_session=True,
        )
        # A child forked without exec would hold the pipe open beyond our death.
        os.register_at_fork(after_in_child=self._let_go)

    @property
    def pid(self) -> int | None:
        """Process id of the watcher, None when it was stopped."""
        return self._shell.pid if self._shell is not None else None

    def stop(self) -> None:
        """End the watcher without touching the server."""
        if self._shell is not None:
            self._shell.kill()
            self._shell.communicate()
            self._shell = None

    def _let_go(self) -> None:
        if self._shell is not None and self._shell.stdin is not None:
            self._shell.stdin.close()
            self._shell.returncode = 0  # the parent's child, not ours to wait for
            self._shell = None
