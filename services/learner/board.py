"""The active patterns of each source, as they are now, and who waits for them to change."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from services.learner.plans import digest
from services.learner.postgres import Kept

Read = Callable[[str], Awaitable[list[Kept]]]


@dataclass(frozen=True, slots=True)
class Posted:
    """The active patterns of a source under their version."""

    version: str
    patterns: tuple[Kept, ...]


class Board:
    """Reads a source's patterns when they are asked for, keeps them until they change, and wakes who
    waits."""

    def __init__(self, read: Read) -> None:
        self._read = read
        self._held: dict[str, Posted] = {}
        self._turns: dict[str, int] = {}
        self._changed = asyncio.Condition()

    async def current(self, source: str) -> Posted:
        """The patterns of a source."""
        while source not in self._held:
            turn = self._turns.get(source, 0)
            posted = _posted(await self._read(source))
            # What was read before a change was told of may be old by now.
            if turn == self._turns.get(source, 0):
                self._held[source] = posted
        return self._held[source]

    async def changed(self, source: str = "") -> None:
        """A source's patterns may have changed; "" means those of all."""
        for each in [source] if source else list({*self._held, *self._turns}):
            self._turns[each] = self._turns.get(each, 0) + 1
            self._held.pop(each, None)
        async with self._changed:
            self._changed.notify_all()

    async def newer(self, source: str, held: str) -> Posted:
        """The patterns of a source as soon as their version is not the one held."""
        while True:
            posted = await self.current(source)
            if posted.version != held:
                return posted
            async with self._changed:
                if self._held.get(source) is posted:
                    await self._changed.wait()


def _posted(patterns: list[Kept]) -> Posted:
    ordered = tuple(sorted(patterns, key=lambda each: each.lesson.id))
    parts = [
        digest(each.lesson.id, each.lesson.phrase, each.lesson.target, each.lesson.plan or b"") for each in ordered
    ]
    return Posted(digest(*parts), ordered)
