"""The cache is bounded in bytes and in age."""

from hypothesis import given
from hypothesis import strategies as st

from maestro.catalog.v1 import catalog_pb2
from services.provider.cache import Cache
from services.provider.volatility import SLOW, STEADY, lifetime


class Clock:
    now = 100.0

    def __call__(self) -> float:
        return self.now


def test_a_value_grows_old_and_leaves() -> None:
    clock = Clock()
    cache: Cache[str] = Cache(100, clock)
    cache.put(b"a", "x", "s", 5, 10)
    clock.now += 4
    assert cache.get(b"a") == ("x", 4)
    clock.now += 6
    assert cache.get(b"a") is None
    assert cache.size == 0


def test_the_least_recently_used_leaves_first() -> None:
    cache: Cache[str] = Cache(30)
    for key in (b"a", b"b", b"c"):
        cache.put(key, "x", "s", 3, 60)
    for _ in range(7):
        cache.put(b"d", "x", "s", 3, 60)
    for number in range(7):
        assert cache.get(b"a")
        cache.put(bytes([number]), "x", "s", 3, 60)
    assert cache.get(b"b") is None
    assert cache.get(b"a")


def test_a_value_that_would_drive_out_all_others_is_not_kept() -> None:
    cache: Cache[str] = Cache(100)
    cache.put(b"a", "x", "s", 11, 60)
    assert cache.get(b"a") is None


@given(st.lists(st.tuples(st.sampled_from("abcdef"), st.integers(0, 12), st.sampled_from("st"), st.booleans())))
def test_the_bound_always_holds(steps: list[tuple[str, int, str, bool]]) -> None:
    cache: Cache[int] = Cache(40)
    for key, size, source, purge in steps:
        if purge:
            cache.purge(source)
        else:
            cache.put(key.encode(), size, source, size, 60)
        kept = [found[0] for each in "abcdef" if (found := cache.get(each.encode())) is not None]
        assert sum(kept) == cache.size <= 40


def table(**facts: int) -> catalog_pb2.CatalogSlice:
    return catalog_pb2.CatalogSlice(tables=[catalog_pb2.Table(name="t", kind=catalog_pb2.TABLE_KIND_TABLE, **facts)])  # type: ignore[arg-type]


def test_tables_that_hardly_change_are_served_longer() -> None:
    assert lifetime(table(row_estimate=1000, changes=0), 10) == 10 * STEADY
    assert lifetime(table(row_estimate=1000, changes=5), 10) == 10 * SLOW
    assert lifetime(table(row_estimate=1000, changes=500), 10) == 10
    assert lifetime(table(row_estimate=1000, changes=-1), 10) == 10
    assert lifetime(catalog_pb2.CatalogSlice(), 10) == 10


def test_the_liveliest_table_decides() -> None:
    both = table(row_estimate=1000, changes=0)
    both.tables.extend(table(row_estimate=10, changes=100).tables)
    assert lifetime(both, 10) == 10


def test_a_view_is_as_lively_as_nobody_knows() -> None:
    view = table(row_estimate=1000, changes=0)
    view.tables[0].kind = catalog_pb2.TABLE_KIND_VIEW
    assert lifetime(view, 10) == 10
