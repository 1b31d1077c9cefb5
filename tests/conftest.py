"""Fixtures that every test may ask for."""

pytest_plugins = ["tests.fixtures.postgres", "tests.fixtures.frete", "tests.fixtures.statements"]
