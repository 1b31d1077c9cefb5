"""SQLite as a source: the file opened for reading only, statements in threads, interrupted when nobody waits."""

import asyncio
import sqlite3
from collections.abc import AsyncGenerator
from concurrent.futures import ThreadPoolExecutor
from contextlib import aclosing
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from maestro.catalog.v1 import catalog_pb2
from mesh.fault import Fault
from mesh.sources import SourceUrl
from services.loader.pieces import Pieces
from services.loader.pool import Pool
from services.loader.settings import LoaderSettings
from services.loader.source import Answer, Estimate
from services.loader.sqlite_functions import install
from services.loader.threaded import threaded
from services.loader.timeouts import timed_out
from services.loader.types import Family

if TYPE_CHECKING:
    from services.loader.arrow import Chunk


class Sqlite:
    """One SQLite file."""

    dialect: int = catalog_pb2.DIALECT_SQLITE
    system = "sqlite"
    estimates = False

    def __init__(self, source: SourceUrl, settings: LoaderSettings) -> None:
        self.name = source.name
        self._path = source.path
        self._timeout = source.statement_timeout or settings.statement_timeout
        self._threads = ThreadPoolExecutor(settings.loader_connections, f"sqlite-{source.name}")
        self._pool: Pool[sqlite3.Connection] = Pool(
            source.name,
            settings.loader_connections,
            settings.loader_wait,
            self._connect,
            self._close,
            _usable,
        )

    async def _connect(self) -> sqlite3.Connection:
        try:
            return await asyncio.get_running_loop().run_in_executor(self._threads, connect, self._path)
        except sqlite3.Error:
            raise self._unavailable() from None

    async def _close(self, connection: sqlite3.Connection) -> None:
        await asyncio.get_running_loop().run_in_executor(self._threads, connection.close)

    async def run(self, sql: str, parameters: list[Any], *, single: bool, timeout: float) -> Answer:
        """As Database.run."""
        seconds = min(timeout, self._timeout)
        try:
            async with asyncio.timeout(seconds), self._pool.lease() as connection:
                rows, width = await self._interruptible(connection, sql, parameters)
        except TimeoutError:
            raise timed_out(seconds) from None
        except sqlite3.Error as error:
            raise self._fault(error) from None
        return Answer(rows, (Family.UNKNOWN,) * width, (False,) * width)

    async def _interruptible(
        self, connection: sqlite3.Connection, sql: str, parameters: list[Any]
    ) -> tuple[list[tuple[Any, ...]], int]:
        """Whoever cancels waits until the thread has let go of the connection, which takes a moment."""
        work = asyncio.get_running_loop().run_in_executor(self._threads, _fetch, connection, sql, parameters)
        try:
            return await asyncio.shield(work)
        except asyncio.CancelledError:
            while not work.done():
                connection.interrupt()
                await asyncio.wait([work], timeout=0.05)
            work.exception()
            raise

    async def describe(self, sql: str, parameters: list[Any]) -> tuple[Family, ...]:
        """SQLite's columns have no types."""
        return ()

    async def stream(
        self,
        sql: str,
        parameters: list[Any],
        names: list[str],
        implied: list[Family],
        pieces: Pieces,
        timeout: float,
    ) -> AsyncGenerator["Chunk", None]:
        """As Database.stream."""
        from services.loader.sqlite_arrow import read  # noqa: PLC0415  # Arrow: 40 MB that heads do not need

        values = {f"p{i}": value for i, value in enumerate(parameters, 1)}
        try:
            async with asyncio.timeout(timeout), self._pool.lease() as connection:

                def begin() -> Any:
                    return read(connection, sql, values, names, implied, pieces)

                async with aclosing(threaded(self._threads, begin, connection.interrupt)) as chunks:
                    async for chunk in chunks:
                        yield chunk
        except TimeoutError:
            raise timed_out(timeout) from None
        except sqlite3.Error as error:
            raise self._fault(error) from None

    async def explain(self, sql: str, parameters: list[Any], timeout: float) -> Estimate:
        """SQLite estimates no cost; its plan is in the text."""
        answer = await self.run(f"EXPLAIN QUERY PLAN {sql}", parameters, single=False, timeout=timeout)
        return Estimate(0, -1, "\n".join(str(row[3]) for row in answer.rows))

    async def explain_with(self, sql: str, parameters: list[Any], timeout: float, indexes: list[str]) -> Estimate:
        """As Database.explain_with: SQLite cannot."""
        why = "SQLite does not plan with indexes that are not there"
        raise Fault("INVALID_ARGUMENT", f"{why}.", violations=[("hypothetical_indexes", why)])

    async def close(self) -> None:
        """As Database.close."""
        await self._pool.discard_free()
        self._threads.shutdown(wait=False)

    async def close_idle(self, seconds: float) -> None:
        """As Database.close_idle."""
        await self._pool.close_idle(seconds)

    def _unavailable(self) -> Fault:
        return Fault(
            "SOURCE_UNAVAILABLE",
            f"The database file of source {self.name!r} cannot be read at {self._path}.",
            metadata={"source": self.name},
            retry_after=1.0,
        )

    def _fault(self, error: sqlite3.Error) -> Fault:
        said = str(error)
        if "no such table" in said or "no such column" in said:
            reason = "TABLE_UNKNOWN" if "table" in said else "COLUMN_UNKNOWN"
            return Fault(reason, f"Source {self.name!r}: {said}.", metadata={"source": self.name})
        code = getattr(error, "sqlite_errorcode", 0) & 0xFF
        if code == sqlite3.SQLITE_READONLY:
            return Fault(
                "NOT_READ_ONLY",
                f"The query for source {self.name!r} would write: refused.",
                metadata={"source": self.name},
            )
        if code in (
            sqlite3.SQLITE_CANTOPEN,
            sqlite3.SQLITE_NOTADB,
            sqlite3.SQLITE_CORRUPT,
            sqlite3.SQLITE_IOERR,
        ):
            return self._unavailable()
        if code in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
            return Fault("SOURCE_BUSY", f"Source {self.name!r} is locked by a writer.", retry_after=1.0)
        return Fault("PLAN_INVALID", f"The database refused the query: {said}.", violations=[("query", said)])


def connect(path: str) -> sqlite3.Connection:
    """A connection that can only read. Raises sqlite3.OperationalError where there is no such file."""
    uri = f"file:{quote(str(Path(path).resolve()))}?mode=ro"
    made = sqlite3.connect(uri, uri=True, check_same_thread=False, isolation_level=None, cached_statements=256)
    made.text_factory = _decoded
    # The file itself is read-only by mode=ro; these keep temporary and attached databases from being written.
    made.execute("PRAGMA query_only = ON")
    made.execute("PRAGMA case_sensitive_like = ON")
    made.execute("PRAGMA busy_timeout = 2000")
    made.execute("SELECT count(*) FROM sqlite_master").fetchone()
    install(made)
    return made


def _decoded(content: bytes) -> str:
    """Text of files that were written in another encoding is shown as far as it can be."""
    return content.decode("utf-8", "replace")


def _fetch(connection: sqlite3.Connection, sql: str, parameters: list[Any]) -> tuple[list[tuple[Any, ...]], int]:
    cursor = connection.execute(sql, {f"p{i}": value for i, value in enumerate(parameters, 1)})
    return cursor.fetchall(), len(cursor.description or ())


def _usable(connection: sqlite3.Connection) -> bool:
    return True
