"""Short ways to ask the sample's database."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import psycopg
import pytest

from samples.frete.sample import ANCHOR

Ask = Callable[[str], list[tuple[Any, ...]]]


@pytest.fixture(scope="session")
def ask(frete: str) -> Iterator[Ask]:
    """Rows of a query on the sample; `:today` is the anchor date."""
    with psycopg.connect(frete, autocommit=True) as connection:

        def rows(query: str) -> list[tuple[Any, ...]]:
            return connection.execute(query.replace(":today", f"DATE '{ANCHOR}'").encode()).fetchall()

        yield rows


@pytest.fixture(scope="session")
def value(ask: Ask) -> Callable[[str], Any]:
    """The one value of a query on the sample."""

    def first(query: str) -> Any:
        ((found,),) = ask(query)
        return found

    return first
