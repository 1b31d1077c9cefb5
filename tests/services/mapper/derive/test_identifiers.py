"""Words out of identifiers."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.mapper.derive.identifiers import Splitter
from services.mapper.lexicon.book import lexicon

KNOWN = {"customer", "name", "order", "date", "total", "value", "airport", "code", "stu", "data", "pedido", "valor"}
splitter = Splitter(KNOWN.__contains__)


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("customer_name", ["customer", "name"]),
        ("customerName", ["customer", "name"]),
        ("CustomerName", ["customer", "name"]),
        ("CUSTOMER_NAME", ["customer", "name"]),
        ("CUSTOMERNAME", ["customer", "name"]),
        ("customername", ["customer", "name"]),
        ("orderdate", ["order", "date"]),
        ("dtEmissaoNF", ["dt", "emissao", "nf"]),
        ("NFEmitida", ["nf", "emitida"]),
        ("StuID", ["stu", "id"]),
        ("stuid", ["stu", "id"]),
        ("amenid", ["amen", "id"]),
        ("bname", ["b", "name"]),
        ("solid", ["solid"]),
        ("address_2", ["address", "2"]),
        ("address2", ["address", "2"]),
        ("Airport Code", ["airport", "code"]),
        ("order.total-value", ["order", "total", "value"]),
        ("Situação", ["situacao"]),
        ("datapedido", ["data", "pedido"]),
        ("valordopedido", ["valor", "do", "pedido"]),
        ("iscustomer", ["is", "customer"]),
        ("ordertocustomer", ["order", "to", "customer"]),
        ("orderby", ["order", "by"]),
        ("ofcustomer", ["ofcustomer"]),
        ("indepcode", ["indep", "code"]),
        ("total value (R$)", ["total", "value"]),
        ("R$", ["r"]),
        ("xyzzy", ["xyzzy"]),
        ("___", []),
        ("", []),
    ],
)
def test_splits(name: str, words: list[str]) -> None:
    assert list(splitter.split(name)) == words


words = st.lists(st.sampled_from(sorted(KNOWN)), min_size=1, max_size=4)


@given(words)
def test_every_way_of_joining_known_words_gives_them_back(parts: list[str]) -> None:
    camel = parts[0] + "".join(part.title() for part in parts[1:])
    for joined in ("_".join(parts), " ".join(parts), "-".join(parts), camel, "_".join(parts).upper()):
        assert list(splitter.split(joined)) == parts


@given(words)
def test_words_run_together_are_cut_into_known_words_that_make_up_the_whole(parts: list[str]) -> None:
    joined = "".join(parts)
    found = splitter.split(joined)
    assert "".join(found) == joined
    assert all(word in KNOWN or len(found) == 1 or len(word) == 2 for word in found)


@given(st.text(max_size=60))
def test_any_name_splits_into_folded_words_without_losing_letters(name: str) -> None:
    found = splitter.split(name)
    assert all(word and word == word.lower() and " " not in word and "_" not in word for word in found)
    if any(char.isascii() and char.isalnum() for char in name):
        assert found


def test_real_words_are_left_whole() -> None:
    book = lexicon()
    real = Splitter(lambda word: book.knows(word) or book.knows(book.singular(word)))
    for word in ("season", "manage", "person", "carpet", "storage", "quantidade", "nascimento", "temperature"):
        assert list(real.split(word)) == [word]
