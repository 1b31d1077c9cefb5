"""Singulars and plurals."""
# tables of cases: a case a line

import pytest

from services.mapper.derive.inflect import plural_pt, singular
from services.mapper.lexicon.book import lexicon


@pytest.mark.parametrize(
    ("plural", "expected"),
    [
        ("customers", "customer"), ("cities", "city"), ("addresses", "address"), ("people", "person"),
        ("children", "child"), ("boxes", "box"), ("status", "status"), ("bus", "bus"), ("news", "news"),
        ("movies", "movie"), ("classes", "class"), ("courses", "course"), ("houses", "house"), ("analysis", "analysis"),
        ("leaves", "leaf"), ("pedidos", "pedido"), ("transportadoras", "transportadora"), ("cotacoes", "cotacao"),
        ("animais", "animal"), ("moveis", "movel"), ("funcionarios", "funcionario"), ("meses", "mes"),
        ("paises", "pais"), ("vendedores", "vendedor"), ("armazens", "armazem"), ("voos", "voo"), ("mes", "mes"),
        ("pais", "pais"), ("gas", "gas"), ("lapis", "lapis"), ("id", "id"), ("is", "is"), ("", ""),
    ],
)  # fmt: skip
def test_singular(plural: str, expected: str) -> None:
    assert lexicon().singular(plural) == expected


def test_the_vocabulary_decides_between_readings() -> None:
    assert singular("bases", {"base"}.__contains__) == "base"
    assert singular("glorps", lambda _: False) == "glorp"


@pytest.mark.parametrize(
    ("word", "expected"),
    [
        ("funcionário", "funcionários"), ("cotação", "cotações"), ("animal", "animais"), ("hotel", "hotéis"),
        ("armazém", "armazéns"), ("vendedor", "vendedores"), ("mês", "meses"), ("ônibus", "ônibus"), ("fóssil", "fóssis"),
    ],
)  # fmt: skip
def test_plural(word: str, expected: str) -> None:
    assert plural_pt(word) == expected
