"""Notices that a suggestion was followed, so that what is asked from then on can be told apart."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Coroutine
from typing import Any

from mesh.fault import Fault
from services.monitor.advice.applied import Applied

_log = logging.getLogger(__name__)


def watching(applied: Applied, interval: float) -> Callable[[], Coroutine[Any, Any, None]]:
    """Work for the background: looks every so many seconds, for ever."""

    async def watch() -> None:
        while True:
            await asyncio.sleep(interval)
            try:
                await applied.look_at_all()
            except Fault as fault:
                _log.info("suggestions could not be compared with the catalog: %s", fault.message)

    return watch
