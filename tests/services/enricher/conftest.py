"""A real database behind the enricher: that of the loader's tests."""

from tests.services.loader.conftest import shop_postgresql

__all__ = ["shop_postgresql"]
