"""Versions of models, and who waits for the next."""

import asyncio

import pytest

from mesh.fault import Fault
from services.mapper.build import build
from services.mapper.derive.model import Hints
from services.mapper.model import HeldModel
from services.mapper.shelf import KEPT, Library
from tests.services.mapper.catalogs import column, source, table


def held(columns: int, name: str = "shop") -> HeldModel:
    tables = [table("orders", [column(f"c{at}", "int") for at in range(columns)])]
    return build(source(tables, name=name), [], Hints())


def test_a_model_is_found_by_its_version_until_newer_ones_push_it_out() -> None:
    library = Library()
    made = [held(at) for at in range(1, KEPT + 2)]
    assert all(library.put(each) for each in made)
    assert library.entry("shop", "").held is made[-1]
    assert library.entry("shop", made[1].version).held is made[1]
    with pytest.raises(Fault) as caught:
        library.entry("shop", made[0].version)
    assert caught.value.reason == "VERSION_UNKNOWN"


def test_the_same_model_again_is_no_new_version() -> None:
    library = Library()
    assert library.put(held(1))
    assert not library.put(held(1))


def test_a_model_that_comes_back_is_current_again() -> None:
    library = Library()
    first, second = held(1), held(2)
    for each in (first, second, first):
        library.put(each)
    assert library.entry("shop", "").held.version == first.version


def test_sources_that_do_not_exist_or_have_no_model_yet() -> None:
    library = Library()
    with pytest.raises(Fault) as unlisted:
        library.entry("shop", "")
    assert (unlisted.value.reason, unlisted.value.retryable) == ("SOURCE_UNAVAILABLE", True)
    library.open("shop").problem = "connection refused"
    with pytest.raises(Fault, match="connection refused") as caught:
        library.entry("shop", "")
    assert caught.value.reason == "SOURCE_UNAVAILABLE"
    with pytest.raises(Fault, match="did you mean shop") as caught:
        library.entry("shopp", "")
    assert caught.value.reason == "SOURCE_UNKNOWN"


def test_no_name_means_the_only_source_or_the_default_one() -> None:
    library = Library()
    library.put(held(1))
    assert library.shelf("").source == "shop"
    library.put(held(1, "frete"))
    with pytest.raises(Fault, match="name one"):
        library.shelf("")
    library.open("frete", default=True)
    assert library.shelf("").source == "frete"
    assert library.shelf("SHOP").source == "shop"


async def test_followers_get_the_current_model_and_each_new_one() -> None:
    library = Library()
    first, second = held(1), held(2)
    library.put(first)
    seen: list[str] = []

    async def follow(version: str) -> None:
        async for each in library.follow("shop", version):
            seen.append(each.version)  # it never ends

    tasks = [asyncio.create_task(follow(version)) for version in ("", first.version)]
    await asyncio.sleep(0.01)
    assert seen == [first.version], "whoever holds the current version waits"
    library.put(second)
    await asyncio.sleep(0.01)
    assert seen == [first.version, second.version, second.version]
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
