"""A learner over a real state database."""

import pytest

from deploy.state.migrate import migrate
from mesh.testing import start
from services.learner.__main__ import build


@pytest.fixture
async def mesh(database):
    """A mesh of one learner that knows nothing, and learns only when it is told to."""
    migrate(database)
    env = {"MAESTRO_STATE": database, "MAESTRO_LEARN_INTERVAL": "0"}
    async with start({"learner": build}, env=env) as made:
        yield made
