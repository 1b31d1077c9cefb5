"""Makes a catalog fit into one message: what is dear and least needed goes first."""

import logging
from collections.abc import Callable

from maestro.catalog.v1 import catalog_pb2 as pb

_log = logging.getLogger(__name__)
_KEPT = 0.95


def _bounds(column: pb.Column) -> None:
    column.statistics.ClearField("histogram_bounds")


def _long_samples(column: pb.Column) -> None:
    if not column.samples_complete:
        del column.sample_values[8:]
        del column.statistics.most_common_values[8:]
        del column.statistics.most_common_frequencies[8:]


def _common(column: pb.Column) -> None:
    column.statistics.ClearField("most_common_values")
    column.statistics.ClearField("most_common_frequencies")


def _samples(column: pb.Column) -> None:
    column.ClearField("sample_values")
    column.samples_complete = False


def _statistics(column: pb.Column) -> None:
    column.ClearField("statistics")


_STEPS: tuple[Callable[[pb.Column], None], ...] = (_bounds, _long_samples, _common, _samples, _statistics)


def fitted(catalog: pb.Catalog, most_bytes: int) -> pb.Catalog:
    """The catalog, without bounds, values, samples and at last statistics as far as it is too large for a
    message of that size. Structure always stays; where that alone is too large the call fails as any too
    large message does.
    """
    limit = int(most_bytes * _KEPT)
    for step in _STEPS:
        if catalog.ByteSize() <= limit:
            break
        for table in catalog.tables:
            for column in table.columns:
                step(column)
        _log.info(
            "the catalog of %s is too large for one message: %s left out",
            catalog.source,
            step.__name__.strip("_"),
        )
    return catalog
