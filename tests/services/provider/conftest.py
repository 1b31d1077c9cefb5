"""A loader that counts what it is asked, and answers when it is told to."""

import asyncio
from typing import Any

import pytest

from bench.index_notation import cmp, col, plan, query
from maestro.loader.v1 import loader_pb2
from maestro.provider.v1 import provider_pb2
from maestro.result.v1 import result_pb2


class Loader:
    """Stands for the loader's Execute. Waits for `gate` where there is one."""

    def __init__(self) -> None:
        self.asked: list[loader_pb2.ExecuteRequest] = []
        self.gate: asyncio.Event | None = None
        self.cancelled = 0
        self.fault: BaseException | None = None

    async def __call__(self, request: loader_pb2.ExecuteRequest) -> loader_pb2.ExecuteResponse:
        self.asked.append(request)
        number = len(self.asked)
        if self.gate is not None:
            try:
                await self.gate.wait()
            except asyncio.CancelledError:
                self.cancelled += 1
                raise
        if self.fault is not None:
            raise self.fault
        made = loader_pb2.ExecuteResponse()
        made.head.columns.add(name="n", measure=True)
        made.head.rows.add(values=[result_pb2.Value(integer=number)])
        made.head.total_rows, made.head.complete = 1, True
        return made


@pytest.fixture
def loader() -> Loader:
    return Loader()


def fetch(**context: Any) -> provider_pb2.FetchRequest:
    """A fetch of orders above a number."""
    made = provider_pb2.FetchRequest(
        plan=plan(query("orders", {"id": col("id")}, where=cmp(col("total"), ">", context.pop("above", 5))))
    )
    made.catalog.version, made.semantics.version = "c1", "m1"
    made.catalog.tables.add(name="orders")
    made.context.source = "shop"
    for name, value in context.items():
        setattr(made.context, name, value)
    return made
