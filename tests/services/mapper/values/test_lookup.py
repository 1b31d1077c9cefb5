"""Look-ups in the database, for columns that are not held: a real loader on a real database."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import psycopg
import pytest

from maestro.mapper.v1 import mapper_pb2, mapper_pb2_grpc
from mesh.testing import Mesh, start
from services.loader.__main__ import build as loader
from services.mapper.__main__ import build as mapper
from services.scanner.__main__ import build as scanner
from tests.fixtures.postgres import TestServer
from tests.services.mapper.test_service import until


@pytest.fixture
async def mesh(postgres: TestServer, database: str) -> AsyncIterator[Mesh]:
    with psycopg.connect(database) as connection:
        connection.execute("CREATE TABLE notas (id bigint PRIMARY KEY, numero_nf text UNIQUE, cliente text, obs text)")
        connection.execute(
            "INSERT INTO notas SELECT n, (100000 + n)::text, 'CLIENTE ' || n % 30, 'texto livre ' || n "
            "FROM generate_series(1, 5000) n"
        )
        connection.execute("GRANT SELECT ON notas TO PUBLIC")
    with psycopg.connect(database, autocommit=True) as connection:
        connection.execute("ANALYZE notas")
    env = {"MAESTRO_SOURCE_NOTAS": postgres.reader(database)}
    async with start({"scanner": scanner, "loader": loader, "mapper": mapper}, env=env) as made:
        await until(lambda: look_up(made, "cliente 7"), lambda results: bool(results[0].matches))
        yield made


async def look_up(mesh: Mesh, *texts: str, in_database: bool = False) -> Any:
    request = mapper_pb2.LookUpValuesRequest(texts=texts, in_database=in_database)
    return (await mesh.stub(mapper_pb2_grpc.MapperStub, "mapper").LookUpValues(request)).results


async def test_numbers_that_are_too_many_to_hold_are_found_through_their_index(mesh: Mesh) -> None:
    (held,) = await look_up(mesh, "104321")
    assert not held.matches, "the dictionary does not hold them"
    found, missing = await look_up(mesh, "104321", "999999", in_database=True)
    (match,) = found.matches
    assert (match.dataset, match.field, match.value, match.method) == ("notas", "numero_nf", "104321", "database")
    assert (match.score, match.kind) == (1.0, mapper_pb2.MATCH_KIND_EXACT)
    assert not missing.matches


async def test_a_loader_that_is_gone_only_finds_nothing(mesh: Mesh) -> None:
    await mesh.stop("loader")
    found, held = await asyncio.wait_for(look_up(mesh, "104321", "cliente 7", in_database=True), 15)
    assert not found.matches
    assert held.matches[0].value == "CLIENTE 7"


async def test_names_are_not_sought_among_numbers(mesh: Mesh) -> None:
    mesh.clear_spans()
    await look_up(mesh, "fulano de tal", in_database=True)
    assert not [span for span in mesh.spans() if "Loader/LookUpValues" in span.name]
