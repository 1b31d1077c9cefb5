"""Stage 5: linking, what the words name: datasets, fields, metrics, filters, entities and values.

A term is matched by stems in any order within a stretch of the question; a part of a term matches with a lower score.
Values come from the model where it holds them and from Mapper.LookUpValues where it does not.
"""

import re
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from heapq import nsmallest
from itertools import pairwise

import numpy as np

from maestro.catalog.v1 import catalog_pb2
from maestro.semantics.v1 import semantics_pb2
from services.analyzer.cues import Cue
from services.analyzer.normalize import Normalized, fold
from services.analyzer.stem import plain_en, plain_pt, root, stem_en, stem_pt
from services.analyzer.vocabulary import SMALL_WORDS, Lexeme, Target, Vocabulary
from services.analyzer.wording import JOINING, SPLITTING, Phrases, Wording

_STEM = {"pt": stem_pt, "en": stem_en}
_WORD = re.compile(r"[^\W_]+")
_ALIKE, _WORD_ALIKE = 0.82, 0.88
"""How alike a value must be to what was typed to be linked; a single plain word may be anything, and has to be more so."""
_NUMERIC = frozenset({catalog_pb2.TYPE_FAMILY_INTEGER, catalog_pb2.TYPE_FAMILY_DECIMAL, catalog_pb2.TYPE_FAMILY_FLOAT})
_IDENTIFIER = semantics_pb2.FIELD_ROLE_IDENTIFIER
_LONG_ENOUGH = 5
"""Letters of a word whose family is looked for."""
_NAMED, _CLOSE = 0.45, 3
"""Score from which a field counts as named; words that may stand between a field and its value."""
_TRANSLATED = 0.97
"""Below: a synonym out of the lexicon, not one that the model states."""
_INFLECTED = 0.96
_FAMILY = 0.85
"""What a word is worth that only has the root of a term's word: "attendees" for attendance."""
_MENDED = 0.96
"""What a word is worth that is not as it was typed: nothing else is known that it could be."""
_FEW, _MANY, _OF_EACH = 2000, 240, 12
"""Lexemes, and links, from which on only the likeliest are kept; how many of each stretch and kind those are."""
_AFFINITY = 0.1
"""What it is worth that a question says more of a dataset."""
_GAP = 2
"""Small words that may stand between the words of a term ("nome do cliente")."""


@dataclass(frozen=True, slots=True)
class Link:
    """Tokens [first, last) may mean the target.

    score: 0 to 1. kind: "name", "synonym", "lexicon", "value", "fuzzy", "similarity" or "pattern". via: the term or value
    that matched. coverage: share of the term's words that the question holds.
    """

    first: int
    last: int
    target: Target
    score: float
    kind: str
    via: str
    coverage: float = 1.0

    @property
    def length(self) -> int:
        """Number of tokens."""
        return self.last - self.first


@dataclass(frozen=True, slots=True)
class FoundValue:
    """A stored value that the mapper found for a text."""

    dataset: str
    field: str
    value: str
    score: float
    method: str


def link_terms(
    keys: Sequence[str], question: Normalized, language: str, vocabulary: Vocabulary, corrected: frozenset[int]
) -> list[Link]:
    """Links to terms, unordered. keys: the tokens' norms after spelling; corrected: tokens that spelling changed."""
    stem = _STEM[language]
    hits: dict[int, list[tuple[int, int]]] = defaultdict(list)
    for at, key in enumerate(keys):
        if question.tokens[at].quoted or (key in SMALL_WORDS and len(key) < 4):
            continue
        for number, position in _postings(vocabulary, language, stem, key):
            hits[number].append((at, position))
    found: list[_Fit] = []
    for number, places in hits.items():
        wording = vocabulary.phrases.wordings[number]
        for window in _windows(places, keys, wording.apart):
            found.append(_fit(number, wording, window, keys, language, corrected))
    # Of lexemes that fit equally well the first of the model is meant.
    meant = sorted(_meant(found, vocabulary.phrases), key=lambda pair: pair[1])
    return [_link(vocabulary.lexemes[number], fit) for fit, number in meant]


@dataclass(frozen=True, slots=True)
class _Fit:
    """A phrase that fits tokens [first, last). factor: what a lexeme's weight is multiplied with."""

    phrase: int
    first: int
    last: int
    coverage: float
    factor: float
    mended: bool


