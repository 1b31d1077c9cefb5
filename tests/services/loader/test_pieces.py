"""Batches end where they are full, where the rows end, and where no more may be given."""

import pytest

from maestro.loader.v1 import loader_pb2
from services.loader.batches import Rows, serialized
from services.loader.pieces import Pieces


@pytest.mark.parametrize(
    ("rows", "ceiling", "first", "count", "lengths"),
    [
        (10, 1000, 0, 0, []),
        (10, 1000, 0, 25, [10, 10, 5]),
        (100, 7, 0, 25, [7, 18]),
        (10, 25, 20, 12, [5, 7]),
        (10, 25, 25, 12, [10, 2]),
        (10, 25, 30, 5, [5]),
        (10, 20, 0, 25, [10, 10, 5]),
    ],
)
def test_pieces_follow_each_other(rows: int, ceiling: int, first: int, count: int, lengths: list[int]) -> None:
    found = list(Pieces(rows, ceiling).of(first, count))
    assert [size for _, size in found] == lengths
    assert [begin for begin, _ in found] == [sum(lengths[:place]) for place in range(len(lengths))]


@pytest.mark.parametrize("size", [1, 127, 128, 20_000])
@pytest.mark.parametrize(("first", "count"), [(0, 1), (10_000, 0), (1 << 40, 7)])
def test_what_is_laid_out_by_hand_is_the_message(size: int, first: int, count: int) -> None:
    raw = serialized(Rows(memoryview(b"x" * size), first, count))
    read = loader_pb2.StreamResponse.FromString(raw).batch
    assert (len(read.arrow_ipc), read.first_row, read.row_count) == (size, first, count)
    # Whoever passes it on knows it by its first byte.
    assert raw.startswith(b"\x12")
