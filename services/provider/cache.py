"""Results that were served a moment ago."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass
from typing import Generic, TypeVar

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Cached(Generic[T]):
    """A value, the source it is of, its size in bytes, and when it was put (seconds of the caller's clock)."""

    value: T
    source: str
    size: int
    put: float


class Cache(Generic[T]):
    """Bounded by bytes (the least recently used go first) and by age. Times are of a clock that never goes back."""

    def __init__(self, capacity: int, lifetime: float) -> None:
        self._capacity = capacity
        self._lifetime = lifetime
        self._held: OrderedDict[bytes, Cached[T]] = OrderedDict()
        self.size = 0

    def get(self, key: bytes, now: float) -> Cached[T] | None:
        """What was put under the key, unless it is too old."""
        found = self._held.get(key)
        if found is None:
            return None
        if now - found.put >= self._lifetime:
            self._drop(key)
            return None
        self._held.move_to_end(key)
        return found

    def put(self, key: bytes, value: T, source: str, size: int, now: float) -> None:
        """Keeps a value; one that is larger than an eighth of the capacity is not worth what it would displace."""
        if key in self._held:
            self._drop(key)
        if self._lifetime <= 0 or size > self._capacity // 8:
            return
        self._held[key] = Cached(value, source, size, now)
        self.size += size
        while self.size > self._capacity:
            self._drop(next(iter(self._held)))

    def purge(self, source: str) -> int:
        """Forgets what is of a source; how many that were."""
        keys = [key for key, cached in self._held.items() if cached.source == source]
        for key in keys:
            self._drop(key)
        return len(keys)

    def _drop(self, key: bytes) -> None:
        self.size -= self._held.pop(key).size
