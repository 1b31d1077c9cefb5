"""Which tables' rows have changed, told by the pages that hold them.

SQLite counts the writes to a file, not those to a table. But a table is a b-tree of pages, and its rows are as they were
where all of its pages are. `dbstat` says which pages belong to which table; their content is read from the file, or from
the write-ahead log where that holds a newer one (https://www.sqlite.org/fileformat2.html, sections 1 and 4).
"""

import hashlib
import os
import sqlite3
import struct
import time
from array import array
from collections.abc import Collection, Mapping
from pathlib import Path

from services.scanner.sqlite.file import File

_HEADER = 32
_FRAME = 24
_LOOK_AT_CLOCK = 200


def signatures(file: File, tables: Collection[str], seconds: float) -> dict[str, bytes] | None:
    """A hash over the pages of each of these tables that has any; None where that takes longer than so many seconds, or
    where this SQLite was built without `dbstat`.

    The file is not locked while its pages are read. One that is written meanwhile can only make a hash that no other
    state has: the table counts as changed at the next look, which the write itself brings about.
    """
    until = time.monotonic() + seconds
    held: dict[str, array[int]] = {}
    try:
        with file.within(seconds):
            size = int(str(file.rows("PRAGMA page_size", about="page_size", traced=False)[0][0]))
            for name, page in file.stream("SELECT name, pageno FROM dbstat"):
                if name in tables:
                    held.setdefault(str(name), array("Q")).append(int(str(page)))
        with _Pages(file.path, size, until) as pages:
            return {name: pages.hashed(numbers) for name, numbers in held.items()}
    except (sqlite3.Error, OSError, TimeoutError):
        return None


class _Pages:
    """The pages of a database file as its readers see them. Raises TimeoutError when time is up."""

    def __init__(self, path: Path, size: int, until: float) -> None:
        self._size = size
        self._until = until
        self._read = 0
        self._main = os.open(path, os.O_RDONLY)
        try:
            self._log = os.open(path.with_name(path.name + "-wal"), os.O_RDONLY)
        except FileNotFoundError:
            self._log = -1
        self._logged: Mapping[int, int] = {}

    def __enter__(self) -> "_Pages":
        try:
            if self._log >= 0:
                self._logged = self._committed()
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        os.close(self._main)
        if self._log >= 0:
            os.close(self._log)

    def hashed(self, numbers: "array[int]") -> bytes:
        """A hash over these pages, by their numbers and content."""
        made = hashlib.blake2b(digest_size=16)
        for number in numbers:
            self._tick()
            made.update(number.to_bytes(8, "big"))
            place = self._logged.get(number)
            if place is None:
                made.update(os.pread(self._main, self._size, (number - 1) * self._size))
            else:
                made.update(os.pread(self._log, self._size, place))
        return made.digest()

    def _committed(self) -> dict[int, int]:
        """Where in the log the newest committed version of each page is. Frames of an earlier log, which are still there
        behind the newest one, have other salts.
        """
        salts = os.pread(self._log, _HEADER, 0)[16:24]
        found: dict[int, int] = {}
        pending: dict[int, int] = {}
        place = _HEADER
        while len(frame := os.pread(self._log, _FRAME, place)) == _FRAME and frame[8:16] == salts:
            self._tick()
            number, committed = struct.unpack_from(">II", frame)
            pending[number] = place + _FRAME
            if committed:
                found |= pending
                pending = {}
            place += _FRAME + self._size
        return found

    def _tick(self) -> None:
        if self._read % _LOOK_AT_CLOCK == 0 and time.monotonic() > self._until:
            raise TimeoutError
        self._read += 1
