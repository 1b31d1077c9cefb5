"""What the run of a stream does otherwise than one that gives a page: three of its calls are seen to.

The head is fetched without counting the rows behind it, since all of them are going to come. As soon as the check of
the head has passed, rows may leave. The answer is composed when their number is known, which the rows themselves tell.
"""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Final

from maestro.processor.v1 import processor_pb2
from maestro.provider.v1 import provider_pb2
from maestro.result.v1 import result_pb2
from maestro.validator.v1 import validator_pb2
from services.orchestrator.calls import Call, Calls
from services.orchestrator.contracts import Method

# Put behind a serialized request: of a field that occurs twice, the last one counts, and messages are merged.
_WITHOUT_TOTAL: Final = provider_pb2.FetchRequest(without_total=True).SerializeToString()


@dataclass(frozen=True, slots=True)
class Counted:
    """total: rows in the whole result. statements: that told so, beside that of the rows."""

    total: int
    statements: tuple[result_pb2.Statement, ...]


class Tap:
    """One run's. begin: is called once, when rows may leave.

    head, fetched: what Fetch gave and was asked; None and empty before. counted: to be set when the rows have come, where
    `uncounted` says that the head does not tell their number.
    """

    def __init__(self, begin: Callable[[], None]) -> None:
        self._begin = begin
        self.open = False
        self.head: result_pb2.ResultHead | None = None
        self.fetched = provider_pb2.FetchRequest()
        self.counted: asyncio.Future[Counted] = asyncio.get_running_loop().create_future()

    @property
    def uncounted(self) -> bool:
        """Whether only the end of the rows tells how many there are."""
        return self.head is not None and self.head.total_rows < 0

    def around(self, calls: Calls) -> Calls:
        """The calls of the run, these three among them."""
        seen = {
            "provider.Fetch": self._fetch,
            "validator.CheckResult": self._check,
            "processor.Compose": self._compose,
        }

        def call(method: Method) -> Call:
            through, see = calls(method), seen.get(method.call)
            return through if see is None else partial(see, through)

        return call

    async def _fetch(self, through: Call, request: bytes, *, timeout: float | None = None) -> bytes:
        raw = await through(request + _WITHOUT_TOTAL, timeout=timeout)
        self.fetched = provider_pb2.FetchRequest.FromString(request)
        self.head = provider_pb2.FetchResponse.FromString(raw).head
        return raw

    async def _check(self, through: Call, request: bytes, *, timeout: float | None = None) -> bytes:
        raw = await through(request, timeout=timeout)
        if not validator_pb2.CheckResultResponse.FromString(raw).rejected:
            self._let_out()
        return raw

    async def _compose(self, through: Call, request: bytes, *, timeout: float | None = None) -> bytes:
        self._let_out()
        if self.uncounted:
            counted = await asyncio.shield(self.counted)
            known = processor_pb2.ComposeRequest(statements=counted.statements)
            known.head.total_rows = counted.total
            request += known.SerializeToString()
        return await through(request, timeout=timeout)

    def _let_out(self) -> None:
        if self.head is not None and not self.open:
            self.open = True
            self._begin()
