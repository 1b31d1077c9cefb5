"""What sample to make: its size, its seed, its "today", and the fingerprint that tells one from another."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path

ANCHOR = date(2025, 11, 19)
"""The day that is "today" in the sample (a Wednesday): pass it as `as_of`."""

DEFAULT_ROWS = 20_000
DEFAULT_SEED = 7


@dataclass(frozen=True)
class Sample:
    """What to generate: rows is the number of rows of entregas_monitoradas (at least 100)."""

    rows: int = DEFAULT_ROWS
    seed: int = DEFAULT_SEED
    anchor: date = ANCHOR

    def __post_init__(self) -> None:
        if not 100 <= self.rows <= 50_000_000:
            raise ValueError(f"rows must be between 100 and 50,000,000, not {self.rows:,}.")

    @property
    def fingerprint(self) -> str:
        """Changes with anything that changes the rows: rows, seed, anchor, or the generator itself."""
        return f"frete rows={self.rows} seed={self.seed} anchor={self.anchor} generator={_generator_hash()}"


@cache
def _generator_hash() -> str:
    """Of the generator's own files, so that a change of theirs is seen."""
    here = Path(__file__).parent
    digest = hashlib.sha256()
    for path in sorted([*here.rglob("*.py"), *(here / "schema").glob("*.sql")]):
        digest.update(path.name.encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()[:12]
