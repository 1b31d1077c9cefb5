"""Real databases that real plans are run on: the shop of the loader's conformance tests."""

import pytest

from tests.fixtures.postgres import TestServer
from tests.services.loader import shop
from tests.services.loader.conftest import on_postgresql, on_sqlite, shop_catalogs, shop_sqlite

__all__ = ["on_postgresql", "on_sqlite", "shop_catalogs", "shop_sqlite"]


@pytest.fixture(scope="session")
def shop_postgresql(postgres: TestServer) -> str:
    """Owner's URL of a shop of these tests' own: the loader's has a name that can be taken once."""
    url = postgres.fresh()
    shop.fill_postgresql(url, shop.rows())
    return url
