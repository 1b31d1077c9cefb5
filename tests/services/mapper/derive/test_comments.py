"""Names out of comments."""

import pytest

from services.mapper.derive.comments import phrases


@pytest.mark.parametrize(
    ("comment", "names"),
    [
        ("Data prevista de entrega (agenda ou lead time)", ["data prevista de entrega"]),
        ("Valor do pedido. Inclui impostos.", ["valor do pedido"]),
        ("O cliente", ["cliente"]),
        ("CNPJ do cliente", ["CNPJ do cliente"]),
        ("Município / cidade", ["município", "cidade"]),
        ("Nota fiscal, também chamada de fatura ou NF", ["fatura", "NF", "nota fiscal"]),
        ("Due date; also called deadline", ["deadline", "due date"]),
        ("Se o cliente precisa reagendar", []),
        ("Indicates whether the order was paid", []),
        ("ABERTO, COTADO, EMBARCADO", []),
        ("ABERTO → COTADO → EMBARCADO", []),
        ("draft, ativo, cancelado", []),
        ("Esta coluna guarda o valor que o cliente pagou no mês", []),
        ("", []),
        ("   ", []),
        ("12/34", []),
    ],
)
def test_phrases(comment: str, names: list[str]) -> None:
    assert [name for name, _ in phrases(comment)] == names


def test_one_name_is_surer_than_one_of_several() -> None:
    assert phrases("Previsão")[0][1] > phrases("Município / cidade")[0][1]
