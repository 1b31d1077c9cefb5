"""Real databases that real plans are run on: those of the loader's conformance tests."""

from tests.services.loader.conftest import on_postgresql, on_sqlite, shop_postgresql, shop_sqlite

__all__ = ["on_postgresql", "on_sqlite", "shop_postgresql", "shop_sqlite"]
