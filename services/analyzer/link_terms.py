"""Links to terms: what the words call a dataset, a field, a metric, a filter or an entity.

A term is matched by stems in any order within a stretch of the question; a part of a term matches with a lower score. In a
schema of thousands of tables a word stands in very many terms: these are fitted together (link_many.py).
"""

from array import array
from collections import defaultdict
from collections.abc import Sequence

from services.analyzer.link import Link
from services.analyzer.link_fit import STEM, Fit, fit_of, windows
from services.analyzer.link_many import FEW, Places, likeliest, many
from services.analyzer.normalize import Normalized
from services.analyzer.stem import root
from services.analyzer.vocabulary import SMALL_WORDS, Lexeme, Vocabulary

_LONG_ENOUGH = 5
"""Letters of a word whose family is looked for."""
_EACH = 600
"""Places of words in phrases up to which each phrase is fitted by itself."""


def link_terms(
    keys: Sequence[str], question: Normalized, language: str, vocabulary: Vocabulary, corrected: frozenset[int]
) -> list[Link]:
    """Links to terms, unordered. keys: the tokens' norms after spelling; corrected: tokens that spelling changed."""
    places: list[tuple[int, array[int]]] = []
    for at, key in enumerate(keys):
        if question.tokens[at].quoted or (key in SMALL_WORDS and len(key) < 4):
            continue
        found = _postings(vocabulary, language, key)
        if found:
            places.append((at, found))
    phrases = vocabulary.phrases
    if sum(len(found) for _, found in places) <= 2 * _EACH:
        fits = _each(places, keys, language, vocabulary, corrected)
        if sum(phrases.count(fit.phrase) for fit in fits) <= FEW:
            chosen = [(fit, int(number)) for fit in fits for number in phrases.lexemes(fit.phrase)]
        else:
            chosen = likeliest(None, fits, phrases)
    else:
        alone, several = many(places, keys, language, phrases, corrected)
        fits = _each(several, keys, language, vocabulary, corrected)
        chosen = likeliest(alone, fits, phrases)
    # Of lexemes that fit equally well the first of the model is meant.
    return [_link(vocabulary.lexemes[number], fit) for fit, number in sorted(chosen, key=lambda pair: pair[1])]


def _each(
    places: Places, keys: Sequence[str], language: str, vocabulary: Vocabulary, corrected: frozenset[int]
) -> list[Fit]:
    """How phrases fit, one by one."""
    hits: dict[int, list[tuple[int, int]]] = defaultdict(list)
    for at, found in places:
        for number, position in zip(found[::2], found[1::2], strict=True):
            hits[number].append((at, position))
    wordings = vocabulary.phrases.wordings
    return [
        fit_of(number, wordings[number], window, keys, language, corrected)
        for number, held in hits.items()
        for window in windows(held, keys, wordings[number].apart)
    ]


def _postings(vocabulary: Vocabulary, language: str, key: str) -> "array[int] | None":
    """Where the words of a stem stand, as numbers of phrases and positions in them in turn."""
    index, stem = vocabulary.stems[language], STEM[language]
    found = index.places(stem(key))
    if "-" in key and not found:
        parts = [index.places(stem(part)) for part in key.split("-")]
        found = sum((part for part in parts if part), array("I"))
    if not found and len(key) >= _LONG_ENOUGH and key.isalpha():
        found = vocabulary.roots[language].places(root(key, language))
    return found


_LINK_KINDS = {"model": "synonym", "lexicon": "lexicon", "pattern": "pattern"}


def _link(lexeme: Lexeme, fit: Fit) -> Link:
    kind = "fuzzy" if fit.mended else _LINK_KINDS.get(lexeme.origin, "name")
    return Link(
        fit.first, fit.last, lexeme.target, round(lexeme.weight * fit.factor, 4), kind, lexeme.text, fit.coverage
    )
