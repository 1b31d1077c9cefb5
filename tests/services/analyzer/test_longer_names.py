"""Names that cues and question words must not cut: and what a distribution is."""

from maestro.semantics.v1 import semantics_pb2 as semantics
from services.analyzer.analyze import readings
from services.analyzer.link_terms import link_terms
from services.analyzer.vocabulary import compile_vocabulary
from tests.services.analyzer.models import dataset, field, freight
from tests.services.analyzer.shop import asked

FREIGHT = compile_vocabulary(freight())


def test_how_much_leaves_a_longer_name_its_words() -> None:
    parsed = asked("qual o valor da nota das entregas?", "pt", vocabulary=FREIGHT)
    first = parsed.cues[0]
    assert (first.op, first.first, first.last) == ("WHICH", 0, 2)
    assert ("valor", "da", "nota") in {parsed.keys[link.first : link.last] for link in parsed.links}


def test_how_much_keeps_its_words_where_nothing_is_called_so() -> None:
    parsed = asked("qual o valor das entregas?", "pt", vocabulary=FREIGHT)
    assert parsed.cues[0].op == "HOW_MUCH"


def test_a_question_word_between_two_names_joins_them_to_none() -> None:
    parsed = asked("quantas notas e qual o valor da nota", "pt", vocabulary=FREIGHT)
    spans = {(link.first, link.last) for link in link_terms(parsed.keys, parsed.question, "pt", FREIGHT, frozenset())}
    assert (1, 6) not in spans
    assert (5, 8) in spans


def test_a_distribution_is_what_each_group_has() -> None:
    best = readings(asked("distribuição das entregas por estado", "pt", vocabulary=FREIGHT), FREIGHT)[0]
    assert (best.reading.intent, best.unexplained) == ("distribution", ())
    assert [item.ref.field for item in best.reading.group if item.ref] == ["uf"]
    assert best.reading.select[-1].fn == "count"


def test_being_so_is_no_part_of_a_name() -> None:
    model = semantics.SemanticModel(
        source="s", version="00000000000000aa", catalog_version="00000000000000bb",
        datasets=[dataset("idioma", [field("id", "id", "int"), field("oficial", "flag", "bool", "é oficial")], "idioma")],
    )  # fmt: skip
    del model.datasets[0].fields[1].terms[0]
    parsed = asked("quantos idiomas oficiais?", "pt", vocabulary=compile_vocabulary(model))
    assert "oficial" in {link.target.name for link in parsed.links}
