"""What the learner does by itself: hear of changes, learn from new feedback, remove what is old."""

import asyncio
import logging

from services.learner.board import Board
from services.learner.postgres import Experience
from services.learner.settings import LearnerSettings

_log = logging.getLogger(__name__)
_SWEEP = 3600.0  # seconds


class Rounds:
    """The learner's background work."""

    def __init__(self, experience: Experience, board: Board, settings: LearnerSettings) -> None:
        self._experience = experience
        self._board = board
        self._settings = settings

    async def listen(self) -> None:
        """Passes on what any replica changed. Ends in an exception when the database goes away."""
        heard: asyncio.Queue[str] = asyncio.Queue()
        listening = asyncio.create_task(self._experience.listen(heard.put_nowait))
        try:
            while True:
                waiting = asyncio.create_task(heard.get())
                await asyncio.wait({waiting, listening}, return_when=asyncio.FIRST_COMPLETED)
                if not waiting.done():
                    waiting.cancel()
                    await listening
                    return
                await self._board.changed(waiting.result())
        finally:
            listening.cancel()
            await asyncio.gather(listening, return_exceptions=True)

    async def learn(self) -> None:
        """A round for every source with new feedback, at intervals."""
        if not self._settings.learn_interval:
            return
        since = None
        while True:
            await asyncio.sleep(self._settings.learn_interval)
            sources, newest = await self._experience.new_feedback(since)
            for source in sources:
                activated, retired = await self._experience.learn(source)
                if activated or retired:
                    _log.info("%s: %d patterns active, %d retired", source, len(activated), len(retired))
            since = newest

    async def sweep(self) -> None:
        """Removes what is too old, hourly."""
        while True:
            await asyncio.sleep(_SWEEP)
            await self._experience.sweep(self._settings.learn_days, self._settings.observe_days)
