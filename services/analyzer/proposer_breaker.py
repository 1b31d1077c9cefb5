"""A circuit breaker: what failed several times in a row is left alone for a while, so that it costs no question its time."""

import time
from collections.abc import Callable

_IN_A_ROW = 3
_FIRST, _LONGEST = 15.0, 300.0


class Breaker:
    """Counts failures. One call at a time is let through when the pause is over; pauses double while it goes on failing."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._failures = 0
        self._pause = _FIRST
        self._until = 0.0
        self._trying = False

    @property
    def open(self) -> bool:
        """Whether nothing must be tried now."""
        if self._failures < _IN_A_ROW:
            return False
        return self._trying or self._clock() < self._until

    def begin(self) -> None:
        """A call begins."""
        self._trying = self._failures >= _IN_A_ROW

    def succeeded(self) -> None:
        """It did."""
        self._failures, self._pause, self._trying = 0, _FIRST, False

    def failed(self) -> None:
        """It did not."""
        self._trying = False
        self._failures += 1
        if self._failures == _IN_A_ROW:
            self._until = self._clock() + self._pause
        elif self._failures > _IN_A_ROW:
            self._pause = min(self._pause * 2, _LONGEST)
            self._until = self._clock() + self._pause

    def abandoned(self) -> None:
        """Whoever asked went away before it was known."""
        self._trying = False
