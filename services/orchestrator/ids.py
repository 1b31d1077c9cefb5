"""Identifiers of runs: UUIDs of version 7, whose order is the order of time (RFC 9562)."""

import os
import time
from uuid import UUID


def first_since(seconds: float) -> UUID:
    """The lowest that can have been made at that moment, in seconds since 1970, or later."""
    return UUID(int=(int(seconds * 1000) & (1 << 48) - 1) << 80)


def uuid7() -> str:
    """A new one, as text: 48 bits of milliseconds since 1970, then 74 random bits."""
    random = int.from_bytes(os.urandom(10), "big")
    high, low = random >> 68, random & ((1 << 62) - 1)
    value = (time.time_ns() // 1_000_000 & (1 << 48) - 1) << 80 | 7 << 76 | high << 64 | 2 << 62 | low
    return str(UUID(int=value))


def is_id(text: str) -> bool:
    """Whether a text can be the id of a run."""
    try:
        return str(UUID(text)) == text.lower()
    except ValueError:
        return False
