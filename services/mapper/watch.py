"""Keeps the models up to date: follows the scanner's catalogs and the model files."""

import asyncio
import logging
import time
from collections.abc import Callable
from contextlib import aclosing
from typing import Any, Protocol

from maestro.catalog.v1 import catalog_pb2 as catalog
from maestro.context.v1 import context_pb2
from maestro.error.v1 import error_pb2
from maestro.scanner.v1 import scanner_pb2
from mesh.fault import Fault
from services.mapper.build import build
from services.mapper.derive.model import Hints
from services.mapper.files import fingerprint, read
from services.mapper.model import HeldModel
from services.mapper.settings import MapperSettings, SourceOptions
from services.mapper.shelf import Library, Shelf
from services.mapper.source import ModelFile

_log = logging.getLogger(__name__)


class Scanner(Protocol):
    """What the mapper asks of the scanner: a generated stub."""

    ListSources: Any
    WatchCatalog: Any


class Watch:
    """Follows every source that the scanner has."""

    def __init__(
        self,
        scanner: Scanner,
        library: Library,
        settings: MapperSettings,
        options: dict[str, SourceOptions],
        on_model: Callable[[HeldModel], None],
        limit: int,
    ) -> None:
        """on_model: told of each new model; limit: bytes that a model may have."""
        self._scanner = scanner
        self._library = library
        self._settings = settings
        self._options = options
        self._on_model = on_model
        self._limit = limit
        self._catalogs: dict[str, catalog.Catalog] = {}
        self._files: dict[str, object] = {}
        self._tasks: dict[str, asyncio.Task[None]] = {}
        self._locks: dict[str, asyncio.Lock] = {}
        self._begun = time.monotonic()
        self._listed = False

    async def ready(self) -> bool:
        """Whether every source has a model, or was waited for long enough: one that is down must not keep the others
        from being served, and one that is being scanned for the first time looks just like it."""
        if not self._listed:
            return False
        return not self._missing() or time.monotonic() - self._begun > self._settings.first_models

    def _missing(self) -> bool:
        return any(shelf.current is None for shelf in self._library.shelves())

    async def sources(self) -> None:
        """Finds the scanner's sources, now and again, and follows each new one."""
        try:
            while True:
                await self._look()
                waiting = self._missing() or not self._listed
                young = time.monotonic() - self._begun < self._settings.first_models
                await asyncio.sleep(0.2 if waiting and young else self._settings.sources_interval)
        finally:
            for task in self._tasks.values():
                task.cancel()
            await asyncio.gather(*self._tasks.values(), return_exceptions=True)
            self._tasks.clear()

    async def _look(self) -> None:
        try:
            response = await self._scanner.ListSources(scanner_pb2.ListSourcesRequest(), timeout=5.0)
        except Fault as fault:
            _log.info("the scanner does not list its sources: %s", fault.message)
            return
        for status in response.sources:
            shelf = self._library.open(status.name, default=status.default_source)
            shelf.problem = status.problem
            if status.name not in self._tasks:
                self._tasks[status.name] = asyncio.create_task(self._follow(shelf), name=f"mapper.follow.{status.name}")
        self._listed = True

    async def _follow(self, shelf: Shelf) -> None:
        """Follows one source's catalog for ever."""
        delay = 0.1
        while True:
            try:
                await self._stream(shelf)
                delay = 0.1
            except Fault as fault:
                _log.info("the catalog of %s cannot be followed: %s", shelf.source, fault.message)
            except Exception:
                _log.exception("following the catalog of %s failed", shelf.source)
            shelf.live = False
            await asyncio.sleep(delay)
            delay = min(delay * 2, 5.0)

    async def _stream(self, shelf: Shelf) -> None:
        # No held version is sent: the first message then tells that the watch is connected.
        request = scanner_pb2.WatchCatalogRequest(context=context_pb2.RequestContext(source=shelf.source))
        async with aclosing(self._scanner.WatchCatalog(request)) as stream:
            async for response in stream:
                self._catalogs[shelf.source] = response.catalog
                await self._make(shelf.source)
                shelf.live = True

    async def _make(self, source: str) -> None:
        """Derives the model of a source anew from what is known of it now."""
        async with self._locks.setdefault(source, asyncio.Lock()):
            found = self._catalogs[source]
            options = self._options.get(source, SourceOptions())
            began = time.monotonic()
            stamp = await asyncio.to_thread(fingerprint, options.model)
            files: list[ModelFile] = await asyncio.to_thread(read, options.model)
            hints = Hints(locale=options.locale, time_zone=options.time_zone)
            held = await asyncio.to_thread(build, found, files, hints, self._limit)
            self._files[source] = stamp
            if self._library.put(held):
                self._on_model(held)
                _log.info(
                    "model %s of %s: %d datasets, %d issues, %.2f s",
                    held.version,
                    source,
                    len(held.datasets),
                    len(held.model.issues),
                    time.monotonic() - began,
                )

    async def check(self, held: HeldModel, file: ModelFile) -> list[error_pb2.Issue]:
        """What is wrong with a model file, read together with the source's other files, whose datasets it may name."""
        source = held.model.source
        options = self._options.get(source, SourceOptions())
        others = [each for each in await asyncio.to_thread(read, options.model) if each.name != file.name]
        hints = Hints(locale=options.locale, time_zone=options.time_zone)
        checked = await asyncio.to_thread(build, held.catalog, [*others, file], hints)
        return [issue for issue in checked.model.issues if issue.params["file"] == file.name]

    async def files(self) -> None:
        """Makes a source's model anew when one of its files has changed."""
        while True:
            await asyncio.sleep(self._settings.files_interval)
            for source in list(self._catalogs):
                paths = self._options.get(source, SourceOptions()).model
                if paths and await asyncio.to_thread(fingerprint, paths) != self._files.get(source):
                    await self._make(source)
