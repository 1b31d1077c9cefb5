"""Who owns a data directory: at most one living process."""

from __future__ import annotations

import fcntl
import os
from pathlib import Path
from typing import IO, ClassVar


class Lock:
    """A POSIX record lock on a file: it dies with its process and, unlike flock, no forked child keeps it."""

    _held: ClassVar[set[Path]] = set()  # record locks do not see two owners inside one process

    def __init__(self, path: Path) -> None:
        self._path = path
        self._file: IO[bytes] | None = None
        self._pid = 0

    @property
    def held(self) -> bool:
        """Whether this object, in this process, owns the file."""
        return self._file is not None and self._pid == os.getpid()

    def take(self) -> bool:
        """Try to become the owner; False where another object or living process is."""
        if self.held:
            return True
        if self._path in self._held:
            return False
        file = self._path.open("ab")
        try:
            fcntl.lockf(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            file.close()
            return False
        self._file, self._pid = file, os.getpid()
        self._held.add(self._path)
        return True

    def release(self) -> None:
        """Let another own it; nothing happens where this is not the owner."""
        if self.held:
            assert self._file is not None
            self._file.close()
            self._file = None
            self._held.discard(self._path)
