"""Connections to the state database."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import psycopg
from psycopg_pool import AsyncConnectionPool, PoolTimeout

from mesh.fault import Fault

_WAIT = 3.0  # seconds for a connection


class State:
    """A few connections. Raises Fault STATE_UNAVAILABLE where the database cannot be reached."""

    def __init__(self, url: str) -> None:
        self._pool = AsyncConnectionPool(
            url, min_size=1, max_size=3, open=False, kwargs={"autocommit": True}, timeout=_WAIT, name="monitor"
        )

    async def open(self) -> None:
        """Opens the pool without waiting for the database."""
        await self._pool.open(wait=False)

    async def close(self) -> None:
        """Closes all connections."""
        await self._pool.close()

    @asynccontextmanager
    async def connection(self) -> AsyncIterator[psycopg.AsyncConnection[Any]]:
        """A connection for a moment."""
        try:
            async with self._pool.connection() as connection:
                yield connection
        except (psycopg.OperationalError, PoolTimeout) as error:
            raise Fault(
                "STATE_UNAVAILABLE", "The state database cannot be reached by the monitor.", retry_after=1.0
            ) from error
