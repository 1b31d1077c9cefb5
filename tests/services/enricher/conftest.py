"""A real database behind the enricher: the shop of the loader's tests."""

import pytest

from tests.fixtures.postgres import TestServer
from tests.services.loader import shop


@pytest.fixture(scope="session")
def shop_postgresql(postgres: TestServer) -> str:
    """Owner's URL of a shop of these tests' own: the loader's has a name that can be taken once."""
    url = postgres.fresh()
    shop.fill_postgresql(url, shop.rows())
    return url
