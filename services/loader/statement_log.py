"""A file that tells every statement which was sent to a source, for whoever has to account for what is read.

One JSON object a line. {"event": "compiled", …}: a statement was made from a plan; {"event": "sent", …}: it went to the
source, perhaps many times. Values of plans are never written, only the slot that each is bound to; constants of the
statement's own are ("=month").
"""

import json
import os
from collections.abc import AsyncGenerator
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from services.loader.pieces import Pieces
from services.loader.source import Answer, Database, Estimate
from services.loader.types import Family

if TYPE_CHECKING:
    from services.loader.arrow import Chunk


class StatementLog:
    """Appends to a file, which several processes may share; with no path, does nothing."""

    def __init__(self, path: str = "") -> None:
        self._path = path
        self._file: int | None = None

    @property
    def on(self) -> bool:
        """Whether anything is written."""
        return bool(self._path)

    def write(self, event: str, **content: Any) -> None:
        """One line, in one piece. Raises OSError where the file cannot be written: what must be accounted for is not
        done unaccounted."""
        if not self._path:
            return
        if self._file is None:
            self._file = os.open(self._path, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o600)
        line = {"event": event, "time": datetime.now(UTC).isoformat(), **content}
        os.write(self._file, json.dumps(line, ensure_ascii=False).encode() + b"\n")


class Recorded:
    """A database whose statements are written to the log before they are sent."""

    def __init__(self, database: Database, log: StatementLog) -> None:
        self._database = database
        self._log = log
        self.name = database.name
        self.dialect = database.dialect
        self.system = database.system
        self.estimates = database.estimates

    async def run(self, sql: str, parameters: list[Any], *, single: bool, timeout: float) -> Answer:
        """As Database.run."""
        self._sent("run", sql, parameters)
        return await self._database.run(sql, parameters, single=single, timeout=timeout)

    async def describe(self, sql: str, parameters: list[Any]) -> tuple[Family, ...]:
        """As Database.describe."""
        self._sent("describe", sql, parameters)
        return await self._database.describe(sql, parameters)

    def stream(
        self,
        sql: str,
        parameters: list[Any],
        names: list[str],
        implied: list[Family],
        pieces: Pieces,
        timeout: float,
    ) -> AsyncGenerator["Chunk", None]:
        """As Database.stream."""
        self._sent("stream", sql, parameters)
        return self._database.stream(sql, parameters, names, implied, pieces, timeout)

    async def explain(self, sql: str, parameters: list[Any], timeout: float) -> Estimate:
        """As Database.explain."""
        self._sent("explain", sql, parameters)
        return await self._database.explain(sql, parameters, timeout)

    async def explain_with(self, sql: str, parameters: list[Any], timeout: float, indexes: list[str]) -> Estimate:
        """As Database.explain_with."""
        self._sent("explain", sql, parameters)
        return await self._database.explain_with(sql, parameters, timeout, indexes)

    async def close(self) -> None:
        """As Database.close."""
        await self._database.close()

    async def close_idle(self, seconds: float) -> None:
        """As Database.close_idle."""
        await self._database.close_idle(seconds)

    def _sent(self, how: str, sql: str, parameters: list[Any]) -> None:
        self._log.write("sent", source=self.name, system=self.system, how=how, sql=sql, values=len(parameters))
