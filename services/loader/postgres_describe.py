"""What PostgreSQL says of a statement that it only parses: the types of its parameters and columns."""

from dataclasses import dataclass

import psycopg
from psycopg import errors, generators
from psycopg.abc import PQGen
from psycopg.pq import ExecStatus
from psycopg.pq.abc import PGconn


@dataclass(frozen=True, slots=True)
class Description:
    """Types by their pg_type.oid."""

    parameters: tuple[int, ...]
    columns: tuple[int, ...]


def describing(pgconn: PGconn, sql: str) -> PQGen[Description]:
    """For AsyncConnection.wait. Raises psycopg.Error."""
    pgconn.send_prepare(b"", sql.encode())
    _checked((yield from generators.execute(pgconn)))
    pgconn.send_describe_prepared(b"")
    (result,) = _checked((yield from generators.execute(pgconn)))
    return Description(
        tuple(result.param_type(i) for i in range(result.nparams)),
        tuple(result.ftype(i) for i in range(result.nfields)),
    )


def _checked(results: list[psycopg.pq.abc.PGresult]) -> list[psycopg.pq.abc.PGresult]:
    for each in results:
        if each.status == ExecStatus.FATAL_ERROR:
            raise errors.error_from_result(each)
    return results
