"""The models of all sources: the current one of each, the last few before it, and who waits for the next."""

import asyncio
from collections import OrderedDict
from collections.abc import AsyncIterator
from dataclasses import dataclass, field

from mesh.fault import Fault
from services.mapper.model import HeldModel
from services.mapper.nearest import nearest
from services.mapper.slice import Slicer

KEPT = 4
"""Versions of a model that can still be asked for: a question under way keeps the one that it began with."""


@dataclass(slots=True)
class Shelf:
    """One source's models. `changed` is set and replaced whenever a new version becomes current."""

    source: str
    models: "OrderedDict[str, Entry]" = field(default_factory=OrderedDict)
    changed: asyncio.Event = field(default_factory=asyncio.Event)
    live: bool = False
    problem: str = ""

    @property
    def current(self) -> "Entry | None":
        """The newest entry."""
        return next(reversed(self.models.values())) if self.models else None


@dataclass(frozen=True, slots=True)
class Entry:
    """A model and what was made of it."""

    held: HeldModel
    slicer: Slicer


class Library:
    """All shelves, by name of source."""

    def __init__(self) -> None:
        self._shelves: dict[str, Shelf] = {}
        self._default = ""

    def open(self, source: str, *, default: bool = False) -> Shelf:
        """The shelf of a source, made where it is new. default: requests that name no source mean it."""
        if default:
            self._default = source
        return self._shelves.setdefault(source, Shelf(source))

    def shelves(self) -> list[Shelf]:
        """Every shelf."""
        return list(self._shelves.values())

    def put(self, held: HeldModel) -> bool:
        """Makes a model the current one; false where it is already."""
        shelf = self.open(held.model.source)
        current = shelf.current
        if current is not None and current.held.version == held.version:
            return False
        shelf.models.pop(held.version, None)
        shelf.models[held.version] = Entry(held, Slicer(held))
        while len(shelf.models) > KEPT:
            shelf.models.popitem(last=False)
        changed, shelf.changed = shelf.changed, asyncio.Event()
        changed.set()
        return True

    def shelf(self, source: str) -> Shelf:
        """The shelf that a request means by `source`, "" for the only or default one. Raises Fault SOURCE_UNKNOWN, or
        SOURCE_UNAVAILABLE before the scanner has said which sources there are."""
        if not self._shelves:
            raise Fault(
                "SOURCE_UNAVAILABLE",
                "The scanner has not said yet which sources there are.",
                metadata={"source": source},
                retry_after=1.0,
            )
        if not source:
            source = self._default or (next(iter(self._shelves)) if len(self._shelves) == 1 else "")
        found = self._shelves.get(source.lower())
        if found is None:
            known = sorted(self._shelves)
            near = nearest(source, known, most=1)
            hint = f"; did you mean {near[0]}?" if near else ""
            message = f"There is no source {source!r}" if source else "Several sources are known: name one"
            raise Fault(
                "SOURCE_UNKNOWN",
                f"{message}; known are {', '.join(known) or 'none'}{hint}.",
                metadata={"source": source, "known": ", ".join(known)},
            )
        return found

    def entry(self, source: str, version: str) -> Entry:
        """A model by version, "" for the current one. Raises Fault SOURCE_UNKNOWN, SOURCE_UNAVAILABLE (no catalog of
        it has come yet) or VERSION_UNKNOWN."""
        shelf = self.shelf(source)
        current = shelf.current
        if current is None:
            why = f": {shelf.problem}" if shelf.problem else ""
            raise Fault(
                "SOURCE_UNAVAILABLE",
                f"The catalog of source {shelf.source!r} has not been read yet{why}.",
                metadata={"source": shelf.source},
                retry_after=1.0,
            )
        if not version or version == current.held.version:
            return current
        found = shelf.models.get(version)
        if found is None:
            raise Fault(
                "VERSION_UNKNOWN",
                f"Semantic model version {version} of source {shelf.source!r} is not held; current is "
                f"{current.held.version}.",
                metadata={"kind": "semantics", "version": version, "source": shelf.source},
            )
        return found

    async def follow(self, source: str, held_version: str) -> AsyncIterator[HeldModel]:
        """The current model, unless the follower holds it, and each new one as it becomes current, without end."""
        shelf = self.shelf(source)
        while True:
            changed = shelf.changed
            current = shelf.current
            if current is not None and current.held.version != held_version:
                held_version = current.held.version
                yield current.held
                continue
            await changed.wait()
