"""Keeps one source's catalog fresh and tells who watches it."""

import asyncio
import contextvars
import functools
import logging
import random
from collections.abc import AsyncIterator, Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

from mesh.fault import Fault
from mesh.sources import SourceUrl
from services.scanner.diff import Difference, difference
from services.scanner.reader import Reader
from services.scanner.scan import Outcome, Scan
from services.scanner.settings import ScannerSettings
from services.scanner.shelf import Shelf
from services.scanner.snapshot import Snapshot

_log = logging.getLogger(__name__)
_FIRST_DELAY = 0.5
_LONGEST_DELAY = 30.0


@dataclass(frozen=True, slots=True)
class Report:
    """What one scan changed: the version before ("" where there was none), what is different, how many tables
    it read.
    """

    before: str
    snapshot: Snapshot
    difference: Difference
    read: int


class Keeper:
    """One source: its catalog, whether it can be read now, and the scans that keep it fresh, one at a time.

    A scan runs in a thread of its own, so that requests are answered meanwhile from the catalog that is held.
    """

    def __init__(self, source: SourceUrl, reader: Reader, address: str, settings: ScannerSettings) -> None:
        self.source = source
        self.address = address
        self.dialect = reader.dialect
        self.problem = "It has not been read yet."
        self.tried = asyncio.Event()
        self._settings = settings
        self._reader = reader
        self._scan = Scan(reader, source.name, settings)
        self._shelf = Shelf(settings.versions)
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix=f"scan-{source.name}")
        self._one_at_a_time = asyncio.Lock()
        self._news = asyncio.Condition()
        self._running: set[asyncio.Task[Report]] = set()

    @property
    def available(self) -> bool:
        """Whether the last attempt to read the source succeeded."""
        return not self.problem

    @property
    def current(self) -> Snapshot | None:
        """The catalog as last scanned, or None."""
        return self._shelf.current

    def get(self, version: str = "") -> Snapshot:
        """The catalog of that version; of "" the current one. Raises Fault SOURCE_UNAVAILABLE where it was
        never scanned, VERSION_UNKNOWN where that version is not held.
        """
        found = self._shelf.get(version)
        if found is not None:
            return found
        if self._shelf.current is None:
            raise Fault(
                "SOURCE_UNAVAILABLE",
                f'Source "{self.source.name}" has no catalog yet: {self.problem}',
                metadata={"source": self.source.name},
                retry_after=1.0,
            )
        raise Fault(
            "VERSION_UNKNOWN",
            f'Catalog version {version} of source "{self.source.name}" is no longer held.',
            metadata={"kind": "catalog", "version": version},
        )

    def holds(self, version: str) -> bool:
        """Whether that version is held."""
        return self._shelf.get(version) is not None

    async def refresh(self, *, now_all: bool = True) -> Report:
        """Brings the catalog up to date. The scan goes on where the caller goes away: the next one needs it
        as well.

        Raises Fault SOURCE_UNAVAILABLE where the source cannot be read.
        """
        task = asyncio.get_running_loop().create_task(self._refresh(now_all))
        self._running.add(task)
        task.add_done_callback(self._ended)
        return await asyncio.shield(task)

    async def keep(self) -> None:
        """Looks for changes again and again; a source that cannot be read is tried with growing delay."""
        delay = _FIRST_DELAY
        while True:
            try:
                await self.refresh(now_all=False)
                delay = _FIRST_DELAY
                if self._settings.interval > self._settings.idle:
                    await self._in_thread(self._reader.release)
                await asyncio.sleep(self._settings.interval)
            except Fault:
                await asyncio.sleep(delay * (0.75 + 0.5 * random.random()))  # noqa: S311  # jitter, no secret
                delay = min(delay * 2, _LONGEST_DELAY, max(self._settings.interval, _FIRST_DELAY))

    async def watch(self, held: str) -> AsyncIterator[Snapshot]:
        """The current catalog, unless its version is the one held, then each new one; only the newest where
        several came while the caller was busy.
        """
        given: tuple[str, str] | None = None
        while True:
            current = self._shelf.current
            if current is not None and (current.version, current.statistics_version) != given:
                skip = given is None and current.version == held
                given = (current.version, current.statistics_version)
                if not skip:
                    yield current
                continue
            async with self._news:
                if self._shelf.current is current:
                    await self._news.wait()

    async def close(self) -> None:
        """Ends a scan that runs, and closes the source."""
        self._reader.interrupt()
        for task in list(self._running):
            task.cancel()
        await asyncio.to_thread(self._thread.shutdown, wait=True, cancel_futures=True)
        self._reader.release()

    async def _refresh(self, now_all: bool) -> Report:
        async with self._one_at_a_time:
            before = self._shelf.current
            try:
                outcome: Outcome = await self._in_thread(functools.partial(self._scan.run, now_all=now_all))
            except Fault as fault:
                if fault.message != self.problem:
                    _log.warning("%s", fault.message)
                self.problem = fault.message
                self.tried.set()
                raise
            except Exception as error:
                name = self.source.name
                self.problem = f'Source "{name}" could not be scanned ({type(error).__name__}); see the log.'
                self.tried.set()
                _log.exception("scanning %s failed", self.source.name)
                raise Fault("SOURCE_UNAVAILABLE", self.problem, metadata={"source": self.source.name}) from error
            self.problem = ""
            self.tried.set()
            report = Report(
                before.version if before else "", outcome.snapshot, _difference(before, outcome), outcome.read
            )
            await self._publish(report)
            return report

    async def _publish(self, report: Report) -> None:
        snapshot = report.snapshot
        if snapshot is self._shelf.current or not self._shelf.put(snapshot):
            return
        _log.info(
            "catalog of %s is now %s: %d tables, %d read, %d added, %d removed, %d changed",
            *(self.source.name, snapshot.version, len(snapshot.tables), report.read),
            *(len(names) for names in (report.difference.added, report.difference.removed, report.difference.changed)),
        )
        async with self._news:
            self._news.notify_all()

    async def _in_thread(self, work: Callable[[], Any]) -> Any:
        # The thread's spans belong to the span that is current here.
        context = contextvars.copy_context()
        return await asyncio.get_running_loop().run_in_executor(self._thread, context.run, work)

    def _ended(self, task: asyncio.Task[Report]) -> None:
        self._running.discard(task)
        if not task.cancelled():
            task.exception()  # whoever waits gets it; nobody may be waiting any more


def _difference(before: Snapshot | None, outcome: Outcome) -> Difference:
    return Difference() if outcome.snapshot is before else difference(before, outcome.snapshot)