def _meant(found: Sequence[_Fit], phrases: Phrases) -> Iterable[tuple[_Fit, int]]:
    """The lexemes that fitting phrases belong to. Where these are very many, for each stretch and kind of thing only those
    that fit best and belong to datasets of which the question says most else."""
    held = [phrases.lexemes(fit.phrase) for fit in found]
    if sum(map(len, held)) <= _FEW:
        return [(fit, int(number)) for fit, numbers in zip(found, held, strict=True) for number in numbers]
    scores = [fit.factor * phrases.weights[numbers] for fit, numbers in zip(found, held, strict=True)]
    size = max(fit.last for fit in found)
    said = np.zeros((size, int(phrases.datasets.max()) + 1), np.float32)
    for fit, numbers, each in zip(found, held, scores, strict=True):
        places = phrases.datasets[numbers]
        for at in range(fit.first, fit.last):
            np.maximum.at(said[at], places, each)
    affinity = said.sum(axis=0)
    stretches: dict[tuple[int, int], list[int]] = defaultdict(list)
    for at, fit in enumerate(found):
        stretches[fit.first, fit.last].append(at)
    chosen: list[tuple[_Fit, int]] = []
    for several in stretches.values():
        numbers = np.concatenate([held[at] for at in several])
        owners = np.concatenate([np.full(len(held[at]), at, np.int64) for at in several])
        worth = np.concatenate([scores[at] for at in several]) + _AFFINITY * affinity[phrases.datasets[numbers]]
        kinds = phrases.kinds[numbers]
        for kind in np.unique(kinds):
            of_kind = np.flatnonzero(kinds == kind)
            # Several lexemes of one target may be among them.
            best = of_kind[np.lexsort((numbers[of_kind], -worth[of_kind]))[: 3 * _OF_EACH]]
            chosen.extend((found[int(owners[at])], int(numbers[at])) for at in best)
    return chosen


_ENDING = re.compile(r"(?:as|os|es|a|o|e|s)$")


def _varied(key: str, word: str) -> bool:
    """Whether two words of one stem differ by more than number and gender ("atrasadas" and "atraso")."""
    return key != word and _ENDING.sub("", key) != _ENDING.sub("", word)


def _postings(vocabulary: Vocabulary, language: str, stem: Callable[[str], str], key: str) -> list[tuple[int, int]]:
    index = vocabulary.stems[language]
    found = index.phrases(stem(key))
    if "-" in key and not found:
        for part in key.split("-"):
            found += index.phrases(stem(part))
    if not found and len(key) >= _LONG_ENOUGH and key.isalpha():
        found = vocabulary.roots[language].phrases(root(key, language))
    return found


def _windows(hits: list[tuple[int, int]], keys: Sequence[str], own: frozenset[str]) -> Iterable[list[tuple[int, int]]]:
    """Stretches of the question that hold words of a phrase, each as long as it can be, as (token, position in the phrase).
    own: words of the phrase that hold names apart elsewhere."""
    if len(hits) == 1:
        yield hits
        return
    hits.sort()
    start = 0
    while start < len(hits):
        window = [hits[start]]
        at = start + 1
        while at < len(hits):
            gap = [keys[i] for i in range(window[-1][0] + 1, hits[at][0])]
            if hits[at][0] == window[-1][0]:
                at += 1
                continue
            if not (_small(gap, own) or (len(window) == 1 and _shared(gap))):
                break
            if hits[at][1] in {position for _, position in window}:
                break
            window.append(hits[at])
            at += 1
        yield window
        start = at if at > start + 1 else start + 1


def _small(gap: Sequence[str], own: frozenset[str]) -> bool:
    """Whether words may stand between the words of a term. "And" and "or" may not, nor may "by", unless they are its own:
    "address and email" are two things."""
    return len(gap) <= _GAP and all(
        (key in SMALL_WORDS or key == "'s") and (key in own or (key not in SPLITTING and key not in JOINING))
        for key in gap
    )


_ASKING = frozenset("qual quais quanto quanta quantos quantas que which what how show list mostre liste".split())  # noqa: SIM905
"""Words that begin another question: "quantas entregas e qual o valor" shares nothing."""


def _shared(gap: Sequence[str]) -> bool:
    """Whether two terms share a word: "first and last names", "data de início e de fim"."""
    content = [key for key in gap if key not in SMALL_WORDS and key not in JOINING]
    return (
        len(gap) <= 4
        and len(content) == 1
        and content[0].isalpha()
        and content[0] not in _ASKING
        and not JOINING.isdisjoint(gap)
    )


