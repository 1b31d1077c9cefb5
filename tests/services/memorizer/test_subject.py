"""What a fact is found to be about."""

import pytest

from services.memorizer.subject import subject_of


@pytest.mark.parametrize(
    ("fact", "subject"),
    [
        ("o cliente Aurora é especial", "aurora"),
        ("Aurora só recebe às terças", "aurora"),
        ("a Rede Mercado Novo paga em 30 dias", "rede mercado novo"),
        ("o Coco Verde tem CNPJs diferentes", "coco verde"),
        ("“frota própria” significa freteiro", "frota propria"),
        ("meta do mês é 1 milhão", "meta do mes"),
        ("eu prefiro valores em dólar", ""),
        ("prefiro gráficos", ""),
        ("The customer Aurora pays late", "aurora"),
        ("06.057.223 é do Aurora", "06 057 223"),
        ("late orders are those past their due date", "late orders"),
        ("não quero decimais", ""),
    ],
)
def test_subject(fact, subject):
    assert subject_of(fact) == subject
