"""Many deadlines behind one timer of the event loop.

Nearly every call ends long before its deadline: arming and disarming a timer for each costs more than the
rest of its bookkeeping. Here a call costs two operations on a dictionary, and the loop's one timer is moved
only when a deadline comes up that is earlier than all others.
"""

import asyncio
from collections.abc import Callable, Hashable
from typing import Generic, TypeVar

K = TypeVar("K", bound=Hashable)


class Deadlines(Generic[K]):
    """Calls `expire` with each key whose deadline (seconds on the loop's clock) has come before it was
    removed."""

    __slots__ = ("_at", "_entries", "_expire", "_loop", "_timer")

    def __init__(self, loop: asyncio.AbstractEventLoop, expire: Callable[[K], None]) -> None:
        self._loop = loop
        self._expire = expire
        self._entries: dict[K, float] = {}
        self._timer: asyncio.TimerHandle | None = None
        self._at = float("inf")

    def __len__(self) -> int:
        return len(self._entries)

    def add(self, key: K, deadline: float) -> None:
        """Watches a key."""
        self._entries[key] = deadline
        if deadline < self._at:
            self._arm(deadline)

    def remove(self, key: K) -> None:
        """Watches it no longer; nothing where it has expired or was never there."""
        self._entries.pop(key, None)

    def close(self) -> None:
        """Watches nothing any more."""
        self._entries.clear()
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
            self._at = float("inf")

    def _arm(self, deadline: float) -> None:
        if self._timer is not None:
            self._timer.cancel()
        self._at = deadline
        self._timer = self._loop.call_at(deadline, self._fire)

    def _fire(self) -> None:
        self._timer = None
        self._at = float("inf")
        # The loop's timers have a resolution of their own; an entry due within it is due.
        now = self._loop.time() + 0.001
        for key in [key for key, deadline in self._entries.items() if deadline <= now]:
            # The one before may have removed it.
            if self._entries.pop(key, None) is not None:
                self._expire(key)
        if self._entries and self._timer is None:
            self._arm(min(self._entries.values()))
