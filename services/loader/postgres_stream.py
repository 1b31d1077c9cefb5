"""Streams out of PostgreSQL: connections of their own, because a stream may last and must not keep lookups waiting."""

import asyncio
from collections.abc import AsyncGenerator
from concurrent.futures import ThreadPoolExecutor
from contextlib import aclosing
from typing import Any

from adbc_driver_manager import Error, ProgrammingError
from psycopg.conninfo import make_conninfo

from mesh.fault import Fault
from services.loader.arrow import Chunk
from services.loader.pieces import Pieces
from services.loader.postgres_arrow import Reading, with_settings
from services.loader.threaded import threaded
from services.loader.timeouts import timed_out

_MOST = 4


class Streams:
    """At most four streams at once from one source; one connection stays open between them."""

    def __init__(self, source: str, info: dict[str, Any]) -> None:
        self._source = source
        # A stream is as slow as whoever takes it: its time is bounded here, not in the database.
        info = {**info, "options": f"{info['options']} -c statement_timeout=0"}
        self._conninfo = make_conninfo("", **info)
        self._places = asyncio.Semaphore(_MOST)
        self._threads = ThreadPoolExecutor(_MOST, f"stream-{source}")
        self._spare: Any = None

    async def stream(
        self, sql: str, types: list[str], parameters: list[str], names: list[str], pieces: Pieces, timeout: float
    ) -> AsyncGenerator[Chunk, None]:
        """The rows of one statement. types: of the parameters that the statement does not cast itself."""
        text = with_settings(sql, types)
        async with self._places:
            spare, self._spare = self._spare, None
            reading = Reading(self._conninfo, spare)
            whole = False
            try:

                def begin() -> Any:
                    reading.open(text, parameters, names)
                    return reading.chunks(pieces)

                async with asyncio.timeout(timeout), aclosing(threaded(self._threads, begin, reading.cancel)) as chunks:
                    async for chunk in chunks:
                        yield chunk
                whole = True
            except TimeoutError:
                raise timed_out(timeout) from None
            except Error as error:
                raise self._fault(error, timeout) from None
            finally:
                keep = whole and self._spare is None
                await asyncio.shield(asyncio.get_running_loop().run_in_executor(self._threads, _closing(reading, keep)))
                if keep:
                    self._spare = reading.connection

    def _fault(self, error: Error, timeout: float) -> Fault:
        state = getattr(error, "sqlstate", None) or ""
        said = str(error).partition("ERROR:")[2].partition("\n")[0].strip()
        if state == "57014":
            return timed_out(timeout)
        if isinstance(error, ProgrammingError) and state[:2] in ("22", "42"):
            return Fault("PLAN_INVALID", f"The database refused the query: {said}.", violations=[("query", said)])
        return Fault(
            "SOURCE_UNAVAILABLE",
            f"The database of source {self._source!r} broke off the rows.",
            metadata={"source": self._source},
            retry_after=1.0,
        )

    async def close(self) -> None:
        """Closes the spare connection."""
        spare, self._spare = self._spare, None
        if spare is not None:
            spare.close()
        self._threads.shutdown(wait=False)


def _closing(reading: Reading, keep: bool) -> Any:
    return lambda: reading.close(keep=keep)
