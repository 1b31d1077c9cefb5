"""What the tests of the mesh share: every one of them that makes calls makes them over both transports."""

import asyncio
from collections.abc import AsyncIterator

import pytest


@pytest.fixture(params=["link", "unary"])
def transport(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """How unary calls travel in this test."""
    monkeypatch.setenv("MAESTRO_TRANSPORT", request.param)
    return str(request.param)


@pytest.fixture
async def nothing_left() -> AsyncIterator[None]:
    """Fails a test that leaves tasks behind."""
    before = asyncio.all_tasks()
    yield
    for _ in range(100):
        left = asyncio.all_tasks() - before - {asyncio.current_task()}
        if not left:
            return
        await asyncio.sleep(0.01)
    pytest.fail(f"left behind: {left}")
