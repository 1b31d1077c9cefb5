"""What can be asked: questions made of the model's own words."""

import re
from collections.abc import Iterable

from rapidfuzz import fuzz

from maestro.semantics.v1 import semantics_pb2
from services.analyzer.language import detect
from services.analyzer.normalize import ABBREVIATIONS, fold
from services.analyzer.phrases import say
from services.analyzer.vocabulary import Vocabulary


def suggestions(vocabulary: Vocabulary, language: str, most: int, prefix: str = "") -> list[str]:
    """Questions that the source can answer, at most `most`, those that continue the prefix first."""
    wanted = fold(prefix).strip()
    options = [text for text in dict.fromkeys(_options(vocabulary, language)) if _in_language(text, language)]
    if wanted:
        words = wanted.split()
        starting = [text for text in options if fold(text).startswith(wanted)]
        holding = [text for text in options if text not in starting and all(word in fold(text) for word in words)]
        options = starting + holding
    return options[:most]


_HELP = re.compile(
    r"(?:me )?(?:ajuda|ajude|ajuda ai|help|o que (?:eu )?(?:posso|da para|consigo) "
    r"(?:te |lhe )?(?:perguntar|fazer|consultar|pedir|saber)"
    r"|que (?:tipo de )?perguntas (?:eu )?(?:posso|consigo) fazer|quais perguntas (?:eu )?posso fazer|"
    r"o que voce (?:sabe responder|responde|faz)"
    r"|exemplos(?: de perguntas)?|what can i ask(?: you)?|what (?:kind of )?questions can i ask|what can you (?:do|answer|tell me)"
    r"|show me examples|give me examples|examples)"
)


_GREETING = re.compile(
    r"(?:oi|ola|opa|e ai|bom dia|boa tarde|boa noite|tudo bem|oi tudo bem|obrigad[oa]|valeu|hi|hello|hey|good morning|"
    r"good afternoon|good evening|thanks|thank you)(?: (?:maestro|pessoal|a todos|there|all))?"
)


def asks_what(question: str) -> bool:
    """Whether it is asked what can be asked, or nothing at all but a greeting."""
    words = fold(question).strip(" ?!.,¿").split()
    said = " ".join(ABBREVIATIONS.get(word.strip("?!.,"), word.strip("?!.,")) for word in words)
    return _HELP.fullmatch(said) is not None or _GREETING.fullmatch(said) is not None


_WRITING = re.compile(
    r"(?:por favor |please |pode |can you |quero |i want to )?(?:apague|apagar|apaga|delete|deletar|deleta|exclua|excluir|exclui|"
    r"remova|remover|atualize|atualizar|altere|alterar|insira|inserir|cadastre|cadastrar|cancele|cancelar|drop|truncate|"
    r"remove|erase|update|insert|alter|modify|cancel)\b"
)


def asks_to_write(question: str) -> bool:
    """Whether the question begins by telling to change data: "delete all orders", "cancele o pedido 123"."""
    return _WRITING.match(fold(question).strip(" ?!.¿")) is not None


def _in_language(text: str, language: str) -> bool:
    """Whether a question is not surely of another language."""
    found = detect(text, language, language)
    return found.code == language or found.certainty < _SURE


_SURE = 0.5


def label(terms: Iterable[semantics_pb2.Term], language: str, otherwise: str) -> str:
    """The best word for something in a language. terms: its titles, if it has any, before its terms."""
    best = otherwise.replace("_", " ")
    weight = -1.0
    for term in terms:
        value = term.weight + (0.5 if term.locale[:2] == language else 0.2 if not term.locale else 0)
        if value > weight:
            best, weight = term.text, value
    return best


def _options(vocabulary: Vocabulary, language: str) -> Iterable[str]:
    yield from vocabulary.model.examples
    ranked = sorted(
        vocabulary.model.datasets, key=lambda each: (each.junction, -each.weight, -each.row_estimate, each.name)
    )
    for metric in vocabulary.model.metrics:
        dimension = _dimension(vocabulary.datasets[metric.dataset], language)
        measure = label((*metric.titles, *metric.terms), language, metric.name)
        if dimension:
            yield say("by", language, measure=measure.capitalize(), dimension=dimension)
    for dataset in ranked:
        name = label((*dataset.titles, *dataset.terms), language, dataset.name)
        yield say("count_of", language, name=name)
        dimension, measure = _dimension(dataset, language), _measure(dataset, language)
        if measure and dimension:
            yield say("total", language, measure=measure, dimension=dimension)
        yield say("list_of", language, name=name)


def _dimension(dataset: semantics_pb2.Dataset, language: str) -> str:
    fields = [each for each in dataset.fields if each.role == semantics_pb2.FIELD_ROLE_DIMENSION]
    return label((*fields[0].titles, *fields[0].terms), language, fields[0].name) if fields else ""


def _measure(dataset: semantics_pb2.Dataset, language: str) -> str:
    fields = [each for each in dataset.fields if each.role == semantics_pb2.FIELD_ROLE_MEASURE]
    return label((*fields[0].titles, *fields[0].terms), language, fields[0].name) if fields else ""


_NEAREST = 5


def nearest_things(text: str, root: str, vocabulary: Vocabulary, language: str) -> tuple[str, tuple[str, ...]]:
    """What a dataset is called, and what it can tell instead of what was asked for: the fields whose names are most like it
    first, then those that its lists show."""
    dataset = vocabulary.datasets.get(root)
    if dataset is None:
        return "", ()
    shown = {name: at for at, name in enumerate(dataset.display_fields)}
    asked = fold(text)
    ranked = sorted(
        (each for each in dataset.fields if each.terms and each.role not in _UNSHOWN),
        key=lambda each: (
            -max(fuzz.ratio(asked, fold(term.text)) // _ALIKE for term in each.terms),
            shown.get(each.name, len(shown)),
        ),
    )
    names = [label((*each.titles, *each.terms), language, each.name) for each in ranked]
    return label((*dataset.titles, *dataset.terms), language, dataset.name), tuple(dict.fromkeys(names))[:_NEAREST]


_UNSHOWN = (semantics_pb2.FIELD_ROLE_FLAG, semantics_pb2.FIELD_ROLE_IDENTIFIER)
_ALIKE = 70
"""Likeness, of 100, from which on a name is like what was asked for."""
