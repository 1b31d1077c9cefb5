"""The lexicon's data files, and what is found in them."""

from collections import Counter

import pytest

from services.mapper.fold import fold
from services.mapper.lexicon.book import FIRST, LOOSE, OTHER, Lexicon, Word, lexicon, read


def test_it_is_large_and_speaks_both_languages() -> None:
    concepts = lexicon().concepts
    assert len(concepts) >= 5000
    for concept in concepts:
        assert concept.of("en"), concept
        assert concept.of("pt"), concept
        assert concept.part in ("noun", "adjective", "verb", "phrase")


def test_no_line_says_a_word_twice() -> None:
    for concept in lexicon().concepts:
        for locale in ("en", "pt"):
            counted = Counter(fold(word.text) for word in concept.of(locale))
            assert max(counted.values()) == 1, concept


def test_every_word_folds_to_something() -> None:
    assert all(fold(word.text) for concept in lexicon().concepts for word in concept.words)


@pytest.mark.parametrize(
    ("phrase", "other"),
    [
        ("faturamento", "revenue"), ("nota fiscal", "invoice"), ("frete", "freight"), ("prazo", "lead time"),
        ("atrasado", "late"), ("cliente", "customer"), ("pedido", "order"), ("salario", "salary"),
        ("bairro", "neighborhood"), ("funcionario", "employee"), ("cantor", "singer"), ("pais", "country"),
        ("cidade", "city"), ("populacao", "population"), ("aluno", "student"), ("curso", "course"), ("loja", "store"),
        ("fabricante", "manufacturer"), ("aeroporto", "airport"), ("voo", "flight"), ("estadio", "stadium"),
        ("show", "concert"), ("animal de estimacao", "pet"), ("pets", "animal de estimação"), ("cachorros", "dog"),
        ("transportadoras", "carrier"), ("professores", "teacher"), ("idades", "age"), ("cavalos", "horse"),
    ],
)  # fmt: skip
def test_words_meet_across_languages(phrase: str, other: str) -> None:
    words = {word.text for concept, _ in lexicon().senses(phrase) for word in concept.words}
    assert other in words


def test_a_concept_is_read_with_its_weights() -> None:
    (concept,) = read(["nouns:\n- customer, client, ~buyer | cliente, ~comprador\n"])
    assert concept.part == "noun"
    assert concept.words == (
        Word("customer", "en", FIRST), Word("client", "en", OTHER), Word("buyer", "en", LOOSE),
        Word("cliente", "pt", FIRST), Word("comprador", "pt", LOOSE),
    )  # fmt: skip


@pytest.mark.parametrize("line", ["customer, client", "a | b | c", " | "])
def test_a_line_that_is_no_concept_is_named(line: str) -> None:
    with pytest.raises(ValueError, match="concept"):
        read([f"nouns:\n- '{line}'\n"])


def test_things_come_before_actions_and_sure_senses_before_loose_ones() -> None:
    book = Lexicon(read(["verbs:\n- bill | faturar\nnouns:\n- invoice, ~bill | fatura\n- bill | conta\n"]), {}, {})
    assert [concept.words[0].text for concept, _ in book.senses("bill")] == ["bill", "invoice", "bill"]
    assert book.senses("bills") == book.senses("bill")
    assert book.senses("nothing") == []


def test_accents_come_back_in_portuguese_only() -> None:
    book = lexicon()
    assert book.spelled("area", "pt") == "área"
    assert book.spelled("area", "en") == "area"
    assert book.spelled("municipio", "pt") == "município"
    assert book.spelled("no", "pt") == "no"
    assert book.spelled("xyzzy", "pt") == "xyzzy"


def test_words_of_one_language_tell_it() -> None:
    book = lexicon()
    assert book.locale("funcionario") == "pt"
    assert book.locale("employee") == "en"
    assert book.locale("hotel") == ""
    assert book.locale("xyzzy") == ""
