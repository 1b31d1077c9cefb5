"""Who is let in: a bounded number of requests at once, shared fairly among those who ask."""

from __future__ import annotations

import heapq
from collections import Counter
from dataclasses import dataclass

from mesh.fault import Fault

# Above this share of the total, a caller is held to its fair part of it, whatever its own limit.
_CROWDED = 0.75


@dataclass(frozen=True, slots=True)
class Limits:
    """Requests at once: in all, for one source, for one caller."""

    total: int
    per_source: int
    per_caller: int


@dataclass(frozen=True, slots=True)
class _Lease:
    caller: str
    source: str


class Admissions:
    """The requests that are in. Times are seconds of a clock that never goes back."""

    def __init__(self, limits: Limits, lease: float) -> None:
        self._limits = limits
        self._lease = lease
        self._held: dict[str, _Lease] = {}
        self._expiries: list[tuple[float, str]] = []
        self._by_caller: Counter[str] = Counter()
        self._by_source: Counter[str] = Counter()

    def admit(self, admission_id: str, caller: str, source: str, now: float, seconds: float = 0.0) -> float:
        """Lets a request in and returns when its admission ends by itself; an id that is in already stays in.

        seconds: how long it may take; 0: as long as a lease. Raises Fault ADMISSION_REJECTED with a time to come back.
        """
        self._expire(now)
        end = now + min(seconds or self._lease, self._lease)
        if admission_id in self._held:
            return end
        self._check(caller, source)
        self._held[admission_id] = _Lease(caller, source)
        self._by_caller[caller] += 1
        self._by_source[source] += 1
        heapq.heappush(self._expiries, (end, admission_id))
        return end

    def release(self, admission_id: str) -> bool:
        """Gives an admission back; false where it was not held."""
        lease = self._held.pop(admission_id, None)
        if lease is None:
            return False
        _decrease(self._by_caller, lease.caller)
        _decrease(self._by_source, lease.source)
        if len(self._expiries) > 2 * len(self._held) + 64:  # released ones leave their expiry behind
            self._expiries = [each for each in self._expiries if each[1] in self._held]
            heapq.heapify(self._expiries)
        return True

    def count(self, now: float) -> int:
        """Requests that are in."""
        self._expire(now)
        return len(self._held)

    def _check(self, caller: str, source: str) -> None:
        limits, held = self._limits, len(self._held)
        if held >= limits.total:
            raise _rejected("in all", limits.total)
        if self._by_source[source] >= limits.per_source:
            raise _rejected(f"for source {source}", limits.per_source)
        allowed = limits.per_caller
        if held >= limits.total * _CROWDED:
            callers = len(self._by_caller) + (caller not in self._by_caller)
            allowed = min(allowed, max(1, limits.total // callers))
        if self._by_caller[caller] >= allowed:
            raise _rejected(f"for {caller or 'callers without a name'}", allowed)

    def _expire(self, now: float) -> None:
        while self._expiries and self._expiries[0][0] <= now:
            self.release(heapq.heappop(self._expiries)[1])


def _decrease(counter: Counter[str], key: str) -> None:
    """Forgets what is at zero: callers come and go, and the counter must not remember each."""
    counter[key] -= 1
    if counter[key] <= 0:
        del counter[key]


def _rejected(whose: str, limit: int) -> Fault:
    return Fault(
        "ADMISSION_REJECTED",
        f"{limit} requests are running already, the most allowed {whose}; try again in a moment.",
        metadata={"limit": str(limit)},
        retry_after=0.5,
    )
