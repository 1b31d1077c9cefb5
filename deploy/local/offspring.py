"""What a process that the local mesh starts does at its birth, and how those of a killed launcher are found."""

from __future__ import annotations

import ctypes
import os
import signal
import sys
import time
from pathlib import Path

_PR_SET_NAME, _PR_SET_PDEATHSIG = 15, 1
_PREFIX = "maestro-"


def die_with_parent() -> None:
    """Lets SIGTERM come to this process when the thread that started it ends. Linux only; elsewhere nothing."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)


def be_called(module: str) -> None:
    """Names this process for `ps` and `top`, and for `orphans`."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_NAME, f"{_PREFIX}{module}"[:15].encode())


def orphans(folder: Path) -> list[int]:
    """Process ids of modules whose launcher, started with `--home folder`, was killed; they may still be draining.

    To be asked by the holder of the folder's lock only: while a launcher lives, its modules are no orphans.
    """
    home = b"\0--home\0" + os.fsencode(folder) + b"\0"
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            ours = process.stat().st_uid == os.getuid() and (process / "comm").read_text().startswith(_PREFIX)
            if ours and home in (process / "cmdline").read_bytes():
                found.append(int(process.name))
        except OSError:  # ended meanwhile
            continue
    return found


def end_orphans(folder: Path, seconds: float = 5.0) -> None:
    """Kills what `orphans` finds, and waits until none is left or `seconds` have passed."""
    end = time.monotonic() + seconds
    while (left := orphans(folder)) and time.monotonic() < end:
        for pid in left:
            try:
                os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                continue
        time.sleep(0.02)
