"""How names point at columns."""

import pytest

from services.scanner.relationships.naming import Vocabulary, points_at, words

NAMES = ["cliente", "clientes", "team", "order", "item", "stadium", "pedido"]


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("StadiumID", ("stadium", "#id")),
        ("num_pedidos", ("#number", "pedido")),
        ("Codigo-IBGE", ("#code", "ibge")),
        ("separação_lote_id", ("separacao", "lote", "#id")),
        ("numeros_nfs", ("#number", "nf")),
        ("categories", ("categori",)),
        ("category", ("categori",)),
        ("stores", ("stor",)),
        ("store", ("stor",)),
        ("Cotações", ("cotacao",)),
        ("cotacao", ("cotacao",)),
    ],
)
def test_words_have_one_spelling(name: str, expected: tuple[str, ...]) -> None:
    assert words(name) == expected


def points(source: tuple[str, str], target: tuple[str, str], *, key: bool = True) -> float:
    vocabulary = Vocabulary([*source, *target, *NAMES])
    return points_at(
        vocabulary.name(source[1], source[0]),
        vocabulary.name(target[1], target[0]),
        target_is_key=key,
        same_table=source[0] == target[0],
    )


@pytest.mark.parametrize(
    ("source", "target"),
    [
        (("pedidos", "cliente_id"), ("clientes", "id")),
        (("orders", "customer_id"), ("customers", "customer_id")),
        (("concert", "Stadium_ID"), ("stadium", "Stadium_ID")),
        (("game", "home_team_id"), ("team", "id")),
        (("game", "club_id_2"), ("club", "club_id")),
        (("itens", "idcliente"), ("clientes", "id")),
        (("itens", "clienteid"), ("clientes", "id")),
        (("pedidos", "nf"), ("notas", "numero_nf")),
        (("itens", "nota_fiscal"), ("relatorio", "numero_nf")),
        (("itens", "pedido"), ("pedidos", "num_pedido")),
        (("companies", "CategoryId"), ("categories", "id")),
        (("sales_a", "sales_2024_id"), ("sales_2024", "id")),
    ],
)
def test_names_that_refer(source: tuple[str, str], target: tuple[str, str]) -> None:
    assert points(source, target) >= 0.8


@pytest.mark.parametrize(
    ("source", "target"),
    [
        (("pedidos", "id"), ("clientes", "id")),
        (("lines", "order_quantity"), ("orders", "order_id")),
        (("customer", "no_of_loans"), ("loan", "loan_id")),
        (("pedidos", "nome_cliente"), ("clientes", "id")),
        (("notas", "numero_cte"), ("notas_b", "numero_nf")),
        (("lines", "order_item_id"), ("orders", "order_id")),
        (("employees", "employee_address_id"), ("staff_employees", "employee_id")),
        (("sales_a", "sales_2024_id"), ("sales_2023", "id")),
        (("a", "status"), ("b", "name")),
    ],
)
def test_names_that_do_not(source: tuple[str, str], target: tuple[str, str]) -> None:
    assert points(source, target) < 0.7


def test_a_table_that_refers_to_itself_says_so_by_a_role() -> None:
    assert points(("employees", "reports_to"), ("employees", "employee_id")) >= 0.7
    assert points(("areas", "parent_area_code"), ("areas", "area_code")) >= 0.7
    assert points(("types", "type_description"), ("types", "type_code")) == 0
