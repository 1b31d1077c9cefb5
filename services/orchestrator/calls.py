"""What a run calls with, and what it is watched and recorded by."""

from collections.abc import Awaitable, Callable
from typing import Protocol

from services.orchestrator.contracts import Method
from services.orchestrator.definition import Step
from services.orchestrator.run import StepRecord


class AbandonedError(Exception):
    """Another process runs this run now: here it stops, and nothing of it is written down."""


class Call(Protocol):
    """One unary method of another module. Awaiting a call gives the response's bytes or raises Fault."""

    def __call__(self, request: bytes, *, timeout: float | None = None) -> Awaitable[bytes]: ...


Calls = Callable[[Method], Call]
Observer = Callable[[StepRecord, int, int], None]
Work = Callable[[], Awaitable[bytes]]


class Recorder(Protocol):
    """Makes that work is done once, whatever happens to the process: gives what it gave before where it was
    done."""

    async def once(self, step: Step, item: int, record: StepRecord, work: Work) -> bytes:
        """item: which item of the step's list; -1: the step itself; -2: what undoes it."""
        ...

    async def items(self, step: Step, count: int) -> None:
        """Called before the first item of a step that runs over a list of so many."""
        ...
