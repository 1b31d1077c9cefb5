"""The joins that the freight sample has and does not declare."""

import psycopg
import pytest

from maestro.catalog.v1 import catalog_pb2 as pb
from mesh.sources import sources
from samples.frete.postgres import fill
from samples.frete.sample import Sample
from services.scanner.postgres.reader import PostgresReader
from services.scanner.scan import Scan
from services.scanner.settings import ScannerSettings

# As the description of the domain lists them; either direction counts where neither column is a key.
UNDECLARED = [
    ("relatorio_faturamento_importado.origem", "pedidos.num_pedido"),
    ("pedidos.nf", "entregas_monitoradas.numero_nf"),
    ("pedidos.nf", "relatorio_faturamento_importado.numero_nf"),
    ("pedidos.nf", "embarque_itens.nota_fiscal"),
    ("entregas_monitoradas.numero_nf", "relatorio_faturamento_importado.numero_nf"),
    ("entregas_monitoradas.numero_nf", "embarque_itens.nota_fiscal"),
    ("embarque_itens.nota_fiscal", "relatorio_faturamento_importado.numero_nf"),
    ("pedidos.separacao_lote_id", "embarque_itens.separacao_lote_id"),
    ("entregas_monitoradas.cnpj_cliente", "contatos_agendamento.cnpj"),
    ("entregas_monitoradas.transportadora", "transportadoras.razao_social"),
    ("fretes.numeros_nfs", "relatorio_faturamento_importado.numero_nf"),
    ("embarque_itens.pedido", "pedidos.num_pedido"),
]
# One concept, several columns: whatever joins two columns of one group is true.
CONCEPTS = [
    {"cnpj", "cnpj_cliente", "cnpj_cpf"},
    {"num_pedido", "pedido", "origem"},
    {"numero_nf", "nf", "nota_fiscal", "numeros_nfs", "nova_nf"},
    {"codigo_ibge"},
    {"separacao_lote_id"},
]


@pytest.fixture(scope="module", params=["analyzed", "never analyzed"])
def found(request, postgres):
    url = postgres.fresh()
    fill(url, Sample(rows=3_000))
    if request.param == "never analyzed":
        superuser = url.replace("//maestro@", "//postgres@")
        with psycopg.connect(superuser, autocommit=True) as connection:
            connection.execute("DELETE FROM pg_statistic")
            connection.execute("UPDATE pg_class SET reltuples = -1, relpages = 0 WHERE relkind = 'r' AND oid > 16384")
    source = sources({"MAESTRO_SOURCE_FRETE": postgres.reader(url)})["frete"]
    settings = ScannerSettings(sample_budget=120, inference_budget=120, probe_timeout=30)
    reader = PostgresReader(source, settings)
    yield Scan(reader, "frete", settings).run().snapshot.relationships
    reader.release()
    postgres.drop(url)


def ends(each: pb.Relationship) -> tuple[str, str]:
    return f"{each.from_table}.{each.from_columns[0]}", f"{each.to_table}.{each.to_columns[0]}"


@pytest.mark.parametrize("pair", UNDECLARED, ids="=".join)
def test_every_undeclared_join_is_found(found, pair: tuple[str, str]) -> None:
    inferred = {ends(each) for each in found if each.origin == pb.RELATIONSHIP_ORIGIN_INFERRED}
    assert pair in inferred or pair[::-1] in inferred


def test_nothing_false_is_believed(found) -> None:
    for each in found:
        if each.origin == pb.RELATIONSHIP_ORIGIN_INFERRED and each.confidence > 0.8:
            columns = {each.from_columns[0], each.to_columns[0]}
            assert any(columns <= concept for concept in CONCEPTS), each.name


def test_the_list_of_invoices_is_told_as_one(found) -> None:
    for each in found:
        assert each.list_valued == ("numeros_nfs" in each.from_columns)


def test_references_lead_to_the_key(found) -> None:
    leading = {ends(each) for each in found if each.to_unique}
    for source in (
        "pedidos.nf",
        "entregas_monitoradas.numero_nf",
        "embarque_itens.nota_fiscal",
        "fretes.numeros_nfs",
    ):
        assert (source, "relatorio_faturamento_importado.numero_nf") in leading
