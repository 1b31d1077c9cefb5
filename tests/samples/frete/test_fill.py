"""Filling a database: once, whole, and never over somebody else's tables."""

from __future__ import annotations

import psycopg
import pytest

from samples.frete.__main__ import main
from samples.frete.postgres import NotOurTablesError, content_hash, fill, tables
from samples.frete.sample import Sample
from tests.fixtures.postgres import TestServer

SMALL = Sample(rows=300)


def count(url: str, query: str) -> int:
    with psycopg.connect(url) as connection:
        row = connection.execute(query.encode()).fetchone()
        assert row is not None
        return int(row[0])


def test_a_second_fill_does_nothing_and_another_sample_replaces_it(database: str) -> None:
    first = fill(database, SMALL)
    assert not first.already
    assert first.rows["entregas_monitoradas"] == 300
    before = content_hash(database)
    assert fill(database, SMALL).already
    assert content_hash(database) == before
    assert not fill(database, Sample(rows=200)).already
    assert count(database, "SELECT count(*) FROM entregas_monitoradas") == 200
    assert not fill(database, SMALL).already
    assert content_hash(database) == before


def test_the_same_sample_is_the_same_content_in_another_database(postgres: TestServer, database: str) -> None:
    fill(database, SMALL)
    other = postgres.fresh()
    fill(other, SMALL, indexes="legacy")
    assert content_hash(other) == content_hash(database)
    postgres.drop(other)


def test_tables_of_somebody_else_are_left_alone(database: str) -> None:
    with psycopg.connect(database) as connection:
        connection.execute("CREATE TABLE fretes (valor int)")
        connection.execute("INSERT INTO fretes VALUES (1)")
    with pytest.raises(NotOurTablesError, match="fretes"):
        fill(database, SMALL)
    assert count(database, "SELECT sum(valor) FROM fretes") == 1


def test_a_fill_that_is_cut_short_leaves_nothing(database: str) -> None:
    with pytest.raises(psycopg.errors.QueryCanceled):
        fill(f"{database}&options=-c%20statement_timeout%3D30", Sample(rows=30_000))
    assert count(database, "SELECT count(*) FROM pg_tables WHERE schemaname = 'public'") == 0


def test_the_reading_role_reads_every_table(postgres: TestServer, database: str) -> None:
    fill(database, SMALL)
    for table in tables():
        assert count(postgres.reader(database), f"SELECT count(*) FROM {table}") > 0, table


def test_statistics_and_the_visibility_map_are_there(database: str) -> None:
    fill(database, SMALL)
    unseen = """SELECT count(*) FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace
        AND (reltuples <= 0 OR relallvisible < relpages - 9)"""
    assert count(database, unseen) == 0


def test_legacy_indexes_are_keys_nf_and_cnpj_only(database: str) -> None:
    fill(database, SMALL, indexes="legacy")
    with psycopg.connect(database) as connection:
        held = connection.execute("""SELECT indexdef FROM pg_indexes WHERE schemaname = 'public'
            AND indexname NOT LIKE '%_pkey'""").fetchall()
    columns = {definition.rpartition("(")[2].rstrip(")") for (definition,) in held}
    assert columns == {"cnpj", "cnpj_cpf", "cnpj_cliente", "nf", "nota_fiscal", "numero_nf"}


def test_full_indexes_are_those_of_the_domain(database: str) -> None:
    fill(database, SMALL)
    with psycopg.connect(database) as connection:
        held = connection.execute("SELECT indexdef FROM pg_indexes WHERE tablename = 'entregas_monitoradas'").fetchall()
    definitions = "\n".join(definition for (definition,) in held)
    assert "(data_entrega_prevista) WHERE (status_finalizacao IS NULL)" in definitions
    assert "(cnpj_cliente) WHERE reagendar" in definitions
    for table in tables():
        assert count(database, f"SELECT count(*) FROM pg_indexes WHERE indexname = '{table}_pkey'") == 1


def test_the_command_line(database: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--url", database, "--rows", "200", "--anchor", "2025-03-03"]) == 0
    assert '"already": false' in capsys.readouterr().out
    assert main(["--url", database, "--rows", "200", "--anchor", "2025-03-03"]) == 0
    assert '"already": true' in capsys.readouterr().out
    assert main(["--url", database, "--rows", "5"]) == 2
    assert "rows must be between" in capsys.readouterr().err
    assert main(["--url", database.replace("/test_", "/missing_"), "--rows", "200"]) == 2
    assert "missing_" in capsys.readouterr().err
