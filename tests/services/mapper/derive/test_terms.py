"""Terms: names and their words in both languages."""

import pytest

from services.mapper.derive.names import Namer
from services.mapper.derive.terms import COMMENT, LEXICON, NAME, Speaker
from services.mapper.lexicon.book import lexicon
from tests.services.mapper.catalogs import texts


def speaker(*names: str) -> tuple[Speaker, Namer]:
    namer = Namer(lexicon(), names)
    return Speaker(namer), namer


def field_terms(column: str, table: str, *schema: str, refers: bool = False) -> dict[str, float]:
    made, namer = speaker(table, column, *schema)
    return dict(texts(made.field(namer.column(column), namer.table(table), (), refers)))


@pytest.mark.parametrize(
    ("column", "phrase"),
    [
        ("population", "população"),
        ("hire_date", "data de contratação"),
        ("home_city", "cidade natal"),
        ("number_of_employees", "número de funcionários"),
        ("num_employees", "quantidade de funcionários"),
        ("delivery_date", "data de entrega"),
        ("departure_airport", "aeroporto de partida"),
        ("HeadOfState", "chefe de estado"),
        ("birth_date", "data de nascimento"),
        ("salary", "remuneração"),
    ],
)
def test_portuguese_words_meet_an_english_schema(column: str, phrase: str) -> None:
    assert field_terms(column, "things", "customer", "order", "city")[phrase] >= 0.6


@pytest.mark.parametrize(
    ("column", "phrase"),
    [
        ("bairro", "neighborhood"),
        ("salario", "wage"),
        ("data_pedido", "order date"),
        ("valor_pago", "amount paid"),
        ("razao_social", "company name"),
        ("municipio", "city"),
    ],
)
def test_english_words_meet_a_portuguese_schema(column: str, phrase: str) -> None:
    assert field_terms(column, "pedidos", "cliente", "transportadora", "entrega")[phrase] >= 0.6


def test_the_name_itself_comes_first_and_is_surest() -> None:
    made, namer = speaker("orders", "qty")
    terms = made.field(namer.column("qty"), namer.table("orders"), (), False)
    assert (terms[0].text, terms[0].weight, terms[0].origin) == ("quantity", 1.0, NAME)
    assert all(term.weight <= 1 for term in terms)
    assert [term.weight for term in terms] == sorted((term.weight for term in terms), reverse=True)


def test_what_the_table_says_already_may_be_left_out() -> None:
    found = field_terms("customer_name", "customers")
    assert found["customer name"] == 1.0
    assert found["name"] == 0.9
    assert found["nome"] > 0.7


def test_the_head_alone_is_a_weak_term_and_generic_heads_are_none() -> None:
    assert 0 < field_terms("release_year", "songs")["year"] <= 0.5
    assert "id" not in field_terms("batch_id", "songs")
    assert "code" not in field_terms("vault_code", "songs")


def test_a_key_that_points_elsewhere_hardly_means_what_it_points_to() -> None:
    assert field_terms("customer_id", "orders", refers=True)["customer"] < 0.5
    assert field_terms("customer_id", "orders", refers=False)["customer"] > 0.6


def test_comments_give_terms() -> None:
    made, namer = speaker("entregas", "pedido", "cliente")
    terms = made.field(namer.column("dt_prev"), namer.table("entregas"), (("previsão de entrega", 0.9),), False)
    assert [(term.text, term.origin) for term in terms if term.origin == COMMENT] == [("previsão de entrega", COMMENT)]
    assert any(term.text == "expected delivery date" and term.origin == LEXICON for term in terms)


def test_datasets_are_called_by_their_synonyms() -> None:
    made, namer = speaker("funcionarios", "cliente", "pedido")
    found = texts(made.dataset(namer.table("funcionarios"), []))
    assert next(iter(found)) == "funcionário"
    assert {"employee", "colaborador", "empregado"} <= found.keys()


def test_a_word_of_several_senses_means_each_less_surely() -> None:
    found = field_terms("state", "customers", "city")
    assert found["estado"] > found["status"] > 0


def test_an_initial_before_a_name_says_nothing() -> None:
    assert field_terms("bName", "banks")["name"] >= 0.9


def test_a_head_that_no_other_column_has_is_surer() -> None:
    made, namer = speaker("rooms", "base_price")
    field, owner = namer.column("base_price"), namer.table("rooms")
    among_others = dict(texts(made.field(field, owner, (), False, False)))
    alone = dict(texts(made.field(field, owner, (), False, True)))
    assert alone["price"] > 0.7 > among_others["price"]
    assert alone["preço"] > among_others["preço"]


def test_tables_are_known_by_what_is_done_with_them() -> None:
    made, namer = speaker("purchases", "pedidos")
    assert {"bought", "comprar"} <= texts(made.dataset(namer.table("purchases"), [])).keys()
    assert "comprar" in texts(made.dataset(namer.table("pedidos"), []))


def test_a_word_of_both_languages_is_of_none() -> None:
    made, namer = speaker("hotels", "total")
    assert {term.locale for term in made.field(namer.column("total"), namer.table("hotels"), (), False)[:1]} == {""}
