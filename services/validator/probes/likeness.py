"""A question with a word that nothing of the model is called, and that only its meaning leads to what it asks for:
analyzer → mapper (RelateTerms).

The words are those of other languages than the two that are understood: no lexicon and no spelling leads from "stadt" to a
city, meaning does.
"""

from collections.abc import Iterable, Iterator
from difflib import get_close_matches
from itertools import islice

from maestro.semantics.v1 import semantics_pb2
from maestro.validator.v1 import validator_pb2
from services.validator.probes.connections import ANALYZER_MAPPER
from services.validator.probes.material import Material, label
from services.validator.probes.teaching import plain, words_of

S = semantics_pb2
_MOST = 4
_MOST_WORDS = 20_000
_SURE = 0.8
_ASKED = {"pt": "Mostre {word} de {thing}", "en": "Show the {word} of the {thing}"}
_LISTED = {"pt": "Mostre os {word}", "en": "List the {word}"}
_FOREIGN = """
name nome: benennung | city cidade: stadt | price preco: prijs | order pedido: bestellung | year ano: jahr
age idade: leeftijd | country pais: paese | address endereco: indirizzo | weight peso: gewicht | value valor: waarde
quantity quantidade: hoeveelheid | status situacao: toestand | description descricao: beschreibung | number numero: zahl
salary salario: stipendio | district bairro: wijk | product produto: erzeugnis | employee funcionario: mitarbeiter
time hora: uhrzeit | color cor: farbe | date data: datum | length comprimento: lunghezza | height altura: hauteur
distance distancia: entfernung | comment observacao: bemerkung | location local: luogo | state estado: bundesland
customer client cliente: klant | population populacao: bevolkerung | rating nota: bewertung | gender sexo: geschlecht
"""


def likeness_probes(material: Material) -> list[validator_pb2.Probe]:
    """At most four, of the largest datasets first."""
    made = []
    for question in islice(_questions(material), _MOST):
        probe = validator_pb2.Probe(connection=ANALYZER_MAPPER, question=question, expectation="status")
        probe.cut_versions.similarity = "none"
        made.append(probe)
    return made


def _questions(material: Material) -> Iterator[str]:
    foreign = _words(material)
    for dataset, _ in material.datasets():
        thing = label(list(dataset.terms), material.language) or dataset.name
        fields = [field for field in dataset.fields if field.role not in (S.FIELD_ROLE_FLAG, S.FIELD_ROLE_IDENTIFIER)]
        word = next((word for field in fields if (word := _for(field.terms, foreign))), "")
        if word:
            yield _ASKED[material.language].format(word=word, thing=thing)
    for dataset, _ in material.datasets():
        word = _for(dataset.terms, foreign)
        if word:
            yield _LISTED[material.language].format(word=word)


def _for(terms: Iterable[semantics_pb2.Term], foreign: dict[str, str]) -> str:
    """The foreign word for something that is surely called one of the known names; "" where there is none."""
    said = (plain(term.text) for term in terms if (term.weight or 1.0) >= _SURE)
    return next((foreign[name] for name in said if name in foreign), "")


def _words(material: Material) -> dict[str, str]:
    """The foreign word of each name, less those that are like a word of the model."""
    known = sorted(words_of(material))[:_MOST_WORDS]
    found = {}
    for line in _FOREIGN.replace("\n", "|").split("|"):
        names, _, word = line.strip().partition(": ")
        if word and not get_close_matches(word, known, n=1, cutoff=0.75):
            found.update(dict.fromkeys(names.split(), word))
    return found
