"""A question that nobody can understand before it is taught: learner → analyzer."""

import unicodedata
from difflib import get_close_matches

from maestro.plan.v1 import plan_pb2
from maestro.validator.v1 import validator_pb2
from services.validator.probes.connections import LEARNER_ANALYZER
from services.validator.probes.material import Material, count, ref

_COINED = ("zumbrilho", "craquelume", "vintarol", "bliqueta", "throngleby", "quixomba", "frabjenta", "wozzlegim")
_ASKED = {"pt": "Qual o {0} {1}?", "en": "What is the {0} {1}?"}
_MOST_WORDS = 20_000


def unknown_question(material: Material) -> str:
    """A question made of two words that are far from every word of the model."""
    known = sorted(words_of(material))[:_MOST_WORDS]
    coined = [word for word in _COINED if not get_close_matches(word, known, n=1, cutoff=0.7)]
    first, second = (coined + list(_COINED))[:2]
    return _ASKED[material.language].format(first, second)


def taught_plan(material: Material) -> plan_pb2.QueryPlan | None:
    """What the question will be taught to mean: the size of the largest table. None where there is no table."""
    tables = material.tables()
    return count(ref(tables[0])) if tables else None


def pattern_probe(material: Material) -> validator_pb2.Probe:
    """The question, once with what was learned and once without."""
    probe = validator_pb2.Probe(connection=LEARNER_ANALYZER, question=unknown_question(material), expectation="status")
    probe.cut_versions.patterns = "none"
    return probe


def words_of(material: Material) -> set[str]:
    """Every word of the model's terms, plain."""
    words: set[str] = set()
    for dataset in material.model.datasets:
        terms = [*dataset.terms, *(term for field in dataset.fields for term in field.terms)]
        for term in terms:
            words.update(plain(term.text).split())
    return words


def plain(text: str) -> str:
    """Lower case, without accents."""
    apart = unicodedata.normalize("NFKD", text.lower())
    return "".join(each for each in apart if not unicodedata.combining(each))
