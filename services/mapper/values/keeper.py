"""Keeps the value dictionaries: at once from what the catalog has sampled, then from the database, then again now and
then. Everything that takes long runs beside the requests."""

import asyncio
import hashlib
import logging
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from mesh.fault import Fault
from services.mapper.model import HeldModel
from services.mapper.settings import MapperSettings
from services.mapper.values.book import Column, Contents, ValueBook, told, with_values
from services.mapper.values.columns import Choice, Wanted, choose
from services.mapper.values.loader import Loader, read

_log = logging.getLogger(__name__)
_Physical = tuple[str, str, str]
_REST = 2.0
"""Reading values takes at most one of so many seconds, so that it never crowds out questions."""


@dataclass(slots=True)
class Kept:
    """One source's dictionary. complete: the database has been read, as far as it is to be."""

    held: HeldModel
    book: ValueBook
    choice: Choice
    complete: bool = False
    mark: bytes = b""
    read: dict[_Physical, tuple[float, tuple[str, ...] | None]] = field(default_factory=dict)


class Keeper:
    """All dictionaries, by name of source."""

    def __init__(self, loader: Loader, settings: MapperSettings, clock: Callable[[], float] = time.monotonic) -> None:
        self._loader = loader
        self._settings = settings
        self._clock = clock
        self._kept: dict[str, Kept] = {}
        self._models: dict[str, HeldModel] = {}
        self._tasks: dict[str, asyncio.Task[None]] = {}

    def kept(self, source: str) -> Kept | None:
        """The dictionary of a source; None before its model came."""
        return self._kept.get(source)

    def submit(self, held: HeldModel) -> None:
        """Takes a new model of a source; its dictionary follows."""
        source = held.model.source
        self._models[source] = held
        task = self._tasks.pop(source, None)
        if task is not None:
            task.cancel()
        self._tasks[source] = asyncio.create_task(self._keep(source), name=f"mapper.values.{source}")

    async def close(self) -> None:
        """Stops reading."""
        for task in self._tasks.values():
            task.cancel()
        await asyncio.gather(*self._tasks.values(), return_exceptions=True)

    async def _keep(self, source: str) -> None:
        delay = 1.0
        while True:
            try:
                await self._refresh(source)
                delay = 1.0
                await asyncio.sleep(self._settings.values_interval)
            except asyncio.CancelledError:
                raise
            except Fault as fault:
                _log.info("the values of %s cannot be read: %s", source, fault.message)
            except Exception:
                _log.exception("reading the values of %s failed", source)
            await asyncio.sleep(delay)
            delay = min(delay * 2, 60.0)

    async def _refresh(self, source: str) -> None:
        held = self._models[source]
        before = self._kept.get(source)
        contents = await asyncio.to_thread(told, held.model)
        choice = await asyncio.to_thread(choose, held, self._settings.values_per_column)
        kept = Kept(held, before.book if before else ValueBook(Contents()), choice)
        if before is not None:
            kept.read, kept.mark = before.read, before.mark
        await self._build(source, kept, with_values(contents, self._known(kept)))
        if not self._settings.values or not choice.read:
            kept.complete = True
            return
        await self._read(kept)
        await self._build(source, kept, with_values(contents, self._known(kept)))
        kept.complete = True

    async def _build(self, source: str, kept: Kept, contents: Contents) -> None:
        mark = await asyncio.to_thread(_mark, contents)
        if mark != kept.mark:
            kept.book = await asyncio.to_thread(ValueBook, contents)
            kept.mark = mark
        self._kept[source] = kept

    def _known(self, kept: Kept) -> dict[Column, Iterable[str]]:
        """The values read so far, within what one source may take: columns with few values first."""
        found: dict[Column, Iterable[str]] = {}
        room = self._settings.values_per_source
        for wanted in kept.choice.read:
            _, values = kept.read.get(_physical(wanted), (0.0, None))
            if values is not None and len(values) <= room:
                room -= len(values)
                found[wanted.column] = values
        return found

    async def _read(self, kept: Kept) -> None:
        """Reads the columns that were not read lately, one after the other, with a rest after each."""
        room = self._settings.values_per_source
        for wanted in kept.choice.read:
            if room <= 0:
                break
            key = _physical(wanted)
            at, values = kept.read.get(key, (-float("inf"), None))
            began = self._clock()
            if began - at >= self._settings.values_interval:
                values = await self._column(kept.held, wanted)
                kept.read[key] = (self._clock(), values)
                await asyncio.sleep(min(5.0, (self._clock() - began) * (_REST - 1)))
            room -= len(values or ())

    async def _column(self, held: HeldModel, wanted: Wanted) -> tuple[str, ...] | None:
        try:
            values = await read(self._loader, held, wanted, self._settings.values_timeout)
        except Fault as fault:
            # A source or loader that is down is tried again soon; a column that cannot be read is left alone.
            if fault.reason in ("SOURCE_UNAVAILABLE", "MODULE_UNAVAILABLE", "SOURCE_BUSY"):
                raise
            _log.info("the values of %s.%s are not held: %s", *wanted.column, fault.message)
            return None
        return None if values is None else tuple(values)

    def large(self, kept: Kept) -> list[Wanted]:
        """Columns whose values are not held, so that only the database knows them."""
        overflowed = [wanted for wanted in kept.choice.read if kept.read.get(_physical(wanted), (0.0, ()))[1] is None]
        return [*kept.choice.large, *overflowed]


def _physical(wanted: Wanted) -> _Physical:
    return (wanted.table.schema, wanted.table.name, wanted.physical)


def _mark(contents: Contents) -> bytes:
    """A hash over contents: a dictionary whose values have not changed is not built again."""
    digest = hashlib.blake2b(digest_size=16)
    for column, values in contents.values.items():
        digest.update(repr((column, len(values))).encode())
        for value in values:
            digest.update(value.encode("utf-8", "surrogatepass") + b"\0")
    digest.update(repr((contents.synonyms, contents.entities, sorted(contents.entity_datasets))).encode())
    return digest.digest()
