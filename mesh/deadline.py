"""The time that the current call still has.

A deadline is ambient: the server side sets it when a call arrives and every call made from inside inherits
what is left, less a reserve that the callee's caller keeps so that it can still say which call ran out of
time.
"""

import time
from collections.abc import Iterator
from contextlib import contextmanager

from mesh.ambient import Ambient, current


def remaining() -> float | None:
    """Seconds that the current call still has, never below 0; None where no deadline applies."""
    deadline = current.get().deadline
    return None if deadline is None else max(0.0, deadline - time.monotonic())


@contextmanager
def within(seconds: float) -> Iterator[None]:
    """Calls made inside inherit at most this many seconds. It bounds calls only: plain work inside is not
    stopped."""
    around = current.get()
    deadline = time.monotonic() + seconds
    if around.deadline is not None:
        deadline = min(deadline, around.deadline)
    token = current.set(Ambient(around.module, around.span, deadline))
    try:
        yield
    finally:
        current.reset(token)


def budget(asked: float | None, default: float, reserve: float) -> float:
    """How many seconds to give a call made now: at most what was asked for, at most what the current call
    leaves once the reserve (at most a tenth of it) is kept back, and the default where nothing else says. 0
    or less: none left."""
    deadline = current.get().deadline
    if deadline is None:
        return default if asked is None else asked
    left = deadline - time.monotonic()
    left -= min(reserve, left * 0.1)
    return left if asked is None else min(left, asked)
