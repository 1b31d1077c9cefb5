"""Results that were served a moment ago."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from services.provider.cache import Cache


def test_it_serves_until_the_lifetime_is_over() -> None:
    cache: Cache[str] = Cache(1000, lifetime=10)
    cache.put(b"k", "v", "s", 10, now=5)
    assert cache.get(b"k", 14.9) is not None
    assert cache.get(b"k", 15) is None
    assert cache.size == 0


def test_the_least_recently_used_goes_first() -> None:
    cache: Cache[str] = Cache(80, lifetime=10)
    for key in (b"a", b"b", b"c", b"d", b"e", b"f", b"g", b"h"):
        cache.put(key, "v", "s", 10, 0)
    cache.get(b"a", 0)
    cache.put(b"i", "v", "s", 10, 0)
    assert cache.get(b"a", 0) is not None
    assert cache.get(b"b", 0) is None


def test_purging_forgets_one_source_only() -> None:
    cache: Cache[str] = Cache(1000, lifetime=10)
    cache.put(b"1", "v", "a", 10, 0)
    cache.put(b"2", "v", "b", 10, 0)
    assert cache.purge("a") == 1
    assert cache.get(b"1", 0) is None
    assert cache.get(b"2", 0) is not None


def test_a_lifetime_of_nothing_keeps_nothing() -> None:
    cache: Cache[str] = Cache(1000, lifetime=0)
    cache.put(b"k", "v", "s", 1, 0)
    assert cache.get(b"k", 0) is None


@given(st.lists(st.tuples(st.integers(0, 9), st.integers(0, 60), st.integers(0, 30)), max_size=100))
def test_it_never_holds_more_than_its_capacity(puts: list[tuple[int, int, int]]) -> None:
    cache: Cache[int] = Cache(200, lifetime=20)
    sizes: dict[int, int] = {}
    for key, size, now in puts:
        cache.put(str(key).encode(), size, "s", size, now)
        sizes[key] = size
        assert 0 <= cache.size <= 200
    held = sum(found.size for key in sizes if (found := cache.get(str(key).encode(), 0)) is not None)
    assert held == cache.size
