"""The one connection to a PostgreSQL source: opened when needed, read-only, every statement bounded in
time.
"""

import re
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from typing import Any

import psycopg
from psycopg import sql

from mesh import attributes, telemetry
from mesh.fault import Fault
from mesh.sources import SourceUrl

_CONNECT_SECONDS = 10
_LOCK_SECONDS = 2.0
_BEFORE_REASON = re.compile(r"(?:failed|FATAL|ERROR): +")

Statement = str | sql.Composed


class Session:
    """A connection that comes and goes; used by one thread at a time."""

    def __init__(self, source: SourceUrl) -> None:
        self.source = source
        self._connection: psycopg.Connection[tuple[Any, ...]] | None = None
        self._guard = threading.Lock()
        self._ended = False

    @contextmanager
    def transaction(self, seconds: float, *, traced: bool = True) -> Iterator["Transaction"]:
        """A read-only transaction that sees one state of the database; no statement in it runs longer than
        that.

        Raises Fault SOURCE_UNAVAILABLE where the server cannot be reached; database errors otherwise.
        """
        if self._ended:
            raise closed(self.source)
        connection = self._open()
        try:
            with connection.transaction():
                # SET LOCAL, not connection options: those do not survive a pooler that shares connections.
                connection.execute(
                    "SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY; "
                    f"SET LOCAL statement_timeout = {max(int(seconds * 1000), 1)}; "
                    f"SET LOCAL lock_timeout = {int(min(_LOCK_SECONDS, seconds) * 1000)}; "
                    "SET LOCAL idle_in_transaction_session_timeout = 300000; SET LOCAL datestyle = ISO; "
                    "SET LOCAL intervalstyle = iso_8601; SET LOCAL bytea_output = hex; SET LOCAL jit = off"
                )
                yield Transaction(connection, self.source.name, traced)
        except (psycopg.OperationalError, psycopg.InterfaceError) as error:
            if not (connection.closed or connection.broken):
                raise
            self.close()
            raise unavailable(self.source, error) from None

    def close(self) -> None:
        """Closes the connection, if there is one."""
        with self._guard:
            connection, self._connection = self._connection, None
        if connection is not None:
            with suppress(psycopg.Error):
                connection.close()

    def cancel(self) -> None:
        """Cancels the statement that is running, if one is, and refuses further ones. May be called from any
        thread.
        """
        with self._guard:
            self._ended, connection = True, self._connection
        if connection is not None and not connection.closed:
            with suppress(psycopg.Error):
                connection.cancel()

    def _open(self) -> psycopg.Connection[tuple[Any, ...]]:
        held = self._connection
        if held is not None and not held.closed:
            return held
        try:
            made = psycopg.connect(
                self.source.url,
                autocommit=True,
                # A pooler in transaction mode would lose prepared statements.
                prepare_threshold=None,
                connect_timeout=_CONNECT_SECONDS,
                application_name="maestro-scanner",
            )
        except psycopg.Error as error:
            raise unavailable(self.source, error) from None
        with self._guard:
            self._connection = made
        return made


class Transaction:
    """Runs statements of one transaction."""

    def __init__(self, connection: psycopg.Connection[tuple[Any, ...]], source: str, traced: bool) -> None:
        self._connection = connection
        self._source = source
        self._traced = traced

    def rows(
        self, statement: Statement, parameters: Sequence[Any] | dict[str, Any] | None = None, *, about: str
    ) -> list[tuple[Any, ...]]:
        """All rows of a statement. about: what it reads, for its span."""
        return list(self.stream(statement, parameters, about=about))

    def stream(
        self,
        statement: Statement,
        parameters: Sequence[Any] | dict[str, Any] | None = None,
        *,
        about: str,
        batch: int = 0,
    ) -> Iterator[tuple[Any, ...]]:
        """The rows of a statement as they come. batch: fetched so many at a time, so that a result of any
        size needs little memory; 0: all at once.
        """
        if not self._traced:
            yield from self._run(statement, parameters, batch)
            return
        text = statement if isinstance(statement, str) else statement.as_string(self._connection)
        about_it: dict[str, attributes.Value] = {
            "db.system.name": "postgresql",
            "db.operation.name": "SELECT",
            "db.query.summary": f"SELECT {about}",
            "db.query.text": " ".join(text.split())[:2000],
            "maestro.source": self._source,
        }
        with telemetry.span(f"SELECT {about}", kind="client", attributes=about_it) as span:
            count = 0
            for row in self._run(statement, parameters, batch):
                count += 1
                yield row
            span.set("db.response.returned_rows", count)

    def _run(
        self, statement: Statement, parameters: Sequence[Any] | dict[str, Any] | None, batch: int
    ) -> Iterator[tuple[Any, ...]]:
        query = sql.SQL(statement) if isinstance(statement, str) else statement  # our own texts, never a caller's
        # Always with parameters, if none: with and without, a % means two different things.
        parameters = () if parameters is None else parameters
        if not batch:
            yield from self._connection.execute(query, parameters)
            return
        with self._connection.cursor(name="scan") as cursor:
            cursor.itersize = batch
            yield from cursor.execute(query, parameters)


def closed(source: SourceUrl) -> Fault:
    """Said to whoever asks a source while the process stops."""
    return Fault("SOURCE_UNAVAILABLE", f'Source "{source.name}" is being closed.', metadata={"source": source.name})


def unavailable(source: SourceUrl, error: Exception) -> Fault:
    """Why the database does not answer, in the server's words but without secrets."""
    said = str(error).strip()
    reason = _BEFORE_REASON.split(said)[-1].partition("\n")[0].strip() or type(error).__name__
    for secret in _secrets(source.url):
        reason = reason.replace(secret, "***")
    return Fault(
        "SOURCE_UNAVAILABLE",
        f'The database of source "{source.name}" does not answer at {address(source.url)}: {reason}',
        metadata={"source": source.name},
        retry_after=1.0,
    )


def address(url: str) -> str:
    """Host, port and database of a libpq URL, without user and password."""
    try:
        parts = psycopg.conninfo.conninfo_to_dict(url)
    except psycopg.Error:
        return "an address that is not a libpq URL"
    host = str(parts.get("host") or parts.get("hostaddr") or "local socket")
    port = f":{parts['port']}" if parts.get("port") and not host.startswith("/") else ""
    return f"{host}{port}/{parts.get('dbname') or parts.get('user') or ''}"


def _secrets(url: str) -> list[str]:
    try:
        parts = psycopg.conninfo.conninfo_to_dict(url)
    except psycopg.Error:
        return [url]
    return [str(parts[key]) for key in ("password", "sslpassword") if parts.get(key)]
