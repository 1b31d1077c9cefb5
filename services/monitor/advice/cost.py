"""What reading through an index costs and takes, by the planner's own formulas at its default settings.

An index scan's heap pages follow Mackert and Lohman (ACM TODS 14(3), 1989) where rows lie scattered, and the share of
the table where they lie in the order of the index; between the two by the square of the correlation, as PostgreSQL does
(costsize.c).
"""

from __future__ import annotations

import math
from collections.abc import Sequence

from maestro.catalog.v1 import catalog_pb2

_SEQUENTIAL, _RANDOM = 1.0, 4.0
_TUPLE, _INDEX_TUPLE, _OPERATOR = 0.01, 0.005, 0.0025
_PAGE = 8192
_FILL = 0.9


def index_cost(
    table: catalog_pb2.Table, rows: float, entry_bytes: float, correlation: float, loops: float = 1
) -> float:
    """Cost of fetching so many rows of a table through an index, so many times. correlation: of its first column."""
    pages = max(1.0, float(table.page_estimate))
    leaves = max(1.0, rows * entry_bytes / (_PAGE * _FILL))
    # Over all repetitions a page is read once from the disk at most.
    scattered = min(pages, _mackert_lohman(pages, rows * loops)) / loops
    together = max(1.0, math.ceil(rows / max(1.0, table.row_estimate / pages)))
    agree = correlation * correlation
    in_turn = agree * (_RANDOM + (together - 1) * _SEQUENTIAL) + (1 - agree) * scattered * _RANDOM
    # Or all places first, and then the pages in their order (a bitmap scan): the more of them, the nearer together.
    found = _mackert_lohman(pages, rows)
    as_bitmap = found * (_RANDOM - (_RANDOM - _SEQUENTIAL) * math.sqrt(min(1.0, found / pages)))
    heap = min(in_turn, as_bitmap)
    descent = 50 * _OPERATOR + math.log2(max(2.0, table.row_estimate)) * _OPERATOR
    return loops * (descent + leaves * _RANDOM + heap + rows * (_TUPLE + _INDEX_TUPLE + _OPERATOR))


def index_bytes(table: catalog_pb2.Table, columns: Sequence[catalog_pb2.Column]) -> int:
    """Size of a btree over all rows: pages of entries, nine tenths full."""
    return math.ceil(table.row_estimate * entry_bytes(columns) / (_PAGE * _FILL)) * _PAGE


def entry_bytes(columns: Sequence[catalog_pb2.Column]) -> float:
    """Bytes of an entry: line pointer, header, and the values, in steps of eight."""
    width = sum(each.statistics.average_width or 8 for each in columns)
    return 4 + 8 + math.ceil(width / 8) * 8


def _mackert_lohman(pages: float, rows: float) -> float:
    return 2 * pages * rows / (2 * pages + rows)
