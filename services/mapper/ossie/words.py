"""Words that model files give: descriptions, synonyms, examples."""

import re
from typing import TypeAlias

from google.protobuf.internal.containers import RepeatedCompositeFieldContainer

from maestro.semantics.v1 import semantics_pb2 as semantics
from services.mapper.fold import fold
from services.mapper.ossie.spots import Problems, Spot
from services.mapper.titles import LANGUAGES

_LIST = re.compile(r"[^.;:!?\n]+(,[^.;:!?\n]+)*")
Terms: TypeAlias = "RepeatedCompositeFieldContainer[semantics.Term]"
Titled: TypeAlias = semantics.Dataset | semantics.Field | semantics.Metric
MOST = 60
"""Synonyms of one element."""


def synonyms(element: Spot, problems: Problems) -> list[str]:
    """The synonyms of an element, from its ai_context: a list, or a text that is a list of phrases."""
    context = element.get("ai_context")
    if context is None:
        return []
    if isinstance(context.value, str):
        parts = [part.strip() for part in context.text.split(",")]
        listed = bool(_LIST.fullmatch(context.text)) and all(part and len(part.split()) <= 5 for part in parts)
        return parts if listed else []
    told = context.get("synonyms")
    if told is None:
        return []
    found = told.texts() if isinstance(told.value, list) else [part.strip() for part in told.text.split(",")]
    usable = [text for text in found if text and fold(text)]
    if len(usable) > MOST:
        problems.warning(told, f"{len(usable)} synonyms; the first {MOST} are read")
    return usable[:MOST]


def examples(element: Spot) -> list[str]:
    """The example questions of an element."""
    context = element.get("ai_context")
    told = context.get("examples") if context else None
    return told.texts() if told else []


def model_terms(first: str, others: list[str]) -> list[semantics.Term]:
    """Terms that a model file gives, the readable name first; each phrase once."""
    made: dict[str, semantics.Term] = {}
    for text in (first, *others):
        key = fold(text)
        if key and key not in made:
            made[key] = semantics.Term(text=text, origin=semantics.TERM_ORIGIN_MODEL, weight=1.0)
    return list(made.values())


def with_derived(own: list[semantics.Term], derived: list[semantics.Term]) -> list[semantics.Term]:
    """A file's terms, then the derived ones a little less sure: what people wrote down wins over what was guessed."""
    known = {fold(term.text) for term in own}
    rest = []
    for term in derived:
        if fold(term.text) not in known:
            kept = semantics.Term()
            kept.CopyFrom(term)
            kept.weight = round(0.9 * term.weight, 3)
            rest.append(kept)
    return [*own, *rest]


def add_term(terms: Terms, text: str, weight: float) -> None:
    """Adds a term of a model file, unless the phrase is there as surely already."""
    key = fold(text)
    for term in terms:
        if fold(term.text) == key:
            term.weight = max(term.weight, weight)
            term.origin = semantics.TERM_ORIGIN_MODEL
            return
    terms.add(text=text, origin=semantics.TERM_ORIGIN_MODEL, weight=weight)


def set_weight(terms: Terms, text: str, weight: float, *, lower_only: bool = False) -> None:
    """Sets how surely a phrase means this, where it is a term at all."""
    key = fold(text)
    for term in terms:
        if fold(term.text) == key and (not lower_only or term.weight > weight):
            term.weight = weight


def titles(told: Spot | None, thing: Titled, problems: Problems) -> None:
    """What answers call a thing, by language: {"pt": "entregas", "en": "deliveries"}. Takes the place of what was told
    before; what is answered can be asked, so it is a term as well."""
    for language, text in (told.entries() if told else {}).items():
        if language not in LANGUAGES or not text.text:
            problems.error(text, f"a title is a text for one of {', '.join(LANGUAGES)}, not for {language!r}")
            continue
        kept = [term for term in thing.titles if term.locale != language]
        del thing.titles[:]
        thing.titles.extend(kept)
        thing.titles.add(text=text.text, locale=language, origin=semantics.TERM_ORIGIN_MODEL, weight=1.0)
        add_term(thing.terms, text.text, 0.9)
