"""Readable names."""

import pytest

from services.mapper.derive.names import Namer
from services.mapper.lexicon.book import lexicon

PT = ["cliente", "pedido", "valor", "data_entrega", "transportadora", "nota_fiscal", "municipio"]
EN = ["customer", "order", "amount", "delivery_date", "carrier", "invoice", "city"]


@pytest.mark.parametrize(
    ("name", "readable"),
    [
        ("qtd_itens", "quantidade itens"),
        ("vlr_total", "valor total"),
        ("dt_emissao", "data emissão"),
        ("num_nf", "número nota fiscal"),
        ("cod_municipio", "código município"),
        ("cd_produto", "código produto"),
        ("nf_cd", "nota fiscal centro de distribuição"),
        ("situacao", "situação"),
        ("no_prazo", "no prazo"),
        ("sem_canhoto", "sem canhoto"),
        ("cnpj_cliente", "CNPJ cliente"),
        ("end_entrega", "endereço entrega"),
    ],
)
def test_columns_of_a_portuguese_schema(name: str, readable: str) -> None:
    assert Namer(lexicon(), PT).column(name).readable == readable


@pytest.mark.parametrize(
    ("name", "readable"),
    [
        ("qty", "quantity"),
        ("cust_name", "customer name"),
        ("end_date", "end date"),
        ("fname", "first name"),
        ("surface_area", "surface area"),
        ("dept_no", "department number"),
        ("SourceAirport", "source airport"),
        ("fk_order", "order"),
    ],
)
def test_columns_of_an_english_schema(name: str, readable: str) -> None:
    assert Namer(lexicon(), EN).column(name).readable == readable


@pytest.mark.parametrize(
    ("name", "readable"),
    [
        ("tb_clientes", "cliente"),
        ("entregas_monitoradas", "entrega monitorada"),
        ("notas_fiscais", "nota fiscal"),
    ],
)
def test_a_table_is_called_by_one_row_of_it(name: str, readable: str) -> None:
    assert Namer(lexicon(), PT).table(name).readable == readable


def test_the_names_of_a_schema_tell_its_language() -> None:
    assert Namer(lexicon(), PT).locale == "pt"
    assert Namer(lexicon(), EN).locale == "en"
    assert Namer(lexicon(), ["x1", "zzz"]).locale == ""
