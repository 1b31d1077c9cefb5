"""The one connection to a SQLite file: opened when needed, read-only, every statement bounded in time."""

import sqlite3
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import quote

from mesh import attributes, telemetry
from mesh.fault import Fault
from mesh.sources import SourceUrl

Value = str | int | float | bytes | None
_BUSY_SECONDS = 2.0
_STEPS = 20_000  # virtual machine steps between two looks at the clock, well under a millisecond


class File:
    """A connection that comes and goes; used by one thread at a time."""

    def __init__(self, source: SourceUrl) -> None:
        self.source = source
        self.path = Path(source.path)
        self._connection: sqlite3.Connection | None = None
        self._until = float("inf")
        self._guard = threading.Lock()
        self._ended = False

    def state(self) -> tuple[tuple[int, int, int], ...]:
        """Changes whenever the file or its write-ahead log is written to. Raises Fault where there is no
        file.
        """
        try:
            main = self.path.stat()
        except OSError as error:
            raise self._unavailable(error.strerror or "it cannot be read") from None
        found = [(main.st_ino, main.st_mtime_ns, main.st_size)]
        try:
            log = self.path.with_name(self.path.name + "-wal").stat()
            found.append((log.st_ino, log.st_mtime_ns, log.st_size))
        except OSError:
            pass
        return tuple(found)

    @contextmanager
    def within(self, seconds: float) -> Iterator[None]:
        """No statement inside runs beyond that time; sqlite3.OperationalError ("interrupted") where one
        would.
        """
        before, self._until = self._until, min(self._until, time.monotonic() + seconds)
        try:
            yield
        finally:
            self._until = before

    def rows(
        self, statement: str, parameters: Sequence[Value] = (), *, about: str, traced: bool = True
    ) -> list[tuple[Value, ...]]:
        """All rows of a statement. Raises Fault SOURCE_UNAVAILABLE where the file cannot be read as a
        database.
        """
        if self._ended:
            raise self._unavailable("it is being closed")
        connection = self._open()
        if not traced:
            return self._run(connection, statement, parameters)
        about_it: dict[str, attributes.Value] = {
            "db.system.name": "sqlite",
            "db.operation.name": "SELECT",
            "db.query.summary": f"SELECT {about}",
            "db.query.text": " ".join(statement.split())[:2000],
            "maestro.source": self.source.name,
        }
        with telemetry.span(f"SELECT {about}", kind="client", attributes=about_it) as span:
            found = self._run(connection, statement, parameters)
            span.set("db.response.returned_rows", len(found))
        return found

    def stream(self, statement: str) -> Iterator[tuple[Value, ...]]:
        """The rows of a statement as they come, for results that need not be in memory whole; not traced. Raises
        sqlite3.Error.
        """
        if self._ended:
            raise self._unavailable("it is being closed")
        yield from self._open().execute(statement)

    def close(self) -> None:
        """Closes the connection, if there is one."""
        with self._guard:
            connection, self._connection = self._connection, None
        if connection is not None:
            connection.close()

    def interrupt(self) -> None:
        """Stops the statement that runs, if one does, and refuses further ones. May be called from any
        thread.
        """
        with self._guard:
            self._ended = True
            if self._connection is not None:
                self._connection.interrupt()

    def _run(
        self, connection: sqlite3.Connection, statement: str, parameters: Sequence[Value]
    ) -> list[tuple[Value, ...]]:
        try:
            return connection.execute(statement, parameters).fetchall()
        except sqlite3.DatabaseError as error:
            if isinstance(error, sqlite3.OperationalError) and not _broken(error):
                raise
            self.close()
            raise self._unavailable(str(error)) from None

    def _open(self) -> sqlite3.Connection:
        if self._connection is not None:
            return self._connection
        self.state()
        made = self._connect()
        with self._guard:
            self._connection = made
        return made

    def _connect(self) -> sqlite3.Connection:
        for uri in self._uris():
            try:
                # Another thread may be the next to use it, never at the same time.
                made = sqlite3.connect(
                    uri, uri=True, timeout=_BUSY_SECONDS, isolation_level=None, check_same_thread=False
                )
            except sqlite3.Error as error:
                problem = str(error)
                continue
            made.text_factory = _decode
            made.set_progress_handler(self._late, _STEPS)
            try:
                made.execute("PRAGMA query_only = 1")
                made.execute("SELECT count(*) FROM sqlite_master").fetchone()
            except sqlite3.Error as error:
                problem = str(error)
                made.close()
                continue
            return made
        raise self._unavailable(problem)

    def _uris(self) -> list[str]:
        uri = f"file:{quote(str(self.path.absolute()))}?mode=ro"
        # A write-ahead database in a folder that cannot be written to cannot be opened for reading either,
        # unless SQLite is told that nobody writes it. That is only so where no log lies beside it.
        log = self.path.with_name(self.path.name + "-wal")
        quiet = not log.exists() or log.stat().st_size == 0
        return [uri, uri + "&immutable=1"] if quiet else [uri]

    def _late(self) -> int:
        return 1 if time.monotonic() > self._until else 0

    def _unavailable(self, why: str) -> Fault:
        return Fault(
            "SOURCE_UNAVAILABLE",
            f'The database file of source "{self.source.name}" cannot be read: {why}',
            metadata={"source": self.source.name},
            retry_after=1.0,
        )


def quoted(name: str) -> str:
    """A name as SQLite's identifiers are quoted."""
    return '"' + name.replace('"', '""') + '"'


def _decode(raw: bytes) -> str:
    """Files hold text that is no UTF-8; a scan must not end at it."""
    return raw.decode("utf-8", "replace")


def _broken(error: sqlite3.OperationalError) -> bool:
    return any(sign in str(error) for sign in ("disk I/O error", "unable to open", "malformed"))
