"""All rows of a plan, as they come, within ceilings."""

import time
from collections.abc import AsyncGenerator
from contextlib import aclosing
from dataclasses import dataclass, field
from typing import Any

from maestro.result.v1 import result_pb2
from mesh import telemetry
from services.loader.batches import USUAL_ROWS, Rows
from services.loader.compiler import Compiled
from services.loader.execution import Ask, Execution, columns_of, statement_of, summary
from services.loader.pieces import Pieces
from services.loader.shape import shape_of
from services.loader.source import Database
from services.loader.types import Family


@dataclass(slots=True)
class Begun:
    """What comes before the rows."""

    columns: list[result_pb2.ResultColumn]
    statement: result_pb2.Statement


@dataclass(slots=True)
class Ended:
    """What comes behind them."""

    rows: int = 0
    truncated: str = ""
    statements: list[result_pb2.Statement] = field(default_factory=list)


class Streaming:
    """Streams plans out of databases."""

    def __init__(self, execution: Execution, timeout: float) -> None:
        self._execution = execution
        self._timeout = timeout

    async def stream(self, database: Database, ask: Ask, batch_rows: int) -> AsyncGenerator[Begun | Rows | Ended, None]:
        """The columns, the batches, the end. batch_rows: most rows in one; 0 for what is usual. Raises the faults of
        Loader.Stream."""
        shape = shape_of(ask.task.plan.query)
        values = self._execution.values(shape, ask.moment)
        compiled = await self._execution.compiled(database, ask, shape, values, "all")
        bound = compiled.bind(values, ask.moment)
        estimate = await self._execution.estimate(database, ask, compiled, bound)
        families = await self._families(database, compiled, bound)
        began = time.perf_counter()
        yield Begun(columns_of(compiled.columns, families), statement_of(compiled, bound, "main", 0, 0, estimate))
        ended = Ended()
        with telemetry.span(summary(compiled), kind="client", attributes=_attributes(database, compiled)) as span:
            async with aclosing(self._batches(database, ask, compiled, bound, batch_rows, ended)) as batches:
                async for batch in batches:
                    yield batch
            span.set("db.response.returned_rows", ended.rows)
        elapsed = time.perf_counter() - began
        ended.statements.append(statement_of(compiled, bound, "main", elapsed, ended.rows, estimate))
        yield ended

    async def _families(self, database: Database, compiled: Compiled, bound: list[Any]) -> tuple[Family, ...]:
        said = await database.describe(compiled.sql, bound)
        implied = tuple(each.type.family for each in compiled.columns)
        if not said:
            return implied
        return tuple(a if a not in (Family.UNKNOWN, Family.OTHER) else b for a, b in zip(said, implied, strict=False))

    async def _batches(
        self, database: Database, ask: Ask, compiled: Compiled, bound: list[Any], batch_rows: int, ended: Ended
    ) -> AsyncGenerator[Rows, None]:
        size = 0
        names = [each.name for each in compiled.columns]
        implied = [each.type.family for each in compiled.columns]
        limits = ask.limits
        timeout = min(limits.timeout, self._timeout)
        pieces = Pieces(batch_rows or USUAL_ROWS, limits.max_rows)
        async with aclosing(database.stream(compiled.sql, bound, names, implied, pieces, timeout)) as chunks:
            async for chunk in chunks:
                if chunk.rows and ended.rows >= limits.max_rows:
                    ended.truncated = "ROW_CEILING"
                    return
                if size + chunk.size > limits.max_bytes:
                    ended.truncated = "BYTE_CEILING"
                    return
                size += chunk.size
                yield Rows(chunk.ipc, ended.rows, chunk.rows)
                ended.rows += chunk.rows


def _attributes(database: Database, compiled: Compiled) -> dict[str, Any]:
    return {
        "db.system.name": database.system,
        "db.query.text": compiled.sql,
        "db.operation.name": "COPY" if database.system == "postgresql" else "SELECT",
        "maestro.source": database.name,
        "maestro.purpose": "stream",
    }
