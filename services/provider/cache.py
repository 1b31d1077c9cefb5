"""Results that were fetched a moment ago: bounded in bytes and in age, the least recently used leave first."""

import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from typing import Generic, TypeVar

V = TypeVar("V")


@dataclass(slots=True)
class _Kept(Generic[V]):
    value: V
    source: str
    size: int
    since: float
    until: float


class Cache(Generic[V]):
    """Values by key. capacity: bytes. clock: seconds, only ever forward."""

    def __init__(self, capacity: int, clock: Callable[[], float] = time.monotonic) -> None:
        self._capacity = capacity
        self._clock = clock
        self._kept: OrderedDict[bytes, _Kept[V]] = OrderedDict()
        self.size = 0

    def get(self, key: bytes) -> tuple[V, float] | None:
        """(value, its age in seconds), or None."""
        kept = self._kept.get(key)
        if kept is None:
            return None
        now = self._clock()
        if now >= kept.until:
            self._drop(key)
            return None
        self._kept.move_to_end(key)
        return kept.value, now - kept.since

    def put(self, key: bytes, value: V, source: str, size: int, seconds: float) -> None:
        """Keeps a value of that many bytes for so long. One that is too large for a tenth of the cache is not kept: it
        would drive out everything else."""
        self._drop(key)
        if seconds <= 0 or size * 10 > self._capacity:
            return
        now = self._clock()
        self._kept[key] = _Kept(value, source, size, now, now + seconds)
        self.size += size
        while self.size > self._capacity:
            self._drop(next(iter(self._kept)))

    def purge(self, source: str) -> int:
        """Drops all values of a source; gives how many there were."""
        keys = [key for key, kept in self._kept.items() if kept.source == source]
        for key in keys:
            self._drop(key)
        return len(keys)

    def _drop(self, key: bytes) -> None:
        kept = self._kept.pop(key, None)
        if kept is not None:
            self.size -= kept.size
