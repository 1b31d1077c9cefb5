"""The databases that the loader may read, opened when they are first asked."""

import asyncio

from mesh.fault import Fault
from mesh.sources import SourceUrl
from services.loader.settings import LoaderSettings
from services.loader.source import Database
from services.loader.statement_log import Recorded, StatementLog


class Sources:
    """Databases by name."""

    def __init__(self, configured: dict[str, SourceUrl], settings: LoaderSettings) -> None:
        self._configured = configured
        self._settings = settings
        self._log = StatementLog(settings.statement_log)
        self._open: dict[str, Database] = {}

    def get(self, name: str) -> tuple[SourceUrl, Database]:
        """The source of that name; "" where there is only one. Raises Fault SOURCE_UNKNOWN."""
        wanted = name.lower()
        if not wanted and len(self._configured) == 1:
            wanted = next(iter(self._configured))
        source = self._configured.get(wanted)
        if source is None:
            known = ", ".join(self._configured) or "none"
            raise Fault(
                "SOURCE_UNKNOWN",
                f"There is no source {name!r}; known are {known}.",
                metadata={"source": name, "known": known},
            )
        if wanted not in self._open:
            opened: Database = _opened(source, self._settings)
            if self._log.on:
                opened = Recorded(opened, self._log)
            self._open[wanted] = opened
        return source, self._open[wanted]

    async def close(self) -> None:
        """Closes every connection."""
        for database in self._open.values():
            await database.close()

    async def keep_small(self) -> None:
        """For ever: closes connections that nobody uses."""
        while True:
            await asyncio.sleep(min(30.0, self._settings.loader_idle))
            for database in list(self._open.values()):
                await database.close_idle(self._settings.loader_idle)


def _opened(source: SourceUrl, settings: LoaderSettings) -> Database:
    """Drivers are imported when a source needs them: a mesh of SQLite files has no use for PostgreSQL's."""
    if source.kind == "sqlite":
        from services.loader.sqlite import Sqlite  # noqa: PLC0415

        return Sqlite(source, settings)
    from services.loader.postgres import Postgres  # noqa: PLC0415

    return Postgres(source, settings)