def _fit(
    number: int,
    wording: Wording,
    window: list[tuple[int, int]],
    keys: Sequence[str],
    language: str,
    corrected: frozenset[int],
) -> _Fit:
    coverage = len(window) / len(wording.words)
    factor = coverage if coverage == 1 else 0.35 + 0.45 * coverage
    if wording.locale and wording.locale != language:
        factor *= 0.9
    stem = _STEM[language]
    for at, position in window:
        key, word = keys[at], wording.words[position]
        if key != word:
            factor *= (0.88 if _varied(key, word) else 1.0) * (_FAMILY if stem(key) != stem(word) else 1.0)
    if not _in_order(window):
        factor *= 0.97
    mended = bool(corrected) and any(at in corrected for at, _ in window)
    first, last = _own(window, keys)
    return _Fit(number, first, last, coverage, factor * (_MENDED if mended else 1.0), mended)


def _own(window: Sequence[tuple[int, int]], keys: Sequence[str]) -> tuple[int, int]:
    """The stretch of a term that shares a word with another one, without what is the other's: "genders" of "staff ids and
    genders", "first" of "first and last names"."""
    start, end = window[0][0], window[-1][0] + 1
    gap = keys[start + 1 : window[1][0]] if len(window) > 1 else ()
    joined = next((at for at, key in enumerate(gap) if key in JOINING), -1)
    if joined < 0 or not any(key not in SMALL_WORDS and key not in JOINING for key in gap):
        return start, end
    follows = any(key not in SMALL_WORDS and key not in JOINING for key in gap[joined:])
    return (start, start + 1) if follows else (window[1][0], end)


_LINK_KINDS = {"model": "synonym", "lexicon": "lexicon", "pattern": "pattern"}


def _link(lexeme: Lexeme, fit: _Fit) -> Link:
    kind = "fuzzy" if fit.mended else _LINK_KINDS.get(lexeme.origin, "name")
    return Link(
        fit.first, fit.last, lexeme.target, round(lexeme.weight * fit.factor, 4), kind, lexeme.text, fit.coverage
    )


def _in_order(window: list[tuple[int, int]]) -> bool:
    return all(before[1] < after[1] for before, after in pairwise(window))


def link_values(
    keys: Sequence[str], question: Normalized, vocabulary: Vocabulary, terms: Sequence[Link] = ()
) -> list[Link]:
    """Links to values that the model itself holds. terms: what names the fields, for values of one letter."""
    links: list[Link] = []
    longest = min(vocabulary.longest_value, 6)
    raw = [fold(token.text) for token in question.tokens]
    for size in range(1, longest + 1):
        for first in range(len(keys) - size + 1):
            for text in {" ".join(raw[first : first + size]), " ".join(keys[first : first + size])}:
                for target, via in vocabulary.values.get(text, ()):
                    if len(text) < 2 and not _letter(first, question, target, terms):
                        continue
                    if _amount_of(text, target.dataset, target.name, vocabulary):
                        continue
                    score = 1.0 if fold(target.value) == text else 0.94
                    links.append(Link(first, first + size, target, score, "value", via))
    return links


_WORDS_OF_A_LETTER = frozenset("aeiou")


def _letter(at: int, question: Normalized, target: Target, terms: Sequence[Link]) -> bool:
    """Whether one letter is meant as a value: it is quoted or a capital, or the field is named close by ("sexo f"). What is
    a word too ("A", "I", "O") needs both."""
    token = question.tokens[at]
    if token.quoted:
        return True
    marked = token.text.isupper() and at > 0
    named = any(
        link.score >= _NAMED
        and (link.target.dataset, link.target.name) == (target.dataset, target.name)
        and -_CLOSE <= link.first - at <= _CLOSE + link.length
        for link in terms
    )
    return (marked and named) if token.norm in _WORDS_OF_A_LETTER else (marked or named)


