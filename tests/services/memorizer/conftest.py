"""A memorizer over a real state database."""

import pytest

from deploy.state.migrate import migrate
from maestro.memorizer.v1 import memorizer_pb2_grpc
from mesh.testing import start
from services.memorizer.__main__ import build


@pytest.fixture
async def memorizer(database):
    """A stub of a memorizer whose memory is empty."""
    migrate(database)
    async with start({"memorizer": build}, env={"MAESTRO_STATE": database}) as mesh:
        yield mesh.stub(memorizer_pb2_grpc.MemorizerStub, "memorizer")
