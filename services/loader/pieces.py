"""Into what batches the rows of a stream are cut."""

from collections.abc import Iterator
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Pieces:
    """rows: most in a batch. ceiling: the number of rows that may be given; a batch ends there, so that all of them are."""

    rows: int
    ceiling: int

    def of(self, first: int, count: int) -> Iterator[tuple[int, int]]:
        """(where it begins, its rows) of each piece of so many rows, the first of which is number `first`, from 0."""
        begin = 0
        while begin < count:
            room = self.ceiling - first - begin
            size = min(self.rows, count - begin)
            if 0 < room < size:
                size = room
            yield begin, size
            begin += size