def value_texts(
    question: Normalized, keys: Sequence[str], cues: Sequence[Cue], links: Sequence[Link], limit: int = 32
) -> list[tuple[str, int, int]]:
    """Stretches worth looking up as values, most promising first: (text, first, last).

    Quoted stretches, runs of capitals, codes, then every short run of words that are no mere cues.
    """
    texts: dict[str, tuple[str, int, int]] = {}

    def add(first: int, last: int) -> None:
        text = question.text(first, last).strip()
        if 1 < len(text) <= 200 and fold(text) not in texts:
            texts[fold(text)] = (text, first, last)

    for quote in question.quotes:
        add(quote.first, quote.last)
    for first, last in _capital_runs(question):
        add(first, last)
    plain = _plain(question, keys, cues)
    explained = {at for link in links if link.coverage == 1 for at in range(link.first, link.last)}
    runs = [
        (first, first + size)
        for first in range(len(keys))
        for size in (1, 2, 3, 4)
        if first + size <= len(keys)
        and plain[first]
        and plain[first + size - 1]
        and not any(key in ("?", ",", ".", ";", ":") for key in keys[first : first + size])
    ]
    runs.sort(key=lambda run: (all(at in explained for at in range(*run)), run[1] - run[0], run[0]))
    for first, last in runs:
        if len(texts) < limit:
            add(first, last)
    for at, key in enumerate(keys):
        # A number may be a code or a year that is kept as text.
        if key.isdigit() and len(texts) < limit:
            add(at, at + 1)
    return list(texts.values())[:limit]


def _plain(question: Normalized, keys: Sequence[str], cues: Sequence[Cue]) -> list[bool]:
    """Which tokens could begin or end a value: words and codes that are no cue and no small word."""
    cue = [False] * len(keys)
    for each in cues:
        for at in range(each.first, each.last):
            cue[at] = True
    return [
        (not cue[at] or (token.capital and at > 0 and key not in SMALL_WORDS and not token.text.islower()))
        and any(char.isalnum() for char in key)
        and not key.isdigit()
        for at, (token, key) in enumerate(zip(question.tokens, keys, strict=True))
    ]


def _capital_runs(question: Normalized) -> Iterable[tuple[int, int]]:
    """Runs of capitalised words after the first word, small words and numbers inside allowed ("Rede de Lojas 3")."""
    tokens = question.tokens
    at = 0
    while at < len(tokens):
        if not tokens[at].capital or tokens[at].quoted:
            at += 1
            continue
        last = end = at + 1
        while end < len(tokens) and (
            tokens[end].capital
            or tokens[end].norm in SMALL_WORDS
            or tokens[end].norm[:1].isdigit()
            or tokens[end].text in ("&", ".", "-", "'")
        ):
            end += 1
            if tokens[end - 1].capital or tokens[end - 1].norm[:1].isdigit():
                last = end
        yield at, last
        if at == 0 and last > 1:
            yield 1, last
        at = last


def link_found(
    texts: Sequence[tuple[str, int, int]], found: Mapping[str, Sequence[FoundValue]], vocabulary: Vocabulary
) -> list[Link]:
    """Links to values and entities that the mapper found, by the texts that were asked."""
    links: list[Link] = []
    for text, first, last in texts:
        for match in found.get(text, ()):
            if match.method == "entity":
                if match.value in vocabulary.entities:
                    target = Target("entity", "", match.value)
                    links.append(Link(first, last, target, match.score, "synonym", match.value))
                continue
            if (match.dataset, match.field) not in vocabulary.fields:
                continue
            target = Target("value", match.dataset, match.field, match.value)
            kind, score = _likeness(text, match)
            if kind == "fuzzy" and match.score < (_ALIKE if last - first > 1 or not text.islower() else _WORD_ALIKE):
                continue
            if _amount_of(text, match.dataset, match.field, vocabulary):
                continue
            links.append(Link(first, last, target, round(score, 4), kind, match.value))
    return links


def _likeness(text: str, match: FoundValue) -> tuple[str, float]:
    """Kind and score of a link to a value. What is stored just so is meant before what is only called so ("SP" the state,
    before São Paulo the city)."""
    if fold(match.value) == fold(text):
        return "value", match.score
    if match.method == "synonym":
        return ("lexicon", match.score) if match.score < _TRANSLATED else ("value", match.score * 0.94)
    if match.score >= 0.999:
        return "value", match.score * 0.94
    if _bare(text) & _bare(match.value):
        return "value", _INFLECTED
    return "fuzzy", match.score * 0.94


def _bare(text: str) -> frozenset[tuple[str, ...]]:
    """A text's words without number and gender, in either language."""
    words = _WORD.findall(fold(text))
    return frozenset((tuple(map(plain_en, words)), tuple(map(plain_pt, words))))


