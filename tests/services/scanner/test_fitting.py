"""A catalog that is too large for one message."""

import pytest

from maestro.catalog.v1 import catalog_pb2 as pb
from services.scanner.fitting import fitted


def catalog() -> pb.Catalog:
    made = pb.Catalog(source="shop")
    for number in range(20):
        table = made.tables.add(name=f"t{number}")
        for at in range(10):
            column = table.columns.add(name=f"c{at}", sample_values=[f"value {i}" for i in range(50)])
            column.statistics.distinct = 9
            column.statistics.histogram_bounds.extend(f"bound {i}" for i in range(50))
            column.statistics.most_common_values.extend(f"value {i}" for i in range(50))
    return made


def test_what_fits_is_left_alone() -> None:
    assert fitted(catalog(), 10_000_000) == catalog()


@pytest.mark.parametrize("share", [0.8, 0.5, 0.2, 0.05])
def test_it_fits_afterwards_and_keeps_its_structure(share: float) -> None:
    limit = int(catalog().ByteSize() * share)
    small = fitted(catalog(), limit)
    assert small.ByteSize() <= limit
    assert [[column.name for column in table.columns] for table in small.tables] == [
        [column.name for column in table.columns] for table in catalog().tables
    ]


def test_bounds_go_first_and_samples_late() -> None:
    small = fitted(catalog(), int(catalog().ByteSize() * 0.8))
    column = small.tables[0].columns[0]
    assert not column.statistics.histogram_bounds
    assert column.sample_values
    assert column.statistics.distinct == 9
