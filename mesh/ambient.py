"""What surrounds the code that runs: the module, the span and the deadline, in one context variable.

One variable rather than three, because setting one costs the same as reading it and every hop pays for each.
"""

from contextvars import ContextVar
from typing import Final, Protocol


class SpanContext(Protocol):
    """The part of a span that its children need: lower-case hex ids and whether it is recorded."""

    trace_id: str
    span_id: str
    sampled: bool


class Ambient:
    """module: whose code runs ("" outside of a node). span: the current span or None. deadline: seconds on
    the clock of time.monotonic() at which the current call ends, or None."""

    __slots__ = ("deadline", "module", "span")

    def __init__(self, module: str, span: SpanContext | None, deadline: float | None) -> None:
        self.module = module
        self.span = span
        self.deadline = deadline


NOTHING: Final = Ambient("", None, None)
current: Final[ContextVar[Ambient]] = ContextVar("maestro_ambient", default=NOTHING)
