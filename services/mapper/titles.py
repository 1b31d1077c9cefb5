"""Titles: what answers call a thing in a language that is not the one of its name.

`entregas` are "deliveries" to who asks in English. What a model file says is taken first (`titles`), then the first synonym
of that language in the file, then the surest word of the lexicon; where there is none, the readable name has to do.
"""

from collections import Counter
from collections.abc import Iterable

from maestro.semantics.v1 import semantics_pb2 as semantics
from services.mapper.derive.inflect import plural_en, plural_pt
from services.mapper.fold import fold
from services.mapper.lexicon.book import Lexicon

LANGUAGES = ("pt", "en")
_SURE = 0.67
"""Weight from which on a word of the lexicon stands for a thing: below are what is done with it, and loose synonyms."""
_SMALL = {
    "pt": frozenset("de do da dos das em no na nos nas para por com sem não e ou é foi são".split()),  # noqa: SIM905
    "en": frozenset("of the in on to for by with without not and or is was are at".split()),  # noqa: SIM905
}
_PARTICIPLES = ("ado", "ada", "ido", "ida")
_COMMENT = semantics.TERM_ORIGIN_COMMENT
_MODEL = semantics.TERM_ORIGIN_MODEL
_Thing = semantics.Dataset | semantics.Field | semantics.Metric


def entitle(model: semantics.SemanticModel, lexicon: Lexicon) -> None:
    """Gives everything in a model its titles, in place. A title that stands already stays."""
    speech = _Speech(lexicon)
    speech.hear(thing.terms[0] for dataset in model.datasets for thing in (dataset, *dataset.fields) if thing.terms)
    for dataset in model.datasets:
        _give(dataset, speech, frozenset(), plural=True)
        # Two columns of one table must not have one title.
        taken = {fold(term.text) for field in dataset.fields for term in (*field.terms[:1], *field.titles)}
        for field in dataset.fields:
            taken |= _give(field, speech, taken)
    for metric in model.metrics:
        _give(metric, speech, frozenset())


def _give(thing: _Thing, speech: "_Speech", taken: Iterable[str], *, plural: bool = False) -> set[str]:
    """Adds the titles that a thing lacks, and returns them, folded."""
    said = {term.locale[:2].lower() for term in thing.titles}
    if not thing.terms:
        return set()
    name = thing.terms[0]
    for language in LANGUAGES:
        if language in said:
            continue
        best = _best(thing.terms, language, speech, taken)
        text = _without_key(best.text)
        text = speech.plural(text, speech.language(best) or speech.main) if plural else text
        # Of a name that is nobody's language alone another word could seem the better one.
        if text != name.text or not name.locale:
            thing.titles.add(text=text, locale=language, origin=best.origin, weight=best.weight)
    return {fold(term.text) for term in thing.titles}


def _without_key(text: str) -> str:
    """Nobody says "identifier", and translated word by word it stands at the wrong end: "transportadora id" is "carrier id"."""
    if text.startswith("identifier "):
        return f"{text.removeprefix('identifier ')} id"
    return f"id {text.removeprefix('identificador ')}" if text.startswith("identificador ") else text


def _best(terms: Iterable[semantics.Term], language: str, speech: "_Speech", taken: Iterable[str]) -> semantics.Term:
    name, *others = terms
    if (speech.language(name) or speech.main) == language:
        comments = () if name.locale or name.origin == _MODEL else others
        return next((t for t in comments if t.origin == _COMMENT and t.locale == language), name)
    fitting = [term for term in others if speech.language(term) == language and fold(term.text) not in taken]
    told = [term for term in fitting if term.origin == _MODEL]
    if told:
        return told[0]
    sure = [term for term in fitting if term.weight >= _SURE]
    return name if not sure or speech.shared(name, language) else max(sure, key=lambda term: term.weight)


class _Speech:
    """Tells in which language a phrase is, and makes plurals. main: the language of most names, "" before any is heard."""

    def __init__(self, lexicon: Lexicon) -> None:
        self._lexicon = lexicon
        self.main = ""

    def hear(self, names: Iterable[semantics.Term]) -> None:
        """Learns the main language from names."""
        votes = Counter(map(self.language, names))
        del votes[""]
        self.main = votes.most_common(1)[0][0] if votes else ""

    def language(self, term: semantics.Term) -> str:
        """ "pt", "en", or "" where nothing tells."""
        if term.locale:
            return term.locale[:2].lower()
        words = term.text.lower().split()
        votes = {language: sum(word in _SMALL[language] for word in words) for language in LANGUAGES}
        for word in words:
            told = "" if any(word in small for small in _SMALL.values()) else self._word(word)
            if told:
                votes[told] += 1
        if votes["pt"] == votes["en"]:
            return ""
        return max(votes, key=lambda language: votes[language])

    def _word(self, word: str) -> str:
        folded = fold(word)
        if folded != word and not word.isascii():
            return "pt"
        return self._lexicon.locale(folded) or self._lexicon.locale(self._lexicon.singular(folded))

    def shared(self, name: semantics.Term, language: str) -> bool:
        """Whether a language has the very word for it: "status" is no "state", and "id" no "identifier"."""
        folded = fold(name.text)
        senses = self._lexicon.senses(folded)
        said = {fold(word.text) for concept, _ in senses[:1] for word in concept.of(language)}
        return folded in said or folded == "id"

    def plural(self, phrase: str, language: str) -> str:
        """Several of what a phrase names one of: English ends with its head, Portuguese begins with it, and adjectives behind
        it agree."""
        words = phrase.split()
        small = _SMALL.get(language, frozenset())
        end = next((at for at, word in enumerate(words) if word.lower() in small), len(words))
        places = [0, *range(1, end)] if language == "pt" else [end - 1]
        make = plural_pt if language == "pt" else plural_en
        for at in places:
            if at > 0 and language == "pt" and not self._adjective(words[at]):
                break
            if self._lexicon.singular(fold(words[at])) == fold(words[at]) and words[at].islower():
                words[at] = make(words[at])
        return " ".join(words)

    def _adjective(self, word: str) -> bool:
        folded = fold(self._lexicon.singular(fold(word)))
        parts = {concept.part for concept, _ in self._lexicon.senses(folded)}
        return parts == {"adjective"} or folded.endswith(_PARTICIPLES)