def _amount_of(text: str, dataset: str, name: str, vocabulary: Vocabulary) -> bool:
    """Whether a text is a number and the field holds amounts: such a number is compared with, it names nothing."""
    held = vocabulary.fields[dataset, name]
    return text.replace(".", "").replace(",", "").isdigit() and held.family in _NUMERIC and held.role != _IDENTIFIER


def strongest(links: Iterable[Link], keys: Sequence[str]) -> list[Link]:
    """One link for each stretch and target, the best; ordered by place, then score. Values for which there is a better
    reading of the same words are left out. keys: the tokens' norms."""
    best: dict[tuple[int, int, Target], Link] = {}
    for link in links:
        key = (link.first, link.last, link.target)
        if key not in best or best[key].score < link.score:
            best[key] = link
    values = [link for link in best.values() if link.target.kind == "value"]
    terms = [link for link in best.values() if link.target.kind in ("dataset", "field", "filter")]
    exact = {(link.first, link.last) for link in values if link.score >= _EXACT}
    joined = _joined(exact, keys)
    named = {(link.first, link.last) for link in terms if link.kind == "name" and link.score >= _CALLED}
    worse = {
        id(link)
        for link in values
        if (link.score < _EXACT and (_shadowed(link, exact, named) or (link.first, link.last) in joined))
        or _quantity(link, terms)
    }
    kept = [link for link in best.values() if id(link) not in worse]
    if len(kept) > _MANY:
        kept = _likeliest(kept)
    return sorted(kept, key=lambda link: (link.first, -link.length, -link.score, link.target))


def _joined(exact: Collection[tuple[int, int]], keys: Sequence[str]) -> frozenset[tuple[int, int]]:
    """Stretches that are two values as they are stored with "and" or "or" between: no third value is meant that is like
    both ("English and French" is not "Arabic-French-English")."""
    return frozenset(
        (one[0], other[1])
        for one in exact
        for other in exact
        if one[1] < other[0] and all(key in _JOINS for key in keys[one[1] : other[0]])
    )


def _likeliest(links: Sequence[Link]) -> list[Link]:
    """Of the links of a large schema, for each stretch and kind those that are surest and lead into datasets of which the
    question says most else: thousands of tables have a name and a status."""
    said: dict[str, dict[int, float]] = defaultdict(dict)
    for link in links:
        held = said[link.target.dataset]
        for at in range(link.first, link.last):
            held[at] = max(held.get(at, 0.0), link.score)
    affinity = {name: sum(scores.values()) for name, scores in said.items()}
    groups: dict[tuple[int, int, str], list[Link]] = defaultdict(list)
    for link in links:
        groups[link.first, link.last, link.target.kind].append(link)
    return [
        link
        for group in groups.values()
        for link in nsmallest(
            _OF_EACH, group, key=lambda link: (-link.score - _AFFINITY * affinity[link.target.dataset], link.target)
        )
    ]


_EXACT, _CALLED = 0.99, 0.95
"""Scores of a value as it is stored, and of a name as it is written."""
_JOINS = frozenset({"and", "or", "e", "ou", "nor", "nem", ",", "&"})
_LONG_NUMBER = 4
"""Digits of a number that nobody means as a quantity."""


def _shadowed(link: Link, exact: Iterable[tuple[int, int]], named: Collection[tuple[int, int]]) -> bool:
    """Whether a value that is only like the words is a worse reading of them: "San" of "San Francisco", Mr Driver where
    drivers are asked about."""
    if (link.first, link.last) in named:
        return True
    for first, last in exact:
        overlaps = link.first < last and first < link.last
        inside = first <= link.first and link.last <= last
        around = link.first <= first and last <= link.last
        if (inside and not around) or (link.kind == "fuzzy" and overlaps and not around):
            return True
    return False


def _quantity(link: Link, terms: Iterable[Link]) -> bool:
    """Whether a short number that is stored as text is no more than a number: nothing that it could belong to is named
    close by."""
    value = link.target.value
    if not value.isdigit() or len(value) >= _LONG_NUMBER or link.length > 1:
        return False
    return not any(
        link.target.dataset == term.target.dataset
        and term.target.name in ("", link.target.name)
        and term.score >= _NAMED
        and -_CLOSE <= link.first - term.last <= _CLOSE
        for term in terms
    )
