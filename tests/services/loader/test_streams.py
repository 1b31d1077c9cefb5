"""Streams give what heads give, in Arrow, whatever the types; and end when nobody reads them."""

from contextlib import aclosing
from datetime import date, datetime
from decimal import Decimal
from typing import Any

import psycopg
import pyarrow as pa
import pytest

from bench.index_notation import agg, by, cmp, col, day, query, span, sub, table
from maestro.plan.v1 import plan_pb2 as p
from mesh.fault import Fault
from services.loader.batches import Rows
from services.loader.ceilings import Limits
from services.loader.streaming import Begun, Ended, Streaming
from tests.services.loader.conftest import Reader, alike, plain
from tests.services.loader.plan_cases import CASES, O
from tests.services.loader.test_ending import busy, until


async def parts_of(
    reader: Reader, made: p.Query, *, blind: bool = False, limits: Limits | None = None, rows: int = 100
) -> list[Any]:
    ask = reader.ask(made, blind=blind, limits=limits)
    return [part async for part in Streaming(reader.execution, 60).stream(reader.database, ask, rows)]


def rows_of(parts: list[Any]) -> list[tuple[Any, ...]]:
    rows: list[tuple[Any, ...]] = []
    for part in parts:
        if isinstance(part, Rows):
            assert part.first == len(rows)
            (batch,) = pa.ipc.open_stream(part.ipc)
            assert batch.num_rows == part.count
            columns = batch.to_pydict()
            rows += zip(*columns.values(), strict=True)
    return [tuple(_plain(each) for each in row) for row in rows]


def _plain(value: Any) -> Any:
    if isinstance(value, Decimal):
        return float(value)
    return value.isoformat() if isinstance(value, date | datetime) else value


async def test_a_stream_gives_what_a_head_gives(on_postgresql: Reader, on_sqlite: Reader) -> None:
    for reader in (on_postgresql, on_sqlite):
        for name, made in CASES.items():
            case = (reader.database.system, name)
            head = (await reader.head(made)).head
            parts = await parts_of(reader, made)
            assert isinstance(parts[0], Begun)
            assert isinstance(parts[-1], Ended)
            assert alike(_loose(rows_of(parts)), _loose(plain(head))), case
            assert parts[-1].rows == len(head.rows), case
            assert [each.name for each in parts[0].columns] == [each.name for each in head.columns], case


def _loose(rows: list[tuple[Any, ...]]) -> list[tuple[Any, ...]]:
    """Flags of SQLite are numbers to Arrow where nothing tells otherwise."""
    return [tuple(int(each) if isinstance(each, bool) else each for each in row) for row in rows]


async def test_no_value_is_written_into_the_statement(
    on_postgresql: Reader, postgres: Any, shop_postgresql: str
) -> None:
    hostile = "x'; DROP TABLE orders; --"
    parts = await parts_of(on_postgresql, query(O, {"id": col("o.id")}, where=cmp(col("o.note"), "=", hostile)))
    assert rows_of(parts) == []
    assert hostile not in parts[0].statement.sql
    with psycopg.connect(shop_postgresql) as connection:
        assert connection.execute("SELECT count(*) FROM orders").fetchone() == (240,)


async def test_blind_streams_infer_types(on_postgresql: Reader) -> None:
    made = query(
        O, {"id": col("o.id")}, where=span(col("o.due"), day("2025-01-01"), day("2025-03-01")), order=[by("id")]
    )
    assert rows_of(await parts_of(on_postgresql, made, blind=True)) == await on_postgresql.rows(made)


async def test_exact_numbers_stay_exact(on_postgresql: Reader) -> None:
    parts = await parts_of(on_postgresql, query(O, {"t": col("o.total")}))
    batch = next(part for part in parts if isinstance(part, Rows))
    assert pa.ipc.open_stream(batch.ipc).schema.field("t").type == pa.decimal128(38, 2)


async def test_ceilings_cut_and_say_so(on_postgresql: Reader, on_sqlite: Reader) -> None:
    for reader in (on_postgresql, on_sqlite):
        limits = Limits(50, 1 << 30, 0, 20)
        parts = await parts_of(reader, query(O, {"id": col("o.id")}), limits=limits, rows=20)
        assert parts[-1].truncated == "ROW_CEILING"
        # As many as may be given, and no fewer.
        assert parts[-1].rows == sum(each.count for each in parts if isinstance(each, Rows)) == 50
        parts = await parts_of(reader, query(O, {"id": col("o.id")}), limits=Limits(1000, 500, 0, 20), rows=20)
        assert parts[-1].truncated == "BYTE_CEILING"


async def test_a_reader_that_goes_away_ends_the_statement(as_owner: Reader, shop_postgresql: str) -> None:
    """A product of the orders with themselves, four times, is never read to its end."""
    many = query(
        table("orders", "a"), {"x": col("a.id")},
        *(p.Join(relation=table("orders", name), on=cmp(col(f"{name}.id"), ">", 0)) for name in ("b", "d", "e")),
    )  # fmt: skip
    streaming = Streaming(as_owner.execution, 60)
    async with aclosing(streaming.stream(as_owner.database, as_owner.ask(many), 1000)) as parts:
        async for part in parts:
            if isinstance(part, Rows):
                assert await busy(shop_postgresql) == 1
                break
    assert await until(0, shop_postgresql) < 1


async def test_a_stream_that_takes_too_long_ends(on_sqlite: Reader) -> None:
    many = query(
        sub("s", query(table("orders", "a"), {"m": agg("MAX", col("d.price"))},
            *(p.Join(relation=table("item", name), on=cmp(col(f"{name}.line"), ">", 0)) for name in ("b", "d", "e")))),
        {"m": p.Expression(output=p.OutputRef(alias="s", name="m"))},
    )  # fmt: skip
    with pytest.raises(Fault) as caught:
        await parts_of(on_sqlite, many, limits=Limits(1000, 1 << 30, 0, 0.2))
    assert caught.value.reason == "STATEMENT_TIMEOUT"
    assert len(await on_sqlite.rows(query(O, {"id": col("o.id")}, limit=3))) == 3
