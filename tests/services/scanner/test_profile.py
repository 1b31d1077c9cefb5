"""Statistics from rows."""

import pytest

from maestro.catalog.v1 import catalog_pb2 as pb
from services.scanner.profile import describe_column


def column(family: "pb.TypeFamily.ValueType" = pb.TYPE_FAMILY_TEXT) -> pb.Column:
    return pb.Column(name="c", family=family)


def test_all_rows_of_few_values_are_told_completely() -> None:
    told = column()
    describe_column(told, ["b"] * 6 + ["a"] * 3 + [None], total=10, keep=50, whole=True)
    assert list(told.sample_values) == ["b", "a"]
    assert told.samples_complete
    assert told.statistics.null_fraction == pytest.approx(0.1)
    assert told.statistics.distinct == -0.2  # as PostgreSQL tells it: more than a tenth of the rows
    assert list(told.statistics.most_common_frequencies) == [0.6, 0.3]


def test_a_sample_is_never_complete() -> None:
    told = column()
    describe_column(told, ["a", "b"] * 50, total=10_000, keep=50, whole=False)
    assert not told.samples_complete
    assert told.statistics.distinct == 2


def test_more_values_than_are_kept_are_not_complete() -> None:
    told = column()
    describe_column(told, [f"v{i}" for i in range(51)], total=51, keep=50, whole=True)
    assert len(told.sample_values) == 50
    assert not told.samples_complete
    assert told.statistics.distinct == -1


def test_values_that_were_cut_are_not_complete() -> None:
    told = column()
    describe_column(told, ["x" * 201, "y"], total=2, keep=50, whole=True)
    assert max(map(len, told.sample_values)) == 200
    assert not told.samples_complete


def test_numbers_are_ordered_as_numbers() -> None:
    told = column(pb.TYPE_FAMILY_INTEGER)
    describe_column(told, ["9", "10", "-1", "100"], total=4, keep=50, whole=True)
    assert (told.statistics.minimum, told.statistics.maximum) == ("-1", "100")


def test_values_seen_once_tell_of_values_not_seen() -> None:
    told = column()
    cells = [f"v{i}" for i in range(50)] + ["w"] * 50
    describe_column(told, cells, total=10_000, keep=50, whole=False)
    assert -1 < told.statistics.distinct <= -0.1 or told.statistics.distinct > 51


def test_documents_are_not_kept() -> None:
    told = column()
    describe_column(told, ["word " * 200] * 3, total=3, keep=50, whole=True)
    assert not told.sample_values
    assert not told.statistics.most_common_values


def test_nothing_is_kept_where_values_are_withheld() -> None:
    told = column()
    describe_column(told, ["a", "b", "b"], total=3, keep=0, whole=True)
    assert not told.sample_values
    assert not told.statistics.histogram_bounds
    assert (told.statistics.minimum, told.statistics.maximum) == ("", "")
    assert told.statistics.distinct
