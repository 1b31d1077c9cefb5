"""Handing out of results: from the cache, from an identical call under way, or from the loader."""

from collections.abc import Awaitable, Callable, Iterable

from maestro.loader.v1 import loader_pb2
from maestro.provider.v1 import provider_pb2
from maestro.result.v1 import result_pb2
from mesh import deadline, telemetry
from mesh.ambient import current
from mesh.fault import Fault
from services.provider.cache import Cache
from services.provider.flights import Flights
from services.provider.key import key_of
from services.provider.volatility import lifetime

Execute = Callable[[loader_pb2.ExecuteRequest], Awaitable[loader_pb2.ExecuteResponse]]
Ran = Callable[[provider_pb2.FetchRequest, Iterable[result_pb2.Statement]], None]


class Serving:
    """execute: the loader's. seconds: how long a result of a lively table may be served again. ran: is told of every
    request that the loader answered, with the statements that it sent."""

    def __init__(
        self, execute: Execute, capacity: int, seconds: float, ran: Ran = lambda request, statements: None
    ) -> None:
        self._execute = execute
        self._ran = ran
        self._seconds = seconds
        self._cache: Cache[provider_pb2.FetchResponse] = Cache(capacity)
        self._flights: Flights[provider_pb2.FetchResponse] = Flights()

    async def fetch(self, request: provider_pb2.FetchRequest) -> provider_pb2.FetchResponse:
        """The head of a plan's result. Raises the faults of Loader.Execute."""
        key = key_of(request)
        if key is None or request.fresh:
            return _told(await self._load(request, key), "bypass")
        found = self._cache.get(key)
        if found is not None:
            return _told(found[0], "hit", age=found[1])
        try:
            made, shared = await self._flights.join(key, lambda: self._load(request, key))
        except Fault as fault:
            if fault.reason not in ("DEADLINE_EXCEEDED", "CANCELLED") or not _time_left():
                raise
            # The time that ran out was that of whoever began the call.
            made, shared = await self._load(request, key), False
        return _told(made, "shared" if shared else "miss")

    def purge(self, source: str) -> int:
        """Drops the results of a source; gives how many there were."""
        return self._cache.purge(source.lower())

    async def _load(self, request: provider_pb2.FetchRequest, key: bytes | None) -> provider_pb2.FetchResponse:
        asked = loader_pb2.ExecuteRequest(
            context=request.context,
            plan=request.plan,
            catalog=request.catalog,
            semantics=request.semantics,
            page_size=request.page_size,
            page_token=request.page_token,
            explain=request.explain,
            without_total=request.without_total,
        )
        got = await self._execute(asked)
        self._ran(request, got.statements)
        made = provider_pb2.FetchResponse(
            head=got.head, statements=got.statements, issues=got.issues, enrichable=is_enrichable(got.head)
        )
        if key is not None:
            seconds = lifetime(request.catalog, self._seconds)
            self._cache.put(key, made, request.context.source.lower(), made.ByteSize() + len(key), seconds)
        return made


def _time_left() -> bool:
    left = deadline.remaining()
    return left is None or left > 0.05


def is_enrichable(head: result_pb2.ResultHead) -> bool:
    """Whether the result has measures, by groups or as one number."""
    return bool(head.rows) and any(each.measure for each in head.columns)


def _told(made: provider_pb2.FetchResponse, how: str, age: float = 0.0) -> provider_pb2.FetchResponse:
    """A copy that says how fresh it is: what is kept is never changed."""
    told = provider_pb2.FetchResponse()
    told.CopyFrom(made)
    told.cache.hit, told.cache.shared = how == "hit", how == "shared"
    told.cache.age.FromNanoseconds(int(age * 1e9))
    _annotate(how, len(told.head.rows))
    return told


def _annotate(how: str, rows: int) -> None:
    span = current.get().span
    if isinstance(span, telemetry.Span):
        span.set("maestro.cache", how)
        span.set("maestro.rows", rows)
